//! Tests of the time of the answer to a webhook, while Secrets Manager, DynamoDB or SQS hangs, is slow or is
//! throttled.
//!
//! ```text
//! cargo test --test processes in_time -- --nocapture
//! ```
//!
//! The command prints each time as a ratio to the budget. Sentry does not repeat a webhook, so each webhook must also
//! be handled.

use std::time::Duration;

use futures_util::StreamExt as _;
use futures_util::stream;
use sidenote::clock::Stopwatch;

use super::bed::{Bed, status};
use super::deliveries::new_issue;
use crate::support::lambda_service::Outcome;
use crate::support::machine::{Machine, PACE};
use crate::support::wire::{Fault, Wire, response};

/// The time within which an answer must be sent, in real time: the function runs on a slow machine.
const BUDGET: Duration = Duration::from_millis(800 * PACE as u64);
/// The delay of a slow call, which is longer than the budget and shorter than the time limit of a call to AWS.
const SLOW: Duration = Duration::from_millis(1_200 * PACE as u64);
const TIMEOUT: Duration = Duration::from_secs(20);
/// The number of combinations of service and fault that run at the same time.
const AT_ONCE: usize = 4;
/// The number of measurements. The best one counts, because other load on the machine can only add time.
const MEASUREMENTS: usize = 4;

const SERVICES: [&str; 3] = ["Secrets Manager", "DynamoDB", "SQS"];
const FAULTS: [&str; 3] = ["hangs", "is slow", "is throttled"];

fn wire<'b>(bed: &'b Bed, service: &str) -> &'b Wire {
    match service {
        "Secrets Manager" => &bed.cloud.secrets,
        "DynamoDB" => &bed.cloud.table,
        _ => &bed.cloud.queue,
    }
}

async fn fail(wire: &Wire, fault: &str) {
    let throttled = "{\"__type\": \"ThrottlingException\", \"message\": \"no\"}";
    match fault {
        "hangs" => wire.fail(Fault::Slow).await,
        "is slow" => wire.slow_down(SLOW),
        _ => {
            let headers = "x-amzn-errortype: ThrottlingException\r\n";
            wire.fail(Fault::Answer(response(400, headers, throttled))).await;
        }
    }
}

/// Measures a combination of service and fault. Returns a line for the table.
async fn cell(service: &'static str, fault: &'static str) -> String {
    let mut times = Vec::new();
    for _ in 0..MEASUREMENTS {
        let (answer, took) = measured(service, fault).await;
        // The limit is twice the budget, because the machine may be busy. Without the budget, a hanging service would
        // take four times the budget.
        if took < BUDGET * 2 {
            return format!("{answer} at {:.1}", took.as_secs_f64() / BUDGET.as_secs_f64());
        }
        times.push(took);
    }
    panic!("{service} {fault}: {times:?}");
}

/// Delivers a webhook while this service has this fault, and checks the answer and the outcome. Returns the status of
/// the answer and its time.
async fn measured(service: &'static str, fault: &'static str) -> (u64, Duration) {
    let which = format!("{service} {fault}");
    let (bed, machine) = (Bed::new().await, Machine::slow());
    let function = bed.slow_function(TIMEOUT, &machine, &[("ANSWER_WITHIN_MS", "750")]).await;
    // With this delay no work is complete within the budget.
    bed.to_sentry.slow_down(BUDGET);
    fail(wire(&bed, service), fault).await;
    let watch = Stopwatch::start();
    let answer = status(&function.deliver(&new_issue("event_alert", 1)).await);
    let took = watch.elapsed();
    let kept = bed.cloud.kept().await;
    assert!(answer == 503 || kept.len() == 1, "{which}: {answer} for a delivery that is not kept");
    let report = function.lambda.invocation_done().await;
    assert_eq!(report.outcome, Outcome::Completed, "{which}: {}", function.lambda.logs());
    let is_lost = service == "Secrets Manager" && fault != "is slow";
    assert_eq!(bed.counts(), if is_lost { (0, 0) } else { (1, 1) }, "{which}: {}", function.lambda.logs());
    assert_eq!(answer == 202, service == "DynamoDB", "{which}: {answer}");
    wire(&bed, service).repair().await;
    function.redeliver_until_done(&bed.cloud.kept().await).await;
    assert_eq!(bed.counts().0, usize::from(!is_lost), "{which}");
    (answer, took)
}

#[tokio::test]
async fn the_answer_is_in_time_whatever_hangs() {
    let cells = FAULTS.iter().flat_map(|fault| SERVICES.iter().map(move |service| cell(service, fault)));
    let cells: Vec<String> = stream::iter(cells).buffered(AT_ONCE).collect().await;
    println!("| | {} |\n|---|---|---|---|", SERVICES.join(" | "));
    for (fault, row) in FAULTS.iter().zip(cells.chunks(SERVICES.len())) {
        println!("| {fault} | {} |", row.join(" | "));
    }
}
