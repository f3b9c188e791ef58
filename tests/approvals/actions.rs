//! Tests each action that Sidenote can propose. A webhook leads to a message with buttons, a press of a button changes
//! the Sentry issue once, and the message and the note say so.

use sidenote_standins::Fault;

use super::bed::{activity, asked, delivered, is_decided, keyboard, message_saying, orders, toasts};
use super::worlds::{Case, cases, high, kim, noor};
use crate::support::ISSUE;

async fn approve(case: &Case) {
    let (bed, message) = asked(case, &[]).await;
    let rows = keyboard(&message);
    let expected = [
        vec![case.button],
        vec!["Reject", "Analyse again"],
        vec!["Resolve", "Archive until it escalates"],
        vec!["Assign to me", "Priority ▸"],
        vec!["Open in Sentry"],
    ];
    assert_eq!(rows, expected, "{}", case.name);
    assert!(orders(&bed.sentry).is_empty() && activity(&bed.sentry).is_empty(), "nothing without a tap");

    bed.telegram.tap(message.message_id, case.button, &kim());
    let edited = message_saying(&bed, "Approved by Kim (@kim) #42 on ").await;
    assert!(is_decided(&edited), "{}", case.name);
    assert_eq!(orders(&bed.sentry), std::slice::from_ref(&case.order), "{}", case.name);
    assert!((case.is_done)(&bed.sentry.issue(ISSUE).expect("the issue")), "{}", case.name);
    assert_eq!(activity(&bed.sentry), [case.activity], "{}", case.name);
    assert_eq!(toasts(&bed.telegram, &kim(), 1).await, ["Approved, on it."], "{}", case.name);
    let done = |line: &str| line.contains("Approved by `Kim (@kim) #42` on ") && line.ends_with(": done.");
    bed.eventually("the note's line", |bed| {
        bed.sentry.notes(ISSUE).iter().any(|note| note.text.lines().any(done)).then_some(())
    })
    .await;
    assert_eq!(bed.sentry.notes(ISSUE).len(), 1, "{}", case.name);
    bed.end().await;
}

#[tokio::test]
async fn every_action_happens_after_a_tap_and_once() {
    for case in cases() {
        approve(&case).await;
    }
}

#[tokio::test]
async fn a_rejection_changes_nothing_and_is_reported() {
    let (bed, message) = asked(&high(), &[]).await;
    bed.telegram.tap(message.message_id, "Reject", &noor());
    let edited = message_saying(&bed, "Rejected by Noor #43 on ").await;
    assert!(is_decided(&edited));
    assert_eq!(toasts(&bed.telegram, &noor(), 1).await, ["Rejected."]);
    let is_rejection = |line: &str| line.contains("Rejected by `Noor #43` on ");
    bed.eventually("the note's line", |bed| {
        bed.sentry.notes(ISSUE).iter().any(|note| note.text.lines().any(is_rejection)).then_some(())
    })
    .await;
    assert!(orders(&bed.sentry).is_empty());
    bed.end().await;
}

#[tokio::test]
async fn analysing_again_edits_the_message_and_asks_again() {
    let (bed, message) = asked(&high(), &[]).await;
    bed.telegram.tap(message.message_id, "Analyse again", &kim());
    let first = message_saying(&bed, "Kim (@kim) #42 asked for a new analysis on ").await;
    assert_eq!(first.message_id, message.message_id);
    bed.logged("approval_asked", 2).await;
    bed.logged("approval_decided", 1).await;
    let messages = bed.telegram.messages();
    assert_eq!(
        (messages.len(), bed.sentry.notes(ISSUE).len()),
        (1, 1),
        "the note and the message are edited"
    );
    assert!(messages[0].text_visible.contains("Analysed again on "), "{}", messages[0].text_visible);
    assert!(orders(&bed.sentry).is_empty());
    bed.telegram.tap(messages[0].message_id, "Priority high", &noor());
    message_saying(&bed, "Approved by Noor #43 on ").await;
    assert_eq!(orders(&bed.sentry), [high().order]);
    bed.end().await;
}

#[tokio::test]
async fn the_buttons_stay_if_sentry_refuses_the_action() {
    let (bed, message) = asked(&high(), &[]).await;
    bed.sentry.inject(Fault::status(403).on("PUT").once());
    bed.telegram.tap(message.message_id, "Priority high", &kim());
    let failed = message_saying(&bed, "but it did not work").await;
    assert_eq!(keyboard(&failed), keyboard(&message), "the buttons stay");
    assert!(activity(&bed.sentry).is_empty());
    delivered(&bed.telegram).await;
    bed.logged("approval_failed", 1).await;
    bed.telegram.tap(message.message_id, "Priority high", &noor());
    let done = message_saying(&bed, "Approved by Noor #43 on ").await;
    assert!(is_decided(&done));
    assert_eq!(activity(&bed.sentry), ["set_priority"]);
    assert!(!done.text_visible.contains("did not work"), "{}", done.text_visible);
    bed.end().await;
}
