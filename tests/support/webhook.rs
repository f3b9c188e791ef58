//! A request in Sentry's form, and its response.

use bytes::Bytes;
use http::header::CONTENT_TYPE;
use http::{HeaderMap, HeaderName, HeaderValue, Method};
use serde_json::Value;
use sidenote::webhook::{SIGNATURE_HEADER, sign};

use super::canary::CLIENT_SECRET;
use super::worlds::ISSUE;

/// The path of Sentry's webhook.
pub(crate) const PATH: &str = "/api/v1/webhooks/sentry/error";

/// A request to the front door. It is signed with [`CLIENT_SECRET`] and declared as JSON, unless a test says otherwise.
#[derive(Clone, Debug)]
#[must_use]
pub(crate) struct Webhook {
    method: Method,
    path: String,
    headers: HeaderMap,
    body: Bytes,
}

impl Webhook {
    /// A webhook with this body and Sentry's signature.
    pub(crate) fn new(body: &Value) -> Self {
        Self::raw(body.to_string())
    }

    /// A webhook with this body, which may be invalid JSON.
    pub(crate) fn raw(body: impl Into<Bytes>) -> Self {
        let mut webhook = Self::request(Method::POST, PATH).header("content-type", "application/json");
        webhook.body = body.into();
        webhook.signed_with(CLIENT_SECRET)
    }

    /// A request without headers and body.
    pub(crate) fn request(method: Method, path: &str) -> Self {
        Self { method, path: path.to_owned(), headers: HeaderMap::new(), body: Bytes::new() }
    }

    /// A webhook of this resource.
    pub(crate) fn of(resource: &str, body: &Value) -> Self {
        Self::new(body).header("sentry-hook-resource", resource)
    }

    /// Signs the body with another secret.
    pub(crate) fn signed_with(self, secret: &str) -> Self {
        let signature = sign(&secret.into(), &self.body);
        self.header(SIGNATURE_HEADER, &signature)
    }

    /// Sets a header and replaces an earlier value.
    pub(crate) fn header(mut self, name: &'static str, value: &str) -> Self {
        let value = HeaderValue::from_str(value).expect("a header's value");
        self.headers.insert(HeaderName::from_static(name), value);
        self
    }

    /// Removes a header.
    pub(crate) fn without(mut self, name: &str) -> Self {
        self.headers.remove(name);
        self
    }

    /// The same webhook about another issue, with a new signature.
    pub(crate) fn about(self, issue: &str) -> Self {
        self.tampered(|body| body.replace(ISSUE, issue)).signed_with(CLIENT_SECRET)
    }

    /// Changes the body and keeps the signature.
    pub(crate) fn tampered(self, change: impl FnOnce(&str) -> String) -> Self {
        let body = change(std::str::from_utf8(&self.body).expect("a body in UTF-8"));
        Self { body: body.into(), ..self }
    }

    /// Asks to wait this many seconds for the outcome.
    pub(crate) fn wait(self, seconds: u32) -> Self {
        self.header("prefer", &format!("wait={seconds}"))
    }

    /// Changes the path.
    pub(crate) fn to(self, path: &str) -> Self {
        Self { path: path.to_owned(), ..self }
    }

    /// Changes the method.
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

/// The response.
#[derive(Clone, Debug)]
pub(crate) struct Answer {
    /// The status.
    pub(crate) status: u16,
    headers: HeaderMap,
    body: String,
}

impl Answer {
    /// The body as JSON. Asserts that it is JSON and declared as such.
    pub(crate) fn json(&self) -> Value {
        assert_eq!(self.header(CONTENT_TYPE.as_str()), Some("application/json"), "{self:?}");
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    /// The body.
    pub(crate) fn text(&self) -> &str {
        &self.body
    }

    /// A header, by lower-case name.
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

/// The event that a Function URL makes of a request.
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
