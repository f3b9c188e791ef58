//! What a model read out of the evidence, after our own check of it.

use super::analysis::Finding;
use super::words::Sentence;

/// A model's reading, checked: each [`Finding`] cites evidence that exists and was shown to the model; what cites none
/// is in [`Reading::inferred`].
#[derive(Debug, Clone, Default)]
pub struct Reading {
    /// What broke, in one sentence.
    pub summary: Option<Finding>,
    /// How it came about, in its order.
    pub chain: Vec<Finding>,
    /// The root cause; `None` when nothing that the model said of it is shown by the evidence.
    pub root_cause: Option<Finding>,
    /// What the model said without evidence.
    pub inferred: Vec<Sentence>,
    /// How to mend it, in this order. Advice, not statements: it may cite nothing.
    pub fix: Vec<Finding>,
    /// Other explanations that the evidence allows.
    pub alternatives: Vec<Finding>,
    /// Explanations that the evidence excludes.
    pub ruled_out: Vec<Finding>,
    /// How sure it can be, capped by our rules.
    pub confidence: Confidence,
}

impl Reading {
    /// Everything that it says with evidence, advice included.
    pub fn statements(&self) -> impl Iterator<Item = &Finding> {
        let lists = [&self.chain, &self.fix, &self.alternatives, &self.ruled_out];
        self.summary.iter().chain(&self.root_cause).chain(lists.into_iter().flatten())
    }
}

/// How sure a reading is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Confidence {
    /// One explanation among others.
    #[default]
    Low,
    /// The evidence points to it.
    Medium,
    /// The evidence shows it.
    High,
}

impl Confidence {
    /// The name in answers and logs.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
        }
    }
}
