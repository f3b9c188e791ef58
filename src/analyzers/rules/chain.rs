//! The chain of exceptions: which were raised, and which caused which.

use super::Clues;
use super::headline;
use super::lineage::main_line;
use crate::domain::analysis::Finding;
use crate::domain::event::{Event, Exception};
use crate::domain::evidence::{Cite, Evidence};
use crate::domain::kind::Kind;
use crate::domain::text::Untrusted;
use crate::domain::words::{Arg, NAME, Sentence};

/// The largest number of exceptions of a chain in the note.
const MOST: usize = 4;

/// How the exceptions of a chain are connected: the issue's title shows the outermost one, the headline another.
///
/// A group is not part of the chain, because its members did not cause it. A wrapper that repeats type and message is
/// left out.
pub(super) fn surfaced(evidence: &Evidence, clues: &Clues) -> Option<Finding> {
    let event = evidence.event.as_ref()?;
    let mut line: Vec<(usize, &Exception)> = Vec::new();
    for at in main_line(event) {
        let exception = event.exceptions.get(at).filter(|x| !x.is_group && x.kind.is_some());
        let is_new = |x: &&Exception| line.last().is_none_or(|(_, inner)| !repeats(x, inner));
        line.extend(exception.filter(is_new).map(|exception| (at, exception)));
    }
    if line.len() < 2 {
        return None;
    }
    if line.len() > MOST {
        // The exceptions nearest to the cause and the outermost one remain.
        line.drain(MOST - 1..line.len() - 1);
    }
    let named = headline::exception(event, clues.suspect.as_ref());
    let cites: Vec<Cite> = line.iter().rev().map(|(at, _)| Cite::Exception(*at)).collect();
    let mut inner_first = line.into_iter();
    let (innermost, cause) = inner_first.next()?;
    // The headline shows the cause's message, unless it is about an outer exception.
    let cause = if named == Some(innermost) { name(cause)? } else { said(cause)? };
    let chain = inner_first.filter_map(|(_, outer)| name(outer)).fold(cause, |inner, outer| {
        Arg::Sentence(Box::new(Sentence::new(|w| w.exception_chain, [outer, inner])))
    });
    Some(Finding::new(Sentence::new(|w| w.exception_surfaced, [chain]), cites))
}

/// Whether `outer` repeats type and message of the exception that it wraps.
fn repeats(outer: &Exception, inner: &Exception) -> bool {
    outer.kind == inner.kind && outer.message == inner.message
}

fn name(exception: &Exception) -> Option<Arg> {
    exception.kind.as_ref().map(Arg::from)
}

fn said(exception: &Exception) -> Option<Arg> {
    let name = name(exception)?;
    let Some(message) = &exception.message else { return Some(name) };
    let message = Arg::Quote(message.clone(), NAME);
    Some(Arg::Sentence(Box::new(Sentence::new(|w| w.exception_said, [name, message]))))
}

/// A remark that there is no exception. Native crashes never have one and get no remark.
pub(super) fn findings(evidence: &Evidence) -> Vec<Finding> {
    let Some(event) = &evidence.event else { return Vec::new() };
    let Some(outer) = event.exceptions.last() else { return logged(evidence, event) };
    let throws_anything = matches!(event.platform.as_ref().map(Untrusted::raw), Some("javascript" | "node"));
    let cite = Cite::Exception(event.exceptions.len() - 1);
    let is_made_up = outer.synthetic && throws_anything && evidence.kind() == Kind::Error;
    is_made_up.then(|| Finding::new(Sentence::plain(|w| w.synthetic), [cite])).into_iter().collect()
}

/// A step that searches for the log message in the code.
pub(super) fn step(evidence: &Evidence) -> Option<Sentence> {
    let event = evidence.event.as_ref()?;
    let is_logged = event.exceptions.is_empty() && event.message.is_some();
    is_logged.then(|| Sentence::plain(|w| w.step_find_message))
}

/// A remark that the event is a log message. It is left out if the title has the form `Type: message`, because then the
/// exception was only not sent.
fn logged(evidence: &Evidence, event: &Event) -> Vec<Finding> {
    let title = evidence.issue.title.as_ref().map(Untrusted::raw).unwrap_or_default();
    let is_logged =
        |text: &&Untrusted| !title.strip_suffix(text.raw()).is_some_and(|kind| kind.ends_with(": "));
    let said = |_| Finding::new(Sentence::plain(|w| w.log_message), [Cite::Message]);
    event.message.as_ref().filter(is_logged).map(said).into_iter().collect()
}
