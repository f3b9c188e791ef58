//! The state of the ranking within one exception: finds the frame that noticed the failure, and the frames that passed
//! it on.

use super::kind::{Kind, is_about_value};
use super::line::Line;
use super::place::{Unit, class_of};
use super::roles::{
    constructs, is_helper, is_operator, is_react_hook, only_raises, stands_in, tells, works_for_others,
};
use super::{Candidate, Rule};

/// The facts about an exception that are known so far, on the way from its newest frame outwards.
#[derive(Debug, Clone, Copy)]
pub(super) struct Scene<'a> {
    pub(super) exception_index: usize,
    pub(super) kind: Kind,
    message: &'a str,
    /// Whether the type says that a value is invalid.
    is_about_value: bool,
    /// Whether all frames so far only raise.
    noticing: bool,
    passed: Passed,
    /// The class that rejected the value last, if no other class was passed since.
    taker: Option<&'a str>,
}

/// The frames that are newer than the current one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Passed {
    /// There are none.
    Nothing,
    /// Frames that raise, and own frames. The next own frame raised, and not a library.
    Raisers,
    /// A library, which noticed the failure.
    Library,
}

impl<'a> Scene<'a> {
    /// The given state if `frame` belongs to the same exception. Otherwise a new one that begins with `frame`.
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

    /// The rule that applies to a candidate, if any.
    pub(super) fn judge(&mut self, frame: &Candidate<'a>) -> Option<Rule> {
        let (class, line) = (class_of(frame), Line::of(frame.source));
        if self.kind == Kind::Arity && line == Line::Forwards {
            return Some(Rule::Forwards);
        }
        if !self.noticing && self.taker != Some(class) {
            self.taker = None;
            return None;
        }
        let rule = self.passes_on(frame, line).filter(|_| self.noticing);
        if rule.is_none() {
            // For a wrong call, the newest line is the first one of the called function, which did not run.
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

    /// Whether the frame only raises, or only calls a function that it was given.
    fn passes_on(&self, frame: &Candidate<'_>, line: Line) -> Option<Rule> {
        let forwards = match line {
            // The line does not contain the missing name, so other code computed it.
            Line::LooksUp => self.kind == Kind::NoMember && !mentions(frame.source, self.message),
            Line::Unknown | Line::Raises | Line::Reports => {
                stands_in(frame) && (self.is_raised(line) || self.kind == Kind::NoMember)
            }
            Line::Forwards | Line::Works => false,
        };
        if forwards {
            return Some(Rule::Forwards);
        }
        let raises = self.is_raised(line) && line != Line::Works && only_raises(frame);
        let is_hook = line == Line::Raises && is_react_hook(frame);
        let reports = line == Line::Reports && tells(frame);
        (raises || is_hook || reports).then_some(Rule::OnlyRaises)
    }

    /// Whether code raised the exception on purpose. A source line that raises is certain; without one the type
    /// decides.
    fn is_raised(&self, line: Line) -> bool {
        matches!(line, Line::Raises | Line::Reports) || self.kind == Kind::Raised
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
                _ if matches!(line, Line::Raises | Line::Reports) && is_operator(frame) => true,
                _ => self.is_about_value && by_itself && (constructs(frame) || works_for_others(frame)),
            },
        }
    }

    /// Passes a frame that is no candidate.
    pub(super) fn pass(&mut self, frame: &Candidate<'_>) {
        let raises = only_raises(frame);
        if self.noticing && !raises {
            self.passed = Passed::Library;
        } else if self.passed == Passed::Nothing {
            self.passed = Passed::Raisers;
        }
        // `Objects.requireNonNull` and similar functions raise on purpose; there was no dereference.
        if self.noticing && raises && self.kind == Kind::Null {
            self.kind = Kind::Raised;
        }
    }
}

/// Whether the newest frame of a wrong call is the called function, as in Ruby, PHP and Elixir. In other languages it
/// is the caller.
fn is_called_wrongly(frame: &Candidate<'_>) -> bool {
    matches!(super::place::ending(frame.filename), "rb" | "php" | "ex" | "exs")
}

/// Whether a line contains the last name that a message quotes, which is the missing attribute or method.
fn mentions(source: &str, message: &str) -> bool {
    let quoted = message.split(['\'', '`', '"', '\u{2019}']).skip(1).step_by(2).last();
    quoted.is_none_or(|name| source.contains(name))
}
