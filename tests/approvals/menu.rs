//! The menu below an issue's message: its buttons in every state of the issue, the end of an undo, and the people that
//! `PEOPLE` names by their e-mail address.

use serde_json::json;

use super::bed::{HOOK, SECRET, delivered, keyboard, message_saying, orders, toasts};
use super::worlds::{APPROVERS, high, kim, quick_retries};
use crate::support::machine::Machine;
use crate::support::{Setup, World, issue_created, issue_unresolved};

/// The time after a press within which it can be undone, in seconds.
const UNDO_SECONDS: i64 = 5 * 60;

fn setup() -> Setup {
    let setup = Setup::new().sentry(high().sentry()).telegram(quick_retries());
    setup.variable("TELEGRAM_APPROVERS", APPROVERS)
}

async fn start(setup: Setup) -> World {
    let bed = setup.start().await;
    bed.telegram.push_to(&format!("{}{HOOK}", bed.url()), SECRET);
    bed
}

/// Presses a button of the first message as [`kim`], and waits until the press is handled.
async fn tap(bed: &World, button: &str) {
    bed.telegram.tap(bed.message().await.message_id, button, &kim());
    delivered(&bed.telegram).await;
}

/// The buttons below those that the status of the issue decides.
fn with_others(first: &[&str]) -> Vec<Vec<String>> {
    let rows = [first, &["Assign to me", "Priority ▸"], &["Analyse again"], &["Open in Sentry"]];
    rows.iter().map(|row| row.iter().map(|label| (*label).to_owned()).collect()).collect()
}

#[tokio::test]
async fn after_five_minutes_a_press_cannot_be_undone_but_the_issue_can_be_reopened() {
    let machine = Machine::new();
    let on = machine.env().into_iter().fold(setup(), |setup, (name, value)| setup.variable(name, value));
    let bed = start(on).await;
    bed.outcome(&issue_created()).await;
    tap(&bed, "Archive until it escalates").await;
    let archived = message_saying(&bed, "Archived by Kim (@kim) #42 on ").await;
    assert_eq!(keyboard(&archived), with_others(&["Undo"]));
    tap(&bed, "Undo").await;
    message_saying(&bed, "Reopened by Kim (@kim) #42 on ").await;
    assert_eq!(orders(&bed.sentry).last(), Some(&json!({"status": "unresolved"})));

    tap(&bed, "Resolve").await;
    let resolved = message_saying(&bed, "Resolved by Kim (@kim) #42 on ").await;
    assert_eq!(keyboard(&resolved), with_others(&["Undo"]));
    machine.move_clock(UNDO_SECONDS + 1);
    tap(&bed, "Undo").await;
    let said = toasts(&bed.telegram, &kim(), 4).await;
    assert_eq!(said.last().map(String::as_str), Some("It is too late to undo this here."));
    assert_eq!(orders(&bed.sentry).len(), 3, "nothing was undone");
    let shows =
        |bed: &World| bed.telegram.messages().first().map(keyboard).filter(|rows| rows[0] == ["Reopen"]);
    assert_eq!(bed.eventually("the current buttons", shows).await, with_others(&["Reopen"]));

    tap(&bed, "Reopen").await;
    bed.eventually("the order", |bed| (orders(&bed.sentry).len() == 4).then_some(())).await;
    assert_eq!(orders(&bed.sentry).last(), Some(&json!({"status": "unresolved"})));
    let open = ["Resolve", "Archive until it escalates"];
    let is_open = |bed: &World| bed.telegram.messages().first().map(keyboard).filter(|rows| rows[0] == open);
    assert_eq!(bed.eventually("the open issue", is_open).await, with_others(&open));
    bed.end().await;
}

#[tokio::test]
async fn the_menu_does_not_depend_on_proposals() {
    let bed = start(setup().variable("APPROVAL", "off")).await;
    bed.outcome(&issue_unresolved("escalating")).await;
    let message = bed.message().await;
    assert_eq!(keyboard(&message), with_others(&["Resolve", "Archive until it escalates"]));
    assert!(bed.log("approval_asked").is_empty());
    tap(&bed, "Resolve").await;
    message_saying(&bed, "Resolved by Kim (@kim) #42 on ").await;
    assert_eq!(orders(&bed.sentry), [json!({"status": "resolved"})]);
    bed.end().await;
}

#[tokio::test]
async fn a_person_can_be_connected_by_an_e_mail_address_and_the_first_pair_counts() {
    let bed = start(setup().variable("PEOPLE", "43:9, 42:kim@crumb.example, 42:9")).await;
    bed.outcome(&issue_created()).await;
    tap(&bed, "Assign to me").await;
    message_saying(&bed, "Assigned to Kim (@kim) by Kim (@kim) #42 on ").await;
    assert_eq!(orders(&bed.sentry), [json!({"assignedTo": "kim@crumb.example"})]);
    let issue = bed.sentry.issue(crate::support::ISSUE).expect("the issue");
    assert_eq!(issue.assigned_to.as_deref(), Some("user:7"));
    bed.end().await;
}
