//! Lambda's runtime API over HTTP. Each process of the function has its own server.

use super::environment::Environment;
use axum::Json;
use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{Path, State};
use axum::http::{HeaderMap, Method, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use bytes::Bytes;
use serde_json::{Value, json};
use std::sync::Arc;
use tokio::net::TcpListener;

/// An event for the function, which is the reply to `/next`.
#[derive(Debug)]
pub(crate) struct Event {
    pub(crate) request_id: String,
    /// The deadline of the invocation in milliseconds since 1970 (UTC).
    pub(crate) deadline_ms: u128,
    pub(crate) body: Value,
}

/// An error response of the runtime API, with Lambda's names of errors.
#[derive(Debug)]
pub(crate) struct Refusal {
    status: StatusCode,
    error_type: &'static str,
    message: String,
}

impl Refusal {
    pub(crate) fn new(status: StatusCode, error_type: &'static str, message: &str) -> Self {
        Self { status, error_type, message: message.to_owned() }
    }

    pub(crate) fn to_json(&self) -> Value {
        json!({ "errorType": self.error_type, "errorMessage": self.message })
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        (self.status, Json(self.to_json())).into_response()
    }
}

impl IntoResponse for Event {
    fn into_response(self) -> Response {
        let arn = "arn:aws:lambda:us-east-1:123456789012:function:sidenote";
        let trace = "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=0";
        let headers = [
            ("Lambda-Runtime-Aws-Request-Id", self.request_id),
            ("Lambda-Runtime-Deadline-Ms", self.deadline_ms.to_string()),
            ("Lambda-Runtime-Invoked-Function-Arn", arn.to_owned()),
            ("Lambda-Runtime-Trace-Id", trace.to_owned()),
        ];
        (headers, Json(self.body)).into_response()
    }
}

/// Serves the runtime API of one environment until the task is aborted.
pub(crate) async fn serve(listener: TcpListener, environment: Arc<Environment>) {
    let router = Router::new()
        .route("/2018-06-01/runtime/invocation/next", get(next))
        .route("/2018-06-01/runtime/invocation/{id}/response", post(response))
        .route("/2018-06-01/runtime/invocation/{id}/error", post(error))
        .route("/2018-06-01/runtime/init/error", post(init_error))
        .fallback(unknown)
        .method_not_allowed_fallback(unknown)
        .with_state(environment);
    axum::serve(listener, router).await.expect("serve the runtime API");
}

type Shared = State<Arc<Environment>>;
type Accepted = (StatusCode, Json<Value>);

fn accepted() -> Accepted {
    (StatusCode::ACCEPTED, Json(json!({ "status": "OK" })))
}

async fn next(State(environment): Shared) -> Result<Event, Refusal> {
    let event = environment.next()?;
    event.await.map_err(|_| Refusal::new(StatusCode::GONE, "Sandbox.Gone", "the environment has ended"))
}

async fn response(
    State(environment): Shared,
    Path(id): Path<String>,
    headers: HeaderMap,
    body: Body,
) -> Result<Accepted, Refusal> {
    if headers.contains_key("Lambda-Runtime-Function-Response-Mode") {
        environment.violation("a streamed response, which a buffered function URL does not pass on");
    }
    let body = read(body).await?;
    environment.answer(&id, &body, false)?;
    Ok(accepted())
}

async fn error(State(environment): Shared, Path(id): Path<String>, body: Body) -> Result<Accepted, Refusal> {
    let body = read(body).await?;
    environment.answer(&id, &body, true)?;
    Ok(accepted())
}

async fn init_error(State(environment): Shared, body: Body) -> Result<Accepted, Refusal> {
    let body = read(body).await?;
    environment.init_error(&body)?;
    Ok(accepted())
}

async fn unknown(State(environment): Shared, method: Method, uri: Uri) -> Refusal {
    environment.refuse(
        StatusCode::NOT_FOUND,
        "UnknownPath",
        &format!("{method} {uri} is not in the runtime API"),
    )
}

/// Reads the whole body of a request. An incomplete body is no violation, because the process may have been killed.
async fn read(body: Body) -> Result<Bytes, Refusal> {
    let unreadable = |error: axum::Error| {
        Refusal::new(StatusCode::BAD_REQUEST, "InvalidRequest", &format!("a body that breaks off: {error}"))
    };
    to_bytes(body, usize::MAX).await.map_err(unreadable)
}
