//! The note on a performance issue: the slow query or call, how often it runs, in which transaction, and its share of
//! the time. A span is one recorded operation of a transaction, such as a query.

use std::time::Duration;

use super::super::knowledge::Known;
use super::{Note, known, said, subtitle, title, titled};
use crate::domain::analysis::{Finding, Level};
use crate::domain::evidence::Evidence;
use crate::domain::kind::PerformanceProblem;
use crate::domain::origin::{Found, Offenders, Origin};
use crate::domain::text::Untrusted;
use crate::domain::trace::{Group, Trace};
use crate::domain::words::{Arg, Phrase, Sentence};

/// The spans that form the performance problem.
struct Offence<'e> {
    /// The description of the spans, such as the query.
    what: Untrusted,
    /// The number of spans.
    times: u64,
    /// The time in which the spans ran. `None` if some of them were not recorded.
    took: Option<Duration>,
    spans: Group<'e>,
}

pub(super) fn note(evidence: &Evidence, problem: PerformanceProblem) -> Note {
    let offence = offence(evidence, problem);
    let facts = offence.as_ref().map(|it| facts(evidence, problem, it)).unwrap_or_default();
    let is_recorded = offence.as_ref().is_some_and(|it| it.took.is_some());
    let parent = offenders(evidence).and_then(|it| it.parent.clone());
    let known = advice(problem, offence.as_ref()).map(|id| Known { name: parent, ..known(id, evidence) });
    let cause =
        known.as_ref().filter(|_| problem != PerformanceProblem::Unnamed).map(|it| it.cause(evidence));
    let is_unnamed = problem == PerformanceProblem::Unnamed && is_plain(evidence);
    let (level, because): (Level, Phrase) = match () {
        () if is_recorded => (Level::High, |w| w.sure_spans),
        () if is_unnamed => (Level::Low, |w| w.sure_transaction),
        () => (Level::Medium, |w| w.sure_detector),
    };
    Note {
        headline: headline(evidence, offence.as_ref()),
        level,
        because,
        cause: facts.into_iter().chain(cause.into_iter().flatten()).collect(),
        findings: findings(evidence, offence.as_ref()),
        steps: known.map_or_else(|| vec![Sentence::plain(|w| w.perf_step_trace)], |it| it.steps()),
    }
}

/// Returns the id of the explanation of the problem in the knowledge base.
fn advice(problem: PerformanceProblem, offence: Option<&Offence<'_>>) -> Option<&'static str> {
    Some(match problem {
        PerformanceProblem::Repeated => "observed.n_plus_one",
        PerformanceProblem::SlowQuery => "observed.slow_query",
        PerformanceProblem::ConsecutiveQueries => "observed.consecutive_queries",
        PerformanceProblem::ConsecutiveCalls => "observed.consecutive_http",
        PerformanceProblem::LargePayload => "observed.large_payload",
        PerformanceProblem::SlowAsset => "observed.slow_asset",
        PerformanceProblem::MainThread => "observed.main_thread",
        PerformanceProblem::Regression => "observed.regression",
        PerformanceProblem::Unnamed if offence.is_some_and(|it| it.times > 1) => "observed.n_plus_one",
        PerformanceProblem::Unnamed => return None,
    })
}

fn offenders(evidence: &Evidence) -> Option<&Offenders> {
    match &evidence.detection()?.found {
        Found::Spans(offenders) => Some(offenders),
        _ => None,
    }
}

/// Returns the spans that form the problem: those that the detector names, or those whose description is in the issue's
/// title, or those that the transaction repeats.
fn offence(evidence: &Evidence, problem: PerformanceProblem) -> Option<Offence<'_>> {
    let trace = evidence.event.as_ref().map(|event| &event.trace);
    let named = offenders(evidence);
    let text = named.and_then(|it| it.description.as_ref()).or_else(|| subtitle(evidence));
    let by_id = trace.zip(named).map(|(trace, it)| trace.with_ids(&it.ids));
    let by_text = || trace.zip(text).map(|(trace, text)| trace.that_do(text));
    let own = || {
        trace
            .filter(|_| is_plain(evidence) || problem == PerformanceProblem::Unnamed)
            .and_then(Trace::repeated)
    };
    let is_found = |group: &Group<'_>| !group.spans.is_empty();
    let spans = by_id.filter(is_found).or_else(|| by_text().filter(is_found)).or_else(own);
    let spans = spans.unwrap_or_default();
    let recorded = u64::try_from(spans.spans.len()).unwrap_or(u64::MAX);
    let times = named.and_then(|it| it.times).unwrap_or(0).max(recorded);
    let first = spans.spans.first().and_then(|span| span.description.as_ref());
    let what = call(text.or(first)?);
    let took = (recorded > 0 && recorded == times).then(|| spans.duration()).filter(|it| !it.is_zero());
    Some(Offence { what, times, took, spans })
}

/// Whether the event is a transaction in which no detector of Sentry found a problem.
fn is_plain(evidence: &Evidence) -> bool {
    evidence.event.as_ref().is_some_and(|event| event.origin == Origin::Transaction)
}

/// Returns the call in a span's description, without the operation that detectors put before it (`db - SELECT …`), and
/// without a URL's query, which differs in each call.
fn call(text: &Untrusted) -> Untrusted {
    let is_operation = |start: &str| !start.is_empty() && !start.contains(char::is_whitespace);
    let call = match text.raw().split_once(" - ") {
        Some((start, rest)) if is_operation(start) => Untrusted::new(rest),
        _ => text.clone(),
    };
    if call.raw().contains("://") { call.route() } else { call }
}

/// Returns the name of the transaction: a route, a job or a screen.
fn place(evidence: &Evidence) -> Option<&Untrusted> {
    let event = evidence.event.as_ref();
    let named = evidence.detection().and_then(|it| it.transaction.as_ref());
    named.or_else(|| event?.transaction.as_ref()).or(evidence.issue.culprit.as_ref())
}

fn headline(evidence: &Evidence, offence: Option<&Offence<'_>>) -> Sentence {
    let place = place(evidence).map(Arg::from);
    if is_plain(evidence) && evidence.issue.kind.is_none() {
        let name = place.or_else(|| title(evidence).map(Arg::from));
        return name.map_or_else(|| titled(evidence), |name| Sentence::new(|w| w.perf_transaction, [name]));
    }
    match (title(evidence), offence, place) {
        (Some(title), Some(offence), Some(place)) if !title.raw().contains(offence.what.raw()) => {
            Sentence::new(|w| w.headline_full, [Arg::message(title), Arg::message(&offence.what), place])
        }
        (Some(title), _, Some(place)) => Sentence::new(|w| w.headline_where, [Arg::message(title), place]),
        _ => titled(evidence),
    }
}

/// Returns statements about the number of spans and about their duration.
fn facts(evidence: &Evidence, problem: PerformanceProblem, offence: &Offence<'_>) -> Vec<Finding> {
    let mut facts: Vec<Finding> = count(evidence, problem, offence).into_iter().collect();
    facts.extend(offence.took.map(|took| share(evidence, offence, took)));
    facts
}

fn count(evidence: &Evidence, problem: PerformanceProblem, offence: &Offence<'_>) -> Option<Finding> {
    if offence.times < 2 {
        return None;
    }
    let what = Arg::message(&offence.what);
    let times = Arg::Number(offence.times);
    let is_row =
        matches!(problem, PerformanceProblem::ConsecutiveQueries | PerformanceProblem::ConsecutiveCalls);
    Some(match place(evidence).map(Arg::from) {
        Some(place) if is_row => said(evidence, |w| w.perf_in_row, [times, place, what]),
        Some(place) => said(evidence, |w| w.perf_ran_times, [what, times, place]),
        None if is_row => said(evidence, |w| w.perf_in_row_somewhere, [times, what]),
        None => said(evidence, |w| w.perf_ran_times_somewhere, [what, times]),
    })
}

/// Returns a statement with the duration of the spans and its share of the transaction.
fn share(evidence: &Evidence, offence: &Offence<'_>, took: Duration) -> Finding {
    let whole = evidence.event.as_ref().and_then(|event| event.trace.duration());
    let percent =
        whole.map(|whole| (took.as_micros() * 100 + whole.as_micros() / 2) / whole.as_micros().max(1));
    let percent = percent.and_then(|it| u64::try_from(it).ok()).filter(|it| (1..=100).contains(it));
    let is_one = offence.times < 2;
    if let Some((whole, percent)) = whole.zip(percent) {
        let phrase: Phrase = if is_one { |w| w.perf_took_one_of } else { |w| w.perf_took_of };
        return said(evidence, phrase, [Arg::Duration(took), Arg::Number(percent), Arg::Duration(whole)]);
    }
    let phrase: Phrase = if is_one { |w| w.perf_took_one } else { |w| w.perf_took };
    said(evidence, phrase, [Arg::Duration(took)])
}

/// Returns statements about the code that calls the spans, the slowest other span, and other fields that Sentry shows.
fn findings(evidence: &Evidence, offence: Option<&Offence<'_>>) -> Vec<Finding> {
    let trace = evidence.event.as_ref().map(|event| &event.trace);
    let code = offence.and_then(|it| it.spans.spans.iter().find_map(|span| span.code.as_ref()));
    let parent = offenders(evidence).and_then(|it| it.parent.as_ref());
    let slowest = trace.filter(|_| is_plain(evidence)).and_then(Trace::slowest);
    // Spans that are described already are left out.
    let slowest = slowest.filter(|(span, _)| offence.is_none_or(|it| !it.spans.spans.contains(span)));
    let slowest = slowest.and_then(|(span, took)| {
        let what = call(span.description.as_ref()?);
        Some(said(evidence, |w| w.perf_slowest, [Arg::message(&what), Arg::Duration(took)]))
    });
    let findings = [
        code.map(|code| said(evidence, |w| w.perf_code, [Arg::from(code)])),
        parent.map(|parent| said(evidence, |w| w.perf_parent, [Arg::from(parent)])),
        slowest,
    ];
    let quoted = ["Offending Spans", "Parent Span", "Transaction", "Repeating Spans"];
    let quoted: &[&str] = if offence.is_some() { &quoted } else { &[] };
    findings.into_iter().flatten().chain(super::shown(evidence, quoted)).collect()
}
