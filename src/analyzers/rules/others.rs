//! Statements that quote the analysis of Seer, Sentry's own AI. The note marks them as Seer's.

use crate::domain::analysis::Finding;
use crate::domain::evidence::{Cite, Evidence};
use crate::domain::words::{Arg, Sentence};

/// The note quotes at most this many steps of Seer's reasoning.
const REASONS: usize = 3;
/// The note quotes at most this many of Seer's steps to reproduce the error.
const STEPS: usize = 3;

/// Returns a statement that quotes the root cause that Seer found.
pub(super) fn cause(evidence: &Evidence) -> Vec<Finding> {
    let said = |text| Finding::new(Sentence::new(|w| w.seer_says, [Arg::message(text)]), [Cite::Seer]);
    evidence.seer.iter().map(|seer| said(&seer.summary)).collect()
}

/// Returns statements that quote the steps of Seer's reasoning.
pub(super) fn findings(evidence: &Evidence) -> Vec<Finding> {
    let reasons = evidence.seer.iter().flat_map(|seer| seer.reasoning.iter().take(REASONS));
    reasons
        .map(|text| Finding::new(Sentence::new(|w| w.seer_reasons, [Arg::message(text)]), [Cite::Seer]))
        .collect()
}

/// Returns the steps that Seer gives to reproduce the error.
pub(super) fn steps(evidence: &Evidence) -> impl Iterator<Item = Sentence> {
    let steps = evidence.seer.iter().flat_map(|seer| seer.reproduction.iter().take(STEPS));
    steps.map(|step| Sentence::new(|w| w.step_reproduce, [Arg::message(step)]))
}
