//! Checks that a model's API accepts the key and lists the configured model.

use super::finding::CheckResult;
use super::reach;
use crate::config::{ModelConfig, Provider};
use crate::domain::outcome::Failure;
use crate::models::Listed;

/// The name of the check of the model's key and name.
pub(super) const MODEL: &str = "analyzer.model";
/// The remedy if a model's API, other than an OpenClaw gateway, rejected the key.
pub(super) const KEY: &str = "put this API's key into the secret as LLM_API_KEY";
/// The remedy if an OpenClaw gateway rejected the key.
pub(super) const GATEWAY_KEY: &str = "put the gateway's token into the secret as LLM_API_KEY; if openclaw config get gateway.auth.mode \
                              prints password, put the password there";

/// Checks the reply to a request for the list of models: the API accepted the key and lists the configured model.
pub(super) async fn check(config: &ModelConfig, listed: &Result<Listed, Failure>) -> CheckResult {
    match listed {
        Ok(listed) => known(config, listed),
        Err(why) => {
            let (evidence, remedy) = reach::explained(&config.base, *why, "LLM_BASE_URL").await;
            CheckResult::failed(MODEL, evidence, remedy)
        }
    }
}

fn known(ModelConfig { provider, model, .. }: &ModelConfig, listed: &Listed) -> CheckResult {
    match (listed.status, &listed.names) {
        (401 | 403, _) => CheckResult::failed(
            MODEL,
            format!("the key was rejected ({})", listed.status),
            if *provider == Provider::OpenClaw { GATEWAY_KEY } else { KEY },
        ),
        (429, _) => CheckResult::failed(
            MODEL,
            "the server limits our requests (429)",
            "wait some minutes; an OpenClaw gateway does this after several wrong keys",
        ),
        (_, Some(names)) if names.contains(model) => CheckResult::ok(MODEL, format!("{model} is listed")),
        (404, _) if *provider == Provider::Anthropic => CheckResult::failed(
            MODEL,
            format!("Anthropic has no model {model}"),
            "set LLM_MODEL to a model that it knows",
        ),
        (_, Some(names)) if *provider == Provider::OpenClaw => CheckResult::failed(
            MODEL,
            format!("{model} is not among the gateway's {} models", names.len()),
            "create the agent with the commands in docs/models.md, OpenClaw, or correct LLM_MODEL",
        ),
        (_, Some(names)) => CheckResult::warning(
            MODEL,
            format!("{model} is not among the {} listed models", names.len()),
            "correct LLM_MODEL; some servers accept names that they do not list: test it with sidenote doctor --ask",
        ),
        (status, None) => CheckResult::warning(
            MODEL,
            format!("the server lists no models ({status})"),
            "check that LLM_BASE_URL ends in /v1; some servers list no models: test it with sidenote doctor --ask",
        ),
    }
}
