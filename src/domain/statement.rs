//! A statement, and the evidence that it rests on.

use super::evidence::Cite;
use super::words::Sentence;

/// One statement, and what it rests on.
#[derive(Debug, Clone)]
pub struct Finding {
    /// The statement.
    pub sentence: Sentence,
    /// What it rests on.
    pub cites: Vec<Cite>,
}

impl Finding {
    /// A statement that rests on `cites`.
    #[must_use]
    pub fn new(sentence: Sentence, cites: impl Into<Vec<Cite>>) -> Self {
        Self { sentence, cites: cites.into() }
    }
}
