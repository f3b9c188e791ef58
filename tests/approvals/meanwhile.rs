//! Tests presses and webhooks that arrive while another invocation works on the same Telegram message.

use std::time::Duration;

use serde_json::{Value, json};
use sidenote_standins::{Fault, Message};

use super::bed::{data, delivered, is_decided, orders};
use super::kills::World;
use super::life::changed;
use super::worlds::kim;
use crate::nothing_twice::deliveries::unresolved;
use crate::support::process::Process;
use crate::support::wire::At;
use crate::support::{ISSUE, Webhook, eventually, log_lines};

fn message(world: &World) -> Message {
    world.telegram.messages().remove(0)
}

async fn shows(world: &World, words: &str) {
    eventually(words, || message(world).text_visible.contains(words)).await;
}

/// Returns the number of webhooks whose work has ended, by the log of the process.
fn handled(process: &Process) -> usize {
    log_lines(&process.stderr(), "delivery_processed").len()
}

/// Presses this button while Sidenote handles the second incident of an issue, after the issue's message was edited.
async fn pressed_meanwhile(button: &str) {
    let world = World::new().await;
    let process = world.serve().await;
    let first = world.asked(&process).await;
    // The record then says that the first escalation was a minute ago.
    let record = format!("issue#{}/#{ISSUE}", world.wire("PUT").url());
    world.cloud.age(&record, Duration::from_mins(1), &["/started_ms", "/echo/until_ms"]).await;
    // The record contains the message of the first incident until the edit of the note has ended.
    let note = format!("PUT {}", world.sentry.notes(ISSUE)[0].id);
    let mut held = world.wire("PUT").hold(note.leak(), 0, At::Arrival);
    let escalated = unresolved("escalating", 2);
    let (_, ()) = tokio::join!(process.deliver(&escalated), async {
        held.caught().await;
        shows(&world, "Escalating since ").await;
        world.telegram.tap(first.message_id, button, &kim());
        eventually("the change", || orders(&world.sentry).len() == 1).await;
        let text = message(&world).text_visible;
        assert!(text.contains("KeyError in price_of"), "{button}: {text}");
        held.release();
    });
    delivered(&world.telegram).await;
    eventually("the end of the work", || handled(&process) == 2).await;
    shows(&world, "Escalating since ").await;
    shows(&world, " by Kim (@kim) #42 on ").await;
    let last = message(&world);
    assert_eq!(last.text_visible.matches(" by Kim (@kim) #42 on ").count(), 1, "{}", last.text_visible);
    assert!(is_decided(&last), "{button}: {last:?}");
}

#[tokio::test]
async fn a_press_while_the_newer_incident_is_handled_shows_that_incident_to_the_end() {
    pressed_meanwhile("Priority high").await;
    pressed_meanwhile("Resolve").await;
}

#[tokio::test]
async fn the_webhook_of_our_own_change_finds_the_decision_in_the_record() {
    let world = World::new().await;
    let process = world.serve().await;
    let asked = world.asked(&process).await;
    let mut held = world.wire("POST editMessageText").hold("POST editMessageText", 0, At::Arrival);
    world.telegram.tap(asked.message_id, "Resolve", &kim());
    held.caught().await;
    let mut body: Value = serde_json::from_slice(changed("resolved", 2).body()).expect("JSON");
    body["actor"] = json!({"type": "application", "id": "5d0c1e3a", "name": "Sidenote"});
    process.deliver(&Webhook::of("issue", &body)).await;
    shows(&world, "Resolved by Kim (@kim) #42 on ").await;
    held.release();
    delivered(&world.telegram).await;
    let text = message(&world).text_visible;
    assert_eq!(text.matches("Resolved by ").count(), 1, "{text}");
}

#[tokio::test]
async fn a_repeated_press_analyses_once() {
    let world = World::new().await;
    let process = world.serve().await;
    let asked = world.asked(&process).await;
    world.telegram.tap(asked.message_id, "Reject", &kim());
    shows(&world, "Rejected by Kim (@kim) #42 on ").await;
    delivered(&world.telegram).await;
    let button = data(&message(&world), "Analyse again");
    let mut press = world.telegram.callback(asked.message_id, &button, &kim());
    press["update_id"] = world.telegram.update(press.clone()).into();
    delivered(&world.telegram).await;
    assert_eq!(handled(&process), 2, "{}", process.stderr());
    // Telegram repeats an update whose answer was lost.
    world.telegram.update(press);
    delivered(&world.telegram).await;
    assert_eq!(world.telegram.pushed().len(), 3);
    assert_eq!(handled(&process), 2, "{}", process.stderr());
}

/// Imitates Sentry 23.7.1, which is served by uwsgi without a proxy in front.
#[tokio::test]
async fn every_press_and_every_repeated_press_works_on_connections_that_are_closed_silently() {
    let world = World::new().await;
    world.wire("PUT").close_silently();
    let process = world.serve().await;
    let asked = world.asked(&process).await;
    world.sentry.inject(Fault::status(403).on("PUT").once());
    let presses = [
        ("Resolve", "but it did not work"),
        ("Resolve", "Resolved by Kim (@kim) #42 on "),
        ("Undo", "Reopened by Kim (@kim) #42 on "),
        ("Archive until it escalates", "Archived by Kim (@kim) #42 on "),
    ];
    for (button, words) in presses {
        world.telegram.tap(asked.message_id, button, &kim());
        delivered(&world.telegram).await;
        shows(&world, words).await;
    }
    assert_eq!(orders(&world.sentry).len(), 4, "{}", process.stderr());
    assert_eq!(world.sentry.notes(ISSUE).len(), 1);
}
