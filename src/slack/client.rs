//! Calls Slack's Web API: builds a request, and reads the reply or the error.

use http::header::{CONTENT_TYPE, RETRY_AFTER};
use reqwest::{RequestBuilder, Url};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::SlackError;
use crate::clock::pause;
use crate::domain::deadline::Deadline;
use crate::domain::outcome::Failure;
use crate::http::{Http, HttpReply};
use crate::json::{Flag, Text};

/// One call is attempted at most this many times. A call is repeated only after a rate limit that ends before the
/// deadline.
const ATTEMPTS: usize = 3;

/// A client of Slack's Web API, with the token of one app and one deadline.
#[derive(Debug, Clone)]
pub struct SlackApi {
    http: Http,
    base: Url,
    token: SecretString,
    deadline: Deadline,
}

/// The members of every reply. Slack usually refuses a call with the status 200 and `ok: false`.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Envelope {
    ok: Flag,
    error: Text,
}

impl SlackApi {
    /// Creates a client for the app with `token`. `base` is the URL of the Web API. A malformed token is rejected,
    /// because it would break the HTTP header.
    ///
    /// # Errors
    ///
    /// [`Failure::Unauthorized`] if the token contains characters that no token has.
    pub fn new(http: &Http, base: &Url, token: &SecretString, deadline: Deadline) -> Result<Self, Failure> {
        let text = token.expose_secret();
        let allowed = |b: u8| b.is_ascii_alphanumeric() || b".-_".contains(&b);
        if text.is_empty() || !text.bytes().all(allowed) {
            return Err(Failure::Unauthorized);
        }
        Ok(Self { http: http.clone(), base: base.clone(), token: token.clone(), deadline })
    }

    /// Calls `method` with a JSON body. The call is attempted up to three times, if each rate limit ends before the
    /// deadline.
    ///
    /// # Errors
    ///
    /// [`SlackError`] if the call failed.
    pub(super) async fn call<T: DeserializeOwned>(
        &self,
        method: &str,
        body: &Value,
    ) -> Result<T, SlackError> {
        let reply = self.patiently(|| {
            let request = self.http.client().post(self.url(method, &[]));
            // Slack warns about JSON without a charset.
            request.header(CONTENT_TYPE, "application/json; charset=utf-8").json(body)
        });
        read(&reply.await?)
    }

    /// Calls a `method` that only reads. The arguments are in the query, because such methods accept no JSON.
    ///
    /// # Errors
    ///
    /// [`SlackError`] if the call failed.
    pub(super) async fn read<T: DeserializeOwned>(
        &self,
        method: &str,
        arguments: &[(&str, &str)],
    ) -> Result<(T, HttpReply), SlackError> {
        let reply = self.patiently(|| self.http.client().get(self.url(method, arguments))).await?;
        Ok((read(&reply)?, reply))
    }

    fn url(&self, method: &str, arguments: &[(&str, &str)]) -> Url {
        let mut url = self.base.clone();
        url.set_path(&format!("{}{method}", self.base.path()));
        if !arguments.is_empty() {
            url.query_pairs_mut().extend_pairs(arguments);
        }
        url
    }

    async fn patiently(
        &self,
        request: impl Fn() -> RequestBuilder + Send + Sync,
    ) -> Result<HttpReply, SlackError> {
        for _ in 0..ATTEMPTS {
            let sent = request().bearer_auth(self.token.expose_secret());
            let reply = self.http.send(sent, self.deadline).await.map_err(SlackError::Other)?;
            match refusal(&reply) {
                None => return Ok(reply),
                Some(SlackError::TooFast(wait)) if pause(wait, self.deadline).await => {}
                Some(refusal) => return Err(refusal),
            }
        }
        Err(SlackError::Other(Failure::RateLimited))
    }
}

fn read<T: DeserializeOwned>(reply: &HttpReply) -> Result<T, SlackError> {
    serde_json::from_slice(&reply.body).map_err(|_| SlackError::Other(Failure::Unreadable))
}

/// Returns Slack's error in a reply, or `None` if the call succeeded.
fn refusal(reply: &HttpReply) -> Option<SlackError> {
    // The error page of a proxy is not JSON. Then only the status is used.
    let envelope: Envelope = serde_json::from_slice(&reply.body).unwrap_or_default();
    if reply.status.is_success() && envelope.ok.0 == Some(true) {
        return None;
    }
    let retry_after = reply.headers.get(RETRY_AFTER).and_then(|value| value.to_str().ok());
    let name = envelope.error.as_deref().unwrap_or_default();
    Some(SlackError::of(reply.status.as_u16(), name, retry_after))
}
