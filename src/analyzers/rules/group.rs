//! Statements about exception groups (`ExceptionGroup`, `AggregateException`). The members of a group are siblings:
//! they did not cause each other.

use super::blame::{self, Suspect};
use super::headline::{exception, first_line};
use super::lineage::{group_size, innermost, members};
use crate::domain::analysis::Finding;
use crate::domain::evidence::{Cite, Evidence};
use crate::domain::words::{Arg, Sentence};

/// The note names at most this many other siblings.
const MOST: usize = 4;

/// Returns a statement with the siblings of an exception group that the headline does not name, each with its own place
/// in the code. Returns `None` if the event has no group.
pub(super) fn siblings(evidence: &Evidence, suspect: Option<&Suspect>) -> Option<Finding> {
    let event = evidence.event.as_ref()?;
    let count = group_size(event)?;
    let ranked = blame::ranking(event);
    let named = exception(event, suspect);
    let leaves = members(event).into_iter().map(|at| innermost(event, at));
    let leaves: Vec<usize> = leaves.filter(|leaf| Some(*leaf) != named).collect();
    let best = |leaf: usize| {
        let mut places = ranked.iter().filter_map(|ranked| event.frames.get(ranked.index));
        places.find(|frame| frame.exception == Some(leaf))
    };
    let shown = leaves.iter().take(MOST).filter_map(|leaf| {
        let exception = event.exceptions.get(*leaf)?;
        let kind = Arg::from(exception.kind.as_ref()?);
        let message = exception.message.as_ref().map(|text| Arg::message(&first_line(text)));
        let said = match message {
            Some(message) => Arg::Sentence(Box::new(Sentence::new(|w| w.exception_said, [kind, message]))),
            None => kind,
        };
        Some(match best(*leaf).and_then(blame::location) {
            Some(place) => Arg::Sentence(Box::new(Sentence::new(|w| w.headline_where, [said, place]))),
            None => said,
        })
    });
    let list =
        shown.reduce(|list, next| Arg::Sentence(Box::new(Sentence::new(|w| w.group_and, [list, next]))))?;
    let cites: Vec<Cite> = leaves.iter().take(MOST).map(|leaf| Cite::Exception(*leaf)).collect();
    Some(Finding::new(Sentence::new(|w| w.group_told, [Arg::Number(count), list]), cites))
}

/// Returns the explanations of the failure. If the event has an exception group, the first explanation is changed to
/// say that it is about the first sibling.
pub(super) fn of_first(evidence: &Evidence, mut explained: Vec<Finding>) -> Vec<Finding> {
    let is_group = evidence.event.as_ref().and_then(group_size).is_some();
    if let Some(finding) = explained.first_mut().filter(|_| is_group) {
        let said = std::mem::replace(&mut finding.sentence, Sentence::plain(|_| ""));
        finding.sentence = Sentence::new(|w| w.group_first, [Arg::Sentence(Box::new(said))]);
    }
    explained
}
