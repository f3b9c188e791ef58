//! The analysis of Sentry's own Seer. The note quotes it as Seer's.

use crate::domain::analysis::Finding;
use crate::domain::evidence::{Cite, Evidence};
use crate::domain::words::{Arg, Sentence};

/// The largest number of steps of Seer's reasoning.
const REASONS: usize = 3;
/// The largest number of steps of Seer's reproduction.
const STEPS: usize = 3;

/// Seer's root cause.
pub(super) fn cause(evidence: &Evidence) -> Vec<Finding> {
    let said = |text| Finding::new(Sentence::new(|w| w.seer_says, [Arg::message(text)]), [Cite::Seer]);
    evidence.seer.iter().map(|seer| said(&seer.summary)).collect()
}

/// Seer's reasoning.
pub(super) fn findings(evidence: &Evidence) -> Vec<Finding> {
    let reasons = evidence.seer.iter().flat_map(|seer| seer.reasoning.iter().take(REASONS));
    reasons
        .map(|text| Finding::new(Sentence::new(|w| w.seer_reasons, [Arg::message(text)]), [Cite::Seer]))
        .collect()
}

/// Seer's steps to reproduce the error.
pub(super) fn steps(evidence: &Evidence) -> impl Iterator<Item = Sentence> {
    let steps = evidence.seer.iter().flat_map(|seer| seer.reproduction.iter().take(STEPS));
    steps.map(|step| Sentence::new(|w| w.step_reproduce, [Arg::message(step)]))
}
