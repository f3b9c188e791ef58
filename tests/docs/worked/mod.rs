//! The example code of CONTRIBUTING.md, which quotes these files word for word. Tests run the examples here.

mod language;
mod model;
mod notifier;
mod program;
mod rule;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use axum::Router;
use axum::http::StatusCode;
use axum::routing::post;
use serde_json::{Value, json};
use sidenote::domain::deadline::Deadline;
use sidenote::domain::evidence::Evidence;
use sidenote::domain::ids::IssueId;
use sidenote::domain::issue::Issue;
use sidenote::domain::occurrence::{IssueOccurrence, Trigger};
use sidenote::webhook::bare_event;
use tokio::sync::mpsc::{self, UnboundedReceiver};

/// Returns the evidence that an event contains, without any API calls.
fn evidence(event: &Value) -> Evidence {
    Evidence::of(IssueOccurrence {
        trigger: Trigger::Created,
        issue: Issue::unknown(IssueId::parse("4711").expect("an id")),
        org: None,
        event: Some(bare_event(event.to_string().as_bytes()).expect("an event")),
        rule: None,
        seer: None,
    })
}

/// Returns an event about a crash of a Go program in the environment `staging`.
fn crash() -> Value {
    json!({
        "event_id": "0123456789abcdef0123456789abcdef", "platform": "go", "environment": "staging",
        "tags": [["environment", "staging"]],
        "exception": {"values": [{"type": "runtime.boundsError",
            "value": "runtime error: index out of range [0] with length 0",
            "stacktrace": {"frames": [{"filename": "queue/drain.go", "function": "First", "lineno": 12,
                "context_line": "\treturn rows[0]", "in_app": true}]}}]},
    })
}

#[expect(clippy::disallowed_methods, reason = "a front door reads the clock, and this stands for one")]
fn deadline() -> Deadline {
    Deadline::after(Instant::now(), Duration::from_secs(20))
}

/// Starts a server that sends this response to every POST and reports the requests. Returns its URL and the requests.
async fn server(status: u16, answer: Value) -> (reqwest::Url, UnboundedReceiver<Value>) {
    let (sender, receiver) = mpsc::unbounded_channel();
    let status = StatusCode::from_u16(status).expect("a status");
    let answering = post(move |axum::Json(body): axum::Json<Value>| {
        sender.send(body).expect("the test listens");
        let answer = answer.clone();
        async move { (status, axum::Json(answer)) }
    });
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let url = format!("http://{}/", listener.local_addr().expect("an address"));
    tokio::spawn(async move { axum::serve(listener, Router::new().route("/", answering)).await });
    (url.parse().expect("a URL"), receiver)
}

/// Starts a server that accepts every request and never responds. Returns its URL and the number of its requests.
async fn silent_server() -> (reqwest::Url, Arc<AtomicUsize>) {
    let asked = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&asked);
    let answering = post(move || {
        counter.fetch_add(1, Ordering::SeqCst);
        std::future::pending::<StatusCode>()
    });
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let url = format!("http://{}/", listener.local_addr().expect("an address"));
    tokio::spawn(async move { axum::serve(listener, Router::new().route("/", answering)).await });
    (url.parse().expect("a URL"), asked)
}
