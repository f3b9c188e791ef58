//! Checks the form of an incoming request (size and content type), and then its signature.

use std::sync::Arc;

use ::http::HeaderMap;
use ::http::header::CONTENT_TYPE;
use ::http::request::Parts;
use bytes::Bytes;
use secrecy::SecretString;
use tokio::sync::Semaphore;

use super::answer::Refusal;
use super::routes::{self, Route};
use crate::secrets::{SecretStore, Secrets};
use crate::slack;
use crate::telegram::Update;
use crate::webhook::{Delivery, Keys, is_slack_message};

/// The part of a body that is read if nobody can have signed the request: enough to recognize the product of the sender.
const UNSIGNED_BODY: usize = 64 * 1024;
/// The signature of a body over this size is computed on a thread of its own. Sentry's webhooks are seldom larger.
const LARGE_BODY: usize = 256 * 1024;

/// The checks that a request must pass before its content is used.
pub(super) struct Door {
    secrets: Arc<SecretStore>,
    /// The key with which `sidenote replay` and an unsigned `serve` sign bodies themselves. `None` in every other
    /// process, which then accepts only Sentry's signatures.
    local_key: Option<SecretString>,
    max_body_bytes: usize,
    /// The permit to compute the signature of a large body. There is one, so that forged large bodies do not take all
    /// processors from the other requests.
    hashing: Arc<Semaphore>,
}

impl Door {
    pub(super) fn new(
        secrets: Arc<SecretStore>,
        local_key: Option<SecretString>,
        max_body_bytes: usize,
    ) -> Self {
        Self { secrets, local_key, max_body_bytes, hashing: Arc::new(Semaphore::new(1)) }
    }

    /// Returns the number of bytes of a request's body that are needed for the answer. A request without a signature of
    /// the right form is refused, so only the beginning of its body is needed.
    pub(super) fn body_limit(&self, request: &Parts) -> usize {
        let headers = &request.headers;
        let may_be_signed = match routes::route(&request.method, request.uri.path()) {
            Ok(Route::Sentry) => Delivery::may_be_signed(headers),
            Ok(Route::Telegram) => Update::has_secret(headers),
            Ok(Route::Slack) => slack::is_signed(headers),
            Ok(Route::Health | Route::Live | Route::Ready) | Err(_) => false,
        };
        if may_be_signed { self.max_body_bytes } else { self.max_body_bytes.min(UNSIGNED_BODY) }
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
            && let Some(delivery) = self.verify(headers, body.clone(), Keys::parse(key)).await
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
            let body = body.clone();
            async move {
                let keys = keys.ok_or(Refusal::NoClientSecret)?;
                self.verify(headers, body, keys).await.ok_or(Refusal::Signature)
            }
        })
        .await
    }

    /// Verifies the signature of a webhook; see [`Delivery::verify`]. The signatures of large bodies are computed one
    /// after the other, on a thread that may block.
    async fn verify(&self, headers: &HeaderMap, body: Bytes, keys: Keys) -> Option<Delivery> {
        if body.len() <= LARGE_BODY || !Delivery::may_be_signed(headers) {
            return Delivery::verify(headers, body, &keys);
        }
        let (hashing, headers) = (Arc::clone(&self.hashing), headers.clone());
        // In a task of its own, the permit is released even if nobody polls the answer any more, whose time may be over.
        let verified = tokio::spawn(async move {
            // An error would mean that the semaphore is closed, which never happens.
            let _turn = hashing.acquire().await;
            tokio::task::spawn_blocking(move || Delivery::verify(&headers, body, &keys)).await.ok().flatten()
        });
        verified.await.ok().flatten()
    }

    /// Runs `check` with Sidenote's secrets and returns its result. If the check refuses, newer secrets are looked for,
    /// unless the copy is younger than half a minute. If there are any, `check` runs once more with them, because
    /// Sentry sends a webhook only once. Returns [`Refusal::NoSecrets`] if no secrets can be read.
    pub(super) async fn checked<T, F: Future<Output = Result<T, Refusal>>>(
        &self,
        check: impl Fn(Arc<Secrets>) -> F,
    ) -> Result<T, Refusal> {
        let secrets = self.secrets.get().await.map_err(|error| {
            tracing::error!(error = %error, "secrets_unavailable");
            Refusal::NoSecrets
        })?;
        match check(Arc::clone(&secrets)).await {
            Err(refusal) => match self.secrets.doubted(&secrets).await {
                Some(fresh) => check(fresh).await,
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
    use futures_util::FutureExt as _;

    use super::*;
    use crate::telegram::{HOOK_PATH, SECRET_HEADER};
    use crate::webhook::{SIGNATURE_HEADER, sign};

    const LARGEST: usize = 6 * 1024 * 1024;

    fn key() -> SecretString {
        SecretString::from("of this test")
    }

    fn door() -> Door {
        let source = crate::config::SecretsConfig::Environment(Vec::new());
        let secrets = SecretStore::new(&source, &crate::aws::Aws::default());
        Door::new(Arc::new(secrets), Some(key()), LARGEST)
    }

    fn request(path: &str, headers: &[(&str, &str)]) -> Parts {
        let request = ::http::Request::post(path);
        let request = headers.iter().fold(request, |request, (name, value)| request.header(*name, *value));
        request.body(()).expect("a request").into_parts().0
    }

    #[test]
    fn the_body_of_a_request_that_cannot_be_signed_is_not_read() {
        let signature = sign(&key(), b"{}");
        let of_slack = [(slack::SIGNATURE_HEADER, "v0=1"), (slack::TIMESTAMP_HEADER, "1")];
        for (path, headers, limit) in [
            ("/", &[(SIGNATURE_HEADER, signature.as_str())][..], LARGEST),
            ("/", &[(crate::webhook::APP_SIGNATURE_HEADER, &signature)], LARGEST),
            ("/", &[], UNSIGNED_BODY),
            ("/", &[(SIGNATURE_HEADER, &signature[1..])], UNSIGNED_BODY),
            ("/", &[(SIGNATURE_HEADER, &signature.to_uppercase())], UNSIGNED_BODY),
            ("/no/such/path", &[(SIGNATURE_HEADER, &signature)], UNSIGNED_BODY),
            ("/api/v1/health", &[(SIGNATURE_HEADER, &signature)], UNSIGNED_BODY),
            (HOOK_PATH, &[(SECRET_HEADER, "s")], LARGEST),
            (HOOK_PATH, &[(SIGNATURE_HEADER, &signature)], UNSIGNED_BODY),
            (slack::SLACK_HOOK_PATH, &of_slack, LARGEST),
            (slack::SLACK_HOOK_PATH, &of_slack[..1], UNSIGNED_BODY),
        ] {
            assert_eq!(door().body_limit(&request(path, headers)), limit, "{path} {headers:?}");
        }
    }

    #[tokio::test]
    async fn a_signed_body_does_not_wait_for_the_signatures_of_large_ones() {
        let door = door();
        let signed = |length: usize| {
            let body = Bytes::from(vec![b' '; length]);
            let headers =
                [(SIGNATURE_HEADER.parse().expect("a name"), sign(&key(), &body).parse().expect("hex"))];
            (headers.into_iter().collect::<HeaderMap>(), body)
        };
        let ((small, small_body), (large, large_body)) = (signed(LARGE_BODY), signed(LARGE_BODY + 1));
        // Another large body is being hashed.
        let turn = door.hashing.acquire().await.expect("it is open");
        let mut waiting = std::pin::pin!(door.delivery(&large, large_body));
        assert!(waiting.as_mut().now_or_never().is_none(), "one large body at a time");
        assert!(door.delivery(&small, small_body).await.is_ok());
        let forged = [(SIGNATURE_HEADER.parse().expect("a name"), "0".repeat(63).parse().expect("a value"))];
        let body = Bytes::from(vec![b' '; LARGEST]);
        let refused = door.verify(&forged.into_iter().collect(), body, Keys::parse(&key())).await;
        assert!(refused.is_none(), "without a hash, because the form is wrong");
        drop(turn);
        assert!(waiting.await.is_ok());
    }

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
