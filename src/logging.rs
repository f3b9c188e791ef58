//! Structured logs: one JSON object a line, with the ids of the delivery that it belongs to.

use std::io;

use http::HeaderMap;
use tracing::field::Empty;
use tracing::{Level, Span};
use tracing_subscriber::filter::{Targets, filter_fn};
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;

/// Where the lines go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum To {
    /// Lambda takes what a function prints.
    Stdout,
    /// A command's results go to standard output, so its logs do not.
    Stderr,
}

/// Starts logging. A second start is ignored: the first one's settings stand.
pub fn start(filter: &Targets, to: To) {
    let lines = tracing_subscriber::fmt::layer()
        .json()
        .flatten_event(true)
        .with_current_span(true)
        .with_span_list(false);
    let lines = lines.with_target(false).with_writer(move || -> Box<dyn io::Write> {
        match to {
            To::Stdout => Box::new(io::stdout()),
            To::Stderr => Box::new(io::stderr()),
        }
    });
    // At this level the runtime logs every event whole, and no log line of ours carries a raw body.
    let raw = |target: &str, level: &Level| target.starts_with("lambda_runtime") && *level == Level::TRACE;
    let no_raw = filter_fn(move |line| !raw(line.target(), line.level()));
    let _ = tracing_subscriber::registry().with(filter.clone()).with(no_raw).with(lines).try_init();
}

/// The span of one request: its ids stand in every line that is written within, under `span`. They are the invocation's,
/// where there is one, and what [`trace`] finds.
#[must_use]
pub fn request(id: Option<&str>, xray: Option<&str>) -> Span {
    // At this level no filter leaves it out.
    let span = tracing::error_span!("request", request_id = id, trace_id = Empty, xray_trace_id = Empty);
    if let Some(root) = xray.and_then(xray_root) {
        span.record("xray_trace_id", root);
    }
    span
}

/// Takes the trace ids that a request carries into the [`request`] that it is in: W3C's `traceparent` and AWS's
/// `X-Amzn-Trace-Id`. What is none of the form is left alone, because a stranger may have written it.
pub fn trace(headers: &HeaderMap) {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    if let Some(id) = text("traceparent").and_then(w3c_id) {
        Span::current().record("trace_id", id);
    }
    if let Some(root) = text("x-amzn-trace-id").and_then(xray_root) {
        Span::current().record("xray_trace_id", root);
    }
}

/// The trace id of `00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01`.
fn w3c_id(traceparent: &str) -> Option<&str> {
    let mut parts = traceparent.split('-');
    let (version, id) = (parts.next()?, parts.next()?);
    let fits = is_hex(version, 2) && version != "ff" && is_hex(id, 32) && id.bytes().any(|b| b != b'0');
    fits.then_some(id)
}

/// The root of `Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1`.
fn xray_root(header: &str) -> Option<&str> {
    let root = header.split(';').find_map(|part| part.trim().strip_prefix("Root="))?;
    let mut parts = root.split('-');
    let fits = parts.next()? == "1" && is_hex(parts.next()?, 8) && is_hex(parts.next()?, 24);
    (fits && parts.next().is_none()).then_some(root)
}

fn is_hex(text: &str, length: usize) -> bool {
    text.len() == length && text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn trace_ids_are_taken_only_in_their_own_form() {
        let id = "0af7651916cd43dd8448eb211c80319c";
        assert_eq!(w3c_id(&format!("00-{id}-b7ad6b7169203331-01")), Some(id));
        for wrong in ["", "00", "00-0af7", &format!("ff-{id}-b7ad6b7169203331-01"), "00-\u{e9}"] {
            assert_eq!(w3c_id(wrong), None, "{wrong}");
        }
        assert_eq!(w3c_id(&format!("00-{}-b7ad6b7169203331-01", "0".repeat(32))), None);
        let root = "1-5759e988-bd862e3fe1be46a994272793";
        assert_eq!(xray_root(&format!("Self=1;Root={root};Sampled=1")), Some(root));
        for wrong in ["", "Root=", "Root=1-5759e988", "Root=1-5759e988-bd862e3fe1be46a994272793-x", "1-2-3"] {
            assert_eq!(xray_root(wrong), None, "{wrong}");
        }
    }
}
