//! A piece of evidence in the prompt for a model: lines that are shown together or not at all.

use super::Shows;
use crate::domain::analysis::Analysis;
use crate::domain::evidence::Evidence;

/// The input from which the sections of a prompt are made: the evidence, the analysis of the fixed rules, and the
/// length limits of the texts.
pub(super) struct Source<'e> {
    pub(super) evidence: &'e Evidence,
    pub(super) rules: &'e Analysis,
    pub(super) caps: Caps,
    /// Whether source code of a repository may go to the model.
    pub(super) with_code: bool,
}

/// The length limits of one text, in characters. The limits are larger if the prompt may have more tokens.
#[derive(Debug, Clone, Copy)]
pub(super) struct Caps {
    /// The limit for the message of an exception or a log line.
    pub(super) message: usize,
    /// The limit for a source line or a breadcrumb.
    pub(super) line: usize,
    /// The limit for a value, such as that of a variable.
    pub(super) value: usize,
}

impl Caps {
    /// Returns the limits for a prompt of `room` bytes.
    pub(super) fn of(room: usize) -> Self {
        let part = |of: usize, least: usize, most: usize| (room / of).clamp(least, most);
        Self { message: part(20, 300, 2_000), line: part(100, 120, 300), value: part(150, 80, 200) }
    }
}

/// A piece of evidence with its lines. The prompt contains either all of its lines or none.
#[derive(Debug, Clone)]
pub(super) struct Piece {
    /// The position of the piece within its section.
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
