//! The rule analyst: one small file a question, each a pure function over the evidence.
//!
//! | question | file |
//! |---|---|
//! | Which frame has to change? | `suspect/`, told by `blame.rs` |
//! | What was raised, and what caused what? | `chain.rs` |
//! | How often, and since when? | `frequency.rs` |
//! | What came with it: a release, a regression? | `novelty.rs` |
//! | Who is affected, and what do the events share? | `affected.rs` |
//! | Which commit, and what did Seer say? | `others.rs` |
//! | What is missing? | `missing.rs` |

mod affected;
mod blame;
mod chain;
mod frequency;
mod missing;
mod novelty;
mod others;
pub mod suspect;

use crate::domain::analysis::{Analysis, Finding, Status};
use crate::domain::evidence::Evidence;
use crate::domain::words::{Arg, Sentence};

/// The analyst's name.
pub const NAME: &str = "rules";

/// Says what the evidence says. Pure: the same evidence gives the same analysis.
#[must_use]
pub fn analyze(evidence: &Evidence) -> Analysis {
    let suspect = blame::suspect(evidence);
    let questions = [
        others::seer(evidence),
        suspect.as_ref().map(|suspect| blame::findings(evidence, suspect)).unwrap_or_default(),
        chain::findings(evidence),
        novelty::findings(evidence),
        frequency::findings(evidence),
        affected::findings(evidence),
        others::commits(evidence),
    ];
    let findings: Vec<Finding> = questions.into_iter().flatten().collect();
    let is_likely = suspect.is_some() || evidence.seer.is_some();
    Analysis {
        analyzer: NAME,
        status: if is_likely { Status::Likely } else { Status::Undetermined },
        headline: headline(evidence, suspect.as_ref().map(|suspect| suspect.frame)),
        suspect: suspect.as_ref().map(|suspect| suspect.frame),
        findings,
        next_steps: next_steps(evidence, suspect.as_ref()),
        would_settle: if is_likely { Vec::new() } else { missing::would_settle(evidence) },
        reading: None,
        remarks: Vec::new(),
    }
}

/// What broke, and where: the innermost cause at the suspect frame, or the best title there is.
fn headline(evidence: &Evidence, suspect: Option<usize>) -> Sentence {
    let Some(event) = &evidence.event else { return titled(evidence) };
    let frame = suspect.and_then(|at| event.frames.get(at));
    let cause = event.exceptions.get(frame.and_then(|frame| frame.exception).unwrap_or(0));
    let Some(kind) = cause.and_then(|cause| cause.kind.as_ref()) else { return titled(evidence) };
    let message = cause.and_then(|cause| cause.message.as_ref()).map(Arg::message);
    let kind = Arg::from(kind);
    match (message, frame.and_then(blame::location)) {
        (Some(message), Some(place)) => Sentence::new(|w| w.headline_full, [kind, message, place]),
        (Some(message), None) => Sentence::new(|w| w.headline_exception, [kind, message]),
        (None, _) => Sentence::new(|w| w.headline_title, [kind]),
    }
}

fn titled(evidence: &Evidence) -> Sentence {
    let message = evidence.event.as_ref().and_then(|event| event.message.as_ref());
    match evidence.issue.title.as_ref().or(message) {
        Some(title) => Sentence::new(|w| w.headline_title, [Arg::message(title)]),
        None => Sentence::new(|w| w.headline_bare, [Arg::Name(evidence.issue.id.to_string())]),
    }
}

fn next_steps(evidence: &Evidence, suspect: Option<&blame::Suspect>) -> Vec<Sentence> {
    let steps = [
        suspect.and_then(|suspect| blame::step(evidence, suspect)),
        chain::step(evidence),
        novelty::step(evidence),
        affected::step(evidence),
    ];
    let seer = evidence.seer.iter().flat_map(|seer| &seer.reproduction);
    let reproduce = seer.map(|step| Sentence::new(|w| w.step_reproduce, [Arg::message(step)]));
    let mut steps: Vec<Sentence> = steps.into_iter().flatten().chain(reproduce.take(3)).collect();
    if steps.is_empty() {
        steps.push(Sentence::plain(|w| w.step_read_event));
    }
    steps
}
