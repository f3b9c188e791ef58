//! The result of an analysis, with the evidence of each statement.

use std::collections::BTreeSet;

use super::action::Proposal;
use super::evidence::Cite;
use super::reading::Reading;
pub use super::statement::Finding;
use super::words::{Phrase, Sentence};

/// The result of an analysis.
#[derive(Debug, Clone)]
pub struct Analysis {
    /// The name of the analyst: `rules`, or the name of the model's provider.
    pub analyzer: &'static str,
    /// Whether there is a likely place to look at.
    pub status: Status,
    /// The confidence in the cause.
    pub confidence: Confidence,
    /// The failure and its place, as short as a lock screen needs it.
    pub title: Sentence,
    /// The failure and its place, in one sentence.
    pub headline: Sentence,
    /// The cause in plain words. It is empty if the cause is unknown.
    pub cause: Vec<Finding>,
    /// The frame that most likely has to change, as an index into [`Event::frames`](super::event::Event::frames).
    pub suspect: Option<usize>,
    /// Other frames worth reading, the most suspect first, as indices like `suspect`.
    pub runners_up: Vec<usize>,
    /// Statements beyond the cause, the most important first.
    pub findings: Vec<Finding>,
    /// The next steps, in this order.
    pub next_steps: Vec<Sentence>,
    /// The action on the issue that the analysis proposes to a person.
    pub proposal: Proposal,
    /// Information that would confirm the cause. If the cause is known, information that would have made the analysis
    /// easier.
    pub would_settle: Vec<Sentence>,
    /// A model's reading of the evidence, if a model was used.
    pub reading: Option<Box<Reading>>,
    /// Remarks about the analysis itself: which model was used, why none was, and warnings.
    pub remarks: Vec<Finding>,
}

impl Analysis {
    /// Returns all evidence that the analysis cites.
    #[must_use]
    pub fn cites(&self) -> BTreeSet<Cite> {
        let reading = self.reading.iter().flat_map(|reading| reading.statements());
        let own = self.cause.iter().chain(&self.findings).chain(&self.remarks);
        own.chain(reading).flat_map(|f| &f.cites).chain(&self.proposal.cites).cloned().collect()
    }
}

/// The outcome of an analysis.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// The evidence points to a place to look at first.
    Likely,
    /// The evidence points to no place.
    Undetermined,
}

impl Status {
    /// The outcome's name in responses and logs.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Likely => "likely",
            Self::Undetermined => "undetermined",
        }
    }
}

/// A confidence level with its reason.
#[derive(Debug, Clone)]
pub struct Confidence {
    /// The level.
    pub level: Level,
    /// The reason, written so that it completes "because …".
    pub because: Sentence,
}

/// How reliable the analysis is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// The suspect frame is only a place to start from.
    Low,
    /// The suspect frame is right and the cause is likely.
    Medium,
    /// The evidence proves the cause.
    High,
}

impl Level {
    /// The level's name in responses and logs.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
        }
    }

    /// The level as a phrase for people.
    #[must_use]
    pub fn phrase(self) -> Phrase {
        match self {
            Self::Low => |w| w.confidence_low,
            Self::Medium => |w| w.confidence_medium,
            Self::High => |w| w.confidence_high,
        }
    }
}
