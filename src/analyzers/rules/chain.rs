//! What was raised, and what caused what.

use crate::domain::analysis::Finding;
use crate::domain::event::{Event, Exception};
use crate::domain::evidence::{Cite, Evidence};
use crate::domain::text::Foreign;
use crate::domain::words::{Arg, Sentence};

/// Exceptions of a chain that are told.
const TOLD: usize = 4;

/// How a chain of exceptions hangs together: the title of the issue shows the outermost, the headline the cause.
pub(super) fn surfaced(evidence: &Evidence) -> Option<Finding> {
    let event = evidence.event.as_ref()?;
    if event.exceptions.len() < 2 {
        return None;
    }
    let mut outermost_first: Vec<usize> = (0..event.exceptions.len()).rev().collect();
    if outermost_first.len() > TOLD {
        // The outermost and those nearest to the cause.
        outermost_first.drain(1..=outermost_first.len() - TOLD);
    }
    let named = |at: &usize| event.exceptions.get(*at).and_then(name);
    let mut inner_first = outermost_first.iter().rev().filter_map(named);
    let innermost = inner_first.next()?;
    let chain = inner_first.fold(innermost, |inner, outer| {
        Arg::Sentence(Box::new(Sentence::new(|w| w.exception_chain, [outer, inner])))
    });
    let cites: Vec<Cite> = outermost_first.into_iter().map(Cite::Exception).collect();
    Some(Finding::new(Sentence::new(|w| w.exception_surfaced, [chain]), cites))
}

fn name(exception: &Exception) -> Option<Arg> {
    exception.kind.as_ref().map(Arg::from)
}

/// Whether it was caught, and whether it is an exception at all.
pub(super) fn findings(evidence: &Evidence) -> Vec<Finding> {
    let Some(event) = &evidence.event else { return Vec::new() };
    let Some(outer) = event.exceptions.last() else { return logged(evidence, event) };
    let cite = [Cite::Exception(event.exceptions.len() - 1)];
    let said = |applies: bool, sentence: Sentence| applies.then(|| Finding::new(sentence, cite.clone()));
    let findings = [
        said(outer.handled == Some(false), Sentence::plain(|w| w.unhandled)),
        said(outer.synthetic, Sentence::plain(|w| w.synthetic)),
    ];
    findings.into_iter().flatten().collect()
}

/// That it is a log message; unless the title says `Type: message`, and only the exception was not sent along.
fn logged(evidence: &Evidence, event: &Event) -> Vec<Finding> {
    let title = evidence.issue.title.as_ref().map(Foreign::raw).unwrap_or_default();
    let is_logged =
        |text: &&Foreign| !title.strip_suffix(text.raw()).is_some_and(|kind| kind.ends_with(": "));
    let said = |_| Finding::new(Sentence::plain(|w| w.log_message), [Cite::Message]);
    event.message.as_ref().filter(is_logged).map(said).into_iter().collect()
}
