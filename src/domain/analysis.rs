//! What an analyst says, and what each statement rests on.

use std::collections::BTreeSet;

use super::action::Proposal;
use super::evidence::Cite;
use super::reading::Reading;
pub use super::statement::Finding;
use super::words::{Phrase, Sentence};

/// What an analyst says.
#[derive(Debug, Clone)]
pub struct Analysis {
    /// Who says it.
    pub analyzer: &'static str,
    /// What it came to.
    pub status: Status,
    /// How sure it is, and why.
    pub confidence: Confidence,
    /// What broke, and where.
    pub headline: Sentence,
    /// Why it broke, in plain words; empty when that is open.
    pub cause: Vec<Finding>,
    /// The frame that most likely has to change, by its place in the event's frames.
    pub suspect: Option<usize>,
    /// Other frames worth reading, the most suspect first.
    pub runners_up: Vec<usize>,
    /// What the evidence says beside the cause, the most telling first.
    pub findings: Vec<Finding>,
    /// What to do next, in this order.
    pub next_steps: Vec<Sentence>,
    /// What is proposed to be done to the issue.
    pub proposal: Proposal,
    /// What would settle the cause when it is open, or would have helped when it is not.
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
        let own = self.cause.iter().chain(&self.findings).chain(&self.remarks);
        own.chain(reading).flat_map(|f| &f.cites).chain(&self.proposal.cites).cloned().collect()
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

/// How sure an analyst is, and why.
#[derive(Debug, Clone)]
pub struct Confidence {
    /// How sure.
    pub level: Level,
    /// Why, as the end of "because …".
    pub because: Sentence,
}

/// How sure an analyst is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// A place to start from.
    Low,
    /// The place is right, the cause is likely.
    Medium,
    /// The evidence shows the cause.
    High,
}

impl Level {
    /// The name in answers and logs.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
        }
    }

    /// The level in words.
    #[must_use]
    pub fn phrase(self) -> Phrase {
        match self {
            Self::Low => |w| w.confidence_low,
            Self::Medium => |w| w.confidence_medium,
            Self::High => |w| w.confidence_high,
        }
    }
}
