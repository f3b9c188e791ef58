//! A stand-in for a Function URL of AWS Lambda. It converts an HTTP request to the function's event, and the function's
//! result to a response.

use std::collections::BTreeMap;
use std::net::Ipv4Addr;

use axum::Router;
use axum::extract::Request;
use axum::response::Response;
use http_body_util::BodyExt as _;
use serde_json::{Value, json};

/// Starts a Function URL that passes events to `invoke`. Returns the URL.
pub(crate) async fn before<F: Future<Output = Value> + Send>(
    invoke: impl Fn(Value) -> F + Clone + Send + Sync + 'static,
) -> String {
    let listener = tokio::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("a port");
    let url = format!("http://{}", listener.local_addr().expect("an address"));
    let answer = async move |request: Request| response(&invoke(event(request).await).await);
    let router = Router::new().fallback(answer);
    tokio::spawn(async move { axum::serve(listener, router).await });
    url
}

async fn event(request: Request) -> Value {
    let mut event: Value =
        serde_json::from_str(include_str!("../../events/furl-event-alert.json")).expect("an event");
    let path = request.uri().path().to_owned();
    let headers: BTreeMap<String, String> = request
        .headers()
        .iter()
        .map(|(name, value)| (name.as_str().to_owned(), value.to_str().unwrap_or_default().to_owned()))
        .collect();
    let body = request.into_body().collect().await.expect("a body").to_bytes();
    event["headers"] = json!(headers);
    event["rawPath"] = json!(path);
    event["requestContext"]["http"]["path"] = json!(path);
    event["body"] = json!(String::from_utf8_lossy(&body));
    event
}

fn response(answer: &Value) -> Response<String> {
    let status = answer["statusCode"].as_u64().and_then(|status| u16::try_from(status).ok()).unwrap_or(502);
    let body = answer["body"].as_str().unwrap_or_default().to_owned();
    Response::builder().status(status).body(body).expect("a response")
}
