//! A call to the Sentry API: routes, rate limits and retries.

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

/// The number of attempts of one call. An attempt that met a rate limit with a known end is not counted.
const ATTEMPTS: u32 = 3;
/// The wait before a call is repeated after a server error.
const RETRY_WAIT: Duration = Duration::from_millis(400);
/// The wait after a rate limit whose end is unknown.
const UNNAMED_LIMIT: Duration = Duration::from_secs(1);
/// The longest plausible wait for a rate limit. A longer one means that a clock is wrong.
const LONGEST_LIMIT: Duration = Duration::from_mins(1);

/// A client of the Sentry API for one organization. No call runs past the deadline.
#[derive(Debug, Clone)]
pub struct Sentry {
    http: Http,
    base: Url,
    is_saas: bool,
    org: Option<Slug>,
    token: SecretString,
    deadline: Deadline,
    /// Whether a call is repeated after a failure that leaves open whether the call took effect.
    is_insistent: bool,
}

impl Sentry {
    /// Creates a client for the configured server. A configured organization takes precedence over the payload's.
    #[must_use]
    pub fn new(
        http: &Http,
        config: &SentryConfig,
        org: Option<&Slug>,
        token: &SecretString,
        deadline: Deadline,
    ) -> Self {
        Self {
            http: http.clone(),
            base: config.base.clone(),
            is_saas: config.is_saas(),
            org: config.org.as_ref().or(org).cloned(),
            token: token.clone(),
            deadline,
            is_insistent: true,
        }
    }

    /// Returns the same client for calls that are not safe to repeat. It still repeats a call that took no effect,
    /// and a `PUT` whose connection broke, because `PUT` is idempotent.
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
        let mut base = self.base.clone();
        let is_elsewhere = self.is_saas && base.host_str() != Some("sentry.io");
        (is_elsewhere && base.set_host(Some("sentry.io")).is_ok()).then(|| Self { base, ..self.clone() })
    }

    /// The time by which every call ends.
    pub(super) fn deadline(&self) -> Deadline {
        self.deadline
    }

    /// Whether this is Sentry's own service.
    pub(super) fn is_saas(&self) -> bool {
        self.is_saas
    }

    /// The organization, if it is known.
    #[must_use]
    pub fn org(&self) -> Option<&Slug> {
        self.org.as_ref()
    }

    /// Reads a path below an issue with `GET`, on every route that this Sentry may have.
    pub(super) async fn get_of_issue<T: DeserializeOwned>(
        &self,
        id: &IssueId,
        tail: &str,
    ) -> Result<T, Failure> {
        let answer = self.call_of_issue(&Method::GET, id, &[tail], None).await.and_then(success)?;
        json::read(&String::from_utf8_lossy(&answer.body)).map_err(|_| Failure::Unreadable)
    }

    /// Reads any path with `GET`.
    pub(super) async fn get<T: DeserializeOwned>(&self, path: &str) -> Result<T, Failure> {
        let answer = self.call(&Method::GET, path, None).await.and_then(success)?;
        json::read(&String::from_utf8_lossy(&answer.body)).map_err(|_| Failure::Unreadable)
    }

    /// Reads a public page of the server once, without the token. The path is below the base URL.
    pub(super) async fn public_page(&self, path: &str) -> Result<HttpReply, Failure> {
        let url = self.base.join(path).map_err(|_| Failure::Internal)?;
        self.http.send(self.http.client().get(url), self.deadline).await
    }

    /// Calls a path below an issue. The organization's route comes first. The bare route follows after a 404 or 405,
    /// because an old self-hosted Sentry has only that one, and `sentry.io` has deprecated it.
    ///
    /// `tails` are alternative names of the same resource. The next one is used if the server says that one is gone
    /// (410).
    pub(super) async fn call_of_issue(
        &self,
        method: &Method,
        id: &IssueId,
        tails: &[&str],
        body: Option<&serde_json::Value>,
    ) -> Result<HttpReply, Failure> {
        let mut last = Failure::NotConfigured("SENTRY_ORG");
        for prefix in self.issue_prefixes(id) {
            for tail in tails {
                let answer = self.call(method, &format!("{prefix}{tail}"), body).await?;
                match answer.status.as_u16() {
                    410 => last = Failure::Gone,
                    status @ (404 | 405) => {
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
        let scoped = self.org.as_ref().map(|org| format!("organizations/{org}/issues/{id}/"));
        let bare = (!self.is_saas).then(|| format!("issues/{id}/"));
        scoped.into_iter().chain(bare).collect()
    }

    /// Sends one call, and repeats it while a repetition can help and time is left. Every reply that is not worth a
    /// repetition is `Ok`, whatever its status.
    ///
    /// A rate limit is waited for, but not past the deadline. A call whose connection broke is repeated on a new
    /// connection.
    pub(super) async fn call(
        &self,
        method: &Method,
        path: &str,
        body: Option<&serde_json::Value>,
    ) -> Result<HttpReply, Failure> {
        let (mut attempt, mut limits) = (1, 0);
        let mut client = self.http.client();
        loop {
            let outcome = self.http.send(self.request(client, method, path, body)?, self.deadline).await;
            let wait = match &outcome {
                Ok(answer) if answer.status == StatusCode::TOO_MANY_REQUESTS => {
                    limits += 1;
                    let until_end = limit_wait(&answer.headers);
                    if until_end.is_none() && limits == ATTEMPTS {
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
                client = self.http.fresh_client();
            }
            if !pause(wait, self.deadline).await {
                return outcome;
            }
        }
    }

    /// Whether a repetition can help and is safe.
    fn is_worth_repeating(&self, method: &Method, outcome: &Result<HttpReply, Failure>) -> bool {
        match outcome {
            Err(Failure::Unreachable) => true,
            Err(Failure::Interrupted) => self.is_insistent || *method == Method::PUT,
            _ if !self.is_insistent => false,
            Ok(answer) => answer.status.is_server_error(),
            // A note may or may not have been written, so the call is repeated. Evidence is not worth a second wait.
            Err(Failure::Timeout) => *method != Method::GET,
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
        // Every part of a path is a validated identifier or a constant of ours.
        let url = self.base.join(&format!("api/0/{path}")).map_err(|_| Failure::Internal)?;
        let request = client.request(method.clone(), url).bearer_auth(self.token.expose_secret());
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

/// Returns the duration of a rate limit, if the reply states it. Sentry does not send `Retry-After` but the second at
/// which the window ends. The server's `Date` header is subtracted from it, so that our own clock does not matter. A
/// proxy's `Retry-After` is respected, too.
fn limit_wait(headers: &HeaderMap) -> Option<Duration> {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let retry_after = text("retry-after").and_then(|text| text.trim().parse().ok());
    let reset = text("x-sentry-rate-limit-reset").and_then(|text| text.trim().parse::<i64>().ok());
    let now = date(headers).unwrap_or_else(|| i64::try_from(unix_seconds()).unwrap_or(i64::MAX));
    let until_reset = reset.map(|reset| u64::try_from(reset.saturating_sub(now)).unwrap_or(0));
    Some(Duration::from_secs(retry_after.or(until_reset)?).min(LONGEST_LIMIT))
}

/// Returns the extra wait after a rate limit has ended. It is random, so that calls that met the same limit do not
/// all repeat at once, and it grows with each limit met.
fn spread(limits: u32) -> Duration {
    let longest = 500_u64.saturating_mul(u64::from(limits)).clamp(500, 4_000);
    Duration::from_millis(fastrand::u64(50..50 + longest))
}

/// Returns the time of the server's `Date` header, in seconds since 1970.
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
    fn the_home_of_sentrys_own_hosts_is_sentry_io_and_nobody_elses() {
        let (http, token) = (Http::new(None).expect("a client"), SecretString::from("t"));
        let deadline = clock::deadline_in(Duration::ZERO);
        let home = |base: &str| {
            let config = SentryConfig { base: base.parse().expect("a URL"), org: None };
            let sentry = Sentry::new(&http, &config, None, &token, deadline);
            sentry.at_home().map(|home| home.base.to_string())
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
    fn the_reset_is_compared_with_the_servers_own_clock() {
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
            // A read that must not be repeated blindly is not repeated; all others are.
            let answer = if is_read && answer.is_err() {
                sentry.call(&method, "issues/1/", None).await
            } else {
                answer
            };
            assert!(answer.is_ok_and(|answer| answer.status.is_success()), "{method}");
        }
    }
}
