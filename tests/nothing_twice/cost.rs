//! Tests that count the calls to each service for one webhook, from which its cost follows.

use std::collections::HashMap;
use std::time::Duration;

use serde_json::{Value, json};

use super::bed::{Bed, status};
use super::deliveries::{about, alert_about, new_issue};
use crate::support::ISSUES;
use crate::support::lambda_service::Outcome;
use crate::support::wire::Wire;

const TIMEOUT: Duration = Duration::from_secs(30);

fn sorted(mut names: Vec<String>) -> Vec<String> {
    names.sort();
    names
}

#[tokio::test]
async fn a_delivery_costs_one_read_two_writes_one_message_and_the_calls_of_the_list() {
    let with_event = ["GET 5150", "GET committers", "GET events", "GET tags", "POST comments"];
    let without =
        ["GET 5150", "GET committers", "GET events", "GET recommended", "GET tags", "POST comments"];
    for (form, calls) in [("event_alert", &with_event[..]), ("error", &with_event), ("issue", &without)] {
        let bed = Bed::new().await;
        let function = bed.function(TIMEOUT).await;
        let (answer, report) = function.run(&new_issue(form, 1)).await;
        assert_eq!((status(&answer), report.outcome), (202, Outcome::Completed));
        assert_eq!(bed.counts(), (1, 1));
        assert_eq!(sorted(bed.cloud.table.names()), ["GetItem", "PutItem", "PutItem"]);
        assert_eq!(bed.cloud.queue.names(), ["SendMessage"]);
        assert_eq!(bed.cloud.secrets.names(), ["GetSecretValue"]);
        assert_eq!(sorted(bed.to_sentry.names()), calls, "{form}");
        assert_eq!(bed.to_telegram.names(), ["POST sendMessage"]);

        // The redelivered message finds the work complete: it costs one more read and nothing else.
        let kept = bed.cloud.kept().await;
        assert_eq!(function.redeliver(&kept).await, Vec::<String>::new());
        assert_eq!(bed.cloud.table.names().len(), 4);
        assert_eq!(bed.cloud.table.count("GetItem"), 2);
        assert_eq!(bed.cloud.queue.names().len() + bed.cloud.secrets.names().len(), 2);
        assert_eq!(bed.to_sentry.names().len(), calls.len());
        assert_eq!(bed.to_telegram.names().len(), 1);

        // A repeated webhook costs one read, too, and is not even queued.
        let (answer, _) = function.run(&new_issue("event_alert", 2)).await;
        assert_eq!(status(&answer), 200);
        assert_eq!((bed.cloud.table.names().len(), bed.cloud.table.count("GetItem")), (5, 3));
        assert_eq!(bed.cloud.queue.names().len(), 1);
    }
}

/// The assumed network latency of a call to each service, in milliseconds. docs/costs.md states the same values.
const LATENCIES: [(&str, u64); 5] =
    [("sentry", 300), ("telegram", 200), ("dynamodb", 10), ("sqs", 20), ("secrets_manager", 50)];

/// The stored measurement from which `tools/cost` computes the figures of docs/costs.md.
const COMMITTED: &str = include_str!("../../docs/cost.json");

/// Measures the calls of a new issue in three invocations: `issue.created` in a newly started process, `event_alert`,
/// which is a repeat, and the redelivered message of the queue.
///
/// `make cost` sets `SIDENOTE_COST` to a file. The test then measures all [`ISSUES`] and writes the results into the
/// file. Without the variable it measures one issue.
#[tokio::test]
async fn the_calls_of_an_issue_are_those_that_the_cost_is_made_of() {
    let file = std::env::var_os("SIDENOTE_COST");
    let bed = Bed::new().await;
    for (wire, (_, latency)) in wires(&bed).iter().zip(LATENCIES) {
        wire.slow_down(Duration::from_millis(latency));
    }
    let mut rows = Vec::new();
    for issue in ISSUES.iter().take(if file.is_some() { ISSUES.len() } else { 1 }) {
        rows.push(measured(&bed, issue).await);
    }
    let committed: Value = serde_json::from_str(COMMITTED).expect("JSON");
    for row in &rows {
        assert_eq!(row["calls"], committed["rows"][0]["calls"], "make cost SAVE=docs/cost.json");
    }
    let all = json!({"latencies_ms": LATENCIES.into_iter().collect::<HashMap<_, _>>(), "rows": rows});
    if let Some(file) = file {
        std::fs::write(file, format!("{all:#}\n")).expect("the measurement is written");
    }
}

fn wires(bed: &Bed) -> [&Wire; 5] {
    [&bed.to_sentry, &bed.to_telegram, &bed.cloud.table, &bed.cloud.queue, &bed.cloud.secrets]
}

/// Returns the number of calls of each kind so far.
fn calls(bed: &Bed) -> HashMap<&'static str, usize> {
    let [sentry, telegram, table, queue, secrets] = wires(bed);
    HashMap::from([
        ("sentry", sentry.names().len()),
        ("telegram", telegram.names().len()),
        ("dynamodb_read", table.count("GetItem")),
        ("dynamodb_write", table.names().len() - table.count("GetItem")),
        ("sqs", queue.names().len()),
        ("secrets_manager", secrets.names().len()),
    ])
}

/// Handles one issue in a new process. Returns the billed times of its three invocations and the numbers of calls.
async fn measured(bed: &Bed, issue: &str) -> Value {
    let before = calls(bed);
    let function = bed.function(TIMEOUT).await;
    let init = function.lambda.init_duration().expect("it has started");
    let (answer, first) = function.run(&about(issue)).await;
    assert_eq!((status(&answer), first.outcome), (202, Outcome::Completed));
    let (answer, repeat) = function.run(&alert_about(issue)).await;
    assert_eq!(status(&answer), 200);
    let message = bed.cloud.kept().await.pop().expect("a message");
    assert_eq!(function.redeliver(std::slice::from_ref(&message)).await, Vec::<String>::new());
    let again = function.lambda.invocation_done().await;
    let new = calls(bed).into_iter().map(|(name, all)| (name, all - before[name])).collect::<HashMap<_, _>>();
    let largest = |wire: &Wire| wire.calls().iter().map(|call| call.body.len()).max().unwrap_or(0);
    json!({
        "billed_ms": {"init": whole(init), "issue": whole(first.billed), "repeat": whole(repeat.billed),
            "message": whole(again.billed)},
        "calls": new, "log_bytes": function.lambda.logs().len(),
        "largest_bytes": {"dynamodb": largest(&bed.cloud.table), "sqs": largest(&bed.cloud.queue)},
    })
}

/// Returns a duration in whole milliseconds, rounded up as in AWS's bills.
fn whole(time: Duration) -> u64 {
    u64::try_from(time.as_micros().div_ceil(1000)).expect("no age")
}
