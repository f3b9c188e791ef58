//! A model's reading of the evidence, after Sidenote has verified its citations.

use super::statement::Finding;
use super::words::Sentence;

/// The root cause that a model names.
#[derive(Debug, Clone)]
pub struct RootCause {
    /// The statement with its citations.
    pub finding: Finding,
    /// Whether the statement is proven: it quotes the failing line, or it quotes or names a value of the event.
    /// Otherwise it is only probable.
    pub is_shown: bool,
}

/// A change of the source code that a model suggests. It applies to the file, and nobody has applied or tested it.
#[derive(Debug, Clone)]
pub struct SuggestedChange {
    /// The file and its commit.
    pub place: Finding,
    /// The lines of a unified diff, exactly as they apply.
    pub diff: Vec<String>,
}

/// A verified reading by a model. Each [`Finding`] cites evidence that exists and that the model received. Statements
/// without citations are in [`Reading::inferred`].
#[derive(Debug, Clone, Default)]
pub struct Reading {
    /// The root cause. `None` if no statement about it passed the verification, so that the cause of the rules is
    /// used.
    pub cause: Option<RootCause>,
    /// The failure and its impact.
    pub summary: Option<Finding>,
    /// The chain of events that led to the failure, in order.
    pub chain: Vec<Finding>,
    /// Statements without evidence.
    pub inferred: Vec<Sentence>,
    /// The steps of the fix, in order. They are advice and need no evidence.
    pub fix: Vec<Finding>,
    /// The change of the source code.
    pub change: Option<SuggestedChange>,
    /// Other explanations that the evidence allows.
    pub alternatives: Vec<Finding>,
    /// Explanations that the evidence excludes.
    pub ruled_out: Vec<Finding>,
}

impl Reading {
    /// Returns all statements, including the advice.
    pub fn statements(&self) -> impl Iterator<Item = &Finding> {
        let lists = [&self.chain, &self.fix, &self.alternatives, &self.ruled_out];
        let cause = self.cause.iter().map(|cause| &cause.finding);
        let cause = cause.chain(self.change.iter().map(|change| &change.place));
        cause.chain(&self.summary).chain(lists.into_iter().flatten())
    }
}
