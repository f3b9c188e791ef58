//! The result of an analysis of an issue, with the evidence of each statement.

use std::collections::BTreeSet;

use super::action::Proposal;
use super::evidence::Cite;
use super::reading::Reading;
pub use super::statement::Finding;
use super::words::{Phrase, Sentence};

/// The result of an analysis of an issue.
#[derive(Debug, Clone)]
pub struct Analysis {
    /// The name of the analyzer: `rules`, or the name of the provider of a language model.
    pub analyzer: &'static str,
    /// Whether the analysis names a likely cause, or a place in the code to look at first.
    pub status: Status,
    /// The confidence in the result, with its reason.
    pub confidence: Confidence,
    /// The failure and its place in the code, short enough for a lock screen.
    pub title: Sentence,
    /// The failure and its place in the code, in one sentence.
    pub headline: Sentence,
    /// The cause of the failure in plain words. It is empty if the cause is unknown.
    pub cause: Vec<Finding>,
    /// The frame that most likely has to change, as an index into [`Event::frames`](super::event::Event::frames).
    pub suspect: Option<usize>,
    /// Further frames that the note shows, as indices like `suspect`: those that may have to change, the most likely
    /// first. If no frame is suspect, they are the newest frames.
    pub runners_up: Vec<usize>,
    /// The source line of the suspect frame.
    pub line: Option<Finding>,
    /// What a reader must know about the place in the headline: where the error was raised, if that is not the suspect
    /// frame, or that the suspect frame is not known to be the program's own code.
    pub place_remark: Option<Finding>,
    /// Statements beyond the cause, the most important first.
    pub findings: Vec<Finding>,
    /// The next steps, in this order.
    pub next_steps: Vec<Sentence>,
    /// The action on the issue that the analysis proposes to a person.
    pub proposal: Proposal,
    /// Information that would confirm the cause. If the cause is known, information that would have made the analysis
    /// easier.
    pub would_settle: Vec<Sentence>,
    /// The interpretation of the evidence by a language model, if one was used.
    pub reading: Option<Box<Reading>>,
    /// Remarks about the analysis itself: which model was used or why none was used, and warnings.
    pub remarks: Vec<Finding>,
}

impl Analysis {
    /// Returns all statements about the evidence: about the place, about the cause, and all others.
    pub fn statements(&self) -> impl Iterator<Item = &Finding> {
        self.line.iter().chain(&self.place_remark).chain(&self.cause).chain(&self.findings)
    }

    /// Returns all evidence that the analysis cites.
    #[must_use]
    pub fn cites(&self) -> BTreeSet<Cite> {
        let reading = self.reading.iter().flat_map(|reading| reading.statements());
        let own = self.statements().chain(&self.remarks);
        own.chain(reading).flat_map(|f| &f.cites).chain(&self.proposal.cites).cloned().collect()
    }
}

/// Whether an analysis names a likely cause or place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// The analysis names a place in the code, a well-known failure, or a cause that a model, Sentry or a browser
    /// reports.
    Likely,
    /// The analysis names neither a cause nor a place in the code.
    Undetermined,
}

impl Status {
    /// Returns the status's name in responses and logs.
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
    /// The level of confidence.
    pub level: Level,
    /// The reason, written so that it completes "because …".
    pub because: Sentence,
}

/// The level of confidence in an analysis.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// The frame that the analysis names is only a place to start from.
    Low,
    /// The frame that the analysis names is right, and the cause is likely.
    Medium,
    /// The evidence proves the cause.
    High,
}

impl Level {
    /// Returns the level's name in responses and logs.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
        }
    }

    /// Returns the level as a phrase for people.
    #[must_use]
    pub fn phrase(self) -> Phrase {
        match self {
            Self::Low => |w| w.confidence_low,
            Self::Medium => |w| w.confidence_medium,
            Self::High => |w| w.confidence_high,
        }
    }
}
