//! How sure is it? By rule: what was seen counts, not how well it sounds.

use super::Clues;
use super::blame;
use crate::domain::analysis::{Confidence, Level};
use crate::domain::evidence::Evidence;
use crate::domain::words::{Phrase, Sentence};

/// The level, and why.
pub(super) fn confidence(evidence: &Evidence, clues: &Clues) -> Confidence {
    let (level, because) = judged(evidence, clues);
    Confidence { level, because: Sentence::plain(because) }
}

fn judged(evidence: &Evidence, clues: &Clues) -> (Level, Phrase) {
    let is_known = clues.known.is_some();
    let Some(suspect) = &clues.suspect else {
        return match () {
            () if evidence.seer.is_some() => (Level::Medium, |w| w.sure_seer),
            () if is_known => (Level::Low, |w| w.sure_known),
            () => (Level::Low, |w| w.sure_no_stack),
        };
    };
    let is_unresolved = evidence.event.as_ref().is_some_and(|event| blame::is_unresolved(event, suspect));
    match () {
        () if !clues.culprits.is_empty() && suspect.is_own => (Level::High, |w| w.sure_value),
        () if evidence.seer.is_some() => (Level::Medium, |w| w.sure_seer),
        () if is_unresolved => (Level::Low, |w| w.sure_unresolved),
        () if suspect.is_own && is_known => (Level::Medium, |w| w.sure_known_own),
        () if suspect.is_own => (Level::Medium, |w| w.sure_own),
        () if is_known => (Level::Low, |w| w.sure_known),
        () => (Level::Low, |w| w.sure_library),
    }
}
