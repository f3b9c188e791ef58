//! Faults of the analyst: the gateway, its endpoint, its agent, the key.

use sidenote_standins::{Dialect, Fault, Llm};

use super::bed::{Bed, hold};
use super::plan::{Plan, failed, healthy, warning};
use crate::support::canary::CANARIES;
use crate::support::fetched::free_port;

#[tokio::test]
async fn a_gateway_is_looked_at_from_health_to_agent() {
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
            "openclaw/sentry-rca is not among the gateway's 3 models",
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
async fn other_servers_are_asked_for_their_models() {
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
