//! A complete handler with an additional notifier, and its log lines, metrics and events.

use std::collections::BTreeMap;
use std::io;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use axum::http::Request;
use bytes::Bytes;
use secrecy::SecretString;
use serde_json::{Value, json};
use sidenote::config::Config;
use sidenote::domain::deadline::Deadline;
use sidenote::domain::queued_delivery::QueuedDelivery;
use sidenote::handler::{DeliveryEvent, Handler, Observer, RetryReason, Setup, measured};
use sidenote::notifiers::{Notifier, Notifiers};
use sidenote::webhook::{SIGNATURE_HEADER, sign};
use tracing::subscriber::DefaultGuard;

const CLIENT_SECRET: &str = "the client secret";

/// The events that an observer has recorded.
#[derive(Default)]
struct Seen {
    steps: Vec<String>,
    counted: BTreeMap<&'static str, u64>,
}

#[derive(Default)]
struct Watcher(Mutex<Seen>);

impl Observer for Watcher {
    fn observe(&self, event: &DeliveryEvent<'_>) {
        let mut seen = self.0.lock().expect("no holder panics");
        for (metric, value) in measured(event) {
            *seen.counted.entry(metric.name()).or_default() += value;
        }
        if let DeliveryEvent::NotifierEnded(name, step) = event
            && Notifiers::default().profile(name).is_none()
        {
            seen.steps.push(format!("{name}: {}", step.name()));
        }
    }
}

#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().expect("no holder panics").extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// A complete program with its state in memory and one notifier of a test.
pub(super) struct Program {
    handler: Arc<Handler>,
    watcher: Arc<Watcher>,
    log: Log,
    _logging: DefaultGuard,
}

impl Program {
    pub(super) fn with(notifier: Box<dyn Notifier>) -> Self {
        let log = Log::default();
        let writer = log.clone();
        let lines = tracing_subscriber::fmt().json().flatten_event(true).with_writer(move || writer.clone());
        let logging = tracing::subscriber::set_default(lines.finish());
        let find = |name: &str| (name == "SENTRY_CLIENT_SECRET").then(|| CLIENT_SECRET.to_owned());
        let watcher = Arc::new(Watcher::default());
        let setup = Setup::from(Config::read(&find).expect("valid"));
        let setup = setup.with_observer(Arc::clone(&watcher) as _).with_notifier(notifier);
        let handler = Arc::new(Handler::new(setup).expect("a handler"));
        Self { handler, watcher, log, _logging: logging }
    }

    /// Delivers an alert about [`super::crash`], and does the work after the response within `left`.
    pub(super) async fn deliver(&self, left: Duration) {
        let body = Bytes::from(body());
        let request = Request::post("/api/v1/webhooks/sentry/error")
            .header("content-type", "application/json")
            .header("sentry-hook-resource", "event_alert")
            .header(SIGNATURE_HEADER, sign(&SecretString::from(CLIENT_SECRET), &body))
            .body(body)
            .expect("a request");
        let reply = self.handler.handle(request, deadline(left)).await;
        assert_eq!(reply.response.status(), 202);
        reply.work.expect("the work").await;
    }

    /// Delivers the same alert again, as the queue does. The first delivery is not complete, because the note has no
    /// token.
    pub(super) async fn redeliver(&self, left: Duration) {
        let queued = QueuedDelivery {
            resource: Some("event_alert".to_owned()),
            signature: sign(&SecretString::from(CLIENT_SECRET), body().as_bytes()),
            received_ms: unix_millis(),
            body: body().into_bytes(),
        };
        let outcome = self.handler.redelivered(&queued.pack().expect("it fits"), deadline(left)).await;
        assert_eq!(outcome, Err(RetryReason::Unfinished));
    }

    /// Returns the JSON of the health endpoint.
    pub(super) async fn health(&self) -> Value {
        let request = Request::get("/api/v1/health").body(Bytes::new()).expect("a request");
        let reply = self.handler.handle(request, deadline(Duration::from_secs(5))).await;
        serde_json::from_slice(reply.response.body()).expect("JSON")
    }

    /// The results of the notifier's steps, in order, from the observer's events.
    pub(super) fn steps(&self) -> Vec<String> {
        self.watcher.0.lock().expect("no holder panics").steps.clone()
    }

    /// The sum of the values of a metric.
    pub(super) fn counted(&self, metric: &str) -> u64 {
        self.watcher.0.lock().expect("no holder panics").counted.get(metric).copied().unwrap_or(0)
    }

    /// The number of log lines with this message.
    pub(super) fn logged(&self, message: &str) -> usize {
        self.log().matches(&format!(r#""message":"{message}""#)).count()
    }

    /// The whole log so far.
    pub(super) fn log(&self) -> String {
        String::from_utf8_lossy(&self.log.0.lock().expect("no holder panics")).into_owned()
    }
}

fn body() -> String {
    let mut event = super::crash();
    event["issue_id"] = json!("4711");
    json!({"action": "triggered", "data": {"event": event}}).to_string()
}

#[expect(clippy::disallowed_methods, reason = "a front door reads the clock, and this stands for one")]
fn deadline(left: Duration) -> Deadline {
    Deadline::after(Instant::now(), left)
}

#[expect(clippy::disallowed_methods, reason = "the queue stamps what it holds, and this stands for it")]
fn unix_millis() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970");
    u64::try_from(since.as_millis()).expect("not so late")
}
