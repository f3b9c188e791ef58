//! What would settle the cause, or would have helped: which setting of Sentry to change, and only where it is missing.

use super::{Clues, blame};
use crate::domain::event::Event;
use crate::domain::evidence::{Evidence, Wanted};
use crate::domain::issue::Substatus;
use crate::domain::outcome::Failure;
use crate::domain::words::{Phrase, Sentence};

/// More wishes than this are not read.
const MOST: usize = 2;

/// What to add, the most useful first.
pub(super) fn wishes(evidence: &Evidence, clues: &Clues) -> Vec<Sentence> {
    // A token helps against what a token forbids, not against a slow or broken Sentry.
    let asked_in_vain = evidence.gaps.iter().any(|gap| {
        matches!(gap.what, Wanted::Event | Wanted::IssueDetails)
            && matches!(gap.why, Failure::NotConfigured(_) | Failure::Unauthorized | Failure::Forbidden)
    });
    let is_open = clues.suspect.is_none() && evidence.seer.is_none();
    let event = evidence.event.as_ref();
    // What a browser or a detector reports has no stack.
    let is_raised = evidence.violation().is_none() && !evidence.is_detected();
    let is_message = event.is_some_and(|event| event.exceptions.is_empty() && event.message.is_some());
    let unresolved =
        event.zip(clues.suspect.as_ref()).is_some_and(|(e, suspect)| blame::is_unresolved(e, suspect));
    let came_with_a_deploy = matches!(evidence.substatus(), Some(Substatus::New | Substatus::Regressed));
    let wishes: [(bool, Phrase); 6] = [
        (is_open && asked_in_vain && event.is_none(), |w| w.settle_token),
        (is_open && is_raised && is_message, |w| w.settle_attach),
        (is_open && is_raised && !is_message, |w| w.settle_stack),
        (unresolved, |w| w.settle_source_maps),
        (!unresolved && event.is_some_and(lacks_source), |w| w.settle_source),
        (came_with_a_deploy && event.is_some() && evidence.release().is_none(), |w| w.settle_release),
    ];
    wishes.into_iter().filter(|(missing, _)| *missing).map(|(_, w)| Sentence::plain(w)).take(MOST).collect()
}

/// Own frames, and not one line of source.
fn lacks_source(event: &Event) -> bool {
    let mut own = event.frames.iter().filter(|frame| frame.in_app).peekable();
    own.peek().is_some() && own.all(|frame| frame.source.is_none())
}
