//! Checks the form of an incoming request (size and content type), and then its signature.

use std::sync::Arc;

use ::http::HeaderMap;
use ::http::header::CONTENT_TYPE;
use bytes::Bytes;
use secrecy::SecretString;

use super::answer::Refusal;
use crate::secrets::{SecretStore, Secrets};
use crate::webhook::{Delivery, Keys, is_slack_message};

/// The checks that a request must pass before its content is used.
pub(super) struct Door {
    secrets: Arc<SecretStore>,
    /// The key with which `sidenote replay` and an unsigned `serve` sign bodies themselves. `None` in every other
    /// process, which then accepts only Sentry's signatures.
    local_key: Option<SecretString>,
    max_body_bytes: usize,
}

impl Door {
    pub(super) fn new(
        secrets: Arc<SecretStore>,
        local_key: Option<SecretString>,
        max_body_bytes: usize,
    ) -> Self {
        Self { secrets, local_key, max_body_bytes }
    }

    /// Returns `Ok` if signatures of webhooks can be verified, or the reason why not. With a local key the result is
    /// always `Ok`.
    pub(super) async fn can_verify(&self) -> Result<(), &'static str> {
        if self.local_key.is_some() {
            return Ok(());
        }
        let secrets = self.secrets.get().await.map_err(|_| "the secrets cannot be read")?;
        let keys = secrets.get("SENTRY_CLIENT_SECRET").map(Keys::parse).unwrap_or_default();
        if keys.is_empty() { Err("SENTRY_CLIENT_SECRET is not set") } else { Ok(()) }
    }

    /// Checks the form of a webhook and verifies its signature. Returns the verified delivery, or the reason why the
    /// webhook is refused.
    pub(super) async fn delivery(&self, headers: &HeaderMap, body: Bytes) -> Result<Delivery, Refusal> {
        self.check_form(headers, body.len())?;
        if let Some(key) = &self.local_key
            && let Some(delivery) = Delivery::verify(headers, body.clone(), &Keys::parse(key))
        {
            return Ok(delivery);
        }
        // An unsigned request must not cause a read of the secrets.
        if !Delivery::is_signed(headers) {
            let is_slack = is_slack_message(&body);
            return Err(if is_slack { Refusal::SlackMessage } else { Refusal::Unsigned });
        }
        self.checked(|secrets| {
            let keys = secrets.get("SENTRY_CLIENT_SECRET").map(Keys::parse).filter(|keys| !keys.is_empty());
            let keys = keys.ok_or(Refusal::NoClientSecret)?;
            Delivery::verify(headers, body.clone(), &keys).ok_or(Refusal::Signature)
        })
        .await
    }

    /// Runs `check` with Sidenote's secrets and returns its result. If the check refuses, newer secrets are looked for,
    /// unless the copy is younger than half a minute. If there are any, `check` runs once more with them, because
    /// Sentry sends a webhook only once. Returns [`Refusal::NoSecrets`] if no secrets can be read.
    pub(super) async fn checked<T>(
        &self,
        check: impl Fn(&Secrets) -> Result<T, Refusal>,
    ) -> Result<T, Refusal> {
        let secrets = self.secrets.get().await.map_err(|error| {
            tracing::error!(error = %error, "secrets_unavailable");
            Refusal::NoSecrets
        })?;
        match check(&secrets) {
            Err(refusal) => match self.secrets.doubted(&secrets).await {
                Some(fresh) => check(&fresh),
                None => Err(refusal),
            },
            accepted => accepted,
        }
    }

    /// Checks that a body of this length is not larger than allowed.
    pub(super) fn check_size(&self, length: usize) -> Result<(), Refusal> {
        if length > self.max_body_bytes { Err(Refusal::TooLarge(self.max_body_bytes)) } else { Ok(()) }
    }

    /// Checks the size and the content type of a request. These checks need no secret.
    pub(super) fn check_form(&self, headers: &HeaderMap, length: usize) -> Result<(), Refusal> {
        check_form(headers, length, self.max_body_bytes)
    }
}

fn check_form(headers: &HeaderMap, length: usize, most: usize) -> Result<(), Refusal> {
    if length > most {
        return Err(Refusal::TooLarge(most));
    }
    let kind = headers.get(CONTENT_TYPE).map(|kind| kind.to_str().unwrap_or_default());
    let is_json = |kind: &str| {
        let kind = kind.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
        kind == "application/json" || (kind.starts_with("application/") && kind.ends_with("+json"))
    };
    if kind.is_none_or(is_json) { Ok(()) } else { Err(Refusal::NotJson) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_declared_content_type_other_than_json_is_refused() {
        let check = |kind: &str| {
            let headers = [(CONTENT_TYPE, kind.parse().expect("a value"))];
            check_form(&headers.into_iter().collect(), 1, 1)
        };
        assert_eq!(check("application/json; charset=utf-8"), Ok(()));
        assert_eq!(check("text/plain"), Err(Refusal::NotJson));
        assert_eq!(check_form(&HeaderMap::new(), 1, 1), Ok(()), "undeclared");
        assert_eq!(check_form(&HeaderMap::new(), 2, 1), Err(Refusal::TooLarge(1)));
    }
}
