//! Injected faults. A [`Fault`] makes matching requests fail, so that a test sees how the client reacts.

use std::time::Duration;

use axum::body::Body;
use axum::response::Response;
use bytes::Bytes;
use futures_util::stream;
use http::{Method, StatusCode};
use serde_json::json;
use time::OffsetDateTime;

use super::exchange::{Recorded, Reply};

const MEBIBYTE: usize = 1 << 20;
const BAD_GATEWAY: &str = "<html>\n<head><title>502 Bad Gateway</title></head>\n<body><center><h1>502 Bad Gateway</h1></center></body>\n</html>\n";

/// A rule that makes matching requests fail. A new fault matches every request and never expires.
///
/// A hit is a request to which the fault was applied. The oldest fault that matches, skips nothing more and still has
/// hits left is applied:
///
/// ```ignore
/// sentry.inject(Fault::status(503).on("POST").path("/comments/").times(2));
/// ```
#[derive(Clone, Debug)]
#[must_use]
pub struct Fault {
    method: Option<Method>,
    path: String,
    skip: usize,
    left: Option<usize>,
    pub(super) effect: Effect,
}

/// The effect of a fault on the request that it hits.
#[derive(Clone, Debug)]
pub(super) enum Effect {
    /// The stand-in sends this reply; the request has no effect.
    Answer(Reply),
    /// The stand-in waits, then handles the request normally.
    DelayBefore(Duration),
    /// The stand-in handles the request at once, but delays the reply.
    DelayAfter(Duration),
    /// The stand-in sends no reply and keeps the connection open.
    NoReply,
    /// The stand-in resets the connection; the request has no effect.
    Reset,
    /// The stand-in handles the request, then resets the connection.
    ResetAfter,
    /// The stand-in replies 200 with one JSON string of this many MiB.
    Huge(usize),
    /// The stand-in replies 429 in Sentry's form; the rate limit resets after this time.
    SentryRateLimit(Duration),
}

impl Fault {
    fn of(effect: Effect) -> Self {
        Self { method: None, path: String::new(), skip: 0, left: None, effect }
    }

    /// Creates a fault that replies with this status and an empty body. An invalid status becomes 500.
    pub fn status(status: u16) -> Self {
        let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        Self::of(Effect::Answer(Reply::empty(status)))
    }

    /// Gives the reply of [`Fault::status`] a body.
    pub fn body(mut self, body: impl Into<Bytes>) -> Self {
        if let Effect::Answer(reply) = &mut self.effect {
            reply.body = body.into();
        }
        self
    }

    /// Gives the reply of [`Fault::status`] a header.
    pub fn header(mut self, name: &str, value: &str) -> Self {
        if let Effect::Answer(reply) = self.effect {
            self.effect = Effect::Answer(reply.with_header(name, value));
        }
        self
    }

    /// Creates a fault that waits before the request takes effect, then replies normally. The request takes effect even
    /// if the client has given up in the meantime.
    pub fn delay(by: Duration) -> Self {
        Self::of(Effect::DelayBefore(by))
    }

    /// Creates a fault that lets the request take effect at once and delays the reply.
    pub fn late_answer(by: Duration) -> Self {
        Self::of(Effect::DelayAfter(by))
    }

    /// Creates a fault that sends no reply and keeps the connection open.
    pub fn silence() -> Self {
        Self::of(Effect::NoReply)
    }

    /// Creates a fault that resets the connection without a reply; the request has no effect.
    pub fn reset() -> Self {
        Self::of(Effect::Reset)
    }

    /// Creates a fault that resets the connection without a reply; the request *has* taken effect.
    pub fn reset_after_effect() -> Self {
        Self::of(Effect::ResetAfter)
    }

    /// Creates a fault that replies 200 with a body that is no JSON: it ends inside a string and is not UTF-8.
    pub fn garbage() -> Self {
        Self::status(200).header("content-type", "application/json").body(&b"{\"id\": \"47\xff\x00"[..])
    }

    /// Creates a fault that replies 200 with a streamed JSON string of this many MiB.
    pub fn huge(mebibytes: usize) -> Self {
        Self::of(Effect::Huge(mebibytes))
    }

    /// Creates a fault that redirects to `location`. A client of an API must not follow the redirect with its token.
    pub fn redirect(status: u16, location: &str) -> Self {
        Self::status(status).header("location", location)
    }

    /// Creates a fault that replies 502 with a proxy's HTML page.
    pub fn bad_gateway() -> Self {
        Self::status(502).header("content-type", "text/html").body(BAD_GATEWAY)
    }

    /// Creates a fault that replies 429 in Sentry's form: a JSON string labelled `text/html`, no `Retry-After`, and the
    /// time of the reset in seconds since 1970 in `X-Sentry-Rate-Limit-Reset`.
    pub fn sentry_rate_limit(resets_in: Duration) -> Self {
        Self::of(Effect::SentryRateLimit(resets_in))
    }

    /// Creates a fault that replies 429 in Telegram's form: the seconds to wait are in `parameters.retry_after` and in
    /// `Retry-After`.
    pub fn telegram_rate_limit(retry_after: u32) -> Self {
        let body = json!({
            "ok": false,
            "error_code": 429,
            "description": format!("Too Many Requests: retry after {retry_after}"),
            "parameters": {"retry_after": retry_after},
        });
        let reply = Reply::json(StatusCode::TOO_MANY_REQUESTS, &body);
        Self::of(Effect::Answer(reply.with_header("retry-after", retry_after.to_string())))
    }

    /// Limits the fault to requests of this method.
    pub fn on(mut self, method: &str) -> Self {
        self.method = method.parse().ok();
        self
    }

    /// Limits the fault to requests with this text in their path.
    pub fn path(mut self, part: &str) -> Self {
        part.clone_into(&mut self.path);
        self
    }

    /// Skips this many matching requests before the first hit.
    pub fn skip(mut self, requests: usize) -> Self {
        self.skip = requests;
        self
    }

    /// Limits the fault to this many hits.
    pub fn times(mut self, requests: usize) -> Self {
        self.left = Some(requests);
        self
    }

    /// Limits the fault to one hit.
    pub fn once(self) -> Self {
        self.times(1)
    }

    fn matches(&self, request: &Recorded) -> bool {
        self.left != Some(0)
            && self.method.as_ref().is_none_or(|method| *method == request.method)
            && request.path.contains(&self.path)
    }

    /// Counts a matching request and returns whether the fault applies to it.
    fn hits(&mut self) -> bool {
        if self.skip > 0 {
            self.skip -= 1;
            return false;
        }
        self.left = self.left.map(|left| left.saturating_sub(1));
        true
    }
}

/// Finds the fault that applies to a request and counts the hit.
pub(super) fn hit(faults: &mut [Fault], request: &Recorded) -> Option<Effect> {
    faults
        .iter_mut()
        .filter(|fault| fault.matches(request))
        .find_map(|fault| fault.hits().then(|| fault.effect.clone()))
}

/// Builds a reply 429 as Sentry sends it. `reset` is the time of the reset in seconds since 1970.
pub(super) fn sentry_rate_limited(limit: u32, reset: i64, body: String) -> Reply {
    Reply::text(StatusCode::TOO_MANY_REQUESTS, "text/html", body)
        .with_header("x-sentry-rate-limit-limit", limit.to_string())
        .with_header("x-sentry-rate-limit-remaining", "0")
        .with_header("x-sentry-rate-limit-reset", reset.to_string())
}

/// Builds the reply of [`Effect::SentryRateLimit`].
pub(super) fn sentry_rate_limit_hit(resets_in: Duration) -> Reply {
    let reset = (OffsetDateTime::now_utc() + resets_in).unix_timestamp();
    let body =
        json!("You are attempting to use this endpoint too frequently. Limit is 5 requests in 1 seconds");
    sentry_rate_limited(5, reset, body.to_string())
}

/// Builds the reply of [`Effect::Huge`].
pub(super) fn huge(mebibytes: usize) -> Response {
    let filling = Bytes::from(vec![b'x'; MEBIBYTE]);
    let parts = std::iter::once(Bytes::from_static(b"\""))
        .chain(std::iter::repeat_n(filling, mebibytes))
        .chain(std::iter::once(Bytes::from_static(b"\"")));
    let mut response = Response::new(Body::from_stream(stream::iter(parts.map(Ok::<_, std::io::Error>))));
    response.headers_mut().insert("content-type", http::HeaderValue::from_static("application/json"));
    response
}
