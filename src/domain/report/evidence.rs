//! The evidence by its names, as lines of code: what the statements' `F1` and `T:release` refer to.

use std::collections::BTreeSet;

use crate::domain::analysis::Analysis;
use crate::domain::event::{Breadcrumb, Event, Frame};
use crate::domain::evidence::{Cite, Evidence};
use crate::domain::words::NAME;

/// Frames shown even when no statement rests on them.
const FRAMES: usize = 5;
/// Breadcrumbs shown: the newest.
const BREADCRUMBS: usize = 4;
/// Characters of one line.
const WIDTH: usize = 140;

/// All that is shown of the evidence.
pub(super) fn lines(evidence: &Evidence, analysis: &Analysis) -> Vec<String> {
    let cited = analysis.cites();
    let mut out = Vec::new();
    if let Some(event) = &evidence.event {
        exceptions(event, &mut out);
        frames(event, &cited, &mut out);
        breadcrumbs(event, &cited, &mut out);
    }
    tags(evidence, &cited, &mut out);
    for (at, commit) in evidence.commits.iter().enumerate() {
        out.push(format!("{} {} {}", Cite::Commit(at), commit.id.line(12), commit.subject.line(NAME)));
    }
    out
}

fn exceptions(event: &Event, out: &mut Vec<String>) {
    for (at, exception) in event.exceptions.iter().enumerate().take(6) {
        let kind = exception.kind.as_ref().map(|k| k.line(NAME)).unwrap_or_default();
        let message = exception.message.as_ref().map(|m| m.line(WIDTH)).unwrap_or_default();
        out.push(format!("{} {kind}: {message}", Cite::Exception(at)));
    }
    if let Some(message) = event.message.as_ref().filter(|_| event.exceptions.is_empty()) {
        out.push(format!("{} {}", Cite::Message, message.line(WIDTH)));
    }
}

fn frames(event: &Event, cited: &BTreeSet<Cite>, out: &mut Vec<String>) {
    // Where no frame is marked as the user's own, the mark says nothing.
    let marked = event.frames.iter().any(|frame| frame.in_app);
    for (at, frame) in event.frames.iter().enumerate() {
        let is_cited = cited.contains(&Cite::Frame(at));
        if at < FRAMES || is_cited {
            out.push(format!("{} {}", Cite::Frame(at), describe(frame, marked)));
            if let Some(source) = frame.source.as_ref().filter(|_| is_cited) {
                out.push(format!("    {}", source.code_line(WIDTH).trim_start()));
            }
        }
    }
}

fn describe(frame: &Frame, marked: bool) -> String {
    let place = frame.place().map(|place| place.line(NAME)).unwrap_or_default();
    let function = frame.function.as_ref().map(|f| f.line(NAME)).unwrap_or_default();
    let whose = if frame.in_app || !marked { "" } else { " (library)" };
    format!("{place} {function}{whose}").trim().to_owned()
}

fn breadcrumbs(event: &Event, cited: &BTreeSet<Cite>, out: &mut Vec<String>) {
    let skipped = event.breadcrumbs.len().saturating_sub(BREADCRUMBS);
    for (at, crumb) in event.breadcrumbs.iter().enumerate() {
        if at >= skipped || cited.contains(&Cite::Breadcrumb(at)) {
            out.push(format!("{} {}", Cite::Breadcrumb(at), describe_crumb(crumb)));
        }
    }
}

fn describe_crumb(crumb: &Breadcrumb) -> String {
    let category = crumb.category.as_ref().map(|c| c.line(40)).unwrap_or_default();
    let message = crumb.message.as_ref().map(|m| m.line(WIDTH)).unwrap_or_default();
    format!("{category} {message}").trim().to_owned()
}

/// Tags that a statement rests on, with their value in the event.
fn tags(evidence: &Evidence, cited: &BTreeSet<Cite>, out: &mut Vec<String>) {
    for cite in cited {
        let Cite::Tag(key) = cite else { continue };
        let own = evidence.event.as_ref().and_then(|event| event.tag(key.as_str()));
        let spread = evidence.tags.iter().find(|spread| spread.key == *key);
        if let Some(value) = own {
            out.push(format!("{cite} {}", value.line(NAME)));
        } else if let Some((value, count)) = spread.and_then(|s| s.top.first()) {
            out.push(format!("{cite} {} ({count})", value.line(NAME)));
        }
    }
}
