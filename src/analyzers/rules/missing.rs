//! What would settle the cause, or would have helped: which setting of Sentry to change, and only where it is missing.

use super::{Clues, blame};
use crate::domain::event::Event;
use crate::domain::evidence::{Evidence, Gap, Wanted};
use crate::domain::issue::Substatus;
use crate::domain::outcome::Failure;
use crate::domain::words::{Phrase, Sentence};

/// More wishes than this are not read.
const MOST: usize = 2;

/// What to add, the most useful first.
pub(super) fn wishes(evidence: &Evidence, clues: &Clues) -> Vec<Sentence> {
    let is_open = clues.suspect.is_none() && evidence.seer.is_none();
    let event = evidence.event.as_ref();
    let is_message = event.is_some_and(|event| event.exceptions.is_empty() && event.message.is_some());
    let unresolved =
        event.zip(clues.suspect.as_ref()).is_some_and(|(e, suspect)| blame::is_unresolved(e, suspect));
    let came_with_a_deploy = matches!(evidence.substatus(), Some(Substatus::New | Substatus::Regressed));
    let wishes: [(bool, Phrase); 6] = [
        (is_open && lacks_token(evidence), |w| w.settle_token),
        (is_open && is_message, |w| w.settle_attach),
        (is_open && !is_message, |w| w.settle_stack),
        (unresolved, |w| w.settle_source_maps),
        (!unresolved && event.is_some_and(lacks_source), |w| w.settle_source),
        (came_with_a_deploy && event.is_some() && evidence.release().is_none(), |w| w.settle_release),
    ];
    wishes.into_iter().filter(|(missing, _)| *missing).map(|(_, w)| Sentence::plain(w)).take(MOST).collect()
}

/// A token, where it alone is what keeps the event from being read.
pub(super) fn token(evidence: &Evidence) -> Option<Sentence> {
    lacks_token(evidence).then(|| Sentence::plain(|w| w.settle_token))
}

/// A token helps against what a token forbids, not against a slow or broken Sentry.
fn lacks_token(evidence: &Evidence) -> bool {
    let is_forbidden = |gap: &Gap| {
        matches!(gap.what, Wanted::Event | Wanted::IssueDetails)
            && matches!(gap.why, Failure::NotConfigured(_) | Failure::Unauthorized | Failure::Forbidden)
    };
    evidence.event.is_none() && evidence.gaps.iter().any(is_forbidden)
}

/// Own frames, and not one line of source.
fn lacks_source(event: &Event) -> bool {
    let mut own = event.frames.iter().filter(|frame| frame.in_app).peekable();
    own.peek().is_some() && own.all(|frame| frame.source.is_none())
}
