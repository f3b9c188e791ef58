//! Which frame has to change, and why not a newer one.

use super::suspect::{Candidate, Ranked, Rule, rank};
use crate::domain::analysis::Finding;
use crate::domain::event::{Event, Frame};
use crate::domain::evidence::{Cite, Evidence};
use crate::domain::text::Foreign;
use crate::domain::words::{Arg, Phrase, Sentence};

/// What SDKs write where a function has no name.
const ANONYMOUS: &[&str] = &["?", "<anonymous>", "anonymous", "<unknown>", "<redacted>"];
/// Frames that were passed over are explained up to this number.
const EXPLAINED: usize = 2;

/// The suspect frame, and the newer ones that are only messengers.
pub(super) struct Suspect {
    /// Its place in the event's frames.
    pub(super) frame: usize,
    /// Newer frames that were passed over: their place, and the rule with the name that it saw.
    passed_over: Vec<(usize, Rule, Foreign)>,
}

/// The frame that most likely has to change; `None` when no frame says anything.
pub(super) fn suspect(evidence: &Evidence) -> Option<Suspect> {
    let event = evidence.event.as_ref()?;
    let ranked = ranking(event);
    let best = ranked.first()?.index;
    let mut passed_over: Vec<_> = ranked.iter().filter(|r| r.index < best).filter_map(explained).collect();
    passed_over.sort_by_key(|(at, ..)| *at);
    passed_over.dedup_by(|a, b| a.1 == b.1);
    passed_over.truncate(EXPLAINED);
    Some(Suspect { frame: best, passed_over })
}

fn explained(ranked: &Ranked<'_>) -> Option<(usize, Rule, Foreign)> {
    let reason = ranked.reasons.first()?;
    Some((ranked.index, reason.rule, Foreign::new(reason.name)))
}

/// All frames that say anything, ranked, the most suspect first.
fn ranking(event: &Event) -> Vec<Ranked<'_>> {
    fn raw(text: Option<&Foreign>) -> &str {
        text.map(Foreign::raw).unwrap_or_default()
    }
    let candidates: Vec<Candidate<'_>> = event
        .frames
        .iter()
        .map(|frame| Candidate {
            function: raw(frame.function.as_ref()),
            module: raw(frame.module.as_ref()),
            filename: raw(frame.file.as_ref()),
            in_app: frame.in_app,
            exception_index: frame.exception.unwrap_or(0),
        })
        .collect();
    let exceptions: Vec<(&str, &str)> =
        event.exceptions.iter().map(|e| (raw(e.kind.as_ref()), raw(e.message.as_ref()))).collect();
    let mut ranked = rank(&candidates, &exceptions);
    ranked.retain(|r| {
        candidates.get(r.index).is_some_and(|c| !(c.function.is_empty() && c.filename.is_empty()))
    });
    ranked
}

/// The frame, the line it stopped at, and why newer frames were passed over.
pub(super) fn findings(evidence: &Evidence, suspect: &Suspect) -> Vec<Finding> {
    let Some(event) = &evidence.event else { return Vec::new() };
    let Some(frame) = event.frames.get(suspect.frame) else { return Vec::new() };
    let cites = |at: usize| [Some(Cite::Frame(at)), frame.exception.map(Cite::Exception)];
    let phrase: Phrase = if frame.in_app { |w| w.suspect_in_app } else { |w| w.suspect_library };
    let Some(location) = location(frame) else { return Vec::new() };
    let mut findings = vec![Finding::new(
        Sentence::new(phrase, [location]),
        cites(suspect.frame).into_iter().flatten().collect::<Vec<Cite>>(),
    )];
    for (at, rule, name) in &suspect.passed_over {
        findings.push(Finding::new(Sentence::new(reason(*rule), [Arg::from(name)]), [Cite::Frame(*at)]));
    }
    if let Some(source) = &frame.source {
        let line = Sentence::new(|w| w.suspect_line, [Arg::from(source)]);
        findings.push(Finding::new(line, [Cite::Frame(suspect.frame)]));
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
    Some(Sentence::new(|w| w.step_open_frame, [location(frame)?]))
}

/// Function and place, or the one of them that is known.
pub(super) fn location(frame: &Frame) -> Option<Arg> {
    let function = frame.function.as_ref().filter(|function| !ANONYMOUS.contains(&function.raw()));
    match (function, frame.place()) {
        (Some(function), Some(place)) => {
            let both = Sentence::new(|w| w.located, [Arg::from(function), Arg::from(&place)]);
            Some(Arg::Sentence(Box::new(both)))
        }
        (Some(function), None) => Some(Arg::from(function)),
        (None, place) => place.map(|place| Arg::from(&place)),
    }
}
