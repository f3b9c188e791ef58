//! What a model read out of the evidence, after our own check of it.

use super::statement::Finding;
use super::words::Sentence;

/// A model's reading, checked: each [`Finding`] cites evidence that exists and was shown to the model; what cites none
/// is in [`Reading::inferred`].
#[derive(Debug, Clone, Default)]
pub struct Reading {
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
        lists.into_iter().flatten()
    }
}
