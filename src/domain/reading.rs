//! A language model's reading (its interpretation) of the evidence, after Sidenote has verified the citations.

use super::source::EditProblem;
use super::statement::Finding;
use super::words::Sentence;

/// The root cause that a language model names.
#[derive(Debug, Clone)]
pub struct RootCause {
    /// The statement about the root cause, with its citations.
    pub finding: Finding,
    /// Whether the statement is proven: it quotes the failing line, or it quotes or names a value of the event.
    /// Otherwise the statement is only probable.
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

/// A verified reading by a language model. Each [`Finding`] except the steps of the fix cites evidence that exists and
/// that the model received. Statements without citations are in [`Reading::inferred`].
#[derive(Debug, Clone, Default)]
pub struct Reading {
    /// The root cause. `None` if no statement about it passed the verification; the cause that the rules found is used
    /// then.
    pub cause: Option<RootCause>,
    /// The failure and its impact on users.
    pub summary: Option<Finding>,
    /// The chain of events that led to the failure, in order.
    pub chain: Vec<Finding>,
    /// Statements of the model without evidence.
    pub inferred: Vec<Sentence>,
    /// The steps of the fix, in order. The steps are advice and need no evidence.
    pub fix: Vec<Finding>,
    /// The change of the source code.
    pub change: Option<SuggestedChange>,
    /// The reason why the model's change of the source code is not shown, if it suggested one.
    pub edit_problem: Option<EditProblem>,
    /// Other explanations that the evidence allows.
    pub alternatives: Vec<Finding>,
    /// Explanations that the evidence excludes.
    pub ruled_out: Vec<Finding>,
}

impl Reading {
    /// Returns all statements except the inferred ones, including the steps of the fix.
    pub fn statements(&self) -> impl Iterator<Item = &Finding> {
        let lists = [&self.chain, &self.fix, &self.alternatives, &self.ruled_out];
        let cause = self.cause.iter().map(|cause| &cause.finding);
        let cause = cause.chain(self.change.iter().map(|change| &change.place));
        cause.chain(&self.summary).chain(lists.into_iter().flatten())
    }
}
