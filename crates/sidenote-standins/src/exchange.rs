//! One HTTP exchange: the recorded request and the reply to it.

use std::collections::BTreeMap;
use std::time::Instant;

use axum::body::Body;
use axum::extract::{Query, Request};
use axum::response::Response;
use bytes::Bytes;
use http::{Method, StatusCode, Uri};
use http_body_util::BodyExt as _;
use serde_json::Value;

/// A request that a stand-in has received.
#[derive(Clone, Debug)]
pub struct Recorded {
    /// The HTTP method of the request.
    pub method: Method,
    /// The path of the URL, still percent-encoded, without the query.
    pub path: String,
    /// The query of the URL without its question mark. It is empty if there is no query.
    pub query: String,
    /// The headers by lower-case name. The values of a repeated header are joined by `, `.
    pub headers: BTreeMap<String, String>,
    /// The whole body of the request.
    pub body: Bytes,
    /// The time at which the request was complete.
    pub at: Instant,
}

impl Recorded {
    /// Parses the body as JSON. Returns `None` if it is not JSON.
    #[must_use]
    pub fn json(&self) -> Option<Value> {
        serde_json::from_slice(&self.body).ok()
    }

    /// Returns the value of a header. `name` is in lower case.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(String::as_str)
    }

    /// Returns the decoded pairs of the query in their order. A query that cannot be decoded has no pairs.
    pub(super) fn query_pairs(&self) -> Vec<(String, String)> {
        format!("/?{}", self.query)
            .parse::<Uri>()
            .ok()
            .and_then(|uri| Query::try_from_uri(&uri).ok())
            .map(|Query(pairs)| pairs)
            .unwrap_or_default()
    }

    /// Reads a whole request. Returns `None` if the client disconnected before the end.
    pub(super) async fn read(request: Request) -> Option<Self> {
        let (parts, body) = request.into_parts();
        let body = body.collect().await.ok()?.to_bytes();
        let mut headers: BTreeMap<String, String> = BTreeMap::new();
        for (name, value) in &parts.headers {
            let value = String::from_utf8_lossy(value.as_bytes());
            headers
                .entry(name.as_str().to_owned())
                .and_modify(|seen| *seen = format!("{seen}, {value}"))
                .or_insert_with(|| value.into_owned());
        }
        Some(Self {
            method: parts.method,
            path: parts.uri.path().to_owned(),
            query: parts.uri.query().unwrap_or_default().to_owned(),
            headers,
            body,
            at: Instant::now(),
        })
    }
}

/// Decodes each `%XX` of a path segment. An invalid escape stays as it is.
pub(super) fn percent_decoded(segment: &str) -> String {
    let mut bytes = Vec::with_capacity(segment.len());
    let mut rest = segment.as_bytes();
    while let [first, tail @ ..] = rest {
        let escape = tail.get(..2).filter(|hex| hex.iter().all(u8::is_ascii_hexdigit));
        let escape = escape.and_then(|hex| std::str::from_utf8(hex).ok());
        match escape.and_then(|hex| u8::from_str_radix(hex, 16).ok()) {
            Some(byte) if *first == b'%' => {
                bytes.push(byte);
                rest = &tail[2..];
            }
            _ => {
                bytes.push(*first);
                rest = tail;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// The reply of a stand-in: status, headers and body.
#[derive(Clone, Debug)]
pub(super) struct Reply {
    pub(super) status: StatusCode,
    pub(super) headers: Vec<(String, String)>,
    pub(super) body: Bytes,
}

impl Reply {
    /// Creates a reply without a body.
    pub(super) fn empty(status: StatusCode) -> Self {
        Self { status, headers: Vec::new(), body: Bytes::new() }
    }

    /// Creates a reply with JSON.
    pub(super) fn json(status: StatusCode, body: &Value) -> Self {
        Self::text(status, "application/json", body.to_string())
    }

    /// Creates a reply with any content type.
    pub(super) fn text(status: StatusCode, content_type: &str, body: impl Into<Bytes>) -> Self {
        Self::empty(status).with_header("content-type", content_type).with_body(body)
    }

    /// Replaces the body.
    pub(super) fn with_body(mut self, body: impl Into<Bytes>) -> Self {
        self.body = body.into();
        self
    }

    /// Sets a header and replaces an earlier value of the same name.
    pub(super) fn with_header(mut self, name: &str, value: impl Into<String>) -> Self {
        self.headers.retain(|(known, _)| !known.eq_ignore_ascii_case(name));
        self.headers.push((name.to_owned(), value.into()));
        self
    }

    /// Converts the reply into axum's type. A header that HTTP does not allow turns it into a 500.
    pub(super) fn into_response(self) -> Response {
        let mut response = Response::builder().status(self.status);
        for (name, value) in self.headers {
            response = response.header(name, value);
        }
        response.body(Body::from(self.body)).unwrap_or_else(|_| {
            let mut broken = Response::default();
            *broken.status_mut() = StatusCode::INTERNAL_SERVER_ERROR;
            broken
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_are_decoded_and_nonsense_stays() {
        assert_eq!(percent_decoded("sentry%3Auser%2"), "sentry:user%2");
        assert_eq!(percent_decoded("%C3%A9%zz%+1"), "é%zz%+1");
    }
}
