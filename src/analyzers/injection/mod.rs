//! Is somebody talking to the reader? Texts of an event that give instructions, as an attack on a model does.
//!
//! It decides nothing about what the model is shown: a text that passes here is still only data. It says that the note
//! has to be read with care, caps the confidence, and takes a model's advice out of the note.

mod patterns;
mod texts;

use crate::domain::action::{IssueAction, Priority, Proposal};
use crate::domain::analysis::{Analysis, Confidence, Finding, Level};
use crate::domain::evidence::{Cite, Evidence};
use crate::domain::words::Sentence;

/// How much of one text is looked at: no more of it is shown to anybody.
const LOOKED_AT: usize = 2_000;
/// Where instructions are found, by the name of the evidence; `analysis` says what of it is shown.
pub(super) fn suspected(evidence: &Evidence, analysis: &Analysis) -> Vec<Cite> {
    let mut found: Vec<Cite> = texts::texts(evidence, analysis)
        .into_iter()
        .filter(|(_, text)| patterns::hides(text.raw()) || patterns::instructs(&text.line(LOOKED_AT)))
        .map(|(cite, _)| cite)
        .collect();
    found.dedup();
    found
}

/// `analysis`, with the remark that instructions were found, no confidence in what may be forged, and no proposal to put it
/// away, when they were.
#[must_use]
pub fn remarked(mut analysis: Analysis, evidence: &Evidence) -> Analysis {
    let found = suspected(evidence, &analysis);
    if !found.is_empty() {
        let because = Sentence::plain(|w| w.sure_injection);
        analysis.confidence = Confidence { level: Level::Low, because };
        analysis.remarks.push(Finding::new(Sentence::plain(|w| w.injection), found));
        // Whoever writes such an event would like to see it put away.
        if matches!(
            analysis.proposal.action,
            Some(IssueAction::ArchiveUntilEscalating | IssueAction::Priority(Priority::Low))
        ) {
            analysis.proposal = Proposal::none();
        }
    }
    analysis
}
