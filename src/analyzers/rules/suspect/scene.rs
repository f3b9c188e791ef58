//! The state of the ranking of frames within one exception. It finds the frame that noticed the failure, and the newer
//! frames that only raised the exception or passed a call on.

use super::Rule;
use super::facts::Facts;
use super::kind::{Kind, is_about_value};
use super::line::Line;
use super::place::Unit;
use super::roles::{
    constructs, is_helper, is_operator, is_react_hook, only_raises, stands_in, tells, works_for_others,
};

/// The facts about an exception that are known so far. The frames of the exception are read from the newest to the
/// oldest.
#[derive(Debug, Clone, Copy)]
pub(super) struct Scene<'a> {
    pub(super) exception_index: usize,
    pub(super) kind: Kind,
    message: &'a str,
    /// Whether the exception's type says that a value is invalid.
    is_about_value: bool,
    /// Whether all frames so far only raised the exception or passed a call on, so that the next frame may be the one
    /// that noticed the failure.
    noticing: bool,
    passed: Passed,
    /// The class of the last frame that rejected a value of its caller, unless a frame of another class followed.
    taker: Option<&'a str>,
}

/// The kind of frames that are newer than the current frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Passed {
    /// No frame is newer.
    Nothing,
    /// Only frames that raise and frames of the program are newer. So the program raised the exception, and not a
    /// library.
    Raisers,
    /// A frame of a library is newer, and the library noticed the failure.
    Library,
}

impl<'a> Scene<'a> {
    /// Returns the state `before` if `frame` belongs to the same exception. Otherwise returns a new state that begins
    /// with `frame`.
    pub(super) fn of(frame: &Facts<'a>, before: Option<Self>, exceptions: &[(&'a str, &'a str)]) -> Self {
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

    /// Reads a frame that is ranked. Returns the rule that makes the frame less suspect, if one applies.
    pub(super) fn judge(&mut self, frame: &Facts<'a>) -> Option<Rule> {
        let class = frame.class;
        if self.kind == Kind::Arity && Line::of(frame.source) == Line::Forwards {
            return Some(Rule::Forwards);
        }
        if !self.noticing && self.taker != Some(class) {
            self.taker = None;
            return None;
        }
        let line = Line::of(frame.source);
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

    /// Returns the rule for a frame that only raises, or that only passes a call on.
    fn passes_on(&self, frame: &Facts<'_>, line: Line) -> Option<Rule> {
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

    /// Whether code raised the exception on purpose. A source line that raises is certain. For other lines, the kind of
    /// the exception decides.
    fn is_raised(&self, line: Line) -> bool {
        matches!(line, Line::Raises | Line::Reports) || self.kind == Kind::Raised
    }

    fn takes_value(&self, frame: &Facts<'_>, line: Line) -> bool {
        let by_itself = self.passed != Passed::Library;
        let turned_down = self.is_raised(line) && by_itself;
        match frame.unit {
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

    /// Reads a frame that is not ranked, such as one of a library.
    pub(super) fn pass(&mut self, frame: &Facts<'_>) {
        if self.noticing && (self.passed != Passed::Library || self.kind == Kind::Null) {
            if !only_raises(frame) {
                self.passed = Passed::Library;
                return;
            }
            // `Objects.requireNonNull` and similar functions raise on purpose; there was no dereference.
            if self.kind == Kind::Null {
                self.kind = Kind::Raised;
            }
        }
        if self.passed == Passed::Nothing {
            self.passed = Passed::Raisers;
        }
    }
}

/// Whether the language of the frame reports a call with wrong arguments in the called function, as Ruby, PHP and
/// Elixir do. Other languages report it in the caller.
fn is_called_wrongly(frame: &Facts<'_>) -> bool {
    matches!(frame.ending, "rb" | "php" | "ex" | "exs")
}

/// Whether a source line contains the last name that an exception's message quotes, the name of a missing attribute or
/// method. Returns true if the message quotes nothing.
fn mentions(source: &str, message: &str) -> bool {
    let quoted = message.split(['\'', '`', '"', '\u{2019}']).skip(1).step_by(2).last();
    quoted.is_none_or(|name| source.contains(name))
}
