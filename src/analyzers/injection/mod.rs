//! Detects prompt injection: texts of an event that give instructions to a model or a reader.
//!
//! A detected injection does not change the prompt, because every text of an event is untrusted data anyway. It adds a
//! warning to the note, lowers the confidence of the analysis and removes a model's advice. A proposal to archive the
//! issue or to lower its priority is removed, too.

mod patterns;
mod texts;

use crate::domain::action::{IssueAction, Priority, Proposal};
use crate::domain::analysis::{Analysis, Confidence, Finding, Level};
use crate::domain::evidence::{Cite, Evidence};
use crate::domain::words::Sentence;

/// At most this many characters of each text are searched for instructions. Notes, messages and prompts show no further
/// part of a text.
const LOOKED_AT: usize = 2_000;
/// Returns the pieces of evidence in which instructions were found. Only texts that a note, a message or a prompt shows
/// are searched. `analysis` decides which texts are shown.
pub(super) fn suspected(evidence: &Evidence, analysis: &Analysis) -> Vec<Cite> {
    let mut found: Vec<Cite> = texts::texts(evidence, analysis)
        .into_iter()
        .filter(|(_, text)| patterns::hides(text.raw()) || patterns::instructs(&text.line(LOOKED_AT)))
        .map(|(cite, _)| cite)
        .collect();
    found.dedup();
    found
}

/// Returns `analysis`, changed if the event gives instructions to a model or a reader. It then has a warning, a low
/// confidence, and no proposal to archive the issue or to lower its priority.
#[must_use]
pub fn remarked(mut analysis: Analysis, evidence: &Evidence) -> Analysis {
    let found = suspected(evidence, &analysis);
    if !found.is_empty() {
        let because = Sentence::plain(|w| w.sure_injection);
        analysis.confidence = Confidence { level: Level::Low, because };
        analysis.remarks.push(Finding::new(Sentence::plain(|w| w.injection), found));
        // An attacker benefits if the issue is archived or gets a low priority, so such a proposal is dropped.
        if matches!(
            analysis.proposal.action,
            Some(IssueAction::ArchiveUntilEscalating | IssueAction::Priority(Priority::Low))
        ) {
            analysis.proposal = Proposal::none();
        }
    }
    analysis
}
