//! Tests of Sentry's repetitions: Sentry reports one change in several webhooks and may repeat each of them. The result
//! is one note and one message.

use std::time::Duration;

use serde_json::{Value, json};
use sidenote_standins::Fault;

use crate::support::{
    ISSUE, Setup, Webhook, World, envelope, event, event_alert, issue_created, issue_unresolved, sentry,
};

async fn is_duplicate(world: &World, webhook: &Webhook) {
    let answer = world.deliver(webhook).await;
    assert_eq!((answer.status, answer.json()), (200, json!({"status": "duplicate", "issue_id": ISSUE})));
}

/// Returns the numbers of requests that write a note, of requests that edit a note, and of requests to Telegram.
fn sent(world: &World) -> [usize; 3] {
    let requests = world.sentry.requests();
    let by = |method: &str| requests.iter().filter(|request| request.method == method).count();
    [by("POST"), by("PUT"), world.telegram.requests().len()]
}

#[tokio::test]
async fn a_repeat_is_a_duplicate_while_the_work_is_running_and_after_it() {
    Setup::new()
        .sentry(sentry().latency(Duration::from_millis(300)))
        .run(async |world| {
            assert_eq!(world.deliver(&event_alert()).await.status, 202);
            is_duplicate(world, &event_alert()).await;
            is_duplicate(world, &event_alert().header("sentry-hook-timestamp", "1795156200").wait(25)).await;
            assert!(world.sentry.notes(ISSUE).is_empty(), "the work was running");
            world.logged("delivery_processed", 1).await;
            is_duplicate(world, &event_alert()).await;
            assert_eq!((sent(world), world.logged("delivery_duplicate", 3).await.len()), ([1, 0, 1], 3));
        })
        .await;
}

#[tokio::test]
async fn the_webhooks_of_one_new_issue_are_one_note_and_one_message() {
    let error = Webhook::of("error", &envelope("created", &json!({"error": event()})));
    Setup::new()
        .run(async |world| {
            assert_eq!(world.deliver(&event_alert()).await.status, 202);
            for webhook in [issue_created(), error] {
                is_duplicate(world, &webhook).await;
            }
            world.logged("delivery_processed", 1).await;
            is_duplicate(world, &issue_created()).await;
            assert_eq!(sent(world), [1, 0, 1]);
        })
        .await;
}

#[tokio::test]
async fn a_regression_edits_the_note_and_the_message_and_sends_a_reply() {
    Setup::new()
        .run(async |world| {
            let first = world.outcome(&event_alert()).await;
            let second = world.outcome(&issue_unresolved("regressed")).await;
            assert_eq!(
                (&second["status"], &second["comment_id"]),
                (&json!("completed"), &first["comment_id"]),
                "{second}"
            );
            let notes = world.sentry.notes(ISSUE);
            assert!(
                notes.len() == 1 && notes[0].text.contains("Regressed: it was resolved and has come back"),
                "{notes:?}"
            );
            assert_eq!(sent(world), [1, 1, 3]);
        })
        .await;
}

#[tokio::test]
async fn a_note_that_was_deleted_is_written_anew() {
    Setup::new()
        .run(async |world| {
            world.outcome(&event_alert()).await;
            world.sentry.inject(Fault::status(404).on("PUT"));
            let second = world.outcome(&issue_unresolved("regressed")).await;
            assert_eq!(second["steps"]["note"]["status"], "done", "{second}");
            assert_eq!(
                (world.sentry.notes(ISSUE).len(), sent(world)),
                (2, [2, 2, 3]),
                "two routes to edit it by"
            );
        })
        .await;
}

#[tokio::test]
async fn a_repeat_retries_only_the_failed_step() {
    let rows: [(Fault, &str, &str); 2] =
        [(Fault::status(500), "telegram", "note"), (Fault::status(403), "note", "telegram")];
    for (fault, failing, fine) in rows {
        Setup::new()
            .run(async |world| {
                if failing == "note" {
                    world.sentry.inject(fault.on("POST").once());
                } else {
                    world.telegram.inject(fault.once());
                }
                let step = |outcome: &Value, name: &str| outcome["steps"][name]["status"].clone();
                let first = world.outcome(&event_alert()).await;
                assert_eq!([step(&first, failing), step(&first, fine)], ["failed", "done"], "{first}");
                let second = world.outcome(&event_alert()).await;
                assert_eq!(
                    [step(&second, failing), step(&second, fine)],
                    ["done", "already_done"],
                    "{second}"
                );
                assert_eq!(second["status"], "completed");
                assert_eq!(
                    (world.sentry.notes(ISSUE).len(), world.telegram.messages().len()),
                    (1, 1),
                    "{failing}"
                );
                is_duplicate(world, &event_alert()).await;
            })
            .await;
    }
}

#[tokio::test]
async fn the_cooldown_decides_when_another_event_is_news() {
    let mut other = event();
    other["event_id"] = json!("a0b1c2d3e4f5a6b7c8d9e0f1a2b3c4d5");
    let other = Webhook::of("event_alert", &envelope("triggered", &json!({"event": other})));
    Setup::new()
        .run(async |world| {
            world.outcome(&event_alert()).await;
            is_duplicate(world, &other).await;
        })
        .await;

    Setup::new()
        .variable("ISSUE_COOLDOWN_SECONDS", "0")
        .run(async |world| {
            world.outcome(&event_alert()).await;
            is_duplicate(world, &event_alert()).await;
            assert_eq!(world.outcome(&other).await["status"], "completed");
            assert_eq!(
                (world.sentry.notes(ISSUE).len(), sent(world)),
                (1, [1, 1, 3]),
                "note and message are edited"
            );
        })
        .await;
}

#[tokio::test]
async fn without_durable_state_a_restarted_process_finds_its_note_and_edits_it() {
    let mut world = Setup::new().start().await;
    world.outcome(&event_alert()).await;
    let first = world.note(ISSUE).await;
    world.restart().await;
    world.outcome(&event_alert()).await;
    let notes = world.sentry.notes(ISSUE);
    assert_eq!((notes.len(), notes[0].id.as_str()), (1, first.id.as_str()), "{notes:?}");
    assert_eq!(sent(&world)[..2], [1, 1], "the note is written once and edited once");
    world.end().await;
}
