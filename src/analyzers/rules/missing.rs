//! Lists the missing data that would improve the analysis, such as source maps or a release.

use super::{Clues, blame};
use crate::domain::event::Event;
use crate::domain::evidence::{Evidence, Gap, Wanted};
use crate::domain::issue::Substatus;
use crate::domain::outcome::Failure;
use crate::domain::words::{Arg, Sentence};

/// The largest number of kinds of missing data that a note lists.
const MOST: usize = 2;

/// Returns a sentence about each kind of missing data, the most useful first.
pub(super) fn wishes(evidence: &Evidence, clues: &Clues) -> Vec<Sentence> {
    let is_open = clues.suspect.is_none() && evidence.seer.is_none();
    let event = evidence.event.as_ref();
    let is_message = event.is_some_and(|event| event.exceptions.is_empty() && event.message.is_some());
    let unresolved =
        event.zip(clues.suspect.as_ref()).is_some_and(|(e, suspect)| blame::is_unresolved(e, suspect));
    let came_with_a_deploy = matches!(evidence.substatus(), Some(Substatus::New | Substatus::Regressed));
    let plain = Sentence::plain;
    let wishes = [
        (is_open && lacks_token(evidence), plain(|w| w.settle_token)),
        (is_open && is_message, plain(|w| w.settle_attach)),
        (is_open && !is_message, plain(|w| w.settle_stack)),
        (unresolved, event.and_then(mapping).unwrap_or_else(|| plain(|w| w.settle_source_maps))),
        (!unresolved && event.is_some_and(lacks_source) && !is_read(evidence), plain(|w| w.settle_source)),
        (came_with_a_deploy && event.is_some() && evidence.release().is_none(), plain(|w| w.settle_release)),
    ];
    wishes.into_iter().filter(|(missing, _)| *missing).map(|(_, wish)| wish).take(MOST).collect()
}

/// Returns a sentence about the R8 or `ProGuard` mapping that Sentry looked for and does not have.
fn mapping(event: &Event) -> Option<Sentence> {
    let id = event.processing_errors.iter().find_map(|error| error.mapping.as_ref())?;
    Some(Sentence::new(|w| w.settle_mapping, [Arg::from(id)]))
}

/// Returns a remark that an API token of Sentry is missing or lacks a permission, if that is why the event could not be
/// read.
pub(super) fn token(evidence: &Evidence) -> Option<Sentence> {
    lacks_token(evidence).then(|| Sentence::plain(|w| w.settle_token))
}

/// Whether the event could not be read because the API token of Sentry is missing or lacks a permission. A slow or
/// failing Sentry is a different problem.
fn lacks_token(evidence: &Evidence) -> bool {
    let is_forbidden = |gap: &Gap| {
        matches!(gap.what, Wanted::Event | Wanted::IssueDetails)
            && matches!(gap.why, Failure::NotConfigured(_) | Failure::Unauthorized | Failure::Forbidden)
    };
    evidence.event.is_none() && evidence.gaps.iter().any(is_forbidden)
}

/// Whether source code of a frame was read from the repository.
fn is_read(evidence: &Evidence) -> bool {
    evidence.source.iter().any(|source| source.excerpt().is_some())
}

/// Whether the event has frames of the program's own code, and none of them has a source line.
fn lacks_source(event: &Event) -> bool {
    let mut own = event.frames.iter().filter(|frame| frame.in_app).peekable();
    own.peek().is_some() && own.all(|frame| frame.source.is_none())
}
