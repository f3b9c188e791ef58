//! Tests of `sidenote doctor` with faults of the model: the OpenClaw gateway, its endpoint, its agent, and the key.

use sidenote_standins::{Agent, Dialect, Fault, Llm};

use super::bed::{Bed, hold};
use super::plan::{Plan, failed, healthy, warning};
use crate::support::canary::CANARIES;
use crate::support::fetched::free_port;

#[tokio::test]
async fn faults_of_the_gateway_are_reported_from_health_to_agent() {
    let ill = Plan { gateway_faults: vec![Fault::status(503).path("/health")], ..healthy() };
    let no_listener = format!("http://127.0.0.1:{}/v1", free_port());
    hold(vec![
        failed(
            "endpoint disabled",
            Plan { is_gateway_off: true, ..healthy() },
            "analyzer.endpoint",
            "chat completions are off (404)",
            "\"chatCompletions\": {\"enabled\": true}",
        ),
        failed(
            "default agent",
            healthy().variable("LLM_MODEL", "openclaw/main"),
            "configuration.LLM_MODEL",
            "the default agent runs commands",
            "LLM_MODEL=openclaw/THAT-AGENT",
        ),
        failed(
            "model not listed",
            Plan { agent: "openclaw/another", ..healthy() },
            "analyzer.model",
            "openclaw/sentry-rca is not among the gateway's 4 models",
            "create the agent",
        ),
        failed("gateway ill", ill, "analyzer.health", "returned 503", "restart OpenClaw"),
        failed(
            "gateway away",
            healthy().variable("LLM_BASE_URL", no_listener),
            "analyzer.health",
            "not reachable",
            "restart OpenClaw",
        ),
        failed(
            "key refused",
            healthy().logging_all().key("LLM_API_KEY", "z9Pv3Kd7Xw1Mq5Tb8Jn2Gh6R"),
            "analyzer.model",
            "the key was rejected (401)",
            "the gateway's token",
        ),
    ])
    .await;
}

#[tokio::test]
async fn an_agent_that_is_not_locked_or_not_separate_is_named() {
    let with = |gateway_agent| Plan { gateway_agent, ..healthy() };
    let asking = |prompt_tokens| Plan { prompt_tokens, ..healthy() }.arguments(&["--ask"]);
    let upstream = |status: u16, body: &str| {
        let fault = Fault::status(status).header("content-type", "application/json").body(body.to_owned());
        Plan { gateway_faults: vec![fault.on("POST").path("/v1/chat/completions")], ..asking(1_200) }
    };
    hold(vec![
        failed(
            "agent with tools",
            with(Agent::Unlocked),
            "analyzer.agent",
            "openclaw/sentry-rca has tools",
            "docs/models.md, OpenClaw",
        ),
        warning(
            "only agent",
            with(Agent::Alone),
            "analyzer.agent",
            "the gateway's only agent",
            "openclaw agents add",
        ),
        warning(
            "no answer about tools",
            Plan { gateway_faults: vec![Fault::status(404).path("/tools/invoke")], ..healthy() },
            "analyzer.agent",
            "/tools/invoke returned 404",
            "lock the agent",
        ),
        warning(
            "files of the owner in the prompt",
            asking(10_400),
            "analyzer.answer",
            "10400 tokens in",
            "contextInjection",
        ),
        failed(
            "quota of the provider",
            upstream(429, r#"{"error": {"message": "429 You exceeded", "type": "insufficient_quota"}}"#),
            "analyzer.answer",
            "the account's quota is used up",
            "add credit",
        ),
        failed(
            "the provider refuses",
            upstream(500, r#"{"error": {"message": "internal error", "type": "api_error"}}"#),
            "analyzer.answer",
            "the server failed (500)",
            "check that provider's quota and key",
        ),
    ])
    .await;
}

#[tokio::test]
async fn a_base_url_without_v1_is_named() {
    let bed = Bed::of(healthy()).await;
    let base = bed.gateway.base().trim_end_matches("/v1").to_owned();
    let row = failed(
        "no /v1",
        healthy().variable("LLM_BASE_URL", base),
        "analyzer.endpoint",
        "without /v1",
        "set LLM_BASE_URL to http://HOST:18789/v1",
    );
    hold(vec![row]).await;
}

#[tokio::test]
async fn a_model_missing_on_another_server_is_reported() {
    let key = CANARIES.iter().find(|(name, _)| *name == "LLM_API_KEY").expect("a key").1;
    let plan = |analyzer: &'static str, base: String, model: &str| {
        let plan = healthy().variable("ANALYZER", analyzer).variable("LLM_BASE_URL", base);
        plan.variable("LLM_MODEL", model)
    };
    let openai = Llm::start(Dialect::OpenAi, key, "small", []).await;
    let anthropic = Llm::start(Dialect::Anthropic, key, "claude-x", []).await;
    hold(vec![
        warning(
            "another server does not list the model",
            plan("openai", openai.base(), "large"),
            "analyzer.model",
            "large is not among the 1 listed models",
            "correct LLM_MODEL",
        ),
        failed(
            "Anthropic does not know the model",
            plan("anthropic", anthropic.base(), "claude-y"),
            "analyzer.model",
            "has no model claude-y",
            "set LLM_MODEL",
        ),
    ])
    .await;
    for plan in [plan("openai", openai.base(), "small"), plan("anthropic", anthropic.base(), "claude-x")] {
        let seen = Bed::of(plan).await.run().await;
        assert_eq!(seen.code, 0, "{}", seen.table);
    }
    assert_eq!([openai.violations(), anthropic.violations()].concat(), Vec::<String>::new());
}
