//! Which frame has to change, and why not a newer one.

use std::collections::HashSet;

use super::lineage::by_weight;
use super::suspect::{Candidate, Ranked, Rule, is_machinery, rank};
use crate::domain::analysis::Finding;
use crate::domain::event::{Event, Frame};
use crate::domain::evidence::{Cite, Evidence};
use crate::domain::text::Untrusted;
use crate::domain::words::{Arg, Phrase, Sentence};

/// What SDKs write where a function has no name.
const ANONYMOUS: &[&str] = &[
    "?",
    "<anonymous>",
    "anonymous",
    "(anonymous)",
    "<unknown>",
    "<redacted>",
    "<lambda>",
    "{closure}",
    "/",
];
/// Frames that were passed over are explained up to this number.
const EXPLAINED: usize = 2;
/// Other frames worth reading.
const RUNNERS_UP: usize = 4;
/// Sentry's names for frames that could not be resolved.
const UNRESOLVED: &[&str] = &[
    "js_no_source",
    "js_invalid_source",
    "js_missing_sources_content",
    "native_missing_dsym",
    "native_missing_symbol",
    "native_no_symsynd",
    "proguard_missing_mapping",
    "proguard_missing_lineno",
];

/// The suspect frame, and the newer ones that are only messengers.
pub(super) struct Suspect {
    /// Its place in the event's frames.
    pub(super) frame: usize,
    /// Whether it is the user's own code.
    pub(super) is_own: bool,
    /// The next best frames.
    pub(super) runners_up: Vec<usize>,
    /// Newer frames that were passed over: their place, and the rule with the name that it saw.
    passed_over: Vec<(usize, Rule, Untrusted)>,
}

/// The frame that most likely has to change; `None` when no frame says anything.
pub(super) fn suspect(evidence: &Evidence) -> Option<Suspect> {
    let event = evidence.event.as_ref()?;
    let ranked = ranking(event);
    let best = ranked.first()?;
    let is_own = |r: &&Ranked<'_>| {
        event.frames.get(r.index).is_some_and(|frame| frame.in_app)
            && r.reasons.iter().all(|r| r.rule.is_own_code())
    };
    let frame = best.index;
    let exception = |at: usize| event.frames.get(at).and_then(|frame| frame.exception);
    let is_newer = |r: &&Ranked<'_>| r.index < frame && exception(r.index) == exception(frame);
    let mut passed_over: Vec<_> = ranked.iter().filter(is_newer).filter_map(explained).collect();
    passed_over.sort_by_key(|(at, ..)| *at);
    passed_over.dedup_by(|a, b| a.1 == b.1);
    passed_over.truncate(EXPLAINED);
    let is_owned = is_own(&best);
    let others = ranked.iter().skip(1).filter(|r| !is_owned || is_own(r)).map(|r| r.index);
    let mut seen = HashSet::from([place_of(event, frame)]);
    let readable = others.filter(|at| {
        let place = place_of(event, *at);
        place.0.is_some() && seen.insert(place)
    });
    let runners_up = raiser(event, frame).into_iter().chain(readable.take(RUNNERS_UP)).collect();
    Some(Suspect { frame, is_own: is_owned, runners_up, passed_over })
}

/// The suspect when something better than the ranking names it: the ranking's own choices are worth reading then.
pub(super) fn suspect_at(evidence: &Evidence, frame: usize) -> Option<Suspect> {
    let ranked = suspect(evidence)?;
    let is_own = evidence.event.as_ref()?.frames.get(frame)?.in_app;
    let others = std::iter::once(ranked.frame).chain(ranked.runners_up);
    let runners_up = others.filter(|at| *at != frame).take(RUNNERS_UP).collect();
    Some(Suspect { frame, is_own, runners_up, passed_over: Vec::new() })
}

/// File and line: the same frame stands in the stack of each exception of a chain.
fn place_of(event: &Event, at: usize) -> (Option<&str>, Option<u64>) {
    let frame = event.frames.get(at);
    let file = frame.and_then(|frame| frame.file.as_ref().or(frame.module.as_ref()));
    (file.map(Untrusted::raw), frame.and_then(|frame| frame.line))
}

/// The library frame that raised, when the newest frame is one.
fn raiser(event: &Event, suspect: usize) -> Option<usize> {
    let newest = event.frames.first().filter(|frame| suspect > 0 && !frame.in_app)?;
    (!is_machinery(&candidate(newest))).then_some(0)
}

/// That runtime code was passed over needs no explanation.
fn explained(ranked: &Ranked<'_>) -> Option<(usize, Rule, Untrusted)> {
    let is_machinery = ranked.reasons.iter().any(|reason| reason.rule == Rule::Machinery);
    let reason = ranked.reasons.first().filter(|_| !is_machinery)?;
    Some((ranked.index, reason.rule, Untrusted::new(reason.name)))
}

/// All frames that say anything, ranked, the most suspect first; the main line of a group comes before the rest.
#[must_use]
pub fn ranking(event: &Event) -> Vec<Ranked<'_>> {
    let by_weight = by_weight(event);
    let weight = |at: usize| by_weight.iter().position(|exception| *exception == at).unwrap_or(0);
    let weights: Vec<usize> = (0..event.exceptions.len()).map(weight).collect();
    let weight = |frame: &Frame| frame.exception.and_then(|at| weights.get(at)).copied().unwrap_or(0);
    let mut order: Vec<usize> = (0..event.frames.len()).collect();
    order.sort_by_key(|at| event.frames.get(*at).map(weight));

    let in_order = order.iter().filter_map(|at| event.frames.get(*at));
    let candidates: Vec<Candidate<'_>> =
        in_order.map(|frame| Candidate { exception_index: weight(frame), ..candidate(frame) }).collect();
    let chain = by_weight.iter().filter_map(|at| event.exceptions.get(*at));
    let exceptions: Vec<(&str, &str)> =
        chain.map(|e| (raw(e.kind.as_ref()), raw(e.message.as_ref()))).collect();
    let says_something = |r: &Ranked<'_>| {
        candidates.get(r.index).is_some_and(|c| !(c.function.is_empty() && c.filename.is_empty()))
    };
    let ranked = rank(&candidates, &exceptions).into_iter().filter(says_something);
    ranked.filter_map(|r| Some(Ranked { index: *order.get(r.index)?, ..r })).collect()
}

/// A frame as the ranking sees it.
#[must_use]
pub fn candidate(frame: &Frame) -> Candidate<'_> {
    Candidate {
        function: raw(frame.function.as_ref()),
        module: raw(frame.module.as_ref()),
        filename: raw(frame.file.as_ref()),
        in_app: frame.in_app,
        exception_index: frame.exception.unwrap_or(0),
    }
}

fn raw(text: Option<&Untrusted>) -> &str {
    text.map(Untrusted::raw).unwrap_or_default()
}

/// The line that it stopped at.
pub(super) fn line(evidence: &Evidence, suspect: &Suspect) -> Option<Finding> {
    let frame = evidence.event.as_ref()?.frames.get(suspect.frame)?;
    let source = frame.source.as_ref().filter(|source| is_code(source.raw()))?;
    let phrase: Phrase =
        if is_report(source.raw()) { |w| w.suspect_line_reported } else { |w| w.suspect_line };
    let said = Sentence::new(phrase, [Arg::from(source)]);
    Some(Finding::new(said, [Cite::Frame(suspect.frame)]))
}

/// Minified code says nothing to people, and the markup around an inline script is not what failed.
fn is_code(source: &str) -> bool {
    let markup = ["<!", "<html", "<meta", "<head", "<script", "<body", "<link"];
    !source.contains("{snip}")
        && !markup.iter().any(|tag| source.trim_start().to_lowercase().starts_with(tag))
}

/// Whether the code raised or reported it itself, rather than ran into it.
fn is_raised(source: &str) -> bool {
    let words = ["raise ", "raise(", "throw ", "throw(", "panic!(", "panic(", "abort(", "bail!("];
    let source = source.trim_start();
    is_report(source) || words.iter().any(|word| source.starts_with(word))
}

/// Whether the line only tells Sentry of it.
fn is_report(source: &str) -> bool {
    let calls = ["captureException(", "CaptureException(", "capture_exception(", "capture_error("];
    calls.iter().any(|call| source.contains(call))
}

/// Whose code it is.
pub(super) fn whose(suspect: &Suspect) -> Finding {
    let whose: Phrase = if suspect.is_own { |w| w.suspect_in_app } else { |w| w.suspect_library };
    Finding::new(Sentence::plain(whose), [Cite::Frame(suspect.frame)])
}

/// Why newer frames were passed over.
pub(super) fn passed_over(suspect: &Suspect) -> Vec<Finding> {
    let said = |(at, rule, name): &(usize, Rule, Untrusted)| {
        Finding::new(Sentence::new(reason(*rule), [Arg::from(name)]), [Cite::Frame(*at)])
    };
    suspect.passed_over.iter().map(said).collect()
}

/// Why a frame was passed over.
fn reason(rule: Rule) -> Phrase {
    match rule {
        Rule::OnlyRaises => |w| w.rule_only_raises,
        Rule::TakesValue => |w| w.rule_takes_value,
        Rule::OtherVendor => |w| w.rule_other_vendor,
        Rule::TestCode => |w| w.rule_test_code,
        Rule::Machinery => |w| w.rule_machinery,
        Rule::Cycle => |w| w.rule_cycle,
    }
}

/// The step: read it.
pub(super) fn step(evidence: &Evidence, suspect: &Suspect) -> Option<Sentence> {
    let frame = evidence.event.as_ref()?.frames.get(suspect.frame)?;
    let place = frame.place().or_else(|| frame.function.clone())?;
    let is_raised = frame.source.as_ref().is_some_and(|source| is_raised(source.raw()));
    let phrase: Phrase = if is_raised { |w| w.step_open_raise } else { |w| w.step_open_frame };
    Some(Sentence::new(phrase, [Arg::from(&place)]))
}

/// Function and place, or the one of them that is known.
pub(super) fn location(frame: &Frame) -> Option<Arg> {
    let function = frame.function.as_ref().filter(|function| is_named(function.raw()));
    match (function, frame.place()) {
        (Some(function), Some(place)) => {
            let both = Sentence::new(|w| w.located, [Arg::from(function), Arg::from(&place)]);
            Some(Arg::Sentence(Box::new(both)))
        }
        (Some(function), None) => Some(Arg::from(function)),
        (None, place) => place.map(|place| Arg::from(&place)),
    }
}

/// Whether a function has a name that a person could look for.
fn is_named(function: &str) -> bool {
    let last = function.rsplit('.').next().unwrap_or(function);
    !ANONYMOUS.contains(&function) && !ANONYMOUS.contains(&last)
}

/// Whether the frames are those of minified code, or of code without symbols.
pub(super) fn is_unresolved(event: &Event, suspect: &Suspect) -> bool {
    let Some(frame) = event.frames.get(suspect.frame) else { return false };
    let complained = event.processing_errors.iter().any(|error| UNRESOLVED.contains(&error.raw()));
    frame.source.is_none() && (complained || raw(frame.function.as_ref()).starts_with("0x"))
        || frame.is_minified()
}
