//! Tests button presses that `sidenote serve` gets from Telegram by long polling, without a webhook. The state is in a
//! file.

use std::time::Duration;

use rustix::process::Signal;
use serde_json::json;
use sidenote_standins::{Fault, Message};

use super::bed::{SECRET, activity, delivered, is_decided, orders};
use super::worlds::{APPROVERS, high, kim, stranger};
use crate::on_a_file::bed::Bed;
use crate::support::cloud::Cloud;
use crate::support::eventually;
use crate::support::process::Process;

/// The environment variables that turn buttons on.
pub(super) const BUTTONS: [(&str, &str); 2] =
    [("TELEGRAM_APPROVERS", APPROVERS), ("TELEGRAM_WEBHOOK_SECRET", SECRET)];

async fn serve(bed: &Bed, more: &[(&str, &str)]) -> Process {
    Process::start(&bed.env(&[&BUTTONS, more].concat())).await
}

/// Delivers a webhook that leads to a proposed action. Returns the message with the buttons, once they are valid.
async fn asked(bed: &Bed, process: &Process) -> Message {
    assert_eq!(bed.deliver(process, &(high().webhook)()).await, Some(202));
    eventually("the end of the work", || process.stderr().contains("delivery_processed")).await;
    bed.telegram.messages().pop().expect("a message")
}

fn is_done(bed: &Bed) -> bool {
    (high().is_done)(&bed.sentry.issue(crate::support::ISSUE).expect("the issue"))
}

#[tokio::test]
async fn a_press_while_serve_was_down_is_done_after_its_start_and_once() {
    let bed = Bed::of(high().sentry()).await;
    let mut process = serve(&bed, &[]).await;
    let message = asked(&bed, &process).await;
    process.signal(Signal::KILL);
    process.ended().await.expect("it is dead");
    bed.telegram.tap(message.message_id, high().button, &stranger());
    bed.telegram.tap(message.message_id, high().button, &kim());
    let mut process = serve(&bed, &[]).await;
    eventually("the action", || is_done(&bed)).await;
    eventually("the end of the question", || is_decided(&bed.telegram.messages()[0])).await;
    process.signal(Signal::KILL);
    process.ended().await.expect("it is dead");
    let process = serve(&bed, &[]).await;
    delivered(&bed.telegram).await;
    assert_eq!((orders(&bed.sentry).len(), activity(&bed.sentry).len()), (1, 1), "{}", process.stderr());
    assert_eq!(bed.get(&process, "/api/v1/health").await.1["telegram_updates"], "polling");
}

#[tokio::test]
async fn polling_reports_an_existing_webhook_and_does_not_remove_it() {
    let bed = Bed::of(high().sentry()).await;
    bed.telegram.push_to("https://elsewhere.example/api/v1/webhooks/telegram", SECRET);
    let process = serve(&bed, &[("TELEGRAM_UPDATES", "poll")]).await;
    let says = |what: &str| process.stderr().contains(what);
    eventually("the conflict", || says("a webhook is set: remove it with")).await;
    let (_, health) = bed.get(&process, "/api/v1/health").await;
    assert_eq!(health["status"], "degraded", "{health}");
    assert!(bed.telegram.requests().iter().all(|request| !request.path.ends_with("deleteWebhook")));
    let message = asked(&bed, &process).await;
    let removed = bed.command(&["telegram", "connect", "--remove"], &BUTTONS).await;
    assert!(removed.status.success(), "{removed:?}");
    bed.telegram.tap(message.message_id, high().button, &kim());
    eventually("the action", || is_done(&bed)).await;
    assert_eq!(orders(&bed.sentry).len(), 1);
}

#[tokio::test]
async fn by_default_an_existing_webhook_is_named_and_used_and_polling_does_not_fight_it() {
    let bed = Bed::of(high().sentry()).await;
    bed.telegram.push_to("https://elsewhere.example/api/v1/webhooks/telegram", SECRET);
    let process = serve(&bed, &[]).await;
    let named = "a webhook is set: remove it with `sidenote telegram connect --remove`, or set TELEGRAM_UPDATES=webhook";
    eventually("the conflict", || process.stderr().contains(named)).await;
    let (_, health) = bed.get(&process, "/api/v1/health").await;
    assert_eq!((&health["status"], &health["telegram_updates"]), (&json!("ok"), &json!(named)), "{health}");
    bed.telegram.push_to(&format!("http://{}{}", process.address, super::bed::HOOK), SECRET);
    let message = asked(&bed, &process).await;
    bed.telegram.tap(message.message_id, high().button, &kim());
    eventually("the action", || is_done(&bed)).await;
    assert!(bed.telegram.requests().iter().all(|request| !request.path.ends_with("deleteWebhook")));
    assert_eq!(orders(&bed.sentry).len(), 1);
}

#[tokio::test]
async fn polling_asks_for_presses_only() {
    let bed = Bed::of(high().sentry()).await;
    let process = serve(&bed, &[]).await;
    let polls = || -> Vec<_> {
        let requests = bed.telegram.requests().into_iter();
        requests.filter(|request| request.path.ends_with("getUpdates")).collect()
    };
    eventually("several polls", || polls().len() > 1).await;
    drop(process);
    for poll in polls() {
        assert_eq!(poll.json().expect("JSON")["allowed_updates"], json!(["callback_query"]));
    }
}

#[tokio::test]
async fn with_a_webhook_serve_does_not_poll_unless_it_is_told_to() {
    let bed = Bed::of(high().sentry()).await;
    let process = serve(&bed, &[("TELEGRAM_UPDATES", "webhook")]).await;
    let message = asked(&bed, &process).await;
    bed.telegram.push_to(&format!("http://{}{}", process.address, super::bed::HOOK), SECRET);
    bed.telegram.tap(message.message_id, high().button, &kim());
    eventually("the action", || is_done(&bed)).await;
    assert!(bed.telegram.requests().iter().all(|request| !request.path.ends_with("getUpdates")));
}

#[tokio::test]
async fn of_two_processes_with_one_table_one_polls_and_the_other_takes_over() {
    let (bed, cloud) = (Bed::of(high().sentry()).await, Cloud::new(&json!({})).await);
    let table =
        cloud.env().into_iter().filter(|(name, _)| name.contains("TABLE") || name.contains("DYNAMODB"));
    let env: Vec<(String, String)> = table.collect();
    let mut more: Vec<(&str, &str)> =
        env.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    more.extend([("STATE_PATH", ""), ("TELEGRAM_UPDATES", "poll"), ("AWS_REGION", "us-east-1")]);
    more.extend([("AWS_ACCESS_KEY_ID", "test"), ("AWS_SECRET_ACCESS_KEY", "test")]);
    let mut first = serve(&bed, &more).await;
    let says = |process: &Process, what: &str| process.stderr().contains(what);
    eventually("the poller", || says(&first, r#""condition":"polling""#)).await;
    let second = serve(&bed, &more).await;
    eventually("the lease of the other", || says(&second, "another process polls")).await;
    let message = asked(&bed, &second).await;
    first.signal(Signal::KILL);
    first.ended().await.expect("it is dead");
    bed.telegram.tap(message.message_id, high().button, &kim());
    // The lease of the dead process ends.
    cloud.age("telegram-updates", Duration::from_mins(1), &["/until_ms"]).await;
    eventually("the action", || is_done(&bed)).await;
    delivered(&bed.telegram).await;
    assert_eq!((orders(&bed.sentry).len(), activity(&bed.sentry).len()), (1, 1), "{}", second.stderr());
}

#[tokio::test]
async fn another_program_that_polls_is_reported_until_it_ends() {
    let bed = Bed::of(high().sentry()).await;
    let conflict = json!({"ok": false, "error_code": 409,
        "description": "Conflict: terminated by other getUpdates request; make sure that only one bot instance is running"});
    bed.telegram.inject(Fault::status(409).body(conflict.to_string()).path("getUpdates").times(2));
    let process = serve(&bed, &[]).await;
    let says = |what: &str| process.stderr().contains(what);
    eventually("the conflict", || says("another program polls with this bot's token")).await;
    let message = asked(&bed, &process).await;
    bed.telegram.tap(message.message_id, high().button, &kim());
    eventually("the action", || is_done(&bed)).await;
    assert_eq!(orders(&bed.sentry).len(), 1);
}
