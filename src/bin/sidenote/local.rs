//! Shared parts of the commands that work on this machine: the signing key and the deadline.

use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use bytes::Bytes;
use http::Request;
use http::header::CONTENT_TYPE;
use secrecy::SecretString;
use sidenote::clock;
use sidenote::config::Config;
use sidenote::domain::deadline::Deadline;
use sidenote::handler::{Handler, Setup};
use sidenote::webhook::{SIGNATURE_HEADER, sign};

use crate::End;
use crate::input::Given;

/// The time limit for the work on one delivery on this machine, unless the model may take longer.
const TIME_LIMIT: Duration = Duration::from_mins(1);
/// The part of it that is not for the model.
const WITHOUT_MODEL: Duration = Duration::from_secs(35);

/// The key with which a command signs its own input, so that every `Delivery` has a verified signature. No other
/// process accepts it.
pub(crate) fn key() -> SecretString {
    SecretString::from("signed on this machine")
}

/// The handler of a command. It accepts the deliveries that this command signs.
pub(crate) fn handler(config: Config) -> Result<Arc<Handler>, End> {
    let setup = Setup::from(config).with_local_key(key()).one_shot();
    Ok(Arc::new(Handler::new(setup).map_err(|error| End::Usage(error.into()))?))
}

/// The deadline of work that starts now and does not ask the model.
pub(crate) fn deadline() -> Deadline {
    clock::deadline_in(TIME_LIMIT)
}

/// The time limit for the work on one delivery with these settings. It follows `LLM_TIMEOUT_SECONDS`.
pub(crate) fn time_limit(config: &Config) -> Duration {
    let of_model = config.model.as_ref().map_or(Duration::ZERO, |model| model.timeout);
    TIME_LIMIT.max(of_model + WITHOUT_MODEL)
}

/// The deadline of work on a delivery that starts now.
pub(crate) fn work_deadline(config: &Config) -> Deadline {
    clock::deadline_in(time_limit(config))
}

/// The request that Sentry would send with this payload, signed with the local key.
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
