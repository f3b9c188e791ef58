//! AWS Secrets Manager: the emulator moto behind a proxy that counts the fetches of the secret, and can fail or never
//! reply.

use crate::support::fetched::free_port;
use crate::support::tools::Moto;
use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};
use sidenote::http::Http;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::{fmt, future};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

/// The proxy's treatment of a call to Secrets Manager.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Door {
    /// The proxy passes the call to moto.
    Open,
    /// The proxy never replies.
    Stuck,
    /// The proxy replies 500, as a failing service does.
    Failing,
}

/// An account of Secrets Manager with one secret.
pub(crate) struct SecretsManager {
    moto: Arc<Moto>,
    http: Http,
    /// The name of the secret, which is the value of `SECRET_ID`.
    pub(crate) secret_id: String,
    shared: Arc<Shared>,
    url: String,
    serving: JoinHandle<()>,
}

struct Shared {
    moto: String,
    http: Http,
    door: Mutex<Door>,
    fetches: AtomicUsize,
}

impl SecretsManager {
    /// Creates an account without a secret. The name for the secret is unique.
    pub(crate) async fn new() -> Self {
        static SECRETS: AtomicUsize = AtomicUsize::new(1);
        let number = SECRETS.fetch_add(1, Ordering::Relaxed);
        let moto = Moto::shared().await;
        let http = Http::new(None).expect("an HTTP client");
        let shared = Arc::new(Shared {
            moto: moto.url(),
            http: http.clone(),
            door: Mutex::new(Door::Open),
            fetches: AtomicUsize::new(0),
        });
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("bind the door");
        let url = format!("http://{}", listener.local_addr().expect("the door's address"));
        let router = Router::new().fallback(pass).with_state(Arc::clone(&shared));
        let serving =
            tokio::spawn(async move { axum::serve(listener, router).await.expect("serve the door") });
        Self { moto, http, secret_id: format!("sidenote/test-{number}"), shared, url, serving }
    }

    /// Creates an account whose secret has this text.
    pub(crate) async fn holding(secret: impl fmt::Display) -> Self {
        let manager = Self::new().await;
        manager.create(&json!({"SecretString": secret.to_string()})).await;
        manager
    }

    /// Creates the secret with this content.
    pub(crate) async fn create(&self, content: &Value) {
        let mut request = content.clone();
        request["Name"] = json!(self.secret_id);
        self.call("CreateSecret", &request).await;
    }

    /// Replaces the text of the secret.
    pub(crate) async fn rotate(&self, secret: impl fmt::Display) {
        let request = json!({"SecretId": self.secret_id, "SecretString": secret.to_string()});
        self.call("PutSecretValue", &request).await;
    }

    /// The environment variables with which the Lambda function finds the secret: its name, and the address of the proxy.
    pub(crate) fn env(&self) -> Vec<(String, String)> {
        vec![
            ("SECRET_ID".to_owned(), self.secret_id.clone()),
            ("AWS_ENDPOINT_URL".to_owned(), self.url.clone()),
        ]
    }

    /// Sets the proxy's treatment of all further calls.
    pub(crate) fn set(&self, door: Door) {
        *self.shared.door.lock().expect("no holder of the door panics") = door;
    }

    /// The number of calls so far that fetched the text of the secret.
    pub(crate) fn fetches(&self) -> usize {
        self.shared.fetches.load(Ordering::Relaxed)
    }

    async fn call(&self, operation: &str, request: &Value) {
        let sent = self
            .http
            .client()
            .post(self.moto.url())
            .header("content-type", "application/x-amz-json-1.1")
            .header("x-amz-target", format!("secretsmanager.{operation}"))
            // Moto reads the region from this header and checks no signature.
            .header(
                "authorization",
                "AWS4-HMAC-SHA256 Credential=test/20261123/us-east-1/secretsmanager/aws4_request, \
                 SignedHeaders=host, Signature=0",
            )
            .body(request.to_string())
            .send();
        let answer = sent.await.expect("moto answers");
        let status = answer.status();
        assert!(status.is_success(), "{operation}: {status} {}", answer.text().await.unwrap_or_default());
    }
}

impl Drop for SecretsManager {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

/// Returns environment variables that name an address at which no server listens.
pub(crate) fn no_listener() -> Vec<(String, String)> {
    vec![
        ("SECRET_ID".to_owned(), "sidenote/unreachable".to_owned()),
        ("AWS_ENDPOINT_URL".to_owned(), format!("http://127.0.0.1:{}", free_port())),
    ]
}

async fn pass(State(shared): State<Arc<Shared>>, request: Request) -> Response {
    if request.headers().get("x-amz-target").is_some_and(|it| it == "secretsmanager.GetSecretValue") {
        shared.fetches.fetch_add(1, Ordering::Relaxed);
    }
    let door = *shared.door.lock().expect("no holder of the door panics");
    match door {
        Door::Open => forward(&shared, request).await,
        Door::Stuck => future::pending().await,
        Door::Failing => {
            (StatusCode::INTERNAL_SERVER_ERROR, r#"{"__type":"InternalServiceError"}"#).into_response()
        }
    }
}

async fn forward(shared: &Shared, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let body = to_bytes(body, usize::MAX).await.expect("a whole request");
    let headers: HeaderMap = parts
        .headers
        .into_iter()
        .filter_map(|(name, value)| Some((name?, value)))
        .filter(|(n, _)| n != "host")
        .collect();
    let sent = shared.http.client().post(&shared.moto).headers(headers).body(body).send().await;
    let answer = sent.expect("moto answers");
    let (status, kind) = (answer.status(), answer.headers().get("content-type").cloned());
    let body = Body::from(answer.bytes().await.expect("a whole answer"));
    let mut response = (status, body).into_response();
    response.headers_mut().extend(kind.map(|kind| (http::header::CONTENT_TYPE, kind)));
    response
}
