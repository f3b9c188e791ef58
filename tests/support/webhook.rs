//! A webhook request in Sentry's form, and the response to it.

use bytes::Bytes;
use http::header::CONTENT_TYPE;
use http::{HeaderMap, HeaderName, HeaderValue, Method};
use serde_json::Value;
use sidenote::webhook::{SIGNATURE_HEADER, sign};

use super::canary::CLIENT_SECRET;
use super::worlds::ISSUE;

/// The path at which `sidenote serve` receives Sentry's webhooks.
pub(crate) const PATH: &str = "/api/v1/webhooks/sentry/error";

/// A request to `sidenote serve`. It is signed with [`CLIENT_SECRET`] and declared as JSON, unless a test changes it.
#[derive(Clone, Debug)]
#[must_use]
pub(crate) struct Webhook {
    method: Method,
    path: String,
    headers: HeaderMap,
    body: Bytes,
}

impl Webhook {
    /// Creates a webhook with this body and Sentry's signature.
    pub(crate) fn new(body: &Value) -> Self {
        Self::raw(body.to_string())
    }

    /// Creates a webhook with this body, which may be invalid JSON, and Sentry's signature.
    pub(crate) fn raw(body: impl Into<Bytes>) -> Self {
        let mut webhook = Self::request(Method::POST, PATH).header("content-type", "application/json");
        webhook.body = body.into();
        webhook.signed_with(CLIENT_SECRET)
    }

    /// Creates a request without headers and body.
    pub(crate) fn request(method: Method, path: &str) -> Self {
        Self { method, path: path.to_owned(), headers: HeaderMap::new(), body: Bytes::new() }
    }

    /// Creates a webhook whose header `Sentry-Hook-Resource` is `resource`.
    pub(crate) fn of(resource: &str, body: &Value) -> Self {
        Self::new(body).header("sentry-hook-resource", resource)
    }

    /// Replaces the signature by one with another secret.
    pub(crate) fn signed_with(self, secret: &str) -> Self {
        let signature = sign(&secret.into(), &self.body);
        self.header(SIGNATURE_HEADER, &signature)
    }

    /// Sets a header and replaces an earlier value of the header.
    pub(crate) fn header(mut self, name: &'static str, value: &str) -> Self {
        let value = HeaderValue::from_str(value).expect("a header's value");
        self.headers.insert(HeaderName::from_static(name), value);
        self
    }

    /// Removes a header from the request.
    pub(crate) fn without(mut self, name: &str) -> Self {
        self.headers.remove(name);
        self
    }

    /// Replaces the issue by another one, with a new signature.
    pub(crate) fn about(self, issue: &str) -> Self {
        self.tampered(|body| body.replace(ISSUE, issue)).signed_with(CLIENT_SECRET)
    }

    /// Changes the body, but keeps the signature, which is then invalid.
    pub(crate) fn tampered(self, change: impl FnOnce(&str) -> String) -> Self {
        let body = change(std::str::from_utf8(&self.body).expect("a body in UTF-8"));
        Self { body: body.into(), ..self }
    }

    /// Sets the header `Prefer`, with which the client asks to wait this many seconds for the outcome.
    pub(crate) fn wait(self, seconds: u32) -> Self {
        self.header("prefer", &format!("wait={seconds}"))
    }

    /// Replaces the path of the request.
    pub(crate) fn to(self, path: &str) -> Self {
        Self { path: path.to_owned(), ..self }
    }

    /// Replaces the HTTP method of the request.
    pub(crate) fn method_is(self, method: Method) -> Self {
        Self { method, ..self }
    }

    pub(super) fn method(&self) -> &Method {
        &self.method
    }

    pub(super) fn path(&self) -> &str {
        &self.path
    }

    /// The headers of the request.
    pub(crate) fn headers(&self) -> HeaderMap {
        self.headers.clone()
    }

    /// The body of the request.
    pub(crate) fn body(&self) -> &Bytes {
        &self.body
    }
}

/// The response to a request.
#[derive(Clone, Debug)]
pub(crate) struct Answer {
    /// The HTTP status of the response.
    pub(crate) status: u16,
    headers: HeaderMap,
    body: String,
}

impl Answer {
    /// Parses the body as JSON. Panics if the body is no JSON, or is not declared as JSON.
    pub(crate) fn json(&self) -> Value {
        assert_eq!(self.header(CONTENT_TYPE.as_str()), Some("application/json"), "{self:?}");
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    /// The body of the response as text.
    pub(crate) fn text(&self) -> &str {
        &self.body
    }

    /// The value of a header. `name` is in lower case.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }
}

impl From<sidenote::http::HttpReply> for Answer {
    fn from(answer: sidenote::http::HttpReply) -> Self {
        let body = String::from_utf8(answer.body.to_vec()).expect("an answer in UTF-8");
        Self { status: answer.status.as_u16(), headers: answer.headers, body }
    }
}

/// Returns the event that a Lambda Function URL makes of a request. Its path is [`PATH`], whatever the path of
/// `webhook` is.
pub(crate) fn function_url(webhook: &Webhook) -> Value {
    let mut event: Value =
        serde_json::from_str(include_str!("../../events/furl-event-alert.json")).expect("an event");
    let headers = webhook.headers();
    let headers = headers.iter().map(|(name, value)| {
        (name.as_str().to_owned(), Value::from(value.to_str().expect("a header in ASCII")))
    });
    event["headers"] = Value::Object(headers.collect());
    event["body"] = String::from_utf8(webhook.body().to_vec()).expect("a body in UTF-8").into();
    event
}
