//! Tests a Telegram group that becomes a supergroup after an approval was requested there. The group then has a new id,
//! and the old message cannot be edited.

use serde_json::json;
use sidenote_standins::{Chat, Message, TelegramWorld};

use super::bed::{HOOK, SECRET, data, delivered, is_decided, message_saying, orders, toasts};
use super::kills;
use super::worlds::{APPROVERS, high, kim};
use crate::support::{BOT_TOKEN, CHAT, ISSUE, Setup, World};

/// The id of the supergroup into which the group is upgraded.
pub(super) const SUPERGROUP: i64 = -1_001_557_912_345;
/// The id of another group that has the bot as a member.
const OTHERS: i64 = -1_009_999_999_999;

fn telegram() -> TelegramWorld {
    let chats = [
        Chat::group(CHAT, "on call"),
        Chat::supergroup(SUPERGROUP, "on call"),
        Chat::supergroup(OTHERS, "x"),
    ];
    chats.into_iter().fold(TelegramWorld::new(BOT_TOKEN), TelegramWorld::chat)
}

async fn asked() -> (World, Message) {
    asked_for("action").await
}

async fn asked_for(approval: &str) -> (World, Message) {
    let setup = Setup::new().sentry(high().sentry()).telegram(telegram()).variable("APPROVAL", approval);
    let bed = setup.variable("TELEGRAM_APPROVERS", APPROVERS).start().await;
    bed.telegram.push_to(&format!("{}{HOOK}", bed.url()), SECRET);
    bed.deliver(&(high().webhook)()).await;
    bed.logged("approval_asked", 1).await;
    let message = bed.message().await;
    (bed, message)
}

/// Asserts that the note names the person who decided, and that the action was carried out once.
async fn decided(bed: &World) {
    bed.logged("approval_decided", 1).await;
    delivered(&bed.telegram).await;
    assert_eq!(orders(&bed.sentry), [high().order]);
    assert!(bed.note(ISSUE).await.text.contains("Approved by `Kim (@kim) #42` on "));
}

#[tokio::test]
async fn a_button_moved_to_the_supergroup_works() {
    let (bed, message) = asked().await;
    bed.telegram.upgrade(CHAT, SUPERGROUP, true);
    bed.telegram.tap(message.message_id, "Priority high", &kim());
    decided(&bed).await;
    assert_eq!(toasts(&bed.telegram, &kim(), 1).await[0], "Approved, on it.");
    let edited = message_saying(&bed, "Approved by Kim (@kim) #42 on ").await;
    assert_eq!((edited.chat_id, edited.message_id), (SUPERGROUP, message.message_id));
    assert!(is_decided(&edited));
    assert_eq!(bed.telegram.messages().len(), 1);
    bed.end().await;
}

#[tokio::test]
async fn a_button_left_in_the_group_works_and_the_supergroup_gets_the_result() {
    let (bed, message) = asked().await;
    bed.telegram.upgrade(CHAT, SUPERGROUP, false);
    bed.telegram.tap(message.message_id, "Priority high", &kim());
    decided(&bed).await;
    let decided = message_saying(&bed, "Approved by Kim (@kim) #42 on ").await;
    assert_eq!((decided.chat_id, decided.reply_markup, bed.telegram.messages().len()), (SUPERGROUP, None, 2));
    assert!(!bed.log("telegram_chat_moved: set TELEGRAM_CHAT_ID to the new number").is_empty());
    // The buttons cannot be removed. A press of one gets an answer with the result.
    bed.telegram.tap(message.message_id, "Reject", &kim());
    assert_eq!(toasts(&bed.telegram, &kim(), 2).await[1], "This was decided before.");
    delivered(&bed.telegram).await;
    assert_eq!((orders(&bed.sentry).len(), bed.telegram.messages().len()), (1, 2));
    bed.end().await;
}

#[tokio::test]
async fn an_approval_without_a_visible_message_is_logged() {
    let (bed, message) = asked_for("note").await;
    bed.telegram.upgrade(CHAT, SUPERGROUP, false);
    bed.telegram.tap(message.message_id, "Post the note", &kim());
    bed.logged("approval_decided", 1).await;
    delivered(&bed.telegram).await;
    let decided = message_saying(&bed, "Approved by Kim (@kim) #42 on ").await;
    assert_eq!((decided.chat_id, decided.reply_markup), (SUPERGROUP, None));
    let words =
        "approval_out_of_reach: its message stayed behind in the old group; `sidenote approve` decides it";
    let line = bed.logged(words, 1).await.remove(0);
    let next = bed.log("approval_asked").pop().expect("the question that follows");
    assert_eq!((&line["level"], &line["asks"]), (&json!("ERROR"), &json!("priority_high")), "{line}");
    assert_eq!((&line["approval_id"], &next["asks"]), (&next["approval_id"], &line["asks"]), "{next}");
    bed.end().await;
}

#[tokio::test]
async fn a_moved_chat_is_reported_only_if_its_old_id_is_configured() {
    for (set, is_old) in [(CHAT, true), (SUPERGROUP, false)] {
        let world = kills::World::with(telegram()).await;
        let process = world.serve().await;
        world.asked(&process).await;
        let id = world.command(&["approvals"]).await.1[0]["id"].as_str().expect("an id").to_owned();
        world.telegram.upgrade(CHAT, SUPERGROUP, false);
        let chat = set.to_string();
        let run = world.run(&[("TELEGRAM_CHAT_ID", &chat)], &["approve", &id, "--as", "Kim"]).await;
        let log = String::from_utf8_lossy(&run.stderr);
        assert!(run.status.success(), "{log}");
        assert_eq!(log.contains("telegram_chat_moved"), is_old, "{log}");
        assert_eq!(world.telegram.messages().pop().map(|message| message.chat_id), Some(SUPERGROUP));
    }
}

#[tokio::test]
async fn in_a_chat_that_telegram_does_not_confirm_no_button_works() {
    let (bed, message) = asked().await;
    let elsewhere = |chat: i64| {
        let data = data(&message, "Priority high");
        let mut update = bed.telegram.callback(message.message_id, &data, &kim());
        update["callback_query"]["message"]["chat"]["id"] = chat.into();
        update
    };
    // The chat is unchanged at first, then it is upgraded.
    bed.telegram.update(elsewhere(OTHERS));
    delivered(&bed.telegram).await;
    bed.logged("approval_tap_refused", 1).await;
    bed.telegram.upgrade(CHAT, SUPERGROUP, true);
    bed.telegram.update(elsewhere(OTHERS));
    delivered(&bed.telegram).await;
    let refused = bed.logged("approval_tap_refused", 2).await;
    assert!(refused.iter().all(|line| line["reason"] == "elsewhere"), "{refused:?}");
    assert!(orders(&bed.sentry).is_empty());
    assert_eq!(bed.telegram.messages()[0].edits, 0);
    bed.end().await;
}
