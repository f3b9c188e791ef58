//! Tests of lines that are added to the issue's message after it was sent, such as a change in Sentry: a line survives
//! the death of its invocation, and is shown once.

use std::time::Duration;

use serde_json::Value;
use sidenote_standins::{Fault as Lost, Slack};

use super::bed::{Bed, body, status};
use super::deliveries::{new_issue, unresolved};
use crate::approvals::life::changed;
use crate::support::machine::Machine;
use crate::support::wire::{At, Fault};
use crate::support::{
    AUTH_TOKEN, BOT_TOKEN, CHANNEL, CLIENT_SECRET, ISSUE, ISSUES, SLACK_TOKEN, function_url, slack,
};

const TIMEOUT: Duration = Duration::from_secs(5);

#[tokio::test]
async fn killed_anywhere_a_change_is_shown_once() {
    for (call, at) in [
        ("GetItem", At::Arrival),
        ("PutItem", At::Arrival),
        ("PutItem", At::Answer),
        ("POST editMessageText", At::Arrival),
        ("POST editMessageText", At::Answer),
    ] {
        let bed = Bed::new().await;
        let function = bed.function(TIMEOUT).await;
        function.run(&new_issue("issue", 1)).await;
        let wire = if call.starts_with("POST") { &bed.to_telegram } else { &bed.cloud.table };
        let mut held = wire.hold(call, 0, at);
        function.deliver(&changed("resolved", 2)).await;
        held.caught().await;
        function.lambda.kill_now();
        function.lambda.invocation_done().await;
        drop(held);
        function.redeliver_until_done(&bed.cloud.kept().await).await;
        let messages = bed.telegram.messages();
        assert_eq!(messages.len(), 1, "{call} {at:?}");
        let shown = messages[0].text_visible.matches("Resolved by Kim Lee").count();
        assert_eq!(shown, 1, "{call} {at:?}: {}", messages[0].text_visible);
        assert!(messages[0].text_visible.starts_with("🟢 "), "{}", messages[0].text_visible);
    }
}

/// The points of a kill while a regression edits the message and is announced by a reply, each with the number of replies
/// at the end. Telegram cannot recognize a repeated reply, so there are two if the process died after Telegram had the
/// first one, and before this was recorded.
const POINTS: [(&str, usize, At, usize); 9] = [
    ("PutItem", 0, At::Arrival, 1),
    ("PutItem", 0, At::Answer, 1),
    ("POST editMessageText", 0, At::Arrival, 1),
    ("POST editMessageText", 0, At::Answer, 1),
    // After the edit, before the reply.
    ("POST sendMessage", 0, At::Arrival, 1),
    ("POST sendMessage", 0, At::Answer, 2),
    // After the reply, before the record.
    ("PutItem", 1, At::Arrival, 2),
    ("PutItem", 1, At::Answer, 1),
    // Nothing is killed.
    ("", 0, At::Arrival, 1),
];

#[tokio::test]
async fn killed_anywhere_a_regression_is_in_the_one_message_and_is_announced() {
    futures_util::future::join_all(POINTS.map(killed_in_a_regression)).await;
}

async fn killed_in_a_regression((call, skip, at, replies): (&'static str, usize, At, usize)) {
    let (bed, machine, lease) = (Bed::new().await, Machine::slow(), Duration::from_secs(20));
    let function = bed.slow_function(lease, &machine, &[]).await;
    function.run(&new_issue("issue", 1)).await;
    let wire = if call.starts_with("POST") { &bed.to_telegram } else { &bed.cloud.table };
    let mut held = (!call.is_empty()).then(|| wire.hold(call, skip, at));
    // The process may die before its answer.
    let event = function_url(&unresolved("regressed", 2));
    let (answer, ()) = tokio::join!(function.lambda.invoke(event), async {
        if let Some(held) = &mut held {
            held.caught().await;
            function.lambda.kill_now();
        }
    });
    function.lambda.invocation_done().await;
    drop(held);
    bed.cloud.end_leases(lease).await;
    if answer.is_err() && bed.cloud.kept().await.is_empty() {
        // Nothing was accepted and nothing has begun.
        assert_eq!(bed.telegram.messages().len(), 1, "{call} {skip} {at:?}");
        return;
    }
    for _ in 0..2 {
        // Whatever is redelivered once more, nothing follows.
        function.redeliver_until_done(&bed.cloud.kept().await).await;
        let messages = bed.telegram.messages();
        let (message, others) = messages.split_first().expect("a message");
        let text = &message.text_visible;
        let what = format!("{call} {skip} {at:?}: {}", function.lambda.logs());
        assert_eq!(text.matches("Regressed on ").count(), 1, "{text}\n{what}");
        let announces =
            |it: &&sidenote_standins::Message| it.text_visible.contains("it was resolved and has come back.");
        let count = others.iter().filter(announces).count();
        assert_eq!((count, others.len()), (replies, replies), "{what}");
    }
    assert_eq!(bed.note().matches("## AI error analysis").count(), 1, "{call} {skip} {at:?}");
}

#[tokio::test]
async fn a_lost_reply_is_counted_as_failed_and_repeated_if_it_cannot_have_arrived() {
    for (fault, is_repeated, replies) in [
        (Lost::status(500), true, 1),
        // After an unclear answer there is no second attempt, because Telegram cannot recognize a repeat.
        (Lost::reset_after_effect(), false, 1),
        (Lost::reset(), false, 0),
    ] {
        let what = format!("{fault:?}");
        let bed = Bed::new().await;
        let function = bed.function(Duration::from_secs(20)).await;
        function.run(&new_issue("issue", 1)).await;
        bed.telegram.inject(fault.on("POST").path("sendMessage").once());
        function.run(&unresolved("regressed", 2)).await;
        let text = bed.telegram.messages()[0].text_visible.clone();
        assert!(text.contains("Regressed on "), "{what}: {text}");
        assert_eq!(function.log("telegram_message_failed").len(), 1, "{what}");
        let lines = function.lambda.logs();
        let counted: Vec<Value> = lines.lines().filter_map(|line| serde_json::from_str(line).ok()).collect();
        let sum = |name: &str| counted.iter().filter_map(|line: &Value| line[name].as_u64()).sum::<u64>();
        assert_eq!((sum("NotTold"), sum("MessagesFailed"), sum("MessagesSent")), (1, 1, 1), "{what}");

        function.redeliver_until_done(&bed.cloud.kept().await).await;
        assert_eq!(bed.telegram.messages().len(), 1 + replies, "{what}: {}", function.lambda.logs());
        let sent = function.log("telegram_message_sent").len();
        assert_eq!(sent, 1 + usize::from(is_repeated), "{what}");
        // The next change keeps the line about the regression.
        function.run(&changed("resolved", 3)).await;
        let text = bed.telegram.messages()[0].text_visible.clone();
        assert_eq!(text.matches("Regressed on ").count(), 1, "{what}: {text}");
        assert!(text.starts_with("🟢 "), "{what}: {text}");
    }
}

#[tokio::test]
async fn a_change_that_is_neither_queued_nor_shown_in_time_gets_503_and_is_shown_after_the_answer() {
    let bed = Bed::new().await;
    let function = bed.function_with(TIMEOUT, &[("ANSWER_WITHIN_MS", "750")]).await;
    function.run(&new_issue("issue", 1)).await;
    bed.cloud.queue.fail(Fault::Reset).await;
    let mut held = bed.to_telegram.hold("POST editMessageText", 0, At::Arrival);
    let answer = function.deliver(&changed("resolved", 2)).await;
    assert_eq!(status(&answer), 503, "{}", answer.payload);
    held.caught().await;
    held.release();
    function.lambda.invocation_done().await;
    assert!(bed.telegram.messages()[0].text_visible.starts_with("🟢 "), "{}", function.lambda.logs());
}

#[tokio::test]
async fn a_change_that_is_not_queued_gets_200_only_after_the_message_shows_it() {
    let bed = Bed::new().await;
    let function = bed.function(TIMEOUT).await;
    function.run(&new_issue("issue", 1)).await;
    bed.cloud.queue.fail(Fault::Reset).await;
    let answer = function.deliver(&changed("resolved", 2)).await;
    assert_eq!((status(&answer), &body(&answer)["status"]), (200, &"ignored".into()));
    assert!(bed.telegram.messages()[0].text_visible.starts_with("🟢 "), "{}", function.lambda.logs());
    function.lambda.invocation_done().await;
    bed.to_telegram.fail(Fault::Refused).await;
    let answer = function.deliver(&changed("unresolved", 3)).await;
    assert_eq!(status(&answer), 503, "the edit failed: {}", answer.payload);
    function.lambda.invocation_done().await;
}

#[tokio::test]
async fn a_failed_note_is_named_in_both_chats_until_a_redelivery_writes_it() {
    let (bed, slack) = (Bed::new().await, Slack::start(slack()).await);
    let (to_slack, secrets) = (slack.url(), [AUTH_TOKEN, CLIENT_SECRET, BOT_TOKEN, SLACK_TOKEN]);
    let names = ["SENTRY_AUTH_TOKEN", "SENTRY_CLIENT_SECRET", "TELEGRAM_BOT_TOKEN", "SLACK_BOT_TOKEN"];
    let settings = [("SECRET_ID", ""), ("SLACK_API_BASE", to_slack.as_str()), ("SLACK_CHANNEL", CHANNEL)];
    let variables: Vec<(&str, &str)> = names.into_iter().zip(secrets).chain(settings).collect();
    let function = bed.function_with(Duration::from_secs(20), &variables).await;
    // All attempts of the first note.
    bed.sentry.inject(sidenote_standins::Fault::status(500).on("POST").times(3));
    function.run(&new_issue("issue", 1)).await;
    let said = || [bed.telegram.messages()[0].text_visible.clone(), slack.messages()[0].visible()];
    let failed = "No note was written on the issue: the server failed (500).";
    assert!(said().iter().all(|text| text.contains(failed)), "{:#?}", said());

    function.redeliver_until_done(&bed.cloud.kept().await).await;
    assert!(said().iter().all(|text| !text.contains("No note was written")), "{:#?}", said());
    assert_eq!((bed.counts(), slack.messages().len()), ((1, 1), 1));
    assert_eq!(slack.violations(), Vec::<String>::new());
}

#[tokio::test]
async fn an_alert_about_an_issue_that_was_merged_or_deleted_shows_this_in_its_message() {
    for (is_merged, line) in
        [(true, "Merged into ORDERS-5151 in Sentry"), (false, "Deleted or merged in Sentry")]
    {
        let bed = Bed::new().await;
        let function = bed.function(Duration::from_secs(20)).await;
        function.run(&new_issue("issue", 1)).await;
        bed.cloud.age(&bed.key(), Duration::from_mins(5), &["/started_ms"]).await;
        if is_merged {
            bed.sentry.merge_issue(ISSUE, ISSUES[1]);
        } else {
            bed.sentry.delete_issue(ISSUE);
        }
        let (answer, _) = function.run(&new_issue("event_alert", 2)).await;
        assert_eq!(status(&answer), 200, "{}", answer.payload);
        let messages = bed.telegram.messages();
        let text = &messages[0].text_visible;
        assert!(text.starts_with("⚫ ") && text.contains(line), "{text}");
        assert_eq!((messages.len(), bed.to_sentry.count("POST comments")), (1, 1));
    }
}
