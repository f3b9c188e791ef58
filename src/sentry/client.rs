//! The client for the Sentry API: it chooses the route of a call, waits for the end of rate limits, and repeats
//! failed calls.

use std::sync::Arc;
use std::time::Duration;

use http::{HeaderMap, Method, StatusCode};
use reqwest::Url;
use secrecy::{ExposeSecret, SecretString};
use serde::de::DeserializeOwned;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc2822;

use crate::clock::{pause, unix_seconds};
use crate::config::SentryConfig;
use crate::domain::deadline::Deadline;
use crate::domain::ids::{IssueId, Slug};
use crate::domain::outcome::Failure;
use crate::http::{Http, HttpReply};
use crate::json;

/// A call is attempted at most this many times. Attempts that met a rate limit (HTTP 429) are counted apart: the
/// attempt with this number ends the call, unless the server states the end of the limit.
const ATTEMPTS: u32 = 3;
/// The wait before the first repetition after a failed attempt. Before the second repetition it is twice as long.
const RETRY_WAIT: Duration = Duration::from_millis(400);
/// The wait after a rate limit (HTTP 429) whose end the server does not state.
const UNNAMED_LIMIT: Duration = Duration::from_secs(1);
/// One page of a list has this many elements, the most that Sentry allows.
pub(super) const PAGE: usize = 100;
/// The longest wait for the end of a rate limit. If the server states a later end, one of the clocks is wrong.
const LONGEST_LIMIT: Duration = Duration::from_mins(1);

/// A client of the Sentry API for one organization. No call runs past the deadline.
#[derive(Debug, Clone)]
pub struct Sentry {
    access: Arc<Access>,
    deadline: Deadline,
    /// Whether a call is repeated if it is unclear whether the first attempt took effect.
    is_insistent: bool,
}

/// The values that all clients for the same webhook share.
#[derive(Debug, Clone)]
struct Access {
    http: Http,
    base: Url,
    is_saas: bool,
    org: Option<Slug>,
    token: SecretString,
}

impl Sentry {
    /// Creates a client for the configured server. The organization in `config` takes precedence over `org`, which
    /// comes from a webhook.
    #[must_use]
    pub fn new(
        http: &Http,
        config: &SentryConfig,
        org: Option<&Slug>,
        token: &SecretString,
        deadline: Deadline,
    ) -> Self {
        let access = Access {
            http: http.clone(),
            base: config.base.clone(),
            is_saas: config.is_saas(),
            org: config.org.as_ref().or(org).cloned(),
            token: token.clone(),
        };
        Self { access: Arc::new(access), deadline, is_insistent: true }
    }

    /// Returns the same client for calls that are not safe or not worth repeating. The returned client still repeats a
    /// call that did not reach the server or met a rate limit, and a `PUT` whose connection broke, because `PUT` is
    /// idempotent.
    #[must_use]
    pub(super) fn once(&self) -> Self {
        Self { is_insistent: false, ..self.clone() }
    }

    /// Returns the same client with another deadline.
    #[must_use]
    pub fn until(&self, deadline: Deadline) -> Self {
        Self { deadline, ..self.clone() }
    }

    /// Returns the same client for `sentry.io` itself, if the configured host is one of its regions or organizations.
    /// Only `sentry.io` recognizes every token and knows the region of every organization.
    #[must_use]
    pub fn at_home(&self) -> Option<Self> {
        let mut base = self.access.base.clone();
        let is_elsewhere = self.access.is_saas && base.host_str() != Some("sentry.io");
        let at_home =
            |base| Self { access: Arc::new(Access { base, ..(*self.access).clone() }), ..self.clone() };
        (is_elsewhere && base.set_host(Some("sentry.io")).is_ok()).then(|| at_home(base))
    }

    /// Returns the time by which every call of this client ends.
    #[must_use]
    pub fn deadline(&self) -> Deadline {
        self.deadline
    }

    /// Whether the server is `sentry.io`, Sentry's own service.
    pub(super) fn is_saas(&self) -> bool {
        self.access.is_saas
    }

    /// Returns the slug of the organization, if it is known.
    #[must_use]
    pub fn org(&self) -> Option<&Slug> {
        self.access.org.as_ref()
    }

    /// Returns the slug of the organization.
    ///
    /// # Errors
    ///
    /// [`Failure::NotConfigured`] if the slug is unknown.
    pub(super) fn own_org(&self) -> Result<&Slug, Failure> {
        self.org().ok_or(Failure::NotConfigured("SENTRY_ORG"))
    }

    /// Reads the JSON at a path below an issue with `GET`. The routes to an issue that this Sentry may have are tried
    /// in order.
    pub(super) async fn get_of_issue<T: DeserializeOwned>(
        &self,
        id: &IssueId,
        tail: &str,
    ) -> Result<T, Failure> {
        self.call_of_issue(&Method::GET, id, &[tail], None).await.and_then(parsed)
    }

    /// Reads the JSON at a path below `/api/0/` with `GET`.
    pub(super) async fn get<T: DeserializeOwned>(&self, path: &str) -> Result<T, Failure> {
        self.call(&Method::GET, path, None).await.and_then(parsed)
    }

    /// Reads a public page of the server with a single attempt and without the token. The path is below the base URL.
    pub(super) async fn public_page(&self, path: &str) -> Result<HttpReply, Failure> {
        let url = self.access.base.join(path).map_err(|_| Failure::Internal)?;
        self.access.http.send(self.access.http.client().get(url), self.deadline).await
    }

    /// Calls a path below an issue. The route with the organization in its path is tried first, if the organization is
    /// known. The route without the organization is tried after a 404, 405 or 410, because an old self-hosted Sentry
    /// has only that one; on `sentry.io` it is deprecated and not tried.
    ///
    /// `tails` are alternative names of the same resource, at the end of the path. The next name is tried if the
    /// server answers 410 (gone).
    pub(super) async fn call_of_issue(
        &self,
        method: &Method,
        id: &IssueId,
        tails: &[&str],
        body: Option<&serde_json::Value>,
    ) -> Result<HttpReply, Failure> {
        let mut last = Failure::NotConfigured("SENTRY_ORG");
        // Whether the organization has no such issue. Sentry's reply to an unknown route is empty.
        let mut is_elsewhere = false;
        for prefix in self.issue_prefixes(id) {
            for tail in tails {
                let answer = self.call(method, &format!("{prefix}{tail}"), body).await?;
                match answer.status.as_u16() {
                    410 => last = Failure::Gone,
                    // The issue belongs to another organization, so the token lacks no permission.
                    403 if is_elsewhere => return Err(Failure::NotFound),
                    status @ (404 | 405) => {
                        is_elsewhere = status == 404 && !answer.body.is_empty();
                        last = Failure::from_status(status);
                        break;
                    }
                    _ => return Ok(answer),
                }
            }
        }
        Err(last)
    }

    fn issue_prefixes(&self, id: &IssueId) -> Vec<String> {
        let scoped = self.access.org.as_ref().map(|org| format!("organizations/{org}/issues/{id}/"));
        let bare = (!self.access.is_saas).then(|| format!("issues/{id}/"));
        scoped.into_iter().chain(bare).collect()
    }

    /// Sends one call, and repeats it while a repetition can help, attempts remain and time is left. A reply is `Ok`,
    /// whatever its HTTP status.
    ///
    /// If the server limits the rate of calls, the call waits for the end of the limit. If that end is after the
    /// deadline, the reply with the status 429 is returned at once. A call whose connection broke is repeated on a new
    /// connection.
    pub(super) async fn call(
        &self,
        method: &Method,
        path: &str,
        body: Option<&serde_json::Value>,
    ) -> Result<HttpReply, Failure> {
        let (mut attempt, mut limits) = (1, 0);
        let mut client = self.access.http.client();
        loop {
            let outcome =
                self.access.http.send(self.request(client, method, path, body)?, self.deadline).await;
            let wait = match &outcome {
                Ok(answer) if answer.status == StatusCode::TOO_MANY_REQUESTS => {
                    limits += 1;
                    let until_end = limit_wait(&answer.headers);
                    if until_end.is_none() && limits >= ATTEMPTS {
                        return outcome;
                    }
                    until_end.unwrap_or(UNNAMED_LIMIT) + spread(limits)
                }
                outcome if attempt < ATTEMPTS && self.is_worth_repeating(method, outcome) => {
                    attempt += 1;
                    RETRY_WAIT * (attempt - 1)
                }
                _ => return outcome,
            };
            if matches!(outcome, Err(Failure::Interrupted)) {
                client = self.access.http.fresh_client();
            }
            if !pause(wait, self.deadline).await {
                return outcome;
            }
        }
    }

    /// Whether a repetition of the call after this outcome can help and is safe.
    fn is_worth_repeating(&self, method: &Method, outcome: &Result<HttpReply, Failure>) -> bool {
        match outcome {
            Err(Failure::Unreachable) => true,
            Err(Failure::Interrupted) => self.is_insistent || *method == Method::PUT,
            _ if !self.is_insistent => false,
            Ok(answer) => answer.status.is_server_error(),
            // After a timeout, a change may or may not have been made, and can be made again. A read is not repeated: its
            // evidence is not worth a second wait. For a new note, see `post_note`.
            Err(Failure::Timeout) => *method == Method::PUT,
            Err(_) => false,
        }
    }

    fn request(
        &self,
        client: &reqwest::Client,
        method: &Method,
        path: &str,
        body: Option<&serde_json::Value>,
    ) -> Result<reqwest::RequestBuilder, Failure> {
        // Every part of a path is a validated identifier, an encoded text or a constant.
        let url = self.access.base.join(&format!("api/0/{path}")).map_err(|_| Failure::Internal)?;
        let request = client.request(method.clone(), url).bearer_auth(self.access.token.expose_secret());
        Ok(match body {
            Some(body) => request.json(body),
            None => request,
        })
    }
}

/// Returns a reply with a 2xx status, or the failure that its status denotes.
pub(super) fn success(answer: HttpReply) -> Result<HttpReply, Failure> {
    if answer.status.is_success() { Ok(answer) } else { Err(Failure::from_status(answer.status.as_u16())) }
}

/// Returns the JSON in a reply with a 2xx status, or the failure that its status denotes.
pub(super) fn parsed<T: DeserializeOwned>(answer: HttpReply) -> Result<T, Failure> {
    json::read(&String::from_utf8_lossy(&success(answer)?.body)).map_err(|_| Failure::Unreadable)
}

/// Returns the time until the end of a rate limit, if the reply states it, and at most [`LONGEST_LIMIT`]. Sentry sends
/// the second at which the limit ends, in `X-Sentry-Rate-Limit-Reset`. The time in the server's `Date` header is
/// subtracted from that second, so that our own clock matters only without this header. A proxy may send `Retry-After`
/// with a number of seconds, which takes precedence.
fn limit_wait(headers: &HeaderMap) -> Option<Duration> {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let retry_after = text("retry-after").and_then(|text| text.trim().parse().ok());
    let reset = text("x-sentry-rate-limit-reset").and_then(|text| text.trim().parse::<i64>().ok());
    let now = date(headers).unwrap_or_else(|| i64::try_from(unix_seconds()).unwrap_or(i64::MAX));
    let until_reset = reset.map(|reset| u64::try_from(reset.saturating_sub(now)).unwrap_or(0));
    Some(Duration::from_secs(retry_after.or(until_reset)?).min(LONGEST_LIMIT))
}

/// Returns an additional wait after the end of a rate limit. The wait is random, so that calls that met the same
/// limit are not all repeated at once. Its upper bound grows with each limit that the call met.
fn spread(limits: u32) -> Duration {
    let longest = 500_u64.saturating_mul(u64::from(limits)).clamp(500, 4_000);
    Duration::from_millis(fastrand::u64(50..50 + longest))
}

/// Returns the time in the `Date` header of a reply, in seconds since 1970.
pub(super) fn date(headers: &HeaderMap) -> Option<i64> {
    let text = headers.get("date").and_then(|value| value.to_str().ok())?;
    OffsetDateTime::parse(text, &Rfc2822).ok().map(OffsetDateTime::unix_timestamp)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock;

    fn wait(headers: &[(&'static str, &str)]) -> Option<u64> {
        let pairs = headers.iter().map(|(k, v)| ((*k).parse().expect("a name"), v.parse().expect("a value")));
        limit_wait(&pairs.collect::<HeaderMap>()).map(|wait| wait.as_secs())
    }

    #[test]
    fn only_hosts_below_sentry_io_have_sentry_io_as_their_home() {
        let (http, token) = (Http::new(None).expect("a client"), SecretString::from("t"));
        let deadline = clock::deadline_in(Duration::ZERO);
        let home = |base: &str| {
            let config = SentryConfig { base: base.parse().expect("a URL"), org: None };
            let sentry = Sentry::new(&http, &config, None, &token, deadline);
            sentry.at_home().map(|home| home.access.base.to_string())
        };
        for elsewhere in ["https://us.sentry.io/", "https://de.sentry.io/", "https://acme.sentry.io/"] {
            assert_eq!(home(elsewhere).as_deref(), Some("https://sentry.io/"), "{elsewhere}");
        }
        let own = ["https://sentry.example/prefix/", "https://sentry.io.example/", "https://notsentry.io/"];
        for here in ["https://sentry.io/"].into_iter().chain(own) {
            assert_eq!(home(here), None, "{here}");
        }
    }

    #[test]
    fn the_rate_limit_reset_is_relative_to_the_date_header() {
        let date = ("date", "Thu, 01 Jan 1970 00:01:40 GMT");
        assert_eq!(wait(&[date, ("x-sentry-rate-limit-reset", "107")]), Some(7));
        assert_eq!(wait(&[date, ("x-sentry-rate-limit-reset", "50")]), Some(0));
        assert_eq!(wait(&[date, ("x-sentry-rate-limit-reset", "99999999")]), Some(60));
        assert_eq!(wait(&[date, ("retry-after", "3"), ("x-sentry-rate-limit-reset", "107")]), Some(3));
        assert_eq!(wait(&[]), None);
    }

    /// A server that answers the first request of each connection and closes the connection at the second.
    async fn forgetful() -> Url {
        use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let url = format!("http://{}/", listener.local_addr().expect("an address"));
        tokio::spawn(async move {
            while let Ok((mut connection, _)) = listener.accept().await {
                tokio::spawn(async move {
                    let mut request = [0; 4096];
                    let _ = connection.read(&mut request).await;
                    let answer = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}";
                    let _ = connection.write_all(answer).await;
                    let _ = connection.read(&mut request).await;
                });
            }
        });
        url.parse().expect("a URL")
    }

    #[tokio::test]
    #[expect(clippy::disallowed_methods, reason = "a test begins its own deadline")]
    async fn a_broken_connection_is_replaced_by_a_new_one_for_reads_and_puts() {
        let http = Http::new(None).expect("a client");
        let config = SentryConfig { base: forgetful().await, org: None };
        let deadline = Deadline::after(std::time::Instant::now(), Duration::from_secs(20));
        let sentry = Sentry::new(&http, &config, None, &SecretString::from("t"), deadline);
        for method in [Method::GET, Method::PUT, Method::GET, Method::PUT] {
            let answer = sentry.once().call(&method, "issues/1/", None).await;
            let is_read = method == Method::GET;
            // A read (`GET`) is not repeated after an unclear result; all other calls are.
            let answer = if is_read && answer.is_err() {
                sentry.call(&method, "issues/1/", None).await
            } else {
                answer
            };
            assert!(answer.is_ok_and(|answer| answer.status.is_success()), "{method}");
        }
    }
}
