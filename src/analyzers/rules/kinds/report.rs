//! The note on a report of a browser: a violation of a security policy (CSP), an invalid certificate, or a request that
//! failed in the network.

use super::super::knowledge::Known;
use super::{Note, known, said, titled};
use crate::domain::analysis::{Finding, Level};
use crate::domain::evidence::Evidence;
use crate::domain::origin::{BrowserReport, NetworkError, Origin, Violation};
use crate::domain::text::Untrusted;
use crate::domain::words::{Arg, Phrase, Sentence};

pub(super) fn note(evidence: &Evidence) -> Option<Note> {
    let Origin::Report(report) = &evidence.event.as_ref()?.origin else { return None };
    Some(match report {
        BrowserReport::Policy(violation) => policy(evidence, violation),
        BrowserReport::Pinning(host) => certificate(evidence, host.as_ref(), |w| w.report_pinning),
        BrowserReport::Transparency(host) => certificate(evidence, host.as_ref(), |w| w.report_transparency),
        BrowserReport::Stapling(host) => certificate(evidence, host.as_ref(), |w| w.report_stapling),
        BrowserReport::Network(error) => network(evidence, error),
    })
}

fn policy(evidence: &Evidence, violation: &Violation) -> Note {
    let (title, page) = (titled(evidence), violation.page.as_ref().map(Untrusted::route));
    let headline = match page {
        Some(page) => Sentence::new(|w| w.headline_where, [Arg::Sentence(Box::new(title)), Arg::from(&page)]),
        None => title,
    };
    let source = violation.source.as_ref().filter(|source| {
        // A source on the page's own site adds no information.
        violation.page.as_ref().is_none_or(|page| !source.raw().starts_with(page.route().raw()))
    });
    let known = pattern(evidence, violation);
    Note {
        headline,
        level: Level::Medium,
        because: |w| w.sure_policy,
        cause: if violation.is_report_only { Vec::new() } else { known.cause(evidence) },
        findings: [blocked(evidence, violation)]
            .into_iter()
            .chain(source.map(|source| said(evidence, |w| w.policy_source, [Arg::from(source)])))
            .collect(),
        steps: known.steps(),
    }
}

/// Returns the explanation of a policy violation in the knowledge base: for code within the page, or for a resource
/// from another host.
fn pattern(evidence: &Evidence, violation: &Violation) -> Known {
    let blocked = violation.blocked.as_ref().map(Untrusted::raw).unwrap_or_default();
    let is_inline = ["inline", "eval", "wasm-eval", "self"].contains(&blocked);
    known(if is_inline { "observed.policy_inline" } else { "observed.policy_blocked" }, evidence)
}

fn blocked(evidence: &Evidence, violation: &Violation) -> Finding {
    let phrase: Phrase =
        if violation.is_report_only { |w| w.policy_would_block } else { |w| w.policy_blocked };
    match violation.blocked.as_ref().zip(violation.directive.as_ref()) {
        Some((blocked, directive)) => said(evidence, phrase, [Arg::from(blocked), Arg::from(directive)]),
        None => said(evidence, |w| w.policy_report, []),
    }
}

fn certificate(evidence: &Evidence, host: Option<&Untrusted>, phrase: Phrase) -> Note {
    let headline = host.map_or_else(|| titled(evidence), |host| Sentence::new(phrase, [Arg::from(host)]));
    Note {
        headline,
        level: Level::Medium,
        because: |w| w.sure_report,
        cause: vec![said(evidence, |w| w.report_certificate, [])],
        findings: Vec::new(),
        steps: vec![
            Sentence::plain(|w| w.report_step_certificate),
            Sentence::plain(|w| w.report_step_intercepted),
        ],
    }
}

fn network(evidence: &Evidence, failed: &NetworkError) -> Note {
    let url = failed.url.as_ref().map(Untrusted::route);
    let error = failed.error.as_ref();
    let headline = match (url, error) {
        (Some(url), Some(error)) => Sentence::new(|w| w.report_network, [Arg::from(&url), Arg::from(error)]),
        _ => titled(evidence),
    };
    let phase = failed.phase.as_ref().map(Untrusted::raw).unwrap_or_default();
    let (cause, step): (Phrase, Phrase) = match phase {
        "dns" => (|w| w.report_phase_dns, |w| w.report_step_dns),
        "application" => (|w| w.report_phase_application, |w| w.report_step_application),
        _ => (|w| w.report_phase_connection, |w| w.report_step_connection),
    };
    let status = failed.status.map(|status| said(evidence, |w| w.report_status, [Arg::Number(status)]));
    Note {
        headline,
        level: Level::Medium,
        because: |w| w.sure_report,
        cause: [said(evidence, cause, [])].into_iter().chain(status).collect(),
        findings: Vec::new(),
        steps: vec![Sentence::plain(step)],
    }
}
