//! What a model read out of the evidence, after our own check of it.

use super::statement::Finding;
use super::words::Sentence;

/// A cause that a model names.
#[derive(Debug, Clone)]
pub struct RootCause {
    /// The statement, and what it cites.
    pub finding: Finding,
    /// Whether it quotes the failing line, or quotes or names a value that the event shows. It is probable otherwise.
    pub is_shown: bool,
}

/// A model's reading, checked: each [`Finding`] cites evidence that exists and was shown to the model; what cites none
/// is in [`Reading::inferred`].
#[derive(Debug, Clone, Default)]
pub struct Reading {
    /// Why it broke; `None` when nothing that the model says of it holds, and the rules' cause stands.
    pub cause: Option<RootCause>,
    /// What broke, and for whom.
    pub summary: Option<Finding>,
    /// How it came about, in its order.
    pub chain: Vec<Finding>,
    /// What the model said without evidence.
    pub inferred: Vec<Sentence>,
    /// How to mend it, in this order. Advice, not statements: it may cite nothing.
    pub fix: Vec<Finding>,
    /// Other explanations that the evidence allows.
    pub alternatives: Vec<Finding>,
    /// Explanations that the evidence excludes.
    pub ruled_out: Vec<Finding>,
}

impl Reading {
    /// Everything that it says with evidence, advice included.
    pub fn statements(&self) -> impl Iterator<Item = &Finding> {
        let lists = [&self.chain, &self.fix, &self.alternatives, &self.ruled_out];
        let cause = self.cause.iter().map(|cause| &cause.finding);
        cause.chain(&self.summary).chain(lists.into_iter().flatten())
    }
}
