//! The handler, the clients, the signing key and the deadlines of commands that handle a delivery on this machine.

use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use bytes::Bytes;
use http::Request;
use http::header::CONTENT_TYPE;
use secrecy::SecretString;
use sidenote::aws::Aws;
use sidenote::clock;
use sidenote::config::Config;
use sidenote::domain::deadline::Deadline;
use sidenote::handler::{Handler, Setup};
use sidenote::http::Http;
use sidenote::secrets::{SecretStore, Secrets};
use sidenote::webhook::{SIGNATURE_HEADER, sign};

use crate::End;
use crate::input::Given;

/// The time limit for the work on one delivery on this machine, unless the model's time limit requires a longer one.
const TIME_LIMIT: Duration = Duration::from_mins(1);
/// The part of the time limit that is reserved for everything except the model.
const WITHOUT_MODEL: Duration = Duration::from_secs(35);

/// Returns the key with which a command, or `serve` with `ALLOW_UNSIGNED`, signs its own input, so that every
/// `Delivery` has a verified signature. Other processes do not accept this key. It is a constant of the program and no
/// secret.
pub(crate) fn key() -> SecretString {
    SecretString::from("signed on this machine")
}

/// Returns the handler for a command. It accepts the deliveries that the command signs with [`key`]. Fails with
/// [`End::Usage`] if the HTTP client cannot be built.
pub(crate) fn handler(config: Config) -> Result<Arc<Handler>, End> {
    let setup = Setup::from(config).with_local_key(key()).one_shot();
    Ok(Arc::new(Handler::new(setup).map_err(|error| End::Usage(error.into()))?))
}

/// Returns the HTTP client and the secrets for a command. Fails with [`End::Usage`] if the client cannot be built, and
/// with [`End::Failed`] if the secrets cannot be read.
pub(crate) async fn clients(config: &Config) -> Result<(Http, Arc<Secrets>), End> {
    let http = Http::new(config.extra_roots.as_deref()).map_err(|error| End::Usage(error.into()))?;
    let secrets = SecretStore::new(&config.secrets, &Aws::default());
    Ok((http, secrets.get().await.map_err(|error| End::Failed(error.into()))?))
}

/// Returns the deadline of work that starts now and does not ask the model.
pub(crate) fn deadline() -> Deadline {
    clock::deadline_in(TIME_LIMIT)
}

/// Returns the time limit for the work on one delivery. It grows with the setting `LLM_TIMEOUT_SECONDS`.
pub(crate) fn time_limit(config: &Config) -> Duration {
    let of_model = config.model.as_ref().map_or(Duration::ZERO, |model| model.timeout);
    TIME_LIMIT.max(of_model + WITHOUT_MODEL)
}

/// Returns the deadline of work on a delivery that starts now.
pub(crate) fn work_deadline(config: &Config) -> Deadline {
    clock::deadline_in(time_limit(config))
}

/// Returns the HTTP request that Sentry would send with the payload `given`, but signed with [`key`] and with the
/// header `Prefer`, which asks for the outcome in the answer within the time `wait`.
pub(crate) fn request(given: &Given, wait: Duration) -> anyhow::Result<Request<Bytes>> {
    let mut request = Request::post("/api/v1/webhooks/sentry/error")
        .header(CONTENT_TYPE, "application/json")
        .header(SIGNATURE_HEADER, sign(&key(), &given.body))
        .header("prefer", format!("wait={}", wait.as_secs()));
    if let Some(resource) = &given.resource {
        request = request.header("sentry-hook-resource", resource);
    }
    request.body(given.body.clone()).context("the payload makes no request")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_deadline_follows_the_time_limit_of_the_model() {
        let limit = |seconds: &str| {
            let find = |name: &str| match name {
                "ANALYZER" => Some("openai".to_owned()),
                "LLM_MODEL" => Some("m".to_owned()),
                "LLM_TIMEOUT_SECONDS" => Some(seconds.to_owned()),
                _ => None,
            };
            time_limit(&Config::read(&find).expect("settings")).as_secs()
        };
        assert_eq!((limit("10"), limit("600")), (60, 635));
    }
}
