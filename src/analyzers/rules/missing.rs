//! What would settle the cause when there is nothing to go on.

use crate::domain::evidence::{Evidence, Wanted};
use crate::domain::text::Foreign;
use crate::domain::words::Sentence;

/// Sentry's names for frames that could not be resolved.
const UNRESOLVED: &[&str] =
    &["js_no_source", "js_invalid_source", "native_missing_dsym", "proguard_missing_mapping"];

/// What to add, most useful first.
pub(super) fn would_settle(evidence: &Evidence) -> Vec<Sentence> {
    let asked_in_vain =
        evidence.gaps.iter().any(|gap| matches!(gap.what, Wanted::Event | Wanted::IssueDetails));
    let event = evidence.event.as_ref();
    let unresolved = event.is_some_and(|event| {
        event.processing_errors.iter().map(Foreign::raw).any(|error| UNRESOLVED.contains(&error))
    });
    let is_message = event.is_some_and(|event| event.exceptions.is_empty() && event.message.is_some());
    let wishes = [
        asked_in_vain.then(|| Sentence::plain(|w| w.settle_token)),
        unresolved.then(|| Sentence::plain(|w| w.settle_source_maps)),
        is_message.then(|| Sentence::plain(|w| w.settle_attach)),
        (!is_message).then(|| Sentence::plain(|w| w.settle_stack)),
    ];
    wishes.into_iter().flatten().collect()
}
