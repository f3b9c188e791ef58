//! What was raised, and what caused what.

use crate::domain::analysis::Finding;
use crate::domain::event::Exception;
use crate::domain::evidence::{Cite, Evidence};
use crate::domain::words::{Arg, Sentence};

/// Links of a chain that are told.
const LINKS: usize = 3;

/// The exception, or how a chain of them hangs together; or that there is none.
pub(super) fn findings(evidence: &Evidence) -> Vec<Finding> {
    let Some(event) = &evidence.event else { return Vec::new() };
    let mut findings = match event.exceptions.as_slice() {
        [] => event
            .message
            .iter()
            .map(|text| said(Sentence::new(|w| w.log_message, [Arg::message(text)]), 0))
            .collect(),
        [only] => single(only).into_iter().collect(),
        chain => chain.windows(2).enumerate().take(LINKS).filter_map(link).collect::<Vec<Finding>>(),
    };
    let Some(outer) = event.exceptions.last() else {
        for finding in &mut findings {
            finding.cites = vec![Cite::Message];
        }
        return findings;
    };
    let at = event.exceptions.len() - 1;
    if outer.handled == Some(false) {
        findings.push(said(Sentence::plain(|w| w.unhandled), at));
    }
    if outer.synthetic {
        findings.push(said(Sentence::plain(|w| w.synthetic), at));
    }
    findings
}

fn said(sentence: Sentence, exception: usize) -> Finding {
    Finding::new(sentence, [Cite::Exception(exception)])
}

fn single(exception: &Exception) -> Option<Finding> {
    let args = [Arg::from(exception.kind.as_ref()?), Arg::message(exception.message.as_ref()?)];
    Some(said(Sentence::new(|w| w.exception_single, args), 0))
}

/// Two neighbours of a chain, innermost first: the second was caused by the first.
fn link((at, pair): (usize, &[Exception])) -> Option<Finding> {
    let [inner, outer] = pair else { return None };
    let args = [Arg::from(outer.kind.as_ref()?), Arg::from(inner.kind.as_ref()?)];
    let cites = [Cite::Exception(at + 1), Cite::Exception(at)];
    Some(Finding::new(Sentence::new(|w| w.exception_chain, args), cites))
}

/// The step: start from the innermost.
pub(super) fn step(evidence: &Evidence) -> Option<Sentence> {
    let chain = &evidence.event.as_ref()?.exceptions;
    let inner = chain.first().filter(|_| chain.len() > 1)?;
    Some(Sentence::new(|w| w.step_inner_first, [Arg::from(inner.kind.as_ref()?)]))
}
