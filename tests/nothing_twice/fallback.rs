//! Tests without a state store: only Sidenote's own note on the issue shows that a webhook is a repeat.

use std::time::Duration;

use serde_json::json;
use sidenote_standins::DuplicateCheck;

use super::bed::{Bed, body, status};
use super::deliveries::{new_issue, unresolved};
use crate::support::wire::Fault;
use crate::support::{sentry, telegram};

const TIMEOUT: Duration = Duration::from_secs(20);

#[tokio::test]
async fn without_the_state_store_our_own_note_identifies_a_repeat_and_the_log_says_so() {
    let bed = Bed::new().await;
    let function = bed.function(TIMEOUT).await;
    bed.cloud.table.fail(Fault::Refused).await;
    let (answer, _) = function.run(&new_issue("issue", 1)).await;
    assert_eq!((status(&answer), bed.counts()), (202, (1, 1)));
    assert_eq!(function.log("state_unavailable").len(), 1, "{}", function.lambda.logs());

    let (answer, _) = function.run(&new_issue("event_alert", 2).wait(10)).await;
    let outcome = body(&answer);
    assert_eq!(outcome["status"], "completed", "{outcome}");
    let already = json!({"status": "already_done"});
    assert_eq!((&outcome["steps"]["note"], &outcome["steps"]["telegram"]), (&already, &already));
    assert_eq!(bed.counts(), (1, 1));

    // A regression is a change nevertheless: the note is edited.
    function.run(&unresolved("regressed", 3)).await;
    assert_eq!(bed.counts(), (1, 2));
    // The redelivered messages find the work complete.
    let kept = bed.cloud.kept().await;
    assert_eq!(kept.len(), 3);
    function.redeliver_until_done(&kept).await;
    assert_eq!(bed.counts(), (1, 2));
    // The same holds if the state store is available again but empty.
    bed.cloud.table.repair().await;
    function.redeliver_until_done(&kept).await;
    assert_eq!(bed.counts(), (1, 2));
}

#[tokio::test]
async fn our_own_note_is_found_when_sentry_does_not_name_the_tokens_user() {
    let bed = Bed::of(sentry().duplicates(DuplicateCheck::Off).hides_users(), telegram()).await;
    let function = bed.function(TIMEOUT).await;
    bed.cloud.table.fail(Fault::Refused).await;
    function.run(&new_issue("issue", 1)).await;
    function.run(&new_issue("event_alert", 2)).await;
    assert_eq!(bed.counts(), (1, 1));
}

#[tokio::test]
async fn a_state_store_that_goes_away_during_the_work_costs_no_second_note() {
    let bed = Bed::new().await;
    let function = bed.function(TIMEOUT).await;
    let mut held = bed.to_sentry.hold("POST comments", 0, crate::support::wire::At::Arrival);
    let answer = function.deliver(&new_issue("issue", 1)).await;
    held.caught().await;
    bed.cloud.table.fail(Fault::Refused).await;
    held.release();
    function.lambda.invocation_done().await;
    assert_eq!((status(&answer), bed.counts()), (202, (1, 1)));
    assert_eq!(function.log("state_unavailable").len(), 1, "{}", function.lambda.logs());
    bed.cloud.table.repair().await;
    bed.cloud.end_leases(TIMEOUT).await;
    function.redeliver_until_done(&bed.cloud.kept().await).await;
    // There is no record of the message to Telegram. Besides a kill, this is the only case with two messages.
    assert_eq!(bed.counts(), (1, 2));
}

#[tokio::test]
async fn without_a_queue_health_and_log_say_that_a_dead_invocation_loses_its_delivery() {
    let bed = Bed::new().await;
    let function = bed.function_with(TIMEOUT, &[("REDELIVERY_QUEUE_URL", "")]).await;
    let health: serde_json::Value =
        serde_json::from_str(include_str!("../../events/health.json")).expect("JSON");
    let answer = function.lambda.invoke(health).await.expect("an answer");
    assert!(body(&answer)["redelivery"].as_str().is_some_and(|it| it.contains("loses its delivery")));
    function.lambda.invocation_done().await;
    assert_eq!(function.log("redelivery_none").len(), 1, "{}", function.lambda.logs());
    let (answer, _) = function.run(&new_issue("issue", 1)).await;
    assert_eq!((status(&answer), bed.counts(), bed.cloud.queue.names().len()), (202, (1, 1), 0));
}
