//! A stack frame with the facts about its names that several rules read. They are computed once for each frame.

use std::ops::Deref;

use super::Candidate;
use super::place::{Unit, class_in, ending, vendor};

/// A stack frame and the facts about its names.
#[derive(Debug, Clone, Copy)]
pub(in super::super) struct Facts<'a> {
    frame: Candidate<'a>,
    /// The extension of the file, such as `py`. Empty if the file has none.
    pub(super) ending: &'a str,
    /// The meaning of the frame's module.
    pub(super) unit: Unit,
    /// The class that a developer would open, or the file: see [`class_of`](super::class_of).
    pub(super) class: &'a str,
}

impl<'a> Facts<'a> {
    /// Computes the facts about a frame.
    pub(in super::super) fn of(frame: &Candidate<'a>) -> Self {
        let ending = ending(frame.filename);
        Self { frame: *frame, ending, unit: Unit::of(frame, ending), class: class_in(frame, ending) }
    }

    /// Returns the organisation in the name of the frame's package.
    pub(super) fn vendor(&self) -> Option<&'a str> {
        vendor(&self.frame, self.unit, self.class)
    }
}

impl<'a> Deref for Facts<'a> {
    type Target = Candidate<'a>;

    fn deref(&self) -> &Candidate<'a> {
        &self.frame
    }
}
