//! The note on user feedback, a text that a person sent. The note leaves out the author.

use super::{Note, said};
use crate::domain::analysis::{Finding, Level};
use crate::domain::evidence::Evidence;
use crate::domain::origin::Feedback;
use crate::domain::text::Untrusted;
use crate::domain::words::{Arg, Sentence};

/// The length of the part of the person's text in the headline, in characters.
const SHORT: usize = 120;

pub(super) fn note(evidence: &Evidence) -> Note {
    let empty = Feedback::default();
    let feedback = evidence.feedback().unwrap_or(&empty);
    let replay = evidence.event.as_ref().and_then(|event| event.replay.as_ref());
    let message = feedback.message.as_ref();
    let id = |id: &crate::domain::ids::EventId| Arg::Name(id.as_str().to_owned());
    let links = [
        feedback.page.as_ref().map(|page| said(evidence, |w| w.feedback_page, [Arg::from(&page.route())])),
        feedback.event.as_ref().map(|event| said(evidence, |w| w.feedback_event, [id(event)])),
        replay.map(|replay| said(evidence, |w| w.replay_recorded, [id(replay)])),
    ];
    let steps = [
        feedback.event.as_ref().map(|event| Sentence::new(|w| w.feedback_step_event, [id(event)])),
        replay.map(|replay| Sentence::new(|w| w.replay_step_watch, [id(replay)])),
        Some(Sentence::plain(|w| w.feedback_step_try)),
    ];
    Note {
        headline: message.map_or_else(
            || Sentence::plain(|w| w.feedback_empty),
            |text| Sentence::new(|w| w.feedback_headline, [Arg::Quote(text.clone(), SHORT)]),
        ),
        level: Level::Low,
        because: |w| w.sure_person,
        cause: message.filter(|text| is_long(text)).map(|text| words(evidence, text)).into_iter().collect(),
        findings: links.into_iter().flatten().collect(),
        steps: steps.into_iter().flatten().collect(),
    }
}

/// Whether the headline shows only a part of the person's text.
fn is_long(text: &Untrusted) -> bool {
    text.raw().chars().count() > SHORT
}

fn words(evidence: &Evidence, text: &Untrusted) -> Finding {
    said(evidence, |w| w.feedback_said, [Arg::Quote(text.clone(), WORDS)])
}

/// The length of the part of the person's text in the note, in characters.
const WORDS: usize = 1_000;
