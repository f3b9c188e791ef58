//! What was raised, and what caused what.

use super::Clues;
use super::headline;
use super::lineage::main_line;
use crate::domain::analysis::Finding;
use crate::domain::event::{Event, Exception};
use crate::domain::evidence::{Cite, Evidence};
use crate::domain::kind::Kind;
use crate::domain::text::Untrusted;
use crate::domain::words::{Arg, NAME, Sentence};

/// Exceptions of a chain that are told.
const TOLD: usize = 4;

/// How a chain of exceptions hangs together: the issue's title shows the outermost, the headline another.
pub(super) fn surfaced(evidence: &Evidence, clues: &Clues) -> Option<Finding> {
    let event = evidence.event.as_ref()?;
    let mut line = main_line(event);
    if line.len() < 2 {
        return None;
    }
    if line.len() > TOLD {
        // Those nearest to the cause, and the outermost.
        line.drain(TOLD - 1..line.len() - 1);
    }
    let told = headline::exception(event, clues.suspect.as_ref());
    let named = |at: usize| event.exceptions.get(at)?.kind.as_ref().map(Arg::from);
    let mut inner_first = line.iter().filter_map(|at| Some((*at, named(*at)?)));
    let (innermost, cause) = inner_first.next()?;
    // The headline has the cause's message, unless it is about an exception further out.
    let cause = if told == Some(innermost) { cause } else { said(event.exceptions.get(innermost)?, cause) };
    let chain = inner_first.fold(cause, |inner, (_, outer)| {
        Arg::Sentence(Box::new(Sentence::new(|w| w.exception_chain, [outer, inner])))
    });
    let cites: Vec<Cite> = line.into_iter().rev().map(Cite::Exception).collect();
    Some(Finding::new(Sentence::new(|w| w.exception_surfaced, [chain]), cites))
}

fn said(exception: &Exception, name: Arg) -> Arg {
    let Some(message) = &exception.message else { return name };
    Arg::Sentence(Box::new(Sentence::new(|w| w.exception_said, [name, Arg::Quote(message.clone(), NAME)])))
}

/// Whether it was caught, and whether it is an exception at all.
pub(super) fn findings(evidence: &Evidence) -> Vec<Finding> {
    let Some(event) = &evidence.event else { return Vec::new() };
    let Some(outer) = event.exceptions.last() else { return logged(evidence, event) };
    let cite = [Cite::Exception(event.exceptions.len() - 1)];
    let said = |applies: bool, sentence: Sentence| applies.then(|| Finding::new(sentence, cite.clone()));
    let findings = [
        said(outer.handled == Some(false) && !event.is_hang(), Sentence::plain(|w| w.unhandled)),
        // Handlers of crashes and hangs make up every exception; that says nothing of what was thrown.
        said(outer.synthetic && evidence.kind() == Kind::Error, Sentence::plain(|w| w.synthetic)),
    ];
    findings.into_iter().flatten().collect()
}

/// The step: find the log message in the code.
pub(super) fn step(evidence: &Evidence) -> Option<Sentence> {
    let event = evidence.event.as_ref()?;
    let is_logged = event.exceptions.is_empty() && event.message.is_some();
    is_logged.then(|| Sentence::plain(|w| w.step_find_message))
}

/// That it is a log message; unless the title says `Type: message`, and only the exception was not sent along.
fn logged(evidence: &Evidence, event: &Event) -> Vec<Finding> {
    let title = evidence.issue.title.as_ref().map(Untrusted::raw).unwrap_or_default();
    let is_logged =
        |text: &&Untrusted| !title.strip_suffix(text.raw()).is_some_and(|kind| kind.ends_with(": "));
    let said = |_| Finding::new(Sentence::plain(|w| w.log_message), [Cite::Message]);
    event.message.as_ref().filter(is_logged).map(said).into_iter().collect()
}
