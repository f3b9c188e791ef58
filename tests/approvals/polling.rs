//! Tests button presses that `sidenote serve` gets from Telegram by long polling, without a webhook. The state is in a
//! file.

use rustix::process::Signal;
use sidenote_standins::Message;

use super::bed::{SECRET, activity, delivered, is_decided, orders};
use super::worlds::{APPROVERS, high, kim, stranger};
use crate::on_a_file::bed::Bed;
use crate::support::eventually;
use crate::support::process::Process;

/// The environment variables that turn buttons on.
const BUTTONS: [(&str, &str); 2] = [("TELEGRAM_APPROVERS", APPROVERS), ("TELEGRAM_WEBHOOK_SECRET", SECRET)];

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
async fn with_a_webhook_serve_does_not_poll_unless_it_is_told_to() {
    let bed = Bed::of(high().sentry()).await;
    let process = serve(&bed, &[("TELEGRAM_UPDATES", "webhook")]).await;
    let message = asked(&bed, &process).await;
    bed.telegram.push_to(&format!("http://{}{}", process.address, super::bed::HOOK), SECRET);
    bed.telegram.tap(message.message_id, high().button, &kim());
    eventually("the action", || is_done(&bed)).await;
    assert!(bed.telegram.requests().iter().all(|request| !request.path.ends_with("getUpdates")));
}
