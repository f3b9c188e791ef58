//! Structured logs: one JSON object per line, with the ids of the request. On a terminal the lines are plain text.

use std::io::{self, IsTerminal as _};

use http::HeaderMap;
use tracing::field::Empty;
use tracing::{Level, Span};
use tracing_subscriber::Registry;
use tracing_subscriber::filter::{Targets, filter_fn};
use tracing_subscriber::fmt::{MakeWriter, layer};
use tracing_subscriber::layer::{Layer, SubscriberExt as _};
use tracing_subscriber::util::SubscriberInitExt as _;

/// Starts the log of the Lambda function: JSON on standard output, which Lambda collects.
///
/// A second call has no effect.
pub fn start_for_function(filter: &Targets) {
    start(filter, json(io::stdout));
}

/// Starts a command's log on standard error, because results go to standard output. The format is JSON, or plain text
/// on a terminal.
///
/// A second call has no effect.
pub fn start_for_command(filter: &Targets) {
    if io::stderr().is_terminal() {
        start(filter, readable(io::stderr));
    } else {
        start(filter, json(io::stderr));
    }
}

fn start(filter: &Targets, lines: impl Layer<Registry> + Send + Sync) {
    // At the level TRACE the Lambda runtime logs whole events, and Sidenote's logs must never contain a raw body.
    let raw = |target: &str, level: &Level| target.starts_with("lambda_runtime") && *level == Level::TRACE;
    let no_raw = filter_fn(move |line| !raw(line.target(), line.level()));
    let _ = tracing_subscriber::registry().with(lines).with(filter.clone()).with(no_raw).try_init();
}

/// Returns a layer that writes JSON lines to `to`. Write errors are ignored, because the reader has gone.
fn json(to: impl for<'w> MakeWriter<'w> + Send + Sync + 'static) -> impl Layer<Registry> + Send + Sync {
    let lines = layer().json().flatten_event(true).with_current_span(true).with_span_list(false);
    lines.with_target(false).with_writer(to).log_internal_errors(false)
}

/// Returns a layer that writes plain lines to `to`, each with the time, the level and the fields.
fn readable(to: impl for<'w> MakeWriter<'w> + Send + Sync + 'static) -> impl Layer<Registry> + Send + Sync {
    layer().compact().with_target(false).with_writer(to).log_internal_errors(false)
}

/// Returns the span of one request. Every log line within the span carries the request's ids under `span`: the id of
/// the Lambda invocation, if there is one, and the trace ids that [`trace`] finds.
#[must_use]
pub fn request(id: Option<&str>, xray: Option<&str>) -> Span {
    // The span's level is `error`, so that no filter disables the span.
    let span = tracing::error_span!("request", request_id = id, trace_id = Empty, xray_trace_id = Empty);
    if let Some(root) = xray.and_then(xray_root) {
        span.record("xray_trace_id", root);
    }
    span
}

/// Copies the trace ids of a request into the current [`request`] span: W3C's `traceparent` and AWS's
/// `X-Amzn-Trace-Id`. A malformed value is ignored, because any client can write it.
pub fn trace(headers: &HeaderMap) {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    if let Some(id) = text("traceparent").and_then(w3c_id) {
        Span::current().record("trace_id", id);
    }
    if let Some(root) = text("x-amzn-trace-id").and_then(xray_root) {
        Span::current().record("xray_trace_id", root);
    }
}

/// Returns the trace id of a `traceparent` such as `00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01`.
fn w3c_id(traceparent: &str) -> Option<&str> {
    let mut parts = traceparent.split('-');
    let (version, id) = (parts.next()?, parts.next()?);
    let fits = is_hex(version, 2) && version != "ff" && is_hex(id, 32) && id.bytes().any(|b| b != b'0');
    fits.then_some(id)
}

/// Returns the root of an X-Ray header such as `Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8`.
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
    use std::sync::{Arc, Mutex};

    use super::*;

    /// Returns the log output of the layer `lines` for one event within a request.
    fn logged<L: Layer<Registry> + Send + Sync>(lines: impl FnOnce(Memory) -> L) -> String {
        let memory = Memory::default();
        tracing::subscriber::with_default(tracing_subscriber::registry().with(lines(memory.clone())), || {
            request(Some("r-1"), None)
                .in_scope(|| tracing::info!(address = "127.0.0.1:8000", "serve_started"));
        });
        let bytes = memory.0.lock().expect("not poisoned").clone();
        String::from_utf8(bytes).expect("UTF-8")
    }

    #[derive(Clone, Default)]
    struct Memory(Arc<Mutex<Vec<u8>>>);

    impl io::Write for Memory {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().expect("not poisoned").write(bytes)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    impl MakeWriter<'_> for Memory {
        type Writer = Self;

        fn make_writer(&self) -> Self {
            self.clone()
        }
    }

    #[test]
    fn a_terminal_gets_lines_and_everything_else_gets_json() {
        let line = logged(json);
        let value: serde_json::Value = serde_json::from_str(&line).expect("JSON");
        assert_eq!(
            (&value["message"], &value["span"]["request_id"]),
            (&"serve_started".into(), &"r-1".into())
        );
        let line = logged(readable);
        assert!(!line.contains(['{', '}']) || !line.starts_with('{'), "{line}");
        for part in ["INFO", "serve_started", "address", "127.0.0.1:8000", "r-1"] {
            assert!(line.contains(part), "{part} in {line}");
        }
    }

    #[test]
    fn trace_ids_are_accepted_only_in_their_exact_format() {
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
