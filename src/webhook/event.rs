//! Converts an event from the JSON of a webhook to [`Event`]. This JSON is Sentry's stored form of an event.

use super::wire;
use crate::domain::event::{Event, tags};
use crate::domain::ids::EventId;
use crate::domain::origin::{Detection, Origin};
use crate::domain::text::Untrusted;
use crate::domain::timestamp::Timestamp;
use crate::json::{Lenient, Text, Values};
use crate::payload::{
    Parts, breadcrumbs, chain, frames, platform, processing_errors, raising_thread, thread_stack, trace,
};

/// Reads an event in Sentry's stored form, without a webhook around it. Returns `None` if `json` is not a JSON object.
///
/// No signature is checked, so this function is only for programs that measure Sidenote.
#[must_use]
pub fn bare_event(json: &[u8]) -> Option<Event> {
    serde_json::from_slice::<Lenient<wire::Event>>(json).ok()?.0.map(event)
}

/// Converts an event in Sentry's stored form.
pub(super) fn event(mut wire: wire::Event) -> Event {
    let (origin, found) = origin(&mut wire);
    let trace = trace(std::mem::take(&mut wire.spans), &wire.start_timestamp, &wire.timestamp);
    let mut event = Event {
        id: wire.event_id.as_deref().and_then(|id| EventId::parse(id).ok()),
        platform: platform(wire.platform, &wire.sdk, &wire.contexts),
        sdk: wire.sdk.0.and_then(|sdk| sdk.name.untrusted()),
        origin,
        message: (wire.logentry.0.or(wire.old_logentry.0))
            .and_then(|logentry| logentry.message())
            .or_else(|| wire.message.untrusted())
            .or(found),
        at: wire.datetime.as_deref().and_then(Timestamp::parse).or_else(|| at(&wire.timestamp)),
        release: wire.release.untrusted().map(Untrusted::into_version),
        environment: wire.environment.untrusted(),
        transaction: wire.transaction.untrusted(),
        has_user: wire.user.0.is_some_and(|user| user.is_named()),
        breadcrumbs: breadcrumbs(first_filled(wire.breadcrumbs, wire.old_breadcrumbs)),
        tags: tags(wire.tags.0),
        processing_errors: processing_errors(wire.errors),
        trace,
        images: wire.debug_meta.0.map(|meta| meta.images()).unwrap_or_default(),
        ..Event::default()
    };
    let parts = Parts {
        contexts: wire.contexts.0,
        extra: wire.extra,
        packages: wire.modules,
        request: wire.request.0.or(wire.old_request.0).map(|request| *request),
    };
    parts.add_to(&mut event);
    let exceptions = first_filled(wire.exception, wire.old_exception);
    let thread = raising_thread(&exceptions);
    let exceptions = chain(exceptions);
    let loose = wire.stacktrace.0.or(wire.old_stacktrace.0);
    let loose = loose.or_else(|| thread_stack(wire.threads, thread.as_deref()));
    event.set_stacks(exceptions, loose.into_iter().flat_map(|stack| frames(stack.frames)));
    event
}

/// Parses a timestamp. Sentry SDKs send a number of seconds since 1970, or a text such as `2026-11-29T20:00:00Z`.
fn at(timestamp: &Text) -> Option<Timestamp> {
    let text = timestamp.as_deref()?;
    Timestamp::parse(text).or_else(|| Timestamp::from_unix(text.split('.').next()?.parse().ok()?))
}

/// Returns the origin of the event, and the subtitle that a detector of Sentry gave it.
fn origin(wire: &mut wire::Event) -> (Origin, Option<Untrusted>) {
    let reports = [
        ("csp", wire.csp.0.take().or(wire.old_csp.0.take())),
        ("hpkp", wire.hpkp.0.take().or(wire.old_hpkp.0.take())),
        ("expectct", wire.expectct.0.take().or(wire.old_expectct.0.take())),
        ("expectstaple", wire.expectstaple.0.take().or(wire.old_expectstaple.0.take())),
        ("nel", wire.nel.0.take()),
    ];
    let report = reports.into_iter().find_map(|(interface, report)| report?.report(interface));
    match (report, wire.occurrence.0.take()) {
        (Some(report), _) => (Origin::Report(report), None),
        (None, Some(found)) => found.origin(),
        (None, None) if wire.kind.as_deref() == Some("transaction") => (Origin::Transaction, None),
        // Sentry's issue platform writes this kind for its detectors.
        (None, None) if wire.kind.as_deref() == Some("generic") => {
            (Origin::Detector(Detection::default()), None)
        }
        (None, None) => (Origin::Program, None),
    }
}

fn first_filled<T>(new: Values<T>, old: Values<T>) -> Values<T> {
    if new.0.is_empty() { old } else { new }
}
