//! Where the failure was noticed, and which frames only passed it on.

use super::kind::{Kind, is_about_value};
use super::line::Line;
use super::place::{Unit, class_of};
use super::roles::{constructs, is_helper, is_operator, only_raises, stands_in, works_for_others};
use super::{Candidate, Rule};

/// What is known about who raised one exception, on the way from its newest frame.
#[derive(Debug, Clone, Copy)]
pub(super) struct Scene<'a> {
    pub(super) exception_index: usize,
    pub(super) kind: Kind,
    message: &'a str,
    /// The type says that a value does not fit.
    is_about_value: bool,
    /// No frame has been found yet that does more than raise.
    noticing: bool,
    passed: Passed,
    /// The class that took the value last, when no other has been passed since.
    taker: Option<&'a str>,
}

/// What stands above a frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Passed {
    /// It is the newest.
    Nothing,
    /// Only frames that raise, and own ones: the next own frame raised, not a library below it.
    Raisers,
    /// A library, which noticed the failure.
    Library,
}

impl<'a> Scene<'a> {
    /// The scene so far if it is about the same exception, else a new one that begins with `frame`.
    pub(super) fn of(frame: &Candidate<'a>, before: Option<Self>, exceptions: &[(&'a str, &'a str)]) -> Self {
        let exception_index = frame.exception_index;
        before.filter(|scene| scene.exception_index == exception_index).unwrap_or_else(|| {
            let (type_name, message) = exceptions.get(exception_index).copied().unwrap_or_default();
            Self {
                exception_index,
                kind: Kind::of(type_name, message, frame),
                message,
                is_about_value: is_about_value(type_name),
                noticing: true,
                passed: Passed::Nothing,
                taker: None,
            }
        })
    }

    /// What part a candidate played in raising.
    pub(super) fn judge(&mut self, frame: &Candidate<'a>) -> Option<Rule> {
        let class = class_of(frame);
        if !self.noticing && self.taker != Some(class) {
            self.taker = None;
            return None;
        }
        let line = Line::of(frame.source);
        let rule = self.passes_on(frame, line).filter(|_| self.noticing);
        if rule.is_none() {
            // Of a wrong call the newest line is that of the function, which never ran.
            let may_take = line != Line::Works || self.kind == Kind::Arity;
            let takes = may_take && self.takes_value(frame, line);
            self.noticing = false;
            self.taker = takes.then_some(class);
        }
        if self.passed == Passed::Nothing {
            self.passed = Passed::Raisers;
        }
        rule.or(self.taker.map(|_| Rule::TakesValue))
    }

    /// Whether the frame does nothing but raise, or call what it was handed.
    fn passes_on(&self, frame: &Candidate<'_>, line: Line) -> Option<Rule> {
        let forwards = match line {
            Line::Forwards => self.kind == Kind::Arity,
            // The missing name does not stand in the line, so it was computed elsewhere.
            Line::LooksUp => self.kind == Kind::NoMember && !mentions(frame.source, self.message),
            Line::Unknown | Line::Raises => {
                stands_in(frame) && (self.is_raised(line) || self.kind == Kind::NoMember)
            }
            Line::Works => false,
        };
        if forwards {
            return Some(Rule::Forwards);
        }
        let raises = self.is_raised(line) && line != Line::Works && only_raises(frame);
        raises.then_some(Rule::OnlyRaises)
    }

    /// Whether code raised it on purpose. A source line that raises is sure; without one the type decides.
    fn is_raised(&self, line: Line) -> bool {
        line == Line::Raises || self.kind == Kind::Raised
    }

    fn takes_value(&self, frame: &Candidate<'_>, line: Line) -> bool {
        let by_itself = self.passed != Passed::Library;
        let turned_down = self.is_raised(line) && by_itself;
        match Unit::of(frame) {
            Unit::Class if constructs(frame) => turned_down || matches!(self.kind, Kind::Null | Kind::Lookup),
            Unit::Class => (turned_down || self.kind == Kind::Lookup) && works_for_others(frame),
            Unit::Package => false,
            Unit::File => match self.kind {
                Kind::Arity => self.passed == Passed::Nothing && is_called_wrongly(frame),
                Kind::Null => is_helper(frame),
                _ if line == Line::Raises && is_operator(frame) => true,
                _ => self.is_about_value && by_itself && (constructs(frame) || works_for_others(frame)),
            },
        }
    }

    /// A frame that is no candidate.
    pub(super) fn pass(&mut self, frame: &Candidate<'_>) {
        let raises = only_raises(frame);
        if self.noticing && !raises {
            self.passed = Passed::Library;
        } else if self.passed == Passed::Nothing {
            self.passed = Passed::Raisers;
        }
        // `Objects.requireNonNull` and its like: a decision, not a dereference.
        if self.noticing && raises && self.kind == Kind::Null {
            self.kind = Kind::Raised;
        }
    }
}

/// In Ruby and PHP the newest frame of a wrong call is the function that was called, in others its caller.
fn is_called_wrongly(frame: &Candidate<'_>) -> bool {
    matches!(super::place::ending(frame.filename), "rb" | "php")
}

/// Whether a line contains the last name that a message quotes: the attribute or method that is not there.
fn mentions(source: &str, message: &str) -> bool {
    let quoted = message.split(['\'', '`', '"', '\u{2019}']).skip(1).step_by(2).last();
    quoted.is_none_or(|name| source.contains(name))
}
