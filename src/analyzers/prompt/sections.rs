//! The evidence as numbered lines.

use super::{Shows, neutral};
use crate::domain::analysis::Analysis;
use crate::domain::event::{Breadcrumb, Event, Exception, Frame};
use crate::domain::evidence::{Cite, Evidence};
use crate::domain::text::Untrusted;
use crate::domain::words::{Language, NAME, Phrase};

/// What is shown at most, and how much of it.
const EXCEPTIONS: usize = 6;
const FRAMES: usize = 16;
const BREADCRUMBS: usize = 10;
const AROUND: usize = 5;
const LOCALS: usize = 8;
const TAGS: usize = 20;
const VALUES: usize = 3;
const MESSAGE: usize = 800;
const LINE: usize = 200;
const VALUE: usize = 120;

/// A part of the evidence that can be left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    Tags,
    Commits,
    Library,
    Rules,
    Breadcrumbs,
    Locals,
    Source,
}

/// What is left out when the prompt is too long, in this order, and what the note calls it.
pub(super) const EXPENDABLE: &[(Part, Phrase)] = &[
    (Part::Tags, |w| w.shown_tags),
    (Part::Commits, |w| w.shown_commits),
    (Part::Library, |w| w.shown_library),
    (Part::Rules, |w| w.shown_rules),
    (Part::Breadcrumbs, |w| w.shown_breadcrumbs),
    (Part::Locals, |w| w.shown_locals),
    (Part::Source, |w| w.shown_source),
];

/// What is still in.
#[derive(Debug, Default)]
pub(super) struct Include {
    left_out: Vec<Part>,
}

impl Include {
    pub(super) fn leave_out(&mut self, part: Part) {
        self.left_out.push(part);
    }

    fn has(&self, part: Part) -> bool {
        !self.left_out.contains(&part)
    }
}

/// All lines that are still in, the indispensable ones first.
pub(super) fn lines(evidence: &Evidence, rules: &Analysis, include: &Include) -> Vec<Shows> {
    let mut out = vec![issue(evidence)];
    out.extend(statistics(evidence));
    if let Some(event) = &evidence.event {
        out.extend(event.exceptions.iter().take(EXCEPTIONS).enumerate().map(|(at, x)| exception(at, x)));
        out.extend(event.message.as_ref().map(|m| shows(Some(Cite::Message), &m.line(MESSAGE))));
        let details = event.details().into_iter();
        out.extend(details.map(|detail| shows(Some(Cite::Message), &detail.line(LINE))));
        out.extend(request(event));
        frames(event, rules.suspect, include, &mut out);
        if include.has(Part::Breadcrumbs) {
            out.extend(breadcrumbs(event));
        }
    }
    if include.has(Part::Tags) {
        out.extend(tags(evidence));
    }
    if include.has(Part::Commits) {
        out.extend(evidence.commits.iter().enumerate().map(|(at, commit)| {
            let said = format!("suspect commit {} {}", commit.id.line(12), commit.subject.line(VALUE));
            shows(Some(Cite::Commit(at)), &said)
        }));
    }
    if let Some(seer) = &evidence.seer {
        out.push(shows(Some(Cite::Seer), &seer.summary.line(MESSAGE)));
    }
    if include.has(Part::Rules) {
        out.extend(rules.findings.iter().map(|finding| {
            shows(None, &format!("(a rule says) {}", finding.sentence.plain_text(Language::English.words())))
        }));
    }
    out
}

fn shows(cite: Option<Cite>, text: &str) -> Shows {
    let text = neutral(text);
    let line = cite.as_ref().map_or_else(|| text.clone(), |cite| format!("{cite} {text}"));
    Shows { cite, line }
}

fn said(text: Option<&Untrusted>, max: usize) -> String {
    text.map(|text| text.line(max)).unwrap_or_default()
}

fn issue(evidence: &Evidence) -> Shows {
    let issue = &evidence.issue;
    let event = evidence.event.as_ref();
    let parts = [
        ("trigger", evidence.trigger.name().to_owned()),
        ("title", said(issue.title.as_ref(), MESSAGE)),
        ("level", said(issue.level.as_ref(), VALUE)),
        ("platform", said(event.and_then(|e| e.platform.as_ref()), VALUE)),
        ("release", said(evidence.release(), VALUE)),
        ("environment", said(evidence.environment(), VALUE)),
        ("first seen", issue.first_seen.map(|at| at.to_string()).unwrap_or_default()),
        ("first release", said(issue.first_release.as_ref(), VALUE)),
        ("users", issue.users.map(|n| n.to_string()).unwrap_or_default()),
    ];
    let told: Vec<String> =
        parts.iter().filter(|(_, v)| !v.is_empty()).map(|(name, value)| format!("{name}: {value}")).collect();
    shows(Some(Cite::Issue), &told.join("; "))
}

fn statistics(evidence: &Evidence) -> Option<Shows> {
    let (day, month) = (evidence.issue.events_24h()?, evidence.issue.events_30d()?);
    Some(shows(Some(Cite::Statistics), &format!("events: {day} in 24 hours, {month} in 30 days")))
}

fn exception(at: usize, exception: &Exception) -> Shows {
    let module = exception.module.as_ref().map(|m| format!(" ({})", m.line(VALUE))).unwrap_or_default();
    let handled = match exception.handled {
        Some(true) => " [handled]",
        Some(false) => " [unhandled]",
        None => "",
    };
    let (kind, message) = (said(exception.kind.as_ref(), NAME), said(exception.message.as_ref(), MESSAGE));
    shows(Some(Cite::Exception(at)), &format!("{kind}{module}: {message}{handled}"))
}

fn request(event: &Event) -> Option<Shows> {
    let request = event.request.as_ref()?;
    let url = request.url.as_ref()?.route();
    let said = format!("(request) {} {}", said(request.method.as_ref(), 12), url.line(LINE));
    Some(shows(None, &said))
}

/// The newest frames and the one that the rules suspect, each with its lines and variables.
fn frames(event: &Event, suspect: Option<usize>, include: &Include, out: &mut Vec<Shows>) {
    let marked = event.frames.iter().any(|frame| frame.in_app);
    for (at, frame) in event.frames.iter().enumerate() {
        let wanted = at < FRAMES || suspect == Some(at);
        let is_own = frame.in_app || !marked || at == 0 || suspect == Some(at);
        if !wanted || !(is_own || include.has(Part::Library)) {
            continue;
        }
        let whose = if frame.in_app || !marked { "" } else { " [library]" };
        let place = frame.place().map(|place| place.line(NAME)).unwrap_or_default();
        let function = said(frame.function.as_ref(), NAME);
        let of = frame.exception.map(|x| format!(" [{}]", Cite::Exception(x))).unwrap_or_default();
        out.push(shows(Some(Cite::Frame(at)), &format!("{place} {function}{whose}{of}")));
        if include.has(Part::Source) {
            out.extend(source(frame));
        }
        if include.has(Part::Locals) && !frame.locals.is_empty() {
            out.push(locals(frame));
        }
    }
}

fn source(frame: &Frame) -> Vec<Shows> {
    let Some(line) = &frame.source else { return Vec::new() };
    let skipped = frame.before.len().saturating_sub(AROUND);
    let before = frame.before.iter().skip(skipped).map(|text| ("   ", text));
    let after = frame.after.iter().take(AROUND).map(|text| ("   ", text));
    let all = before.chain([(" > ", line)]).chain(after);
    all.map(|(mark, text)| shows(None, &format!("{mark}{}", text.code_line(LINE)))).collect()
}

fn locals(frame: &Frame) -> Shows {
    let pairs = frame.locals.iter().take(LOCALS);
    let told: Vec<String> = pairs.map(|(name, value)| assigned(name, value)).collect();
    shows(None, &format!("    variables: {}", told.join("; ")))
}

/// `name = value`, scrubbed together: a value is known for a secret by its name, too.
fn assigned(name: &Untrusted, value: &Untrusted) -> String {
    Untrusted::new(format!("{}={}", name.raw(), value.raw())).line(VALUE)
}

fn breadcrumbs(event: &Event) -> impl Iterator<Item = Shows> {
    let skipped = event.breadcrumbs.len().saturating_sub(BREADCRUMBS);
    event.breadcrumbs.iter().enumerate().skip(skipped).map(|(at, crumb)| breadcrumb(at, crumb))
}

fn breadcrumb(at: usize, crumb: &Breadcrumb) -> Shows {
    let (category, level) = (said(crumb.category.as_ref(), 40), said(crumb.level.as_ref(), 12));
    let text = format!("{category} {level} {}", said(crumb.message.as_ref(), LINE));
    shows(Some(Cite::Breadcrumb(at)), text.trim())
}

fn tags(evidence: &Evidence) -> Vec<Shows> {
    let own = evidence.event.iter().flat_map(|event| &event.tags).take(TAGS);
    let own = own.map(|(key, value)| {
        let both = Untrusted::new(format!("{key}={}", value.raw())).line(VALUE);
        shows(Some(Cite::Tag(key.clone())), both.strip_prefix(&format!("{key}=")).unwrap_or(&both))
    });
    let spread = evidence.tags.iter().take(TAGS).map(|spread| {
        let top = spread.top.iter().take(VALUES);
        let told: Vec<String> = top
            .map(|(value, count)| format!("{} ({count} of {})", value.line(VALUE), spread.total))
            .collect();
        shows(Some(Cite::Tag(spread.key.clone())), &format!("all events: {}", told.join("; ")))
    });
    own.chain(spread).collect()
}
