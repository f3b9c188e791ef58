//! Tests of failures that could lose an accepted webhook although no process is killed.

use std::time::Duration;

use futures_util::future::join_all;
use serde_json::json;

use super::bed::{Bed, body, status};
use super::deliveries::{new_issue, unresolved};
use crate::support::lambda_service::Outcome;
use crate::support::machine::Machine;
use crate::support::wire::{At, Fault, response};
use crate::support::{CLIENT_SECRET, Webhook, eventually, function_url};

const TIMEOUT: Duration = Duration::from_secs(20);
/// The function's timeout in tests that wait for the end of a lease.
const LEASE: Duration = Duration::from_secs(5);

#[tokio::test]
async fn no_caller_gets_duplicate_before_the_delivery_is_queued() {
    let bed = Bed::new().await;
    let (dying, living) = (bed.function(TIMEOUT).await, bed.function(TIMEOUT).await);
    let mut held = bed.cloud.queue.hold("SendMessage", 0, At::Arrival);
    let killing = async {
        held.caught().await;
        // The other webhook of the same change, before the first one is queued.
        let answer = living.deliver(&new_issue("event_alert", 2)).await;
        dying.lambda.kill_now();
        answer
    };
    let (first, second) = tokio::join!(dying.lambda.invoke(function_url(&new_issue("issue", 1))), killing);
    assert!(first.is_err());
    living.lambda.invocation_done().await;
    // The caller got a 2xx, so there must be a note, or a message in the queue.
    assert!(status(&second) == 202 || !bed.cloud.kept().await.is_empty(), "{}", second.payload);
    assert_eq!(bed.counts(), (1, 1));
}

#[tokio::test]
async fn a_claim_whose_answer_was_lost_is_still_ours() {
    let bed = Bed::new().await;
    let function = bed.function(TIMEOUT).await;
    let mut held = bed.cloud.table.hold("PutItem", 0, At::Answer);
    let losing = async {
        held.caught().await;
        drop(held);
    };
    let ((answer, _), ()) = tokio::join!(function.run_owned(new_issue("issue", 1)), losing);
    assert_eq!((status(&answer), body(&answer)["status"].clone()), (202, json!("accepted")));
    assert_eq!(bed.counts(), (1, 1));
}

#[tokio::test]
async fn a_message_that_may_have_arrived_is_not_sent_again() {
    for fault in [Fault::LostAnswer, Fault::Answer(response(200, "", "garbage"))] {
        let bed = Bed::new().await;
        let function = bed.function(TIMEOUT).await;
        bed.to_telegram.fail_times(fault.clone(), 1).await;
        let (answer, _) = function.run(&new_issue("issue", 1)).await;
        assert_eq!(status(&answer), 202);
        assert_eq!(function.log("telegram_message_failed").len(), 1);
        function.redeliver_until_done(&bed.cloud.kept().await).await;
        assert_eq!(
            (bed.sentry.notes("5150").len(), bed.to_telegram.count("POST sendMessage")),
            (1, 1),
            "{fault:?}"
        );
    }
}

#[tokio::test]
async fn an_unsent_message_is_sent_later_without_a_second_note() {
    let bed = Bed::new().await;
    let function = bed.function(TIMEOUT).await;
    bed.to_telegram.fail(Fault::Refused).await;
    function.run(&new_issue("issue", 1)).await;
    assert_eq!(bed.counts(), (1, 0));
    let kept = bed.cloud.kept().await;
    assert_eq!(function.redeliver(&kept).await, ["message-0"]);
    bed.to_telegram.repair().await;
    assert_eq!(function.redeliver(&kept).await, Vec::<String>::new());
    assert_eq!((bed.counts(), bed.to_sentry.count("POST comments")), ((1, 1), 1));
}

#[tokio::test]
async fn a_regression_during_incomplete_work_is_notified() {
    let bed = Bed::new().await;
    let function = bed.function(TIMEOUT).await;
    bed.to_telegram.fail(Fault::Refused).await;
    function.run(&new_issue("issue", 1)).await;
    bed.to_telegram.repair().await;
    function.run(&unresolved("regressed", 2)).await;
    assert_eq!(bed.counts(), (1, 1));
    assert!(bed.note().contains("Regressions so far: 1"), "{}", bed.note());
    // Both messages of the queue find the work complete.
    function.redeliver_until_done(&bed.cloud.kept().await).await;
    assert_eq!(bed.counts(), (1, 1));
}

#[tokio::test]
async fn a_takeover_of_a_regression_does_not_count_as_the_next_one() {
    let (bed, machine) = (Bed::new().await, Machine::new());
    let function = bed.function_with(TIMEOUT, &machine.env()).await;
    bed.to_telegram.fail(Fault::Refused).await;
    function.run(&unresolved("regressed", 1)).await;
    bed.to_telegram.repair().await;
    // Another webhook of the same change takes over. Its own message is redelivered minutes later, after the work.
    function.run(&unresolved("regressed", 2)).await;
    assert_eq!(bed.counts(), (1, 1));
    machine.move_clock(11);
    let kept = bed.cloud.kept().await;
    assert_eq!(kept.len(), 2);
    function.redeliver_until_done(&kept).await;
    assert_eq!(bed.counts(), (1, 1));
    assert_eq!(bed.to_sentry.count("PUT 4700000001"), 0);
}

/// Delivers a webhook, kills the process while it gathers evidence, and asserts that the redelivered message does all
/// the work.
async fn comes_back(webhook: Webhook) {
    let bed = Bed::new().await;
    let function = bed.function(LEASE).await;
    let mut held = bed.to_sentry.hold("GET tags", 0, At::Arrival);
    let answer = function.deliver(&webhook).await;
    held.caught().await;
    function.lambda.kill_now();
    assert_eq!(status(&answer), 202);
    assert_eq!(function.lambda.invocation_done().await.outcome, Outcome::Exited);
    let kept = bed.cloud.kept().await;
    assert_eq!(kept.len(), 1);
    bed.cloud.end_leases(LEASE).await;
    function.redeliver_until_done(&kept).await;
    assert_eq!(bed.counts(), (1, 1));
}

/// Returns the webhook with another culprit in its body, signed again.
fn with_culprit(culprit: &str) -> Webhook {
    let webhook = new_issue("issue", 1).tampered(|body| body.replace("orders.prices.price_of", culprit));
    webhook.signed_with(CLIENT_SECRET)
}

#[tokio::test]
async fn odd_and_large_bodies_and_the_app_signature_header_survive_the_queue() {
    let signature =
        new_issue("issue", 1).headers()["sentry-hook-signature"].to_str().expect("hex").to_owned();
    let other_header =
        new_issue("issue", 1).without("sentry-hook-signature").header("sentry-app-signature", &signature);
    let odd = with_culprit("\u{ffff}\u{7f}\u{1f4a5}");
    let large = with_culprit(&"rye ".repeat(200_000));
    join_all([odd, large, other_header].map(comes_back)).await;
}

#[tokio::test]
async fn a_body_too_large_for_the_queue_is_processed_and_answered_with_503() {
    let mut state = 1_u32;
    let noise: String = std::iter::repeat_with(|| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        format!("{state:08x}")
    })
    .take(100_000)
    .collect();
    let webhook = new_issue("issue", 1).tampered(|body| body.replace("orders.prices.price_of", &noise));
    let bed = Bed::new().await;
    let function = bed.function_with(TIMEOUT, &[("ANSWER_WITHIN_MS", "750")]).await;
    let mut held = bed.to_sentry.hold("POST comments", 0, At::Arrival);
    let answer = function.deliver(&webhook.signed_with(CLIENT_SECRET)).await;
    assert_eq!((status(&answer), bed.counts().0), (503, 0));
    held.caught().await;
    held.release();
    function.lambda.invocation_done().await;
    assert_eq!((bed.counts(), bed.cloud.queue.count("SendMessage")), ((1, 1), 0));
}

#[tokio::test]
async fn unreadable_comments_cause_no_second_note() {
    let bed = Bed::new().await;
    let function = bed.function(LEASE).await;
    let mut held = bed.to_sentry.hold("POST comments", 0, At::Answer);
    function.deliver(&new_issue("issue", 1)).await;
    held.caught().await;
    function.lambda.kill_now();
    function.lambda.invocation_done().await;
    assert_eq!(bed.sentry.notes("5150").len(), 1);
    bed.cloud.end_leases(LEASE).await;
    let kept = bed.cloud.kept().await;
    bed.sentry.inject(sidenote_standins::Fault::status(500).on("GET").path("/comments/"));
    assert_eq!(function.redeliver(&kept).await, ["message-0"]);
    assert_eq!(bed.sentry.notes("5150").len(), 1, "it cannot be known whether it stands there");
}

#[tokio::test]
async fn a_read_that_hangs_does_not_prevent_the_notifications() {
    // Without a claim, our own note is searched for. The search must not use up the time for the other steps.
    let bed = Bed::new().await;
    let function = bed.function(Duration::from_secs(12)).await;
    bed.cloud.table.fail(Fault::Reset).await;
    bed.sentry.inject(sidenote_standins::Fault::silence().on("GET"));
    let (answer, report) = function.run(&new_issue("issue", 1)).await;
    assert_eq!((status(&answer), report.outcome), (202, Outcome::Completed));
    assert_eq!(bed.telegram.messages().len(), 1, "{}", function.lambda.logs());
    eventually("a line", || !function.log("state_unavailable").is_empty()).await;
}

/// Delivers an alert that the queue refuses and whose record is read too late for the intake, so that its incident is
/// claimed before the work. Returns the status of the answer.
async fn claimed_late_without_the_queue(bed: &Bed) -> u64 {
    let function = bed.function_with(TIMEOUT, &[("ANSWER_WITHIN_MS", "2000")]).await;
    bed.cloud.queue.fail(Fault::Reset).await;
    let mut held = bed.cloud.table.hold("GetItem", 0, At::Arrival);
    let webhook = new_issue("event_alert", 2);
    let (answer, ()) = tokio::join!(function.deliver(&webhook), held.caught());
    drop(held);
    function.lambda.invocation_done().await;
    status(&answer)
}

#[tokio::test]
async fn an_unqueued_webhook_whose_incident_another_invocation_may_handle_gets_503() {
    let bed = Bed::new().await;
    let dying = bed.function(LEASE).await;
    let mut held = bed.to_sentry.hold("GET tags", 0, At::Arrival);
    dying.deliver(&new_issue("issue", 1)).await;
    held.caught().await;
    dying.lambda.kill_now();
    dying.lambda.invocation_done().await;
    drop(held);
    // The lease is over by the clock of the next invocation, but perhaps not by another one's.
    bed.cloud.end_leases(LEASE).await;
    assert_eq!(claimed_late_without_the_queue(&bed).await, 503);
    assert_eq!(bed.counts(), (0, 0));
}

#[tokio::test]
async fn an_unqueued_alert_whose_issue_cannot_be_read_gets_503() {
    let bed = Bed::new().await;
    let function = bed.function(TIMEOUT).await;
    function.run(&new_issue("issue", 1)).await;
    bed.cloud.age(&bed.key(), Duration::from_mins(5), &["/started_ms"]).await;
    let unreadable = sidenote_standins::Fault::status(403).on("GET").path("/issues/5150/");
    bed.sentry.inject(unreadable);
    assert_eq!(claimed_late_without_the_queue(&bed).await, 503);
    assert_eq!(bed.counts(), (1, 1));
}
