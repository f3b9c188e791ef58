//! Renders the evidence as lines. Each line begins with the code by which statements cite it, such as `F1` or
//! `T:release`.

use std::collections::BTreeSet;

use crate::domain::analysis::Analysis;
use crate::domain::attribute::assignment;
use crate::domain::comparison::Comparison;
use crate::domain::event::{Breadcrumb, Event, Frame};
use crate::domain::evidence::{CHANGED_LINES, Cite, Evidence};
use crate::domain::flag::Share;
use crate::domain::source::{CommitId, Counts, DiffLine, SourceCode};
use crate::domain::text::Untrusted;
use crate::domain::words::NAME;

/// This many breadcrumbs, the newest ones, are shown even if no statement cites them.
const BREADCRUMBS: usize = 4;
/// The first exceptions, up to this number, are shown even if no statement cites them.
const EXCEPTIONS: usize = 6;
/// The first suspect commits, up to this number, are shown even if no statement cites them.
const COMMITS: usize = 4;
/// At most this many source lines are shown before the line of the suspect frame, and as many after it.
const AROUND: usize = 2;
/// At most this many source lines are shown if they come from the repository and not from the event. The lines of a
/// diff ([`CHANGED_LINES`]) count among them.
const REPOSITORY_LINES: usize = 12;
/// The longest line of the evidence, in characters.
const WIDTH: usize = 140;

/// Returns the lines of the evidence that the analysis cites, or that are always shown.
pub(super) fn lines(evidence: &Evidence, analysis: &Analysis) -> Vec<String> {
    let cited = analysis.cites();
    let mut out = Vec::new();
    if let Some(event) = &evidence.event {
        exceptions(event, &cited, &mut out);
        frames(evidence, event, analysis, &cited, &mut out);
        breadcrumbs(event, &cited, &mut out);
    }
    tags(evidence, &cited, &mut out);
    out.extend(cited.iter().filter_map(|cite| came_along(evidence, cite)));
    for (at, commit) in evidence.commits.iter().enumerate() {
        if at >= COMMITS && !cited.contains(&Cite::Commit(at)) {
            continue;
        }
        // The hash is cut without an ellipsis, so that it can be copied.
        let id = Untrusted::new(commit.id.raw().chars().take(12).collect::<String>());
        out.push(format!("{} {} {}", Cite::Commit(at), id.line(12), commit.subject.line(NAME)));
    }
    diffs(evidence, &cited, &mut out);
    out
}

/// Adds the lines about the cited changes of files by suspect commits: the numbers of added and removed lines, and for
/// the first diff the changed lines of a frame's function.
fn diffs(evidence: &Evidence, cited: &BTreeSet<Cite>, out: &mut Vec<String>) {
    let mut has_lines = false;
    for (at, diff) in evidence.diffs.iter().enumerate().filter(|(at, _)| cited.contains(&Cite::Diff(*at))) {
        let (path, Counts { added, removed }) = (diff.location.path.text().line(NAME), diff.counts);
        out.push(format!("{} {path} ({}, +{added} -{removed})", Cite::Diff(at), Cite::Commit(diff.commit)));
        let said = |line: &DiffLine| format!("  {} {}", line.effect.mark(), line.text.code_line(WIDTH));
        if !std::mem::replace(&mut has_lines, true) {
            out.extend(evidence.changed_lines(diff).into_iter().map(said));
        }
    }
}

fn exceptions(event: &Event, cited: &BTreeSet<Cite>, out: &mut Vec<String>) {
    let shown = |at: usize| at < EXCEPTIONS || cited.contains(&Cite::Exception(at));
    for (at, exception) in event.exceptions.iter().enumerate().filter(|(at, _)| shown(*at)) {
        let parts =
            [&exception.kind, &exception.message].map(|part| part.as_ref().map(|text| text.line(WIDTH)));
        let mut said: Vec<String> = parts.into_iter().flatten().collect();
        said.dedup();
        out.extend((!said.is_empty()).then(|| format!("{} {}", Cite::Exception(at), said.join(": "))));
    }
    if let Some(message) = event.message.as_ref().filter(|_| event.exceptions.is_empty()) {
        out.push(format!("{} {}", Cite::Message, message.line(WIDTH)));
    }
    let details = event.details().into_iter();
    out.extend(details.map(|detail| format!("{} {}", Cite::Message, detail.line(WIDTH))));
}

/// Adds the lines of the suspect frame with the source around it, of the cited frames, and of the further frames that
/// the analysis selects.
fn frames(
    evidence: &Evidence,
    event: &Event,
    analysis: &Analysis,
    cited: &BTreeSet<Cite>,
    out: &mut Vec<String>,
) {
    // If no frame is marked as the program's own code, the mark carries no information.
    let marked = event.frames.iter().any(|frame| frame.in_app);
    for (at, frame) in event.frames.iter().enumerate() {
        let is_suspect = analysis.suspect == Some(at);
        if is_suspect || analysis.runners_up.contains(&at) || cited.contains(&Cite::Frame(at)) {
            let nameless = event.address_of(frame).filter(|_| !frame.is_resolved());
            let described = nameless.map_or_else(|| describe(frame, marked), |address| address.line(NAME));
            out.extend((!described.is_empty()).then(|| format!("{} {described}", Cite::Frame(at))));
        }
        if is_suspect {
            source(frame, out);
        }
        if let Some((place, code)) = evidence.source_of(at)
            && (is_suspect || cited.contains(&Cite::Source(place)))
        {
            out.push(format!("{} {}", Cite::Source(place), stands(code)));
            let has_diff = cited.iter().any(|cite| matches!(cite, Cite::Diff(_)));
            let most = if has_diff { REPOSITORY_LINES - CHANGED_LINES } else { REPOSITORY_LINES };
            out.extend(repository_lines(code, frame, most).filter(|_| is_suspect));
        }
    }
}

/// Describes the place of source code with its repository and commit, such as `src/shop/cart.py:41 (acme/shop,
/// 0123456)`.
fn stands(code: &SourceCode) -> String {
    let path = code.location.path.text().line(NAME);
    let revision = code.revision.commit().map_or("default branch", CommitId::short);
    let doubt = if code.revision.is_confirmed() { "" } else { ", unconfirmed" };
    format!(
        "{path}:{} ({}, {revision}{doubt})",
        code.line,
        Untrusted::new(code.location.repository.as_str()).line(NAME)
    )
}

/// Returns at most `most` source lines around the call from the repository, if the event itself contains no lines around
/// the call.
fn repository_lines<'a>(
    code: &'a SourceCode,
    frame: &Frame,
    most: usize,
) -> impl Iterator<Item = String> + use<'a> {
    let is_alone = frame.before.is_empty() && frame.after.is_empty();
    let excerpt = code.excerpt().filter(|_| is_alone);
    let lines = excerpt.map(|excerpt| excerpt.around(code.line, most)).unwrap_or_default();
    lines.into_iter().map(|(number, line)| {
        let mark = if number == code.line { '>' } else { ' ' };
        format!("  {mark} {number} {}", line.code_line(WIDTH)).trim_end().to_owned()
    })
}

fn describe(frame: &Frame, marked: bool) -> String {
    let place = frame.place().map(|place| place.line(NAME)).unwrap_or_default();
    let function = frame.function.as_ref().map(|f| f.line(NAME)).unwrap_or_default();
    let whose = if frame.in_app || !marked { "" } else { "(library)" };
    [place.as_str(), &function, whose]
        .into_iter()
        .filter(|part| !part.is_empty())
        .collect::<Vec<_>>()
        .join(" ")
}

/// Adds the source lines around the call, with a mark at the line of the call. A single line without context is not
/// added, because a statement already quotes it.
fn source(frame: &Frame, out: &mut Vec<String>) {
    let Some(line) = &frame.source else { return };
    if frame.before.is_empty() && frame.after.is_empty() {
        return;
    }
    let skipped = frame.before.len().saturating_sub(AROUND);
    let before = frame.before.iter().skip(skipped).map(|line| (' ', line));
    let after = frame.after.iter().take(AROUND).map(|line| (' ', line));
    for (mark, line) in before.chain([('>', line)]).chain(after) {
        if line.raw().trim().is_empty() {
            continue;
        }
        out.push(format!("  {mark} {}", line.code_line(WIDTH)).trim_end().to_owned());
    }
}

fn breadcrumbs(event: &Event, cited: &BTreeSet<Cite>, out: &mut Vec<String>) {
    let skipped = event.breadcrumbs.len().saturating_sub(BREADCRUMBS);
    for (at, crumb) in event.breadcrumbs.iter().enumerate() {
        if at >= skipped || cited.contains(&Cite::Breadcrumb(at)) {
            let said = describe_crumb(crumb);
            out.extend((!said.is_empty()).then(|| format!("{} {said}", Cite::Breadcrumb(at))));
        }
    }
}

/// Returns the text of a breadcrumb. The text is empty if the breadcrumb has no message.
fn describe_crumb(crumb: &Breadcrumb) -> String {
    let Some(message) = &crumb.message else { return String::new() };
    let category = crumb.category.as_ref().map(|c| c.line(40)).unwrap_or_default();
    format!("{category} {}", message.line(WIDTH)).trim().to_owned()
}

/// Returns the line of an attribute, a comparison or a comment, which are shown only if a statement cites them. `None`
/// for other kinds of evidence.
fn came_along(evidence: &Evidence, cite: &Cite) -> Option<String> {
    let said = match cite {
        Cite::Attribute(at) => {
            let attribute = evidence.event.as_ref()?.attributes.get(*at)?;
            let shares = evidence.shares_of(attribute).map(shared).unwrap_or_default();
            format!("{} {}{shares}", attribute.kind.name(), attribute.assignment().line(WIDTH))
        }
        Cite::Comparison(at) => compared(evidence.comparisons.get(*at)?),
        Cite::Comment(at) => evidence.issue.comments.get(*at)?.line(WIDTH),
        _ => return None,
    };
    Some(format!("{cite} {said}"))
}

/// Formats the shares of a flag's value, such as ` (40 of 40 events; 44 of 300 errors of the project)`.
fn shared([issue, project]: [Share; 2]) -> String {
    format!(
        " ({} of {} events; {} of {} errors of the project)",
        issue.count, issue.total, project.count, project.total
    )
}

/// Formats the values of a comparison with the number of events that have them, such as `variable coupon=null (5 of
/// 5)`.
fn compared(comparison: &Comparison) -> String {
    let values = comparison.values.iter();
    let counted: Vec<String> = values
        .map(|(value, count)| {
            format!("{} ({count} of {})", assignment(&comparison.name, value).line(WIDTH), comparison.events)
        })
        .collect();
    counted.join("; ")
}

/// Adds the lines of the cited tags, with the value in the event or else the most frequent value in the issue.
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
