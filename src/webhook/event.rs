//! The stored form of an event → [`Event`].

use super::wire;
use crate::domain::event::{Event, tags};
use crate::domain::ids::EventId;
use crate::domain::origin::Origin;
use crate::domain::text::Untrusted;
use crate::domain::timestamp::Timestamp;
use crate::json::{Lenient, Values};
use crate::payload::{
    Interface, Occurrence, Parts, attributes, breadcrumbs, chain, frames, platform, processing_errors,
    thread_stack,
};

/// Reads an event in its stored form, without a webhook around it; `None` for what is no JSON object.
///
/// For programs that measure: nothing here was signed by anybody.
#[must_use]
pub fn bare_event(json: &[u8]) -> Option<Event> {
    serde_json::from_slice::<Lenient<wire::Event>>(json).ok()?.0.map(event)
}

/// The stored form of an event → [`Event`].
pub(super) fn event(mut wire: wire::Event) -> Event {
    let (origin, found) = origin(wire.csp.0.take(), wire.occurrence.0.take());
    let mut request = wire.request.0.take().or(wire.old_request.0.take());
    let mut event = Event {
        id: wire.event_id.as_deref().and_then(|id| EventId::parse(id).ok()),
        platform: platform(wire.platform, &wire.sdk, &wire.contexts),
        sdk: wire.sdk.0.and_then(|sdk| sdk.name.foreign()),
        origin,
        message: (wire.logentry.0.or(wire.old_logentry.0))
            .and_then(Interface::message)
            .or_else(|| wire.message.foreign())
            .or(found),
        at: wire
            .datetime
            .as_deref()
            .and_then(Timestamp::parse)
            .or_else(|| Timestamp::from_unix(wire.timestamp.0?)),
        release: wire.release.foreign().map(Untrusted::into_version),
        environment: wire.environment.foreign(),
        transaction: wire.transaction.foreign(),
        attributes: attributes(Parts {
            request: request.as_mut(),
            contexts: wire.contexts.0,
            extra: wire.extra,
            packages: wire.modules,
        }),
        request: request.map(Interface::request),
        breadcrumbs: breadcrumbs(first_filled(wire.breadcrumbs, wire.old_breadcrumbs)),
        tags: tags(wire.tags.0),
        processing_errors: processing_errors(wire.errors),
        ..Event::default()
    };
    let exceptions = chain(first_filled(wire.exception, wire.old_exception));
    let loose = wire.stacktrace.0.or(wire.old_stacktrace.0).or_else(|| thread_stack(wire.threads));
    event.set_stacks(exceptions, loose.map(|stack| frames(stack.frames)).unwrap_or_default());
    event
}

/// What the event comes from, and what a detector says of what it found.
fn origin(csp: Option<Interface>, found: Option<Occurrence>) -> (Origin, Option<Untrusted>) {
    match (csp, found) {
        (Some(csp), _) => (Origin::Policy(csp.violation()), None),
        (None, Some(found)) => found.origin(),
        (None, None) => (Origin::Program, None),
    }
}

fn first_filled<T>(new: Values<T>, old: Values<T>) -> Values<T> {
    if new.0.is_empty() { old } else { new }
}
