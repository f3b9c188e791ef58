//! Tests `sidenote approvals` and `sidenote approve`. The commands read approvals from the table of the state, and
//! decide them like a button.

use std::time::Duration;

use serde_json::{Value, json};
use sidenote_standins::{Chat, Fault, TelegramWorld};

use super::bed::{data, is_decided, keyboard, orders, toasts};
use super::kills::World;
use super::moved::SUPERGROUP;
use super::worlds::{high, kim, quick_retries};
use crate::support::{BOT_TOKEN, CHAT, ISSUE};

#[tokio::test]
async fn a_listed_approval_can_be_approved_once_by_command() {
    let world = World::new().await;
    let process = world.serve().await;
    world.asked(&process).await;
    let (_, listed) = world.command(&["approvals"]).await;
    assert_eq!((&listed[0]["state"], &listed[0]["asks"]), (&json!("pending"), &json!("priority_high")));
    let id = listed[0]["id"].as_str().expect("an id");
    let (worked, decided) = world.command(&["approve", id, "--as", "Kim"]).await;
    assert_eq!((worked, &decided["counted"], &decided["state"]), (true, &json!(true), &json!("done")));
    assert_eq!(orders(&world.sentry), [high().order]);
    assert!(is_decided(&world.telegram.messages()[0]));
    assert!(world.sentry.notes(ISSUE)[0].text.contains("Approved by `Kim` on "));
    let (worked, again) = world.command(&["reject", id]).await;
    assert_eq!((worked, &again["counted"]), (false, &json!(false)));
    assert_eq!((orders(&world.sentry).len(), world.command(&["approvals"]).await.1), (1, json!([])));
}

#[tokio::test]
async fn a_command_asks_for_approval_only_with_a_shared_state_table() {
    for (without, is_asked) in [(None, true), (Some(("STATE_TABLE", "")), false)] {
        let world = World::new().await;
        let (worked, _) = world.command_with(without.as_slice(), &["analyze", ISSUE]).await;
        assert!(worked);
        let message = world.telegram.messages().remove(0);
        let buttons = message.reply_markup.unwrap_or_default().to_string();
        assert_eq!(buttons.contains("callback_data"), is_asked, "{buttons}");
        let listed = world.command(&["approvals"]).await.1;
        assert_eq!(listed.as_array().map(Vec::len), Some(usize::from(is_asked)), "{listed}");
    }
}

#[tokio::test]
async fn an_expired_approval_loses_its_buttons() {
    let world = World::new().await;
    let process = world.serve().await;
    let message = world.asked(&process).await;
    let id = world.command(&["approvals"]).await.1[0]["id"].as_str().expect("an id").to_owned();
    let close = || world.command(&["approvals", "--close-expired"]);
    let age = |hours| {
        let key = format!("approval#{id}");
        let cloud = &world.cloud;
        async move { cloud.age(&key, Duration::from_hours(hours), &["/expires_ms"]).await }
    };
    // The approval is open for a day, and a press in the last moment may still be in the queue.
    assert_eq!(close().await, (true, json!([])));
    age(24).await;
    assert_eq!(close().await, (true, json!([])));
    assert_eq!(world.telegram.messages()[0].edits, 0);

    age(1).await;
    let (_, closed) = close().await;
    assert_eq!((&closed[0]["id"], &closed[0]["state"]), (&json!(id), &json!("expired")));
    let expired = world.telegram.messages().remove(0);
    assert!(expired.text_visible.contains("The time to decide is over."), "{}", expired.text_visible);
    assert!(is_decided(&expired));
    assert!(world.sentry.notes(ISSUE)[0].text.contains("The time to decide is over."));
    assert_eq!(close().await, (true, json!([])), "once");

    // A person who still sees the buttons gets an answer.
    let data = data(&message, "Priority high");
    world.telegram.update(world.telegram.callback(message.message_id, &data, &kim()));
    assert_eq!(toasts(&world.telegram, &kim(), 1).await[0], "This request has expired.");
    assert!(orders(&world.sentry).is_empty());
    assert_eq!(world.sentry.violations(), Vec::<String>::new());
    assert_eq!(world.telegram.violations(), Vec::<String>::new());
}

/// Returns stand-ins with an approval that expired long ago.
async fn expired(telegram: TelegramWorld) -> World {
    let world = World::with(telegram).await;
    let process = world.serve().await;
    world.asked(&process).await;
    let id = world.command(&["approvals"]).await.1[0]["id"].as_str().expect("an id").to_owned();
    world.cloud.age(&format!("approval#{id}"), Duration::from_hours(25), &["/expires_ms"]).await;
    world
}

#[tokio::test]
async fn an_expiry_that_cannot_be_shown_is_listed_and_closed_by_the_next_run() {
    let world = expired(quick_retries()).await;
    let close = || world.command(&["approvals", "--close-expired"]);
    world.telegram.inject(Fault::status(500).path("/editMessageText").once());
    let (worked, left) = close().await;
    assert_eq!(
        (worked, &left[0]["left"], left.as_array().map(Vec::len)),
        (false, &json!("not_shown"), Some(1))
    );
    assert!(keyboard(&world.telegram.messages()[0]).len() > 1, "its buttons are still there");
    // The note cannot be read now, and the message is closed already.
    world.sentry.inject(Fault::status(403).on("GET").path("/comments/").once());
    assert_eq!(close().await.1[0]["left"], "not_shown");
    assert!(is_decided(&world.telegram.messages()[0]));
    let (worked, closed) = close().await;
    assert_eq!((worked, &closed[0]["state"], &closed[0]["left"]), (true, &json!("expired"), &Value::Null));
    assert!(world.sentry.notes(ISSUE)[0].text.contains("The time to decide is over."));
    assert_eq!(close().await, (true, json!([])), "once");
    assert_eq!(world.telegram.messages().len(), 1);
}

#[tokio::test]
async fn no_message_is_sent_because_an_approval_expired_in_a_group_that_is_gone() {
    let chats = [Chat::group(CHAT, "on call"), Chat::supergroup(SUPERGROUP, "on call")];
    let world = expired(chats.into_iter().fold(TelegramWorld::new(BOT_TOKEN), TelegramWorld::chat)).await;
    world.telegram.upgrade(CHAT, SUPERGROUP, false);
    let (worked, closed) = world.command(&["approvals", "--close-expired"]).await;
    assert_eq!((worked, &closed[0]["state"]), (true, &json!("expired")));
    assert_eq!((world.telegram.messages().len(), world.telegram.messages()[0].edits), (1, 0));
    assert!(world.sentry.notes(ISSUE)[0].text.contains("The time to decide is over."));
}
