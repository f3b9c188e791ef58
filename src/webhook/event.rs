//! The stored form of an event → [`Event`].

use super::wire;
use crate::domain::event::{Breadcrumb, Event, Exception, Frame, Request, http_call, tags};
use crate::domain::ids::EventId;
use crate::domain::lenient::{List, Maybe, Text, Values};
use crate::domain::origin::{Origin, Violation};
use crate::domain::text::Foreign;
use crate::domain::timestamp::Timestamp;

/// Reads an event in its stored form, without a webhook around it; `None` for what is no JSON object.
///
/// For programs that measure: nothing here was signed by anybody.
#[must_use]
pub fn bare_event(json: &[u8]) -> Option<Event> {
    serde_json::from_slice::<Maybe<wire::Event>>(json).ok()?.0.map(event)
}

/// The stored form of an event → [`Event`].
pub(super) fn event(mut wire: wire::Event) -> Event {
    let (origin, found) = origin(wire.csp.0.take(), wire.occurrence.0.take());
    let mut event = Event {
        id: wire.event_id.as_deref().and_then(|id| EventId::parse(id).ok()),
        platform: platform(&wire).map(Foreign::new),
        sdk: wire.sdk.0.and_then(|sdk| sdk.name.foreign()),
        origin,
        message: log_message(wire.logentry.0.or(wire.old_logentry.0))
            .or_else(|| wire.message.foreign())
            .or(found),
        at: wire
            .datetime
            .as_deref()
            .and_then(Timestamp::parse)
            .or_else(|| Timestamp::from_unix(wire.timestamp.0?)),
        release: wire.release.foreign().map(Foreign::into_version),
        environment: wire.environment.foreign(),
        transaction: wire.transaction.foreign(),
        request: wire.request.0.or(wire.old_request.0).map(request),
        breadcrumbs: breadcrumbs(first_filled(wire.breadcrumbs, wire.old_breadcrumbs)),
        tags: tags(wire.tags),
        processing_errors: wire.errors.0.into_iter().filter_map(|e| e.0?.kind.foreign()).collect(),
        ..Event::default()
    };
    let chain = first_filled(wire.exception, wire.old_exception).0.into_iter().filter_map(|e| e.0);
    let loose = wire.stacktrace.0.or(wire.old_stacktrace.0).or_else(|| thread_stack(wire.threads));
    event.set_stacks(chain.map(exception), loose.map(frames).unwrap_or_default());
    event
}

/// What the event comes from, and what a detector says of what it found.
fn origin(csp: Option<wire::Csp>, found: Option<wire::Occurrence>) -> (Origin, Option<Foreign>) {
    match (csp, found) {
        (Some(csp), _) => (Origin::Policy(violation(csp)), None),
        (None, Some(found)) => {
            let shown = found.evidence_display.0.into_iter().filter_map(|shown| shown.0);
            let shown = shown.map(|shown| (shown.name.foreign(), shown.value.foreign()));
            (Origin::detector(shown), found.subtitle.foreign())
        }
        (None, None) => (Origin::Program, None),
    }
}

fn violation(csp: wire::Csp) -> Violation {
    Violation {
        directive: csp.effective_directive.foreign(),
        blocked: csp.blocked_uri.foreign(),
        page: csp.document_uri.foreign(),
    }
}

fn first_filled<T>(new: Values<T>, old: Values<T>) -> Values<T> {
    if new.0.is_empty() { old } else { new }
}

/// Rust's SDK calls itself `native`; Sentry's name for the rest is kept.
fn platform(wire: &wire::Event) -> Option<Box<str>> {
    let sdk = wire.sdk.0.as_ref().and_then(|sdk| sdk.name.as_deref());
    let is_rust = sdk == Some("sentry.rust") || wire.contexts.0.as_ref().is_some_and(|c| c.rust.0.is_some());
    if is_rust { Some("rust".into()) } else { wire.platform.as_deref().map(Into::into) }
}

fn log_message(entry: Option<wire::LogEntry>) -> Option<Foreign> {
    let entry = entry?;
    entry.formatted.foreign().or_else(|| entry.message.foreign())
}

fn request(wire: wire::Request) -> Request {
    Request { method: wire.method.foreign(), url: wire.url.foreign() }
}

fn exception(wire: wire::Exception) -> (Exception, Vec<Frame>) {
    let mechanism = wire.mechanism.0.unwrap_or_default();
    let exception = Exception {
        kind: wire.kind.foreign(),
        message: wire.value.foreign(),
        module: wire.module.foreign(),
        handled: mechanism.handled.0,
        synthetic: mechanism.synthetic.0.unwrap_or_default(),
        is_group: mechanism.is_exception_group.0.unwrap_or_default(),
        number: mechanism.exception_id.non_negative(),
        parent: mechanism.parent_id.non_negative(),
    };
    (exception, wire.stacktrace.0.map(frames).unwrap_or_default())
}

/// The stack of the thread that crashed, or else of the current one.
fn thread_stack(threads: Values<Maybe<wire::Thread>>) -> Option<wire::Stacktrace> {
    let mut threads: Vec<_> = threads.0.into_iter().filter_map(|thread| thread.0).collect();
    threads.sort_by_key(|t| (t.crashed.0 != Some(true), t.current.0 != Some(true)));
    threads.into_iter().find_map(|thread| thread.stacktrace.0)
}

fn frames(stack: wire::Stacktrace) -> Vec<Frame> {
    stack.frames.0.into_iter().filter_map(|frame| frame.0).map(frame).collect()
}

fn frame(wire: wire::Frame) -> Frame {
    let line_list =
        |lines: List<Text>| lines.0.into_iter().filter_map(|line| line.0.map(Foreign::new)).collect();
    Frame {
        exception: None,
        function: wire.function.foreign(),
        module: wire.module.foreign(),
        file: wire.filename.foreign().or_else(|| wire.abs_path.foreign()).or_else(|| wire.package.foreign()),
        line: wire.lineno.non_negative(),
        column: wire.colno.non_negative(),
        in_app: wire.in_app.0.unwrap_or_default(),
        source: wire.context_line.foreign(),
        before: line_list(wire.pre_context),
        after: line_list(wire.post_context),
        locals: wire.vars.0.into_iter().map(|(k, v)| (Foreign::new(k), v.foreign())).collect(),
    }
}

fn breadcrumbs(wire: Values<Maybe<wire::Breadcrumb>>) -> Vec<Breadcrumb> {
    wire.0.into_iter().filter_map(|crumb| crumb.0).map(breadcrumb).collect()
}

fn breadcrumb(wire: wire::Breadcrumb) -> Breadcrumb {
    let at = wire.timestamp.as_deref().and_then(|text| {
        Timestamp::parse(text).or_else(|| Timestamp::from_unix(text.split('.').next()?.parse().ok()?))
    });
    let details = wire.details.0.unwrap_or_default();
    Breadcrumb {
        at,
        category: wire.category.foreign(),
        level: wire.level.foreign(),
        message: wire.message.foreign().or_else(|| {
            let parts = [&details.method, &details.url, &details.status_code];
            http_call(parts.map(Text::as_deref))
        }),
        status: details.status_code.as_deref().and_then(|status| status.parse().ok()),
    }
}
