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

/// The time limit for the work on one delivery on this machine.
pub(crate) const TIME_LIMIT: Duration = Duration::from_mins(1);

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

/// The deadline of work that starts now.
pub(crate) fn deadline() -> Deadline {
    clock::deadline_in(TIME_LIMIT)
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
