//! One call to the Sentry API: its route, its retries, its outcome.

use std::time::Duration;

use http::{HeaderMap, Method, StatusCode};
use reqwest::Url;
use secrecy::{ExposeSecret, SecretString};
use serde::de::DeserializeOwned;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc2822;

use crate::config::SentryConfig;
use crate::domain::deadline::Deadline;
use crate::domain::ids::{IssueId, Slug};
use crate::domain::outcome::Failure;
use crate::http::{Http, HttpReply, pause, unix_millis};

/// Attempts of one call, the first included.
const ATTEMPTS: u32 = 3;
/// The wait before a call is tried again after a failure of the server.
const RETRY_WAIT: Duration = Duration::from_millis(400);
/// The longest wait for a rate limit that is believed; a longer one is a skewed clock.
const LONGEST_LIMIT: Duration = Duration::from_mins(1);

/// The Sentry API, for one organization, until one deadline.
#[derive(Debug, Clone)]
pub struct Sentry {
    http: Http,
    base: Url,
    is_saas: bool,
    org: Option<Slug>,
    token: SecretString,
    deadline: Deadline,
    /// Whether a call is tried again after an end that leaves open what has become of it.
    is_insistent: bool,
}

impl Sentry {
    /// A client for the configured base. The organization of the configuration wins over that of the payload.
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

    /// The same client for what may not be done twice: it tries again only what was surely not done.
    #[must_use]
    pub(super) fn once(&self) -> Self {
        Self { is_insistent: false, ..self.clone() }
    }

    /// The same client with another deadline.
    #[must_use]
    pub fn until(&self, deadline: Deadline) -> Self {
        Self { deadline, ..self.clone() }
    }

    /// The same client at Sentry's own service without a region, if it is configured for a region's host or an
    /// organization's: `sentry.io` knows every token, and where every organization lives. A region does not know who a
    /// token belongs to.
    #[must_use]
    pub fn at_home(&self) -> Option<Self> {
        let mut base = self.base.clone();
        let is_elsewhere = self.is_saas && base.host_str() != Some("sentry.io");
        (is_elsewhere && base.set_host(Some("sentry.io")).is_ok()).then(|| Self { base, ..self.clone() })
    }

    /// The organization, when it is known.
    pub(super) fn org(&self) -> Option<&Slug> {
        self.org.as_ref()
    }

    /// `GET` on a path below an issue, by every route that this Sentry may have.
    pub(super) async fn get_of_issue<T: DeserializeOwned>(
        &self,
        id: &IssueId,
        tail: &str,
    ) -> Result<T, Failure> {
        let answer = self.call_of_issue(&Method::GET, id, &[tail], None).await.and_then(success)?;
        serde_json::from_slice(&answer.body).map_err(|_| Failure::Unreadable)
    }

    /// `GET` on any path.
    pub(super) async fn get<T: DeserializeOwned>(&self, path: &str) -> Result<T, Failure> {
        let answer = self.call(&Method::GET, path, None).await.and_then(success)?;
        serde_json::from_slice(&answer.body).map_err(|_| Failure::Unreadable)
    }

    /// A call below an issue: the organization's route first. The bare route is deprecated on Sentry's own service;
    /// only an old self-hosted Sentry has no other, and answers 404 or 405 on the organization's.
    ///
    /// `tails` are names of the same thing; the next is taken when one is gone (410).
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

    /// One call, tried again while that can help and time is left. Any answer that is not worth a retry is `Ok`.
    pub(super) async fn call(
        &self,
        method: &Method,
        path: &str,
        body: Option<&serde_json::Value>,
    ) -> Result<HttpReply, Failure> {
        let mut attempt = 1;
        loop {
            let outcome = self.http.send(self.request(method, path, body)?, self.deadline).await;
            let wait = match &outcome {
                Ok(answer) if answer.status == StatusCode::TOO_MANY_REQUESTS => limit_wait(&answer.headers),
                Err(Failure::Unreachable) => RETRY_WAIT * attempt,
                _ if !self.is_insistent => return outcome,
                Ok(answer) if answer.status.is_server_error() => RETRY_WAIT * attempt,
                Err(Failure::Interrupted) => RETRY_WAIT * attempt,
                // What was to be written may stand there or not; what was to be read is not worth a second wait.
                Err(Failure::Timeout) if *method != Method::GET => RETRY_WAIT * attempt,
                _ => return outcome,
            };
            if attempt == ATTEMPTS || !pause(wait, self.deadline).await {
                return outcome;
            }
            attempt += 1;
        }
    }

    fn request(
        &self,
        method: &Method,
        path: &str,
        body: Option<&serde_json::Value>,
    ) -> Result<reqwest::RequestBuilder, Failure> {
        // Every part of a path is an identifier that is safe in one, or our own text.
        let url = self.base.join(&format!("api/0/{path}")).map_err(|_| Failure::Internal)?;
        let request = self.http.client().request(method.clone(), url).bearer_auth(self.token.expose_secret());
        Ok(match body {
            Some(body) => request.json(body),
            None => request,
        })
    }
}

/// An answer of 2xx, or the failure that its status names.
pub(super) fn success(answer: HttpReply) -> Result<HttpReply, Failure> {
    if answer.status.is_success() { Ok(answer) } else { Err(Failure::from_status(answer.status.as_u16())) }
}

/// How long a rate limit lasts. Sentry sends no `Retry-After` but the second at which the window ends; the server's own
/// `Date` is compared with it, so that our clock does not matter. A proxy's `Retry-After` is honoured.
fn limit_wait(headers: &HeaderMap) -> Duration {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let retry_after = text("retry-after").and_then(|text| text.trim().parse().ok());
    let reset = text("x-sentry-rate-limit-reset").and_then(|text| text.trim().parse::<i64>().ok());
    let now = date(headers).unwrap_or_else(|| i64::try_from(unix_millis() / 1000).unwrap_or(i64::MAX));
    let until_reset = reset.map(|reset| u64::try_from(reset.saturating_sub(now)).unwrap_or(0));
    let seconds = retry_after.or(until_reset).unwrap_or(1);
    // A little later than the very second, and not all at once.
    Duration::from_secs(seconds).min(LONGEST_LIMIT) + jitter()
}

/// The server's own clock, in seconds since 1970.
pub(super) fn date(headers: &HeaderMap) -> Option<i64> {
    let text = headers.get("date").and_then(|value| value.to_str().ok())?;
    OffsetDateTime::parse(text, &Rfc2822).ok().map(OffsetDateTime::unix_timestamp)
}

fn jitter() -> Duration {
    Duration::from_millis(fastrand::u64(50..250))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wait(headers: &[(&'static str, &str)]) -> u64 {
        let pairs = headers.iter().map(|(k, v)| ((*k).parse().expect("a name"), v.parse().expect("a value")));
        limit_wait(&pairs.collect::<HeaderMap>()).as_secs()
    }

    #[test]
    #[expect(
        clippy::disallowed_methods,
        reason = "any moment will do as the deadline of a test that calls nobody"
    )]
    fn the_home_of_sentrys_own_hosts_is_sentry_io_and_nobody_elses() {
        let (http, token) = (Http::new(None).expect("a client"), SecretString::from("t"));
        let deadline = Deadline::after(std::time::Instant::now(), Duration::ZERO);
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
        assert_eq!(wait(&[date, ("x-sentry-rate-limit-reset", "107")]), 7);
        assert_eq!(wait(&[date, ("x-sentry-rate-limit-reset", "50")]), 0);
        assert_eq!(wait(&[date, ("x-sentry-rate-limit-reset", "99999999")]), 60);
        assert_eq!(wait(&[date, ("retry-after", "3"), ("x-sentry-rate-limit-reset", "107")]), 3);
        assert_eq!(wait(&[]), 1);
    }
}
