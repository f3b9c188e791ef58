//! Which frame has to change, and why not a newer one.

use super::suspect::{Candidate, Ranked, Rule, is_machinery, rank};
use crate::domain::analysis::Finding;
use crate::domain::event::{Event, Frame};
use crate::domain::evidence::{Cite, Evidence};
use crate::domain::text::Foreign;
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
    passed_over: Vec<(usize, Rule, Foreign)>,
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
    let mut passed_over: Vec<_> = ranked.iter().filter(|r| r.index < frame).filter_map(explained).collect();
    passed_over.sort_by_key(|(at, ..)| *at);
    passed_over.dedup_by(|a, b| a.1 == b.1);
    passed_over.truncate(EXPLAINED);
    let is_owned = is_own(&best);
    let others = ranked.iter().skip(1).filter(|r| !is_owned || is_own(r)).map(|r| r.index);
    let readable = others.filter(|at| event.frames.get(*at).is_some_and(|frame| frame.place().is_some()));
    let runners_up = raiser(event, frame).into_iter().chain(readable.take(RUNNERS_UP)).collect();
    Some(Suspect { frame, is_own: is_owned, runners_up, passed_over })
}

/// The library frame that raised, when the newest frame is one.
fn raiser(event: &Event, suspect: usize) -> Option<usize> {
    let newest = event.frames.first().filter(|frame| suspect > 0 && !frame.in_app)?;
    (!is_machinery(&candidate(newest))).then_some(0)
}

/// That runtime code was passed over needs no explanation.
fn explained(ranked: &Ranked<'_>) -> Option<(usize, Rule, Foreign)> {
    let reason = ranked.reasons.first().filter(|reason| reason.rule != Rule::Machinery)?;
    Some((ranked.index, reason.rule, Foreign::new(reason.name)))
}

/// All frames that say anything, ranked, the most suspect first.
#[must_use]
pub fn ranking(event: &Event) -> Vec<Ranked<'_>> {
    let candidates: Vec<Candidate<'_>> = event.frames.iter().map(candidate).collect();
    let exceptions: Vec<(&str, &str)> =
        event.exceptions.iter().map(|e| (raw(e.kind.as_ref()), raw(e.message.as_ref()))).collect();
    let mut ranked = rank(&candidates, &exceptions);
    ranked.retain(|r| {
        candidates.get(r.index).is_some_and(|c| !(c.function.is_empty() && c.filename.is_empty()))
    });
    ranked
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

fn raw(text: Option<&Foreign>) -> &str {
    text.map(Foreign::raw).unwrap_or_default()
}

/// The line that it stopped at.
pub(super) fn line(evidence: &Evidence, suspect: &Suspect) -> Option<Finding> {
    let frame = evidence.event.as_ref()?.frames.get(suspect.frame)?;
    let source = frame.source.as_ref().filter(|source| is_code(source.raw()))?;
    let said = Sentence::new(|w| w.suspect_line, [Arg::from(source)]);
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
    let words = [
        "raise ",
        "raise(",
        "throw ",
        "throw(",
        "panic!(",
        "panic(",
        "abort(",
        "bail!(",
        "captureexception(",
    ];
    let source = source.trim_start().to_lowercase();
    words.iter().any(|word| source.starts_with(word)) || source.contains("captureexception(")
}

/// Whose code it is, and why newer frames were passed over.
pub(super) fn findings(evidence: &Evidence, suspect: &Suspect) -> Vec<Finding> {
    let mut findings = Vec::new();
    let whose: Phrase = if suspect.is_own { |w| w.suspect_in_app } else { |w| w.suspect_library };
    // A frame whose line is shown, or that comes after others, explains itself.
    let is_plain = suspect.is_own && (line(evidence, suspect).is_some() || !suspect.passed_over.is_empty());
    if !is_plain {
        findings.push(Finding::new(Sentence::plain(whose), [Cite::Frame(suspect.frame)]));
    }
    for (at, rule, name) in &suspect.passed_over {
        findings.push(Finding::new(Sentence::new(reason(*rule), [Arg::from(name)]), [Cite::Frame(*at)]));
    }
    findings
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
    let file = raw(frame.file.as_ref());
    let is_minified = file.contains(".min.js") || raw(frame.source.as_ref()).contains("{snip}");
    let complained = event.processing_errors.iter().any(|error| UNRESOLVED.contains(&error.raw()));
    frame.source.is_none() && (complained || raw(frame.function.as_ref()).starts_with("0x")) || is_minified
}
