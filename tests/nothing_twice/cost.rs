//! What a delivery costs, counted on the wires.

use std::time::Duration;

use serde_json::json;
use sidenote::standins::{Dialect, Llm, Said};

use crate::bed::{Bed, LLM_KEY, status};
use crate::black_box::lambda_service::Outcome;
use crate::deliveries::{about, new_issue};

const TIMEOUT: Duration = Duration::from_secs(30);

fn sorted(mut names: Vec<String>) -> Vec<String> {
    names.sort();
    names
}

#[tokio::test]
async fn a_delivery_costs_one_read_two_writes_one_message_and_the_calls_of_the_list() {
    let with_event = ["GET 5150", "GET committers", "GET tags", "POST comments"];
    let without = ["GET 5150", "GET committers", "GET recommended", "GET tags", "POST comments"];
    for (form, calls) in [("event_alert", &with_event[..]), ("error", &with_event), ("issue", &without)] {
        let bed = Bed::new().await;
        let function = bed.function(TIMEOUT).await;
        let (answer, report) = function.run(&new_issue(form, 1)).await;
        assert_eq!((status(&answer), report.outcome), (202, Outcome::Completed));
        assert_eq!(bed.told(), (1, 1));
        assert_eq!(sorted(bed.cloud.table.names()), ["GetItem", "PutItem", "PutItem"]);
        assert_eq!(bed.cloud.queue.names(), ["SendMessage"]);
        assert_eq!(bed.cloud.secrets.names(), ["GetSecretValue"]);
        assert_eq!(sorted(bed.to_sentry.names()), calls, "{form}");
        assert_eq!(bed.to_telegram.names(), ["POST sendMessage"]);

        // The message finds the work done: one read more, and nothing else.
        let kept = bed.cloud.kept().await;
        assert_eq!(function.redeliver(&kept).await, Vec::<String>::new());
        assert_eq!(bed.cloud.table.names().len(), 4);
        assert_eq!(bed.cloud.table.count("GetItem"), 2);
        assert_eq!(bed.cloud.queue.names().len() + bed.cloud.secrets.names().len(), 2);
        assert_eq!(bed.to_sentry.names().len(), calls.len());
        assert_eq!(bed.to_telegram.names().len(), 1);

        // So does a repeat, which is not even put into the queue.
        let (answer, _) = function.run(&new_issue("event_alert", 2)).await;
        assert_eq!(status(&answer), 200);
        assert_eq!((bed.cloud.table.names().len(), bed.cloud.table.count("GetItem")), (5, 3));
        assert_eq!(bed.cloud.queue.names().len(), 1);
        function.assert_clean();
        bed.assert_clean();
    }
}

#[tokio::test]
async fn models_have_one_budget_and_one_memory_whichever_process_asks() {
    let claim = json!({"claim": "The order has no price.", "evidence": ["X1"], "quote": null});
    let answer = json!({"status": "likely", "causal_chain": [], "root_cause": claim, "headline": claim,
        "fix_steps": [], "alternatives": [], "ruled_out": [], "missing": [], "confidence": "low"});
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
    assert!(note().contains("it said before"), "{}", note());
    other.run(&about("5151")).await;
    let note = bed.sentry.notes("5151").pop().expect("a note").text;
    assert!(note.contains("the day's calls are used up"), "{note}");
    assert_eq!(llm.requests().len(), 1);
    one.assert_clean();
    other.assert_clean();
}
