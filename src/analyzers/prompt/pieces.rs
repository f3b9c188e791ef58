//! The sections of the prompt for a model, except those with stack frames and source code. Each function returns the
//! pieces of one section.

use super::piece::{Piece, Source};
use super::{Shows, said, shows};
use crate::domain::analysis::Finding;
use crate::domain::attribute::{Attribute, AttributeKind, assignment};
use crate::domain::comparison::Comparison;
use crate::domain::event::{Breadcrumb, Event, Exception};
use crate::domain::evidence::Cite;
use crate::domain::text::Untrusted;
use crate::domain::words::{Language, NAME};

/// The prompt shows at most this many values of one tag.
const VALUES: usize = 3;
/// The length limit of a person's comment on the issue, in characters.
const COMMENT: usize = 400;
/// The prompt shows at most this many files of one commit.
const FILES: usize = 5;

fn single(lines: impl IntoIterator<Item = Shows>) -> Vec<Piece> {
    lines.into_iter().enumerate().map(|(at, line)| Piece::new(at, [line])).collect()
}

/// Returns the details of the issue, its frequency, and the request during which the event happened.
pub(super) fn issue(source: &Source<'_>) -> Vec<Piece> {
    let evidence = source.evidence;
    let request = evidence.event.as_ref().and_then(|event| request(event, source));
    single([Some(details(source)), statistics(source), request].into_iter().flatten())
}

fn details(source: &Source<'_>) -> Shows {
    let (evidence, value) = (source.evidence, source.caps.value);
    let issue = &evidence.issue;
    let event = evidence.event.as_ref();
    let parts = [
        ("trigger", evidence.trigger.name().to_owned()),
        ("title", said(issue.title.as_ref(), source.caps.message)),
        ("level", said(issue.level.as_ref(), value)),
        ("platform", said(event.and_then(|e| e.platform.as_ref()), value)),
        ("release", said(evidence.release(), value)),
        ("environment", said(evidence.environment(), value)),
        ("first seen", issue.first_seen.map(|at| at.to_string()).unwrap_or_default()),
        ("first release", said(issue.first_release.as_ref(), value)),
        ("users", issue.users.map(|n| n.to_string()).unwrap_or_default()),
    ];
    let present: Vec<String> =
        parts.iter().filter(|(_, v)| !v.is_empty()).map(|(name, value)| format!("{name}: {value}")).collect();
    shows(Some(Cite::Issue), &present.join("; "))
}

fn statistics(source: &Source<'_>) -> Option<Shows> {
    let issue = &source.evidence.issue;
    let (day, month) = (issue.events_24h()?, issue.events_30d()?);
    Some(shows(Some(Cite::Statistics), &format!("events: {day} in 24 hours, {month} in 30 days")))
}

fn request(event: &Event, source: &Source<'_>) -> Option<Shows> {
    let request = event.request.as_ref()?;
    let url = request.url.as_ref()?.route();
    let said = format!("(request) {} {}", said(request.method.as_ref(), 12), url.line(source.caps.line));
    Some(shows(None, &said))
}

/// Returns the exceptions with the innermost cause first, the log message, the report of a browser or of a detector of
/// Sentry, and the root cause of Sentry's Seer.
pub(super) fn messages(source: &Source<'_>) -> Vec<Piece> {
    let width = source.caps.message;
    let event = source.evidence.event.as_ref();
    let exceptions = event.into_iter().flat_map(|event| event.exceptions.iter().enumerate());
    let exceptions = exceptions.map(|(at, it)| exception(at, it, width));
    let message = event.and_then(|event| event.message.as_ref());
    let message = message.map(|message| shows(Some(Cite::Message), &message.line(width)));
    let details = event.into_iter().flat_map(Event::details);
    let details = details.map(|detail| shows(Some(Cite::Message), &detail.line(source.caps.line)));
    let seer = source.evidence.seer.as_ref().map(|seer| shows(Some(Cite::Seer), &seer.summary.line(width)));
    single(exceptions.chain(message).chain(details).chain(seer).collect::<Vec<_>>())
}

fn exception(at: usize, exception: &Exception, width: usize) -> Shows {
    let module = exception.module.as_ref().map(|m| format!(" ({})", m.line(NAME))).unwrap_or_default();
    let handled = match exception.handled {
        Some(true) => " [handled]",
        Some(false) => " [unhandled]",
        None => "",
    };
    let (kind, message) = (said(exception.kind.as_ref(), NAME), said(exception.message.as_ref(), width));
    shows(Some(Cite::Exception(at)), &format!("{kind}{module}: {message}{handled}"))
}

/// Returns the values of the event from the program and its user: feature flags, values of the request, and values that
/// the program added.
pub(super) fn of_the_program(source: &Source<'_>) -> Vec<Piece> {
    attributes(source, |it| it.kind < AttributeKind::Context)
}

/// Returns the values of the event about its platform: Sentry's contexts, such as the browser, and the installed
/// packages whose names occur in the stack trace.
pub(super) fn of_the_platform(source: &Source<'_>) -> Vec<Piece> {
    let Some(event) = &source.evidence.event else { return Vec::new() };
    attributes(source, |it| match it.kind {
        AttributeKind::Context => true,
        AttributeKind::Package => is_in_stack(event, it.name.raw()),
        _ => false,
    })
}

fn attributes(source: &Source<'_>, is_wanted: impl Fn(&Attribute) -> bool) -> Vec<Piece> {
    let all = source.evidence.event.iter().flat_map(|event| event.attributes.iter().enumerate());
    let line = |(at, attribute): (usize, &Attribute)| {
        let assigned = attribute.assignment().line(source.caps.value);
        shows(Some(Cite::Attribute(at)), &format!("{} {assigned}", attribute.kind.name()))
    };
    single(all.filter(|(_, attribute)| is_wanted(attribute)).map(line))
}

fn is_in_stack(event: &Event, package: &str) -> bool {
    let name = package.to_lowercase().replace('-', "_");
    let names = event.frames.iter().flat_map(|frame| [&frame.module, &frame.file]).flatten();
    name.len() > 2
        && names.into_iter().any(|text| text.raw().to_lowercase().replace('-', "_").contains(&name))
}

/// Returns the breadcrumbs of the event, the newest first, because the newest are the most important if not all fit.
/// The prompt shows them in their original order.
pub(super) fn breadcrumbs(source: &Source<'_>) -> Vec<Piece> {
    let Some(event) = &source.evidence.event else { return Vec::new() };
    let crumbs = event.breadcrumbs.iter().enumerate().rev();
    crumbs.map(|(at, crumb)| Piece::new(at, [breadcrumb(at, crumb, event, source)])).collect()
}

fn breadcrumb(at: usize, crumb: &Breadcrumb, event: &Event, source: &Source<'_>) -> Shows {
    let before = crumb.at.zip(event.at).map(|(at, event)| event.unix() - at.unix()).filter(|it| *it >= 0);
    let before = before.map(|seconds| format!("-{seconds}s")).unwrap_or_default();
    let details = crumb.details.iter().map(|(name, value)| assignment(name, value).line(source.caps.value));
    let parts = [
        before,
        said(crumb.category.as_ref(), 40),
        said(crumb.level.as_ref(), 12),
        said(crumb.message.as_ref(), source.caps.line),
    ];
    let present: Vec<String> = parts.into_iter().chain(details).filter(|part| !part.is_empty()).collect();
    shows(Some(Cite::Breadcrumb(at)), &present.join(" "))
}

/// Returns the comparisons of several events of the issue: the values of one name, such as a variable, in these events.
pub(super) fn comparisons(source: &Source<'_>) -> Vec<Piece> {
    let line = |(at, it): (usize, &Comparison)| {
        let assigned = |(value, count): &(Untrusted, u64)| {
            format!(
                "{} ({count} of {} events)",
                assignment(&it.name, value).line(source.caps.value),
                it.events
            )
        };
        let values: Vec<String> = it.values.iter().map(assigned).collect();
        let more = if it.different > it.values.len() { "; …" } else { "" };
        shows(Some(Cite::Comparison(at)), &format!("{}{more}", values.join("; ")))
    };
    single(source.evidence.comparisons.iter().enumerate().map(line))
}

/// Returns people's comments on the issue.
pub(super) fn comments(source: &Source<'_>) -> Vec<Piece> {
    let all = source.evidence.issue.comments.iter().enumerate();
    single(
        all.map(|(at, text)| shows(Some(Cite::Comment(at)), &format!("(a comment) {}", text.line(COMMENT)))),
    )
}

/// Returns the findings of the fixed rules, which the model may use.
pub(super) fn rules(source: &Source<'_>) -> Vec<Piece> {
    let words = Language::English.words();
    // A finding about source code quotes it, so it goes to a model only with the code.
    let is_of_source = |cite: &Cite| matches!(cite, Cite::Source(_) | Cite::Diff(_));
    let may_go = |finding: &&Finding| source.with_code || !finding.cites.iter().any(is_of_source);
    let found = source.rules.findings.iter().filter(may_go);
    single(found.map(|it| shows(None, &format!("(a rule says) {}", it.sentence.plain_text(words)))))
}

/// Returns the event's tags, and the distribution of the issue's events over tag values.
pub(super) fn tags(source: &Source<'_>) -> Vec<Piece> {
    let (evidence, width) = (source.evidence, source.caps.value);
    let own = evidence.event.iter().flat_map(|event| &event.tags).map(|(key, value)| {
        let both = assignment(&Untrusted::new(key.as_str()), value).line(width);
        shows(Some(Cite::Tag(key.clone())), both.strip_prefix(&format!("{key}=")).unwrap_or(&both))
    });
    let spread = evidence.tags.iter().map(|spread| {
        let top = spread.top.iter().take(VALUES);
        let values: Vec<String> = top
            .map(|(value, count)| format!("{} ({count} of {})", value.line(width), spread.total))
            .collect();
        shows(Some(Cite::Tag(spread.key.clone())), &format!("all events: {}", values.join("; ")))
    });
    single(own.chain(spread))
}

/// Returns the commits that Sentry suspects, with the files that they change.
pub(super) fn commits(source: &Source<'_>) -> Vec<Piece> {
    let all = source.evidence.commits.iter().enumerate();
    single(all.map(|(at, commit)| {
        let files: Vec<String> = commit.files.iter().take(FILES).map(|file| file.line(NAME)).collect();
        let files = if files.is_empty() { String::new() } else { format!("; files: {}", files.join(", ")) };
        let said =
            format!("suspect commit {} {}{files}", commit.id.line(12), commit.subject.line(source.caps.line));
        shows(Some(Cite::Commit(at)), &said)
    }))
}
