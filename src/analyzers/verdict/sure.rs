//! The confidence in the cause that a model states. The level is at most the level that the model itself states, and at
//! most the level that the evidence for the cause allows.

use super::Root;
use super::proof::Proof;
use crate::analyzers::schema::Draft;
use crate::domain::analysis::{Confidence, Level};
use crate::domain::evidence::Cite;
use crate::domain::words::{Phrase, Sentence};

/// Returns the confidence in the model's cause `root`, with a reason. High confidence requires a quoted failing line or
/// a value from the event. Medium confidence requires a cited frame or exception, and is the most for an answer that
/// was cut off or that states no confidence.
pub(super) fn confidence(draft: &Draft, root: Option<&Root>, was_cut: bool) -> Confidence {
    let (allowed, because) = match root {
        None => (Level::Low, (|w| w.sure_model_nothing) as Phrase),
        Some(root) => allowed(root),
    };
    let (most, instead): (Level, Phrase) = match said(draft) {
        Some(said) => (said, |w| w.sure_model_says),
        None => (Level::Medium, |w| w.sure_model_unsaid),
    };
    let limits = [(most, instead), (if was_cut { Level::Medium } else { Level::High }, |w| w.sure_model_cut)];
    let lowest = limits
        .into_iter()
        .fold((allowed, because), |lowest, limit| if limit.0 < lowest.0 { limit } else { lowest });
    Confidence { level: lowest.0, because: Sentence::plain(lowest.1) }
}

/// Returns the confidence that the model states in its answer. Returns `None` if the answer states none.
fn said(draft: &Draft) -> Option<Level> {
    let said = draft.confidence.as_deref()?.to_lowercase();
    let levels =
        [("high", Level::High), ("medium", Level::Medium), ("moderate", Level::Medium), ("low", Level::Low)];
    levels.into_iter().find(|(name, _)| said.contains(name)).map(|(_, level)| level)
}

fn allowed(root: &Root) -> (Level, Phrase) {
    let shows = root.finding.cites.iter().any(|cite| matches!(cite, Cite::Frame(_) | Cite::Exception(_)));
    match root.proof {
        Some(Proof::FailingLine) => (Level::High, |w| w.sure_model_line),
        Some(Proof::Value) => (Level::High, |w| w.sure_model_value),
        _ if shows => (Level::Medium, |w| w.sure_model_stack),
        _ => (Level::Low, |w| w.sure_model_little),
    }
}
