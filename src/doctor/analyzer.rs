//! Checks the analyzer: the model's API answers and knows the configured model, and the agent of an OpenClaw gateway
//! has no tools.
//!
//! All requests are free of charge, except the question to the model that the option `--ask` requests.

use secrecy::SecretString;

use super::Visit;
use super::finding::CheckResult;
use super::model::{GATEWAY_KEY, KEY, MODEL};
use super::{gateway, model};
use crate::aws::Aws;
use crate::config::{Format, ModelConfig, Provider};
use crate::domain::model_error::ModelError;
use crate::models::{self, Catalog, ModelReply, Question, Role, Turn};

const ANSWER: &str = "analyzer.answer";

/// Checks the model that `ANALYZER` configures. With `ANALYZER=rules` there is no model, and the only result is `ok`.
pub(super) async fn check(visit: &Visit<'_>, aws: &Aws, key: Option<&SecretString>) -> Vec<CheckResult> {
    let Some(config) = &visit.config.model else {
        return vec![CheckResult::ok("analyzer", "rules: there is nothing to reach")];
    };
    let catalog = Catalog::new(visit.http, config, key, visit.deadline);
    let mut findings = match config.provider {
        Provider::OpenClaw => gateway::check(config, &catalog).await,
        Provider::OpenAi | Provider::Anthropic => vec![model::check(config, &catalog.models().await).await],
        Provider::Bedrock => {
            vec![CheckResult::skipped(MODEL, "Bedrock has no free request: --ask asks one question")]
        }
    };
    findings.push(answer(visit, aws, config, key).await);
    findings
}

/// Asks the model one short question if the option `--ask` was given; otherwise the result is `skipped`.
async fn answer(
    visit: &Visit<'_>,
    aws: &Aws,
    config: &ModelConfig,
    key: Option<&SecretString>,
) -> CheckResult {
    let Some(deadline) = visit.scope.ask else {
        return CheckResult::skipped(ANSWER, "not asked: --ask asks one short question, which costs tokens");
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
        Ok(reply) => answered(config, &reply),
        Err(why) => CheckResult::failed(ANSWER, why.to_string(), cure(config.provider, why)),
    }
}

fn answered(config: &ModelConfig, reply: &ModelReply) -> CheckResult {
    let evidence = format!("it answered: {} tokens in, {} out", reply.tokens_in, reply.tokens_out);
    if config.provider == Provider::OpenClaw && reply.tokens_in > gateway::LONGEST_PROMPT {
        let evidence =
            format!("{evidence}; a locked agent's prompt has less than {}", gateway::LONGEST_PROMPT);
        return CheckResult::warning(ANSWER, evidence, gateway::SHARED);
    }
    CheckResult::ok(ANSWER, evidence)
}

fn cure(provider: Provider, why: ModelError) -> &'static str {
    let is_gateway = provider == Provider::OpenClaw;
    match why {
        ModelError::KeyRefused if is_gateway => GATEWAY_KEY,
        ModelError::NotConfigured(_) | ModelError::KeyRefused => KEY,
        ModelError::GatewayWithoutCredentials => "give the gateway the credentials of the model behind it",
        ModelError::Forbidden | ModelError::NotFound => "set LLM_MODEL to a model that this key may use",
        ModelError::QuotaUsedUp => "add credit to the account, or raise its limit",
        ModelError::RateLimited | ModelError::ServerFailed(_) if is_gateway => gateway::UPSTREAM,
        ModelError::Timeout if is_gateway => gateway::SLOW,
        ModelError::Timeout | ModelError::Unreachable => {
            "check that the server is running and LLM_BASE_URL is correct"
        }
        _ => "try again; if the error persists, check the model's server",
    }
}
