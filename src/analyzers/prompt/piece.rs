//! A piece of a section: the lines that are shown together or not at all.

use super::Shows;
use crate::domain::analysis::Analysis;
use crate::domain::evidence::Evidence;

/// The material of the sections, and the width of their lines.
pub(super) struct Source<'e> {
    pub(super) evidence: &'e Evidence,
    pub(super) rules: &'e Analysis,
    pub(super) caps: Caps,
}

/// The number of characters that are shown of one text. A model with a larger budget is shown more.
#[derive(Debug, Clone, Copy)]
pub(super) struct Caps {
    /// Of the message of an exception or a log line.
    pub(super) message: usize,
    /// Of a line of code or a breadcrumb.
    pub(super) line: usize,
    /// Of a value.
    pub(super) value: usize,
}

impl Caps {
    /// The widths for a budget of `room` bytes.
    pub(super) fn of(room: usize) -> Self {
        let part = |of: usize, least: usize, most: usize| (room / of).clamp(least, most);
        Self { message: part(20, 300, 2_000), line: part(100, 120, 300), value: part(150, 80, 200) }
    }
}

/// A piece of evidence with the lines that belong to it: it is shown whole, or not at all.
#[derive(Debug, Clone)]
pub(super) struct Piece {
    /// Its position within its section.
    pub(super) at: usize,
    pub(super) lines: Vec<Shows>,
}

impl Piece {
    pub(super) fn new(at: usize, lines: impl Into<Vec<Shows>>) -> Self {
        Self { at, lines: lines.into() }
    }

    pub(super) fn size(&self) -> usize {
        self.lines.iter().map(|shows| shows.line.len() + 1).sum()
    }
}
