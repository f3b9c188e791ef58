//! Checks an OpenClaw gateway: the gateway is alive, chat completions are enabled, and the configured agent has no
//! tools and is not the gateway's only agent.

use super::finding::{CheckResult, CheckStatus};
use super::model::{self, MODEL};
use super::reach;
use crate::config::ModelConfig;
use crate::domain::outcome::Failure;
use crate::models::{AgentTools, Catalog, Listed};

const HEALTH: &str = "analyzer.health";
const ENDPOINT: &str = "analyzer.endpoint";
const AGENT: &str = "analyzer.agent";

const ENABLE: &str = "enable it in the gateway's configuration, \"gateway\": {\"http\": {\"endpoints\": {\"chatCompletions\": \
                      {\"enabled\": true}}}}, and restart the gateway";
/// The remedy if the configured agent has tools.
const LOCK: &str = "lock the agent with the two commands in docs/models.md, OpenClaw";
/// The remedy if the configured agent is the gateway's only agent.
const ADD: &str = "remove the agent from \"agents\": {\"entries\": …}, and add it with openclaw agents add (docs/models.md, \
                   OpenClaw), which keeps main; or give Sidenote a gateway of its own";
/// The remedy for an error of the model's provider. The gateway passes on that there was an error, without the
/// provider's reason.
pub(super) const UPSTREAM: &str = "the gateway answers, but the provider of its model refuses: check that provider's quota and key, \
                                   and read openclaw logs";
/// The remedy for a gateway that does not answer in time.
pub(super) const SLOW: &str = "ask again, because the first answer after a start takes up to 23 s; if it stays slow, raise \
                               LLM_TIMEOUT_SECONDS, and look in openclaw logs whether the provider of the model limits it";
/// The largest expected prompt, in tokens, if an agent without tools gets a short question. The prompt of an agent
/// with tools, skills and workspace files has 10,000 tokens and more.
pub(super) const LONGEST_PROMPT: u64 = 6_000;
/// The remedy if the agent's prompt is larger than [`LONGEST_PROMPT`].
pub(super) const SHARED: &str = "files of its workspace, skills or tools go to the model with every event: set skills: [] and \
                                 contextInjection: \"never\" for the agent (docs/models.md, OpenClaw)";

/// Checks an OpenClaw gateway. Its four requests run in parallel; a check that depends on a failed check is skipped.
pub(super) async fn check(config: &ModelConfig, catalog: &Catalog<'_>) -> Vec<CheckResult> {
    if !config.base.path().ends_with("/v1/") {
        let endpoint = CheckResult::failed(
            ENDPOINT,
            format!("LLM_BASE_URL is {}, without /v1", reach::shown(&config.base)),
            "set LLM_BASE_URL to http://HOST:18789/v1: other paths lead to the gateway's web page",
        );
        return vec![skipped(HEALTH, ENDPOINT), endpoint, skipped(MODEL, ENDPOINT), skipped(AGENT, ENDPOINT)];
    }
    let (health, endpoint, models, tools) =
        tokio::join!(catalog.health(), catalog.endpoint(), catalog.models(), catalog.agent_tools());
    let health = healthy(config, health).await;
    if health.remedy.is_some() {
        return vec![health, skipped(ENDPOINT, HEALTH), skipped(MODEL, HEALTH), skipped(AGENT, HEALTH)];
    }
    let endpoint = enabled(config, endpoint).await;
    let listed = if endpoint.remedy.is_some() {
        skipped(MODEL, ENDPOINT)
    } else {
        model::check(config, &models).await
    };
    let agent = if listed.verdict == CheckStatus::Failed {
        skipped(AGENT, MODEL)
    } else {
        agent(config, &models, tools)
    };
    vec![health, endpoint, listed, agent]
}

fn skipped(name: &str, because_of: &str) -> CheckResult {
    CheckResult::skipped(name, format!("see {because_of}"))
}

/// Checks that the configured agent has no tools, and warns if the gateway has no other agent.
fn agent(
    config: &ModelConfig,
    models: &Result<Listed, Failure>,
    tools: Result<AgentTools, Failure>,
) -> CheckResult {
    let name = &config.model;
    match tools {
        Ok(AgentTools::Some) => CheckResult::failed(
            AGENT,
            format!("{name} has tools, so the text of an event could make the gateway run commands"),
            LOCK,
        ),
        Ok(AgentTools::None) if is_alone(name, models) => CheckResult::warning(
            AGENT,
            format!(
                "{name} has no tools, but is the gateway's only agent, so it works in the owner's workspace"
            ),
            ADD,
        ),
        Ok(AgentTools::None) => CheckResult::ok(AGENT, format!("{name} has no tools")),
        Ok(AgentTools::Unknown(status)) => CheckResult::warning(
            AGENT,
            format!("/tools/invoke returned {status}: it is unknown whether {name} has tools"),
            LOCK,
        ),
        Err(why) => CheckResult::warning(AGENT, format!("/tools/invoke: {why}"), LOCK),
    }
}

/// Whether the gateway's list of models contains no other agent than `agent`. The names `openclaw` and
/// `openclaw/default` do not count, because both stand for the default agent.
fn is_alone(agent: &str, models: &Result<Listed, Failure>) -> bool {
    let names = models.as_ref().ok().and_then(|listed| listed.names.as_ref());
    names.is_some_and(|names| {
        names.iter().all(|name| name == agent || ["openclaw", "openclaw/default"].contains(&name.as_str()))
    })
}

async fn enabled(config: &ModelConfig, endpoint: Result<u16, Failure>) -> CheckResult {
    match endpoint {
        Ok(405) => CheckResult::ok(ENDPOINT, "chat completions are enabled"),
        Ok(404) => CheckResult::failed(ENDPOINT, "chat completions are off (404)", ENABLE),
        // A rejected key shows that the endpoint exists. The check of the list of models reports the key.
        Ok(401 | 403) => CheckResult::skipped(ENDPOINT, "the key was rejected: see analyzer.model"),
        Ok(status) => CheckResult::warning(
            ENDPOINT,
            format!("GET for chat completions returned {status} instead of 405"),
            "test it with one question: sidenote doctor --ask",
        ),
        Err(why) => {
            let (evidence, remedy) = reach::explained(&config.base, why, "LLM_BASE_URL").await;
            CheckResult::failed(ENDPOINT, evidence, remedy)
        }
    }
}

async fn healthy(config: &ModelConfig, health: Result<(u16, bool), Failure>) -> CheckResult {
    match health {
        Ok((_, true)) => CheckResult::ok(HEALTH, "the gateway's /health reports that it is live"),
        Ok((404, _)) => CheckResult::failed(
            HEALTH,
            "there is no /health (404): this is not an OpenClaw gateway",
            "set LLM_BASE_URL to http://HOST:18789/v1, or ANALYZER to the kind of the server (openai for compatible ones)",
        ),
        Ok((status, _)) => CheckResult::failed(
            HEALTH,
            format!("the gateway's /health returned {status} and does not report that it is live"),
            "restart OpenClaw, and read its log; until then the rules analyse alone",
        ),
        Err(why) => {
            let (evidence, remedy) = reach::explained(&config.base, why, "LLM_BASE_URL").await;
            let remedy = format!("restart OpenClaw, or: {remedy}; until then the rules analyse alone");
            CheckResult::failed(HEALTH, evidence, remedy)
        }
    }
}
