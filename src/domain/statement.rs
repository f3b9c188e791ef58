//! A statement of an analysis, with the evidence that it cites.

use super::evidence::Cite;
use super::words::Sentence;

/// A statement of an analysis, with its evidence.
#[derive(Debug, Clone)]
pub struct Finding {
    /// The statement as a sentence.
    pub sentence: Sentence,
    /// References to the evidence of the statement.
    pub cites: Vec<Cite>,
}

impl Finding {
    /// Creates a statement with its evidence.
    #[must_use]
    pub fn new(sentence: Sentence, cites: impl Into<Vec<Cite>>) -> Self {
        Self { sentence, cites: cites.into() }
    }
}
