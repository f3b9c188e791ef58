//! What an analyst says, and what each statement rests on.

use std::collections::BTreeSet;

use super::evidence::Cite;
use super::reading::Reading;
use super::words::Sentence;

/// What an analyst says.
#[derive(Debug, Clone)]
pub struct Analysis {
    /// Who says it.
    pub analyzer: &'static str,
    /// What it came to.
    pub status: Status,
    /// What broke, and where.
    pub headline: Sentence,
    /// The frame that most likely has to change, by its place in the event's frames.
    pub suspect: Option<usize>,
    /// What the evidence says, the most telling first.
    pub findings: Vec<Finding>,
    /// What to do next, in this order.
    pub next_steps: Vec<Sentence>,
    /// What would settle the cause, when it is open.
    pub would_settle: Vec<Sentence>,
    /// What a model read out of the evidence, when one spoke.
    pub reading: Option<Box<Reading>>,
    /// What has to be known about this analysis: who spoke, who did not and why, and what to be wary of.
    pub remarks: Vec<Finding>,
}

impl Analysis {
    /// All that it rests on.
    #[must_use]
    pub fn cites(&self) -> BTreeSet<Cite> {
        let reading = self.reading.iter().flat_map(|reading| reading.statements());
        self.findings
            .iter()
            .chain(&self.remarks)
            .chain(reading)
            .flat_map(|f| f.cites.iter().cloned())
            .collect()
    }
}

/// What an analysis came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// There is a place to look at first, with evidence for it.
    Likely,
    /// There is nothing to go on.
    Undetermined,
}

impl Status {
    /// The name in answers and logs.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Likely => "likely",
            Self::Undetermined => "undetermined",
        }
    }
}

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
