//! Additions to the analysis of a hang: an app did not respond. The stack trace shows one moment of the hang.

use crate::domain::analysis::{Analysis, Confidence, Finding, Level};
use crate::domain::evidence::{Cite, Evidence};
use crate::domain::words::Sentence;

/// Adds the explanation of a hang to the analysis of the general rules. If the event has a stack trace, the confidence
/// becomes low, because the stack trace of a hang does not show where an exception was raised.
pub(in super::super) fn extend(evidence: &Evidence, analysis: &mut Analysis) {
    let count = evidence.event.as_ref().map_or(0, |event| event.exceptions.len());
    let cite = count.checked_sub(1).map_or(Cite::Issue, Cite::Exception);
    let has_stack = evidence.event.as_ref().is_some_and(|event| !event.frames.is_empty());
    // The knowledge base has its own cause and steps for well-known hangs.
    if analysis.cause.is_empty() {
        analysis.cause.push(Finding::new(Sentence::plain(|w| w.hang_meaning), [cite.clone()]));
        analysis.next_steps.splice(0..0, [Sentence::plain(|w| w.hang_step)]);
    }
    if has_stack {
        analysis.cause.push(Finding::new(Sentence::plain(|w| w.hang_stack), [cite]));
        analysis.confidence = Confidence { level: Level::Low, because: Sentence::plain(|w| w.sure_hang) };
    }
}
