//! Where the failure was noticed, and who only passed it on.

use super::kind::Kind;
use super::names::{class_of, only_raises, takes_value};
use super::{Candidate, Rule};

/// Walking one exception's frames from the newest: what is known about who raised it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Scene<'a> {
    pub(super) exception_index: usize,
    pub(super) kind: Kind,
    /// No frame has been found yet that does more than raise.
    noticing: bool,
    /// Only raising frames have been passed so far: the next in-app frame decided to raise, not a library below it.
    by_itself: bool,
    /// The class that took the value last, when no other has been passed since.
    taker: Option<&'a str>,
}

impl<'a> Scene<'a> {
    /// The scene so far if it is about the same exception, else a new one.
    pub(super) fn of(exception_index: usize, before: Option<Self>, exceptions: &[(&str, &str)]) -> Self {
        before.filter(|scene| scene.exception_index == exception_index).unwrap_or_else(|| {
            let (kind, message) = exceptions.get(exception_index).copied().unwrap_or_default();
            Self {
                exception_index,
                kind: Kind::of(kind, message),
                noticing: true,
                by_itself: true,
                taker: None,
            }
        })
    }

    /// What part a candidate played in raising.
    pub(super) fn judge(&mut self, frame: &Candidate<'a>) -> Option<Rule> {
        if self.noticing && self.kind == Kind::Raised && only_raises(frame) {
            return Some(Rule::OnlyRaises);
        }
        let class = class_of(frame);
        let takes =
            (self.noticing || self.taker == Some(class)) && takes_value(frame, self.kind, self.by_itself);
        self.noticing = false;
        self.taker = takes.then_some(class);
        takes.then_some(Rule::TakesValue)
    }

    /// A frame outside the application.
    pub(super) fn pass(&mut self, frame: &Candidate<'_>) {
        if !self.noticing {
            return;
        }
        if !only_raises(frame) {
            self.by_itself = false;
        } else if self.kind == Kind::Null {
            // `Objects.requireNonNull` and its like: a decision, not a dereference.
            self.kind = Kind::Raised;
        }
    }
}
