//! What others say: Sentry's suspect commits and Seer's finished analysis. Both are quoted, neither is adopted.

use crate::domain::analysis::Finding;
use crate::domain::evidence::{Cite, Evidence};
use crate::domain::words::{Arg, Sentence};

/// Steps of Seer's reasoning that are told.
const REASONS: usize = 3;

/// Seer's root cause and how it got there.
pub(super) fn seer(evidence: &Evidence) -> Vec<Finding> {
    let Some(seer) = &evidence.seer else { return Vec::new() };
    let summary = Sentence::new(|w| w.seer_says, [Arg::message(&seer.summary)]);
    let reasons = seer.reasoning.iter().take(REASONS);
    let reasons = reasons.map(|reason| Sentence::new(|w| w.seer_reasons, [Arg::message(reason)]));
    [summary].into_iter().chain(reasons).map(|sentence| Finding::new(sentence, [Cite::Seer])).collect()
}

/// The commit that Sentry suspects most.
pub(super) fn commits(evidence: &Evidence) -> Vec<Finding> {
    let first = evidence.commits.first().map(|commit| {
        let short = commit.id.raw().chars().take(12).collect::<String>();
        let id = crate::domain::text::Foreign::new(short);
        let sentence = Sentence::new(|w| w.suspect_commit, [Arg::from(&id), Arg::from(&commit.subject)]);
        Finding::new(sentence, [Cite::Commit(0)])
    });
    first.into_iter().collect()
}
