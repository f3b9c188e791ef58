//! Tests that model calls are counted, and that models' answers are kept, across several processes.

use std::time::Duration;

use serde_json::json;
use sidenote_standins::{Dialect, Llm, Said};

use super::bed::{Bed, LLM_KEY};
use super::deliveries::{about, new_issue};

const TIMEOUT: Duration = Duration::from_secs(30);

#[tokio::test]
async fn processes_share_the_model_budget_and_the_answer_cache() {
    let quote = "return prices[grain] * loaves";
    let claim = json!({"claim": "The order has no price.", "evidence": ["X1", "F1"], "quote": quote});
    let answer = json!({"status": "likely", "causal_chain": [], "root_cause": claim, "headline": claim,
        "fix_steps": [], "alternatives": [], "ruled_out": [], "missing": ["Ask ann.smith@example.com."], "confidence": "low"});
    let llm = Llm::start(Dialect::OpenAi, LLM_KEY, "m", [Said::Answer(answer.to_string())]).await;
    let bed = Bed::new().await;
    let base = llm.base();
    let more = [
        ("ANALYZER", "openai"),
        ("LLM_MODEL", "m"),
        ("LLM_BASE_URL", base.as_str()),
        ("LLM_DAILY_CALLS", "1"),
        ("ISSUE_COOLDOWN_SECONDS", "0"),
    ];
    let (one, other) = tokio::join!(bed.function_with(TIMEOUT, &more), bed.function_with(TIMEOUT, &more));
    one.run(&new_issue("event_alert", 1)).await;
    let note = || bed.sentry.notes("5150").pop().expect("a note").text;
    assert!(note().contains("Root cause: The order has no price."), "{}", note());
    other.run(&new_issue("event_alert", 2)).await;
    assert!(note().contains("This is an earlier answer"), "{}", note());
    other.run(&about("5151")).await;
    let note = bed.sentry.notes("5151").pop().expect("a note").text;
    assert!(note.contains("the day's calls are used up"), "{note}");
    assert_eq!(llm.requests().len(), 1);
    let calls = bed.cloud.table.calls();
    let written = calls.iter().map(|call| String::from_utf8_lossy(&call.body));
    let kept: String = written.filter(|body| body.contains("model-answer#")).collect();
    assert!(kept.contains("The order has no price.") && kept.contains("Ask [email]"), "{kept}");
    assert!(!kept.contains("ann.smith"), "{kept}");
}
