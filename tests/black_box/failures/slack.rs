//! Tests of faults of Slack. The note is always posted.

use std::time::Duration;

use serde_json::json;
use sidenote_standins::{Fault, SlackChannel, SlackWorld};

use super::table::{Row, row, run, step_text};
use crate::support::{
    CHANNEL, ISSUE, ISSUES, SLACK_TOKEN, Secrets, Setup, event_alert, issue_created, metric_alert, slack,
};

/// Builds a refusal in Slack's form, with the status 200.
fn refusal(error: &str) -> Fault {
    let body = json!({"ok": false, "error": error}).to_string();
    Fault::status(200).header("content-type", "application/json").body(body)
}

fn limited(seconds: &str) -> Fault {
    Fault::status(429).header("retry-after", seconds).body(r#"{"ok":false,"error":"ratelimited"}"#)
}

/// Returns a setup whose Slack workspace has only this channel.
fn within(channel: SlackChannel) -> Setup {
    Setup::new().slack(SlackWorld::new(SLACK_TOKEN).channel(channel))
}

fn here() -> SlackChannel {
    SlackChannel::new(CHANNEL, "on-call")
}

fn rows() -> Vec<Row> {
    let usual = |row: Row| row.within(Setup::new().slack(slack()));
    let rows = vec![
        row("revoked", [refusal("token_revoked")], "failed: unauthorized", 1, 0),
        row("a scope is missing", [refusal("missing_scope")], "failed: forbidden", 1, 0),
        row("no such channel", [refusal("channel_not_found")], "failed: chat_not_found", 1, 0),
        row("only some may write", [refusal("restricted_action")], "failed: no_rights", 1, 0),
        row("an unknown error", [refusal("a_new_error")], "failed: refused", 1, 0),
        row("429 for a second", [limited("1").once()], "done", 2, 1),
        row("a limit without a header", [refusal("ratelimited").times(2)], "done", 3, 1),
        row("429 for longer than there is time", [limited("3600")], "failed: rate_limited", 1, 0),
        row("an internal error", [refusal("internal_error")], "failed: server_failed", 1, 0),
        row("502 with a page", [Fault::bad_gateway()], "failed: server_failed", 1, 0),
        row("reset before it took effect", [Fault::reset()], "failed: interrupted", 1, 0),
        row("reset after it took effect", [Fault::reset_after_effect()], "failed: interrupted", 1, 1),
        row("garbage", [Fault::garbage()], "failed: unreadable", 1, 0),
        row("an answer without an end", [Fault::huge(9)], "failed: unreadable", 1, 0),
        row("a redirect", [Fault::redirect(302, "http://127.0.0.1:9/")], "failed: refused", 1, 0),
        row("slow", [Fault::delay(Duration::from_millis(300))], "done", 1, 1),
        row("blocks refused once", [refusal("invalid_blocks").once()], "done", 2, 1),
        row("blocks refused always", [refusal("invalid_blocks")], "failed: refused", 2, 0),
    ];
    let elsewhere = [
        row("archived", [], "failed: archived", 1, 0).within(within(here().archived())),
        // The three calls are the message, the attempt to join the channel, and the message again.
        row("a public channel", [], "done", 3, 1).within(within(here().without_app())),
        row("a private channel", [], "failed: chat_not_found", 1, 0)
            .within(within(here().private().without_app())),
        row("it may not join", [], "failed: not_member", 2, 0).within(
            Setup::new()
                .slack(SlackWorld::new(SLACK_TOKEN).channel(here().without_app()).scopes(&["chat:write"])),
        ),
    ];
    rows.into_iter().map(usual).chain(elsewhere).collect()
}

#[tokio::test]
async fn every_fault_has_its_outcome_and_the_note_is_posted_all_the_same() {
    run(rows(), check).await;
}

async fn check(row: Row, place: Secrets) {
    row.setup
        .secrets_in(place)
        .run(async |world| {
            row.faults.into_iter().for_each(|fault| world.slack.inject(fault));
            let outcome = world.outcome(&event_alert()).await;
            let what = format!("{}: {outcome}", row.what);
            assert_eq!(step_text(&outcome["steps"]["slack"]), row.step, "{what}");
            let left = (world.slack.requests().len(), world.slack.messages().len());
            assert_eq!(left, (row.calls, row.left), "calls and messages: {what}");
            let others = [step_text(&outcome["steps"]["note"]), step_text(&outcome["steps"]["telegram"])];
            assert_eq!(
                (others, world.sentry.notes(ISSUE).len()),
                (["done".to_owned(), "done".to_owned()], 1),
                "{what}"
            );
            let failed = row.step.strip_prefix("failed: ");
            let expected = if failed.is_some() { "partial" } else { "completed" };
            assert_eq!(outcome["status"], expected, "{what}");
            let logged: Vec<String> =
                world.log("slack_message_failed").iter().map(|line| line["outcome"].to_string()).collect();
            assert_eq!(logged, Vec::from_iter(failed.map(|outcome| format!("{outcome:?}"))), "{what}");
            assert_eq!(world.log("slack_message_sent").len(), usize::from(row.step == "done"), "{what}");
        })
        .await;
}

#[tokio::test]
async fn the_message_says_what_telegram_says_and_links_to_the_issue_only() {
    for webhook in [event_alert(), issue_created(), metric_alert()] {
        Setup::new()
            .slack(slack())
            .run(async |world| {
                world.outcome(&webhook).await;
                let [message] = <[_; 1]>::try_from(world.slack.messages()).expect("one message");
                let telegram = world.message().await.text_visible;
                let shown = message.visible();
                let words = |text: &str| text.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
                for word in words(&shown) {
                    assert!(telegram.contains(&word), "{word} is not in Telegram: {shown}\n---\n{telegram}");
                }
                let raw = serde_json::to_string(&message.blocks).expect("JSON");
                let links: Vec<&str> =
                    raw.split("<http").skip(1).map(|rest| rest.split('|').next().expect("a URL")).collect();
                let ours = world.sentry.url();
                assert!(links.iter().all(|link| format!("http{link}").starts_with(&ours)), "{links:?}");
                assert!(shown.contains("Open in Sentry") && !message.text.is_empty(), "{shown}");
            })
            .await;
    }
}

#[tokio::test]
async fn messages_in_one_second_wait_for_each_other() {
    Setup::new()
        .slack(slack().pace(Duration::from_secs(1)))
        .run(async |world| {
            let (first, second) = (event_alert(), event_alert().about(ISSUES[1]));
            let (first, second) = tokio::join!(world.outcome(&first), world.outcome(&second));
            assert_eq!(
                [step_text(&first["steps"]["slack"]), step_text(&second["steps"]["slack"])],
                ["done", "done"]
            );
            assert_eq!(world.slack.messages().len(), 2);
        })
        .await;
}

#[tokio::test]
async fn a_slack_token_without_a_channel_is_reported_and_no_setting_turns_slack_off() {
    for (variable, why) in
        [("SLACK_CHANNEL", "SLACK_CHANNEL is not set"), ("SLACK_BOT_TOKEN", "SLACK_BOT_TOKEN is not set")]
    {
        Setup::new()
            .slack(slack())
            .without(variable)
            .run(async |world| {
                let health = world.get("/api/v1/health").await.json();
                assert_eq!(
                    (&health["status"], &health["checks"]["slack"]),
                    (&json!("degraded"), &json!(why))
                );
                let outcome = world.outcome(&event_alert()).await;
                assert_eq!(
                    (&outcome["status"], step_text(&outcome["steps"]["slack"])),
                    (&json!("partial"), "skipped: not_configured".to_owned())
                );
            })
            .await;
    }
    Setup::new()
        .slack(slack())
        .without("SLACK_CHANNEL")
        .without("SLACK_BOT_TOKEN")
        .run(async |world| {
            assert_eq!(world.outcome(&event_alert()).await["status"], "completed");
            assert!(world.slack.requests().is_empty());
        })
        .await;
}
