//! Tests of faults of Telegram. The note is always posted.

use serde_json::json;
use sidenote_standins::{Chat, Fault, TelegramWorld};

use super::table::{Row, row, run, step_text};
use crate::support::{BOT_TOKEN, CHAT, ISSUE, ISSUES, Secrets, Setup, event_alert};

/// The id of the supergroup that replaces a group.
const SUPERGROUP: i64 = -100_700_900;

/// Builds an error reply in Telegram's form.
fn answer(status: u16, description: &str) -> Fault {
    let body = json!({"ok": false, "error_code": status, "description": description});
    Fault::status(status).header("content-type", "application/json").body(body.to_string())
}

fn markup_refused() -> Fault {
    answer(400, "Bad Request: can't parse entities: Unsupported start tag \"x\" at byte offset 3")
}

/// Returns a setup whose Telegram bot is in these chats.
fn chats<const N: usize>(chats: [Chat; N]) -> Setup {
    let bot = TelegramWorld::new(BOT_TOKEN);
    Setup::new().telegram(chats.into_iter().fold(bot, TelegramWorld::chat))
}

/// Returns a setup whose chat is a group that became a supergroup.
fn moved() -> Setup {
    chats([Chat::group(CHAT, "on call").upgraded_to(SUPERGROUP), Chat::supergroup(SUPERGROUP, "on call")])
}

fn rows() -> Vec<Row> {
    let status = Fault::status;
    let limited = Fault::telegram_rate_limit;
    let circle = chats([
        Chat::group(CHAT, "on call").upgraded_to(SUPERGROUP),
        Chat::group(SUPERGROUP, "on call").upgraded_to(CHAT),
    ]);
    let topic = || Setup::new().variable("TELEGRAM_THREAD_ID", "7");
    vec![
        row("401", [answer(401, "Unauthorized")], "failed: unauthorized", 1, 0),
        row("404: no such bot", [answer(404, "Not Found")], "failed: unauthorized", 1, 0),
        row("403", [answer(403, "Forbidden: bot was blocked by the user")], "failed: bot_removed", 1, 0),
        row("kicked", [], "failed: bot_removed", 1, 0)
            .within(chats([Chat::supergroup(CHAT, "on call").kicked()])),
        row("muted", [], "failed: no_rights", 1, 0)
            .within(chats([Chat::supergroup(CHAT, "on call").muted()])),
        row("no such chat", [], "failed: chat_not_found", 1, 0).within(chats([])),
        row("no such topic", [], "failed: thread_not_found", 1, 0).within(topic()),
        row("topic closed", [answer(400, "Bad Request: TOPIC_CLOSED")], "failed: topic_closed", 1, 0),
        row("the route's topic closed", [], "failed: topic_closed", 1, 0).within(
            chats([Chat::supergroup(CHAT, "on call").closed_topic(7)]).variable("TELEGRAM_THREAD_ID", "7"),
        ),
        row(
            "no rights in a channel",
            [answer(400, "Bad Request: need administrator rights in the channel chat")],
            "failed: no_rights",
            1,
            0,
        ),
        row(
            "not a member",
            [answer(403, "Forbidden: bot is not a member of the channel chat")],
            "failed: bot_removed",
            1,
            0,
        ),
        row("topic deleted", [answer(400, "Bad Request: TOPIC_DELETED")], "failed: thread_not_found", 1, 0),
        row("410", [status(410)], "failed: gone", 1, 0),
        row("429 for a second", [limited(1).once()], "done", 2, 1),
        row("429 for a second, twice", [limited(1).times(2)], "done", 3, 1),
        row("429 for longer than there is time", [limited(3600)], "failed: rate_limited", 1, 0),
        row("429 of a proxy", [status(429).header("retry-after", "1").once()], "done", 2, 1),
        row("500", [answer(500, "Internal Server Error")], "failed: server_failed", 1, 0),
        row("502 with a page", [Fault::bad_gateway()], "failed: server_failed", 1, 0),
        row("reset before it took effect", [Fault::reset()], "failed: interrupted", 1, 0),
        row("reset after it took effect", [Fault::reset_after_effect()], "failed: interrupted", 1, 1),
        row("garbage", [Fault::garbage()], "failed: unreadable", 1, 0),
        row("an answer without an end", [Fault::huge(9)], "failed: unreadable", 1, 0),
        row("markup refused once", [markup_refused().once()], "done", 2, 1),
        row("markup refused always", [markup_refused()], "failed: refused", 2, 0),
        row("the group moved", [], "done", 2, 1).within(moved()),
        row("the group moved in a circle", [], "failed: refused", 2, 0).within(circle),
        row(
            "moved, then markup, then 429",
            [markup_refused().skip(1).once(), limited(1).skip(1).once()],
            "done",
            4,
            1,
        )
        .within(moved()),
    ]
}

#[tokio::test]
async fn every_fault_has_its_outcome_and_the_note_is_posted_all_the_same() {
    run(rows(), check).await;
}

async fn check(row: Row, message_ref: Secrets) {
    row.setup
        .secrets_in(message_ref)
        .run(async |world| {
            row.faults.into_iter().for_each(|fault| world.telegram.inject(fault));
            let outcome = world.outcome(&event_alert()).await;
            let what = format!("{}: {outcome}", row.what);
            assert_eq!(step_text(&outcome["steps"]["telegram"]), row.step, "{what}");
            let left = (world.telegram.requests().len(), world.telegram.messages().len());
            assert_eq!(left, (row.calls, row.left), "calls and messages: {what}");

            assert_eq!(
                (step_text(&outcome["steps"]["note"]).as_str(), world.sentry.notes(ISSUE).len()),
                ("done", 1),
                "{what}"
            );
            let failed = row.step.strip_prefix("failed: ");
            let expected = if failed.is_some() { "partial" } else { "completed" };
            assert_eq!((&outcome["status"], &outcome["gaps"]), (&json!(expected), &json!([])), "{what}");
            let logged: Vec<String> =
                world.log("telegram_message_failed").iter().map(|line| line["outcome"].to_string()).collect();
            assert_eq!(logged, Vec::from_iter(failed.map(|outcome| format!("{outcome:?}"))), "{what}");
            assert_eq!(world.log("telegram_message_sent").len(), usize::from(row.step == "done"), "{what}");
        })
        .await;
}

#[tokio::test]
async fn a_message_with_refused_markup_is_resent_as_plain_text() {
    Setup::new()
        .run(async |world| {
            world.outcome(&event_alert()).await;
            world.telegram.inject(markup_refused().once());
            world.outcome(&event_alert().about(ISSUES[1])).await;
            let [first, plain]: [_; 2] = world.telegram.messages().try_into().expect("two messages");
            assert_eq!((first.parse_mode.as_deref(), plain.parse_mode.as_deref()), (Some("HTML"), None));
            assert!(plain.entities.is_empty() && !plain.text_raw.contains("<b>"), "{}", plain.text_raw);
            // The message without markup has the link to Sentry as text, after the words of the message.
            let words =
                |text: &str| text.split("\nOpen in Sentry").next().map(|it| it.replace(ISSUES[1], ISSUE));
            assert_eq!(words(&plain.text_visible), words(&first.text_visible));
            assert!(
                plain.text_visible.contains(&format!("Open in Sentry: {}", world.sentry.url())),
                "{}",
                plain.text_visible
            );
        })
        .await;
}

#[tokio::test]
async fn a_group_that_moved_is_followed_and_its_new_id_is_logged() {
    moved()
        .run(async |world| {
            assert_eq!(world.outcome(&event_alert()).await["status"], "completed");
            assert_eq!(world.message().await.chat_id, SUPERGROUP);
            let warned = world.log("telegram_chat_moved: set TELEGRAM_CHAT_ID to the new number");
            assert_eq!((warned.len(), &warned[0]["chat_id"]), (1, &json!(SUPERGROUP)));
        })
        .await;
}

#[tokio::test]
async fn a_public_chat_is_reached_by_its_name() {
    let channel = Chat::channel(CHAT, "bakery alerts").username("bakery_alerts");
    chats([channel])
        .variable("TELEGRAM_CHAT_ID", "@bakery_alerts")
        .run(async |world| {
            assert_eq!(world.outcome(&event_alert()).await["status"], "completed");
            assert_eq!(world.message().await.chat_id, CHAT);
        })
        .await;
}

#[tokio::test]
async fn a_topic_gets_the_message() {
    let chat = Chat::supergroup(CHAT, "on call").topic(7);
    chats([chat])
        .variable("TELEGRAM_THREAD_ID", "7")
        .run(async |world| {
            assert_eq!(world.outcome(&event_alert()).await["status"], "completed");
            assert_eq!(world.message().await.thread, Some(7));
        })
        .await;
}
