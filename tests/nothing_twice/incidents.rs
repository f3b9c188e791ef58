//! Tests of several incidents of one issue: a new incident edits the note of the last one instead of adding another.

use std::time::Duration;

use sidenote_standins::{DuplicateCheck, Fault as Faulty, Kind};

use super::bed::{Bed, Function, body, status};
use super::deliveries::{new_issue, unresolved};
use crate::support::wire::{At, Fault};
use crate::support::{ISSUE, issue, sentry, sentry_of, telegram};

const TIMEOUT: Duration = Duration::from_secs(20);

#[tokio::test]
async fn a_regression_edits_the_note_and_shows_the_history() {
    let bed = Bed::new().await;
    let function = bed.function(TIMEOUT).await;
    function.run(&new_issue("issue", 1)).await;
    let first = bed.sentry.notes(ISSUE);
    assert!(!first[0].text.contains("earlier incidents"), "{}", first[0].text);
    function.run(&unresolved("regressed", 2)).await;
    let second = bed.sentry.notes(ISSUE);
    assert_eq!((second.len(), &second[0].id), (1, &first[0].id));
    assert!(second[0].text.contains("Regressions so far: 1"), "{}", second[0].text);
    assert_eq!(bed.telegram.messages().len(), 2, "a regression is news");

    // An escalation starts another incident; a repeated webhook about the same change does not.
    function.run(&unresolved("escalating", 3)).await;
    function.run(&unresolved("escalating", 4)).await;
    assert_eq!((bed.sentry.notes(ISSUE).len(), bed.telegram.messages().len()), (1, 3));
    // All redelivered messages find the work complete.
    function.redeliver_until_done(&bed.cloud.kept().await).await;
    assert_eq!((bed.sentry.notes(ISSUE).len(), bed.telegram.messages().len()), (1, 3));
    let record = bed.cloud.record(&bed.key()).await.expect("a record");
    assert_eq!(record["history"].as_array().map(Vec::len), Some(2), "{record}");
}

/// Starts the services with an issue that has this substatus.
async fn standing(substatus: &str) -> Bed {
    let issue = issue().status("unresolved", Some(substatus));
    let sentry = sentry_of(Kind::SelfHosted).issue(issue).duplicates(DuplicateCheck::Off);
    Bed::of(sentry, telegram()).await
}

#[tokio::test]
async fn one_change_reported_by_an_alert_and_by_its_own_webhook_is_notified_once() {
    for change in ["regressed", "escalating"] {
        for webhooks in [
            [new_issue("event_alert", 1), unresolved(change, 2)],
            [unresolved(change, 2), new_issue("event_alert", 1)],
            [new_issue("error", 1), unresolved(change, 2)],
        ] {
            let bed = standing(change).await;
            let function = bed.function(TIMEOUT).await;
            let [(first, _), (second, _)] =
                [function.run(&webhooks[0]).await, function.run(&webhooks[1]).await];
            assert_eq!((status(&first), status(&second)), (202, 200), "{change}");
            assert_eq!(body(&second)["status"], "duplicate");
            assert_eq!((bed.counts(), bed.telegram.messages()[0].edits), ((1, 1), 0), "{change}");
            // A repeat, from Sentry or from the queue, has no effect.
            let (again, _) = function.run(&unresolved(change, 2)).await;
            assert_eq!(status(&again), 200, "{change}");
            function.redeliver_until_done(&bed.cloud.kept().await).await;
            assert_eq!(bed.counts(), (1, 1), "{change}");
            let record = bed.cloud.record(&bed.key()).await.expect("a record");
            assert_eq!((&record["cause"], &record["state"]), (&change.into(), &"done".into()), "{record}");
        }
    }
}

#[tokio::test]
async fn a_regression_that_the_alert_did_not_report_is_notified() {
    // When the alert arrived, the issue had not regressed yet.
    let bed = standing("ongoing").await;
    let function = bed.function(TIMEOUT).await;
    function.run(&new_issue("event_alert", 1)).await;
    let (answer, _) = function.run(&unresolved("regressed", 2)).await;
    assert_eq!((status(&answer), bed.counts()), (202, (1, 2)));
    assert!(bed.note().contains("Regressions so far: 1"), "{}", bed.note());

    // The issue was reported, resolved, and regresses after five minutes; the record is older by then.
    let bed = standing("regressed").await;
    let function = bed.function(TIMEOUT).await;
    function.run(&new_issue("event_alert", 1)).await;
    bed.cloud.age(&bed.key(), Duration::from_mins(5), &["/started_ms", "/echo/until_ms"]).await;
    let (answer, _) = function.run(&unresolved("regressed", 2)).await;
    assert_eq!((status(&answer), bed.counts()), (202, (1, 2)));
}

#[tokio::test]
async fn a_deleted_note_is_written_anew() {
    let bed = Bed::new().await;
    let function = bed.function(TIMEOUT).await;
    function.run(&new_issue("issue", 1)).await;
    bed.delete_note(ISSUE).await;
    function.run(&unresolved("regressed", 2)).await;
    assert!(bed.note().contains("Regressions so far: 1"));
    // The record has the new note's id, so the next incident edits that note.
    let id = bed.sentry.notes(ISSUE)[0].id.clone();
    function.run(&unresolved("escalating", 3)).await;
    assert_eq!(bed.sentry.notes(ISSUE).iter().map(|note| note.id.clone()).collect::<Vec<_>>(), [id]);
}

#[tokio::test]
async fn a_killed_rewrite_of_a_deleted_note_is_not_repeated() {
    let bed = Bed::new().await;
    let function = bed.function(TIMEOUT).await;
    function.run(&new_issue("issue", 1)).await;
    bed.delete_note(ISSUE).await;
    let mut held = bed.to_sentry.hold("POST comments", 0, At::Answer);
    function.deliver(&unresolved("regressed", 2)).await;
    held.caught().await;
    function.lambda.kill_now();
    function.lambda.invocation_done().await;
    bed.cloud.end_leases(TIMEOUT).await;
    function.redeliver_until_done(&bed.cloud.kept().await).await;
    assert!(bed.note().contains("Regressions so far: 1"));
}

#[tokio::test]
async fn a_note_whose_id_was_lost_is_found_and_edited() {
    // The first reply is lost; the second attempt is rejected as a duplicate, without an id.
    let bed = Bed::of(sentry(), telegram()).await;
    let function = bed.function(TIMEOUT).await;
    let mut held = bed.to_sentry.hold("POST comments", 0, At::Answer);
    function.deliver(&new_issue("issue", 1)).await;
    held.caught().await;
    drop(held);
    function.lambda.invocation_done().await;
    assert_eq!((bed.to_sentry.count("POST comments"), bed.counts()), (2, (1, 1)));
    function.run(&unresolved("regressed", 2)).await;
    assert!(bed.note().contains("Regressions so far: 1"));
}

#[tokio::test]
async fn another_users_comment_with_our_marker_is_left_alone() {
    let bed = Bed::new().await;
    let function = bed.function_with(TIMEOUT, &[("STATE_TABLE", "")]).await;
    let theirs = bed.comment_as_another_user("A quote\n\n<!-- sidenote:v1 -->").await;
    function.run(&unresolved("regressed", 1)).await;
    let notes = bed.sentry.notes(ISSUE);
    assert_eq!(notes.len(), 2);
    assert_eq!(
        notes.iter().find(|note| note.id == theirs).map(|note| note.text.as_str()),
        Some("A quote\n\n<!-- sidenote:v1 -->")
    );

    // A comment of another user with our marker is not taken for Sidenote's note.
    let bed = Bed::new().await;
    let function = bed.function(TIMEOUT).await;
    bed.comment_as_another_user("A quote\n\n<!-- sidenote:v1 -->").await;
    bed.cloud.table.fail(Fault::Reset).await;
    function.run(&new_issue("issue", 1)).await;
    function.redeliver_until_done(&bed.cloud.kept().await).await;
    assert_eq!((bed.sentry.notes(ISSUE).len(), bed.telegram.messages().len()), (2, 1));
}

/// Changes the substatus of the issue in Sentry.
async fn becomes(bed: &Bed, substatus: &str) {
    bed.change(ISSUE, &serde_json::json!({"status": "unresolved", "substatus": substatus})).await;
}

#[tokio::test]
async fn alerts_read_the_issue_once_a_minute_and_notify_of_a_regression() {
    let bed = standing("new").await;
    let function = bed.function(TIMEOUT).await;
    let later = async |bed: &Bed| {
        bed.cloud.age(&bed.key(), Duration::from_mins(5), &["/started_ms"]).await;
    };
    let reads = || bed.to_sentry.count(&format!("GET {ISSUE}"));
    function.run(&new_issue("issue", 1)).await;
    // A burst of alerts on the unchanged issue.
    later(&bed).await;
    let before = reads();
    for number in 2..7 {
        let (answer, _) = function.run(&new_issue("event_alert", number)).await;
        assert_eq!((status(&answer), &body(&answer)["status"]), (200, &"duplicate".into()));
    }
    assert_eq!((reads() - before, bed.counts()), (1, (1, 1)));

    becomes(&bed, "regressed").await;
    bed.cloud.age(&bed.key(), Duration::from_mins(1), &["/looked_ms"]).await;
    let (answer, _) = function.run(&new_issue("event_alert", 8)).await;
    assert_eq!(body(&answer)["status"], "duplicate");
    assert_eq!(bed.counts(), (1, 2), "{}", function.lambda.logs());
    assert!(bed.note().contains("Regressions so far: 1"), "{}", bed.note());
    // The same state is no news.
    later(&bed).await;
    function.run(&new_issue("event_alert", 9)).await;
    assert_eq!(bed.counts(), (1, 2));
}

/// Returns the services and the function with an issue that was handled and has returned since. No webhook has
/// reported the return.
async fn returned_since(substatus: &str, timeout: Duration) -> (Bed, Function) {
    let bed = standing("new").await;
    let function = bed.function(timeout).await;
    function.run(&new_issue("issue", 1)).await;
    bed.cloud.age(&bed.key(), Duration::from_mins(5), &["/started_ms"]).await;
    becomes(&bed, substatus).await;
    (bed, function)
}

#[tokio::test]
async fn an_escalation_that_only_an_alert_reports_is_notified_once() {
    let (bed, function) = returned_since("escalating", TIMEOUT).await;
    let (answer, _) = function.run(&new_issue("event_alert", 2)).await;
    assert_eq!((&body(&answer)["status"], bed.counts()), (&"duplicate".into(), (1, 2)));
    assert!(bed.telegram.messages()[1].text_visible.contains("it occurs much more often than before."));
    // The webhook about the return, if it arrives after all, is a duplicate.
    function.run(&unresolved("escalating", 3)).await;
    assert_eq!(bed.counts(), (1, 2));
}

#[tokio::test]
async fn a_look_that_dies_is_repeated_by_the_queue() {
    let (bed, function) = returned_since("regressed", Duration::from_secs(5)).await;
    let mut held = bed.to_sentry.hold("GET 5150", 0, At::Arrival);
    function.deliver(&new_issue("event_alert", 2)).await;
    held.caught().await;
    function.lambda.kill_now();
    function.lambda.invocation_done().await;
    drop(held);
    for _ in 0..2 {
        function.redeliver_until_done(&bed.cloud.kept().await).await;
        assert_eq!(bed.counts(), (1, 2), "{}", function.lambda.logs());
    }
}

#[tokio::test]
async fn a_look_that_ended_is_not_repeated_by_the_queue() {
    let bed = standing("new").await;
    let function = bed.function(TIMEOUT).await;
    function.run(&new_issue("issue", 1)).await;
    bed.cloud.age(&bed.key(), Duration::from_mins(5), &["/started_ms"]).await;
    function.run(&new_issue("event_alert", 2)).await;
    let reads = bed.to_sentry.count(&format!("GET {ISSUE}"));
    assert_eq!(bed.cloud.kept().await.len(), 2);
    function.redeliver_until_done(&bed.cloud.kept().await).await;
    assert_eq!((bed.to_sentry.count(&format!("GET {ISSUE}")), bed.counts()), (reads, (1, 1)));
}

#[tokio::test]
async fn a_slow_store_hides_no_regression_that_only_an_alert_reports() {
    let (bed, function) = returned_since("regressed", TIMEOUT).await;
    // The claim is then made after the answer.
    bed.cloud.table.slow_down(Duration::from_millis(500));
    function.run(&new_issue("event_alert", 2)).await;
    assert_eq!(bed.counts(), (1, 2), "{}", function.lambda.logs());
}

#[tokio::test]
async fn an_event_that_comes_late_is_waited_for() {
    let bed = Bed::new().await;
    let function = bed.function(TIMEOUT).await;
    // Two names of the event, each by two routes.
    bed.sentry.inject(Faulty::status(404).on("GET").path("/recommended/").times(2));
    bed.sentry.inject(Faulty::status(404).on("GET").path("/latest/").times(2));
    function.run(&new_issue("issue", 1)).await;
    assert!(bed.note().contains("price_of") && !bed.note().contains("Not checked"), "{}", bed.note());
}

#[tokio::test]
async fn the_alert_with_the_whole_event_completes_a_note_without_it() {
    let bed = Bed::new().await;
    let function = bed.function(TIMEOUT).await;
    // The event does not come while `issue.created` is worked on.
    for name in ["/recommended/", "/latest/"] {
        bed.sentry.inject(Faulty::status(404).on("GET").path(name));
    }
    function.run(&new_issue("issue", 1)).await;
    assert!(bed.note().contains("Not checked"), "{}", bed.note());
    function.run(&new_issue("event_alert", 2)).await;
    assert!(bed.note().contains("price_of"), "{}", bed.note());
    assert_eq!(bed.counts(), (1, 1), "the note is edited, and no second message is sent");
}

#[tokio::test]
async fn an_alert_that_comes_while_the_event_is_waited_for_is_a_repeat_and_the_note_has_the_frames() {
    let bed = Bed::new().await;
    let (created, alerted) = tokio::join!(bed.function(TIMEOUT), bed.function(TIMEOUT));
    // Sentry stores the event only after the second attempt to read it; each attempt tries two routes.
    for name in ["/recommended/", "/latest/"] {
        bed.sentry.inject(Faulty::status(404).on("GET").path(name).times(4));
    }
    let mut held = bed.to_sentry.hold("GET latest", 2, At::Arrival);
    created.deliver(&new_issue("issue", 1)).await;
    held.caught().await;
    let (answer, _) = alerted.run(&new_issue("event_alert", 2)).await;
    assert_eq!((status(&answer), &body(&answer)["status"]), (200, &"duplicate".into()));
    held.release();
    created.lambda.invocation_done().await;
    assert!(bed.note().contains("price_of") && !bed.note().contains("Not checked"), "{}", bed.note());
    assert_eq!(bed.counts(), (1, 1));
}

#[tokio::test]
async fn analyze_edits_our_note_by_issue_number_or_short_id() {
    let bed = Bed::new().await;
    let function = bed.function(TIMEOUT).await;
    function.run(&new_issue("issue", 1)).await;
    let id = bed.sentry.notes(ISSUE)[0].id.clone();
    let short = format!("ORDERS-{ISSUE}");
    for (name, table) in
        [(ISSUE, &[("STATE_TABLE", "")][..]), (&short, &[("STATE_TABLE", "")]), (&short, &[])]
    {
        let (done, out) = bed.command(&["analyze", name], table).await;
        assert!(done, "{out}");
        let ids: Vec<String> = bed.sentry.notes(ISSUE).into_iter().map(|note| note.id).collect();
        assert_eq!(ids, std::slice::from_ref(&id), "{name} {table:?}");
    }
    // With the table, the request is in the record of the number.
    let record = bed.cloud.record(&bed.key()).await.expect("a record");
    assert_eq!(record["cause"], "asked");
}
