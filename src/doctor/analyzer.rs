//! Checks the analyst: the model's API answers, it knows the model, and a gateway's agent is a separate one.
//!
//! All requests are free of charge, except the completion that `--ask` requests.

use secrecy::SecretString;

use super::Visit;
use super::finding::CheckResult;
use super::reach;
use crate::aws::Aws;
use crate::config::{Format, ModelConfig, Provider};
use crate::domain::model_error::ModelError;
use crate::domain::outcome::Failure;
use crate::models::{self, Catalog, Listed, Question, Role, Turn};

const MODEL: &str = "analyzer.model";
const ENABLE: &str = "enable it in the gateway's configuration, \"gateway\": {\"http\": {\"endpoints\": {\"chatCompletions\": \
                      {\"enabled\": true}}}}, and restart the gateway";

/// Checks the configured analyst.
pub(super) async fn check(visit: &Visit<'_>, aws: &Aws, key: Option<&SecretString>) -> Vec<CheckResult> {
    let Some(config) = &visit.config.model else {
        return vec![CheckResult::ok("analyzer", "rules: there is nothing to reach")];
    };
    let catalog = Catalog::new(visit.http, config, key, visit.deadline);
    let mut findings = match config.provider {
        Provider::OpenClaw => gateway(config, &catalog).await,
        Provider::OpenAi | Provider::Anthropic => vec![model(config, &catalog.models().await).await],
        Provider::Bedrock => {
            vec![CheckResult::skipped(MODEL, "Bedrock has no free request: --ask asks one question")]
        }
    };
    findings.push(answer(visit, aws, config, key).await);
    findings
}

/// Checks an OpenClaw gateway with three parallel requests.
async fn gateway(config: &ModelConfig, catalog: &Catalog<'_>) -> Vec<CheckResult> {
    let (health, endpoint, models) = tokio::join!(catalog.health(), catalog.endpoint(), catalog.models());
    let health = healthy(config, health).await;
    if health.remedy.is_some() {
        let rest = ["analyzer.endpoint", MODEL, "analyzer.agent"];
        let skipped = rest.map(|name| CheckResult::skipped(name, "see analyzer.health"));
        return std::iter::once(health).chain(skipped).collect();
    }
    let endpoint = enabled(config, endpoint).await;
    let is_off = endpoint.remedy.is_some();
    let model = if is_off {
        CheckResult::skipped(MODEL, "see analyzer.endpoint")
    } else {
        model(config, &models).await
    };
    // The configuration rejects the default agent, so the name is that of a separate one.
    let agent = format!("not checked: only the gateway's log shows whether {} has no tools", config.model);
    vec![health, endpoint, model, CheckResult::skipped("analyzer.agent", agent)]
}

async fn enabled(config: &ModelConfig, endpoint: Result<u16, Failure>) -> CheckResult {
    const NAME: &str = "analyzer.endpoint";
    match endpoint {
        Ok(405) => CheckResult::ok(NAME, "chat completions are enabled"),
        Ok(404) => CheckResult::failed(NAME, "chat completions are off (404)", ENABLE),
        // A gateway that checks the key first has the endpoint; the list of models says more about the key.
        Ok(401 | 403) => CheckResult::skipped(NAME, "the key was rejected: see analyzer.model"),
        Ok(status) => CheckResult::warning(
            NAME,
            format!("GET for chat completions returned {status} instead of 405"),
            "test it with one question: sidenote doctor --ask",
        ),
        Err(why) => {
            let (evidence, remedy) = reach::explained(&config.base, why, "LLM_BASE_URL").await;
            CheckResult::failed(NAME, evidence, remedy)
        }
    }
}

async fn healthy(config: &ModelConfig, health: Result<(u16, bool), Failure>) -> CheckResult {
    const NAME: &str = "analyzer.health";
    match health {
        Ok((_, true)) => CheckResult::ok(NAME, "the gateway's /health reports that it is live"),
        Ok((404, _)) => CheckResult::failed(
            NAME,
            "there is no /health (404): this is not an OpenClaw gateway",
            "set LLM_BASE_URL to http://HOST:18789/v1, or ANALYZER to the kind of the server (openai for compatible ones)",
        ),
        Ok((status, _)) => CheckResult::failed(
            NAME,
            format!("the gateway's /health returned {status} and does not report that it is live"),
            "restart OpenClaw, and read its log; until then the rules analyse alone",
        ),
        Err(why) => {
            let (evidence, remedy) = reach::explained(&config.base, why, "LLM_BASE_URL").await;
            let remedy = format!("restart OpenClaw, or: {remedy}; until then the rules analyse alone");
            CheckResult::failed(NAME, evidence, remedy)
        }
    }
}

async fn model(config: &ModelConfig, listed: &Result<Listed, Failure>) -> CheckResult {
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
            "put this API's key into the secret as LLM_API_KEY; for OpenClaw it is the gateway's token",
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
            "create the agent in the gateway's configuration (\"agents\": {\"entries\": …}, docs/models.md, OpenClaw), or correct \
             LLM_MODEL",
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

/// Asks the model one short question, if `--ask` was given.
async fn answer(
    visit: &Visit<'_>,
    aws: &Aws,
    config: &ModelConfig,
    key: Option<&SecretString>,
) -> CheckResult {
    const NAME: &str = "analyzer.answer";
    let Some(deadline) = visit.scope.ask else {
        return CheckResult::skipped(NAME, "not asked: --ask asks one short question, which costs tokens");
    };
    let question = Question {
        system: "Answer with one word.".to_owned(),
        turns: vec![Turn { role: Role::User, text: "Say: ready".to_owned() }],
        format: Format::None,
        schema: None,
        answer_tokens: 400,
    };
    let asked = match models::model(visit.http, aws, config, key) {
        Ok(model) => model.ask(&question, deadline).await,
        Err(why) => Err(why),
    };
    match asked {
        Ok(answer) => CheckResult::ok(
            NAME,
            format!("it answered: {} tokens in, {} out", answer.tokens_in, answer.tokens_out),
        ),
        Err(why) => CheckResult::failed(NAME, why.to_string(), cure(why)),
    }
}

fn cure(why: ModelError) -> &'static str {
    match why {
        ModelError::NotConfigured(_) | ModelError::KeyRefused => {
            "put this API's key into the secret as LLM_API_KEY"
        }
        ModelError::GatewayWithoutCredentials => "give the gateway the credentials of the model behind it",
        ModelError::Forbidden | ModelError::NotFound => "set LLM_MODEL to a model that this key may use",
        ModelError::QuotaUsedUp => "add credit to the account, or raise its limit",
        ModelError::Timeout | ModelError::Unreachable => {
            "check that the server is running and LLM_BASE_URL is correct"
        }
        _ => "try again; if the error persists, check the model's server",
    }
}
