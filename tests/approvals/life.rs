//! Tests the life of an issue in one Telegram message. The message shows the changes in Sentry and the decisions by
//! buttons. Only a new incident of the issue sends a short reply.

use std::time::Duration;

use serde_json::{Value, json};
use sidenote_standins::{Fault, Message};

use super::bed::{HOOK, SECRET, delivered, keyboard, message_saying, orders, toasts};
use super::worlds::{APPROVERS, high, kim, noor, quick_retries, stranger};
use crate::support::{
    ISSUE, Setup, Webhook, World, envelope, issue_created, issue_payload, issue_unresolved,
};

/// The value of the variable `PEOPLE`: the Telegram user 42 is the Sentry member 7.
const PEOPLE: &str = "42:7";

/// A webhook about a change that a person made in Sentry.
pub(crate) fn changed(action: &str, number: usize) -> Webhook {
    let mut issue = issue_payload("ongoing");
    issue["userCount"] = number.into();
    let assignee = json!({"type": "user", "name": "Noor", "id": 9, "email": "noor@crumb.example"});
    let mut body = envelope(action, &json!({"issue": issue, "assignee": assignee}));
    body["actor"] = json!({"type": "user", "id": 7, "name": "Kim Lee"});
    Webhook::of("issue", &body)
}

async fn bed() -> World {
    let setup = Setup::new().sentry(high().sentry()).telegram(quick_retries());
    let bed = setup.variable("TELEGRAM_APPROVERS", APPROVERS).variable("PEOPLE", PEOPLE).start().await;
    bed.telegram.push_to(&format!("{}{HOOK}", bed.url()), SECRET);
    bed
}

/// Returns the texts of the requests that sent a reply, each with the id of the message to which it replies.
fn replies(bed: &World) -> Vec<(i64, String)> {
    let sent = bed.telegram.requests().into_iter().filter_map(|request| request.json());
    let reply = |body: Value| {
        let to = body["reply_parameters"]["message_id"].as_i64()?;
        Some((to, body["text"].as_str().unwrap_or_default().to_owned()))
    };
    sent.filter_map(reply).collect()
}

async fn tap(bed: &World, message: &Message, button: &str, person: &sidenote_standins::Person) {
    bed.telegram.tap(message.message_id, button, person);
    delivered(&bed.telegram).await;
}

fn first_line(message: &Message) -> String {
    message.text_visible.lines().next().unwrap_or_default().to_owned()
}

#[tokio::test]
async fn an_issue_has_one_message_for_its_whole_life() {
    let bed = bed().await;
    bed.outcome(&issue_created()).await;
    let message = bed.message().await;
    let line = first_line(&message);
    assert!(line.starts_with("🔴 KeyError in price_of · orders · 12 users"), "{line}");
    assert!(replies(&bed).is_empty());

    bed.deliver(&changed("assigned", 1)).await;
    message_saying(&bed, "Assigned to Noor by Kim Lee on ").await;

    bed.outcome(&issue_unresolved("escalating")).await;
    let escalated = message_saying(&bed, "Escalating since ").await;
    assert_eq!(escalated.message_id, message.message_id);
    assert!(escalated.text_visible.contains("Assigned to Noor by Kim Lee on "), "{}", escalated.text_visible);
    let replied = replies(&bed);
    assert_eq!((replied.len(), replied[0].0), (1, message.message_id));
    assert!(replied[0].1.contains("it occurs much more often than before."), "{replied:?}");

    tap(&bed, &message, "Resolve", &kim()).await;
    let resolved = message_saying(&bed, "Resolved by Kim (@kim) #42 on ").await;
    assert_eq!(orders(&bed.sentry), [json!({"status": "resolved"})]);
    assert!(first_line(&resolved).starts_with("🟢 "), "{}", resolved.text_visible);
    let rows =
        [vec!["Undo"], vec!["Assign to me", "Priority ▸"], vec!["Analyse again"], vec!["Open in Sentry"]];
    assert_eq!(keyboard(&resolved), rows);
    // The webhook about our own change adds no line.
    let mut body: Value = serde_json::from_slice(changed("resolved", 2).body()).expect("JSON");
    body["actor"] = json!({"type": "application", "id": "5d0c1e3a", "name": "Sidenote"});
    bed.deliver(&Webhook::of("issue", &body)).await;

    tap(&bed, &message, "Undo", &noor()).await;
    let reopened = message_saying(&bed, "Reopened by Noor #43 on ").await;
    assert!(first_line(&reopened).starts_with("🔴 "), "{}", reopened.text_visible);
    assert_eq!(reopened.text_visible.matches("Resolved by").count(), 1, "{}", reopened.text_visible);
    assert_eq!(orders(&bed.sentry).last(), Some(&json!({"status": "unresolved"})));

    tap(&bed, &message, "Resolve", &kim()).await;
    bed.outcome(&issue_unresolved("regressed")).await;
    let regressed = message_saying(&bed, "Regressed on ").await;
    assert!(first_line(&regressed).starts_with("🔴 "), "{}", regressed.text_visible);
    assert_eq!(replies(&bed).len(), 2);

    // Repeats change nothing.
    let edits = regressed.edits;
    for webhook in [changed("assigned", 1), issue_unresolved("regressed"), issue_created()] {
        bed.deliver(&webhook).await;
    }
    tokio::time::sleep(Duration::from_millis(300)).await;
    let messages = bed.telegram.messages();
    assert_eq!((messages.len() - replies(&bed).len(), messages[0].edits), (1, edits));
    assert_eq!((replies(&bed).len(), bed.sentry.notes(ISSUE).len(), orders(&bed.sentry).len()), (2, 1, 3));
    bed.end().await;
}

#[tokio::test]
async fn a_message_whose_buttons_telegram_refuses_is_edited_without_them() {
    let bed = bed().await;
    bed.outcome(&issue_created()).await;
    let message = bed.message().await;
    let refused = r#"{"ok": false, "error_code": 400, "description": "Bad Request: BUTTON_URL_INVALID"}"#;
    let fault = Fault::status(400).header("content-type", "application/json").body(refused);
    bed.telegram.inject(fault.path("editMessageText").once());
    bed.outcome(&issue_unresolved("escalating")).await;
    let edited = message_saying(&bed, "Escalating since ").await;
    assert_eq!((edited.message_id, keyboard(&edited).len()), (message.message_id, 0));
    assert_eq!(replies(&bed).len(), 1);
    bed.end().await;
}

#[tokio::test]
async fn changes_in_sentry_are_shown_with_their_author_and_start_no_analysis() {
    let bed = bed().await;
    // Nothing was sent about the issue yet.
    bed.deliver(&changed("resolved", 1)).await;
    bed.logged("delivery_ignored", 1).await;
    bed.outcome(&issue_created()).await;
    let asked = bed.sentry.requests().len();
    for (number, (action, line, mark)) in [
        ("resolved", "Resolved by Kim Lee on ", "🟢"),
        ("unresolved", "Reopened by Kim Lee on ", "🔴"),
        ("archived", "Archived by Kim Lee on ", "⚪"),
        ("assigned", "Assigned to Noor by Kim Lee on ", "⚪"),
    ]
    .into_iter()
    .enumerate()
    {
        let answer = bed.deliver(&changed(action, number + 2)).await;
        assert_eq!((answer.status, &answer.json()["status"]), (200, &json!("ignored")), "{action}");
        let message = message_saying(&bed, line).await;
        assert!(first_line(&message).starts_with(mark), "{action}: {}", message.text_visible);
    }
    assert_eq!(bed.telegram.messages().len(), 1);
    assert_eq!(bed.sentry.requests().len(), asked, "Sentry is not asked");
    assert_eq!(bed.log("delivery_processed").len(), 1);
    bed.end().await;
}

#[tokio::test]
async fn the_menu_changes_the_issue_for_approvers_only_and_once() {
    let bed = bed().await;
    bed.outcome(&issue_created()).await;
    let message = bed.message().await;
    tap(&bed, &message, "Resolve", &stranger()).await;
    assert!(toasts(&bed.telegram, &stranger(), 1).await[0].contains("not among the approvers"));
    tap(&bed, &message, "Assign to me", &noor()).await;
    assert!(toasts(&bed.telegram, &noor(), 1).await[0].contains("PEOPLE"));
    assert!(orders(&bed.sentry).is_empty());

    tap(&bed, &message, "Assign to me", &kim()).await;
    let assigned = message_saying(&bed, "Assigned to Kim (@kim) by Kim (@kim) #42 on ").await;
    assert_eq!(orders(&bed.sentry), [json!({"assignedTo": "user:7"})]);
    assert_eq!(keyboard(&assigned)[0], ["Undo"]);
    tap(&bed, &message, "Undo", &noor()).await;
    message_saying(&bed, "Assignee removed by Noor #43 on ").await;

    tap(&bed, &message, "Priority ▸", &kim()).await;
    let shows = |bed: &World| bed.telegram.messages().into_iter().find(|it| keyboard(it)[0][0] == "High");
    let priorities = bed.eventually("the priorities", shows).await;
    assert_eq!(keyboard(&priorities)[..2], [vec!["High", "Medium", "Low"], vec!["◂ Back"]]);
    tap(&bed, &message, "Low", &kim()).await;
    message_saying(&bed, "Priority set to Low by Kim (@kim) #42 on ").await;

    // A repeated press and a press whose effect the issue has already change nothing.
    tap(&bed, &message, "Archive until it escalates", &kim()).await;
    message_saying(&bed, "Archived by Kim (@kim) #42 on ").await;
    assert_eq!(orders(&bed.sentry).len(), 4);
    assert_eq!(keyboard(&bed.message().await)[0], ["Undo"]);
    bed.end().await;
}

#[tokio::test]
async fn a_press_that_sentry_refuses_is_reported_and_can_be_repeated() {
    let bed = bed().await;
    bed.outcome(&issue_created()).await;
    let message = bed.message().await;
    bed.sentry.inject(sidenote_standins::Fault::status(403).on("PUT").once());
    tap(&bed, &message, "Resolve", &kim()).await;
    let failed = message_saying(&bed, "asked on ").await;
    assert!(failed.text_visible.contains("to resolve it, but it did not work"), "{}", failed.text_visible);
    assert!(first_line(&failed).starts_with("🔴 "));
    tap(&bed, &message, "Resolve", &kim()).await;
    message_saying(&bed, "Resolved by Kim (@kim) #42 on ").await;
    bed.end().await;
}

#[tokio::test]
async fn a_note_that_could_not_be_written_is_named_in_the_message_until_it_is_written() {
    let bed = bed().await;
    // All attempts of the first note.
    bed.sentry.inject(sidenote_standins::Fault::status(500).on("POST").times(3));
    bed.outcome(&issue_created()).await;
    let failed = message_saying(&bed, "No note was written on the issue: ").await;
    assert!(bed.sentry.notes(ISSUE).is_empty(), "{}", failed.text_visible);
    bed.outcome(&issue_unresolved("regressed")).await;
    let written = message_saying(&bed, "Regressed on ").await;
    assert_eq!(bed.sentry.notes(ISSUE).len(), 1);
    bed.eventually("the end of the line", |bed| {
        let text = &bed.telegram.messages()[0].text_visible;
        (!text.contains("No note was written")).then_some(())
    })
    .await;
    assert_eq!(written.message_id, failed.message_id);
    bed.end().await;
}

#[tokio::test]
async fn a_route_decides_which_chat_gets_the_message() {
    let other = -1_002_345;
    for (routes, chat, thread) in [
        ("project=billing -> -1002345", crate::support::CHAT, None),
        ("level=error users>=13 -> -1002345", crate::support::CHAT, None),
        ("project=billing -> -7; project=orders level=error users>=12 -> -1002345", other, None),
        ("project=orders -> -1002345/7; level=error -> -1002345", other, Some(7)),
    ] {
        let orders = sidenote_standins::Chat::supergroup(other, "Orders").topic(7);
        let telegram = quick_retries().chat(orders);
        let setup = Setup::new().sentry(high().sentry()).telegram(telegram);
        setup
            .variable("CHAT_ROUTES", routes)
            .run(async |bed| {
                bed.outcome(&issue_created()).await;
                let message = bed.message().await;
                assert_eq!((message.chat_id, message.thread), (chat, thread), "{routes}");
                // The reply about the next incident is in the same topic.
                bed.outcome(&issue_unresolved("escalating")).await;
                let reply = bed.telegram.messages().pop().expect("a reply");
                assert_eq!((reply.chat_id, reply.thread), (chat, thread), "{routes}");
                assert_ne!(reply.message_id, message.message_id, "{routes}");
            })
            .await;
    }
}
