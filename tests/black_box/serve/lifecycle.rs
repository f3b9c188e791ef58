//! Tests of the start and the end of `serve`: accepted work is completed.

use std::time::Duration;

use rustix::process::Signal;
use serde_json::json;
use tokio::net::TcpStream;

use crate::support::wire::{At, Held};
use crate::support::{ISSUE, ISSUES, Setup, World, event_alert, sentry};

/// The delay of each reply of Sentry. It lets a signal arrive while the work is running.
const LATENCY: Duration = Duration::from_millis(400);

fn slow() -> Setup {
    Setup::new().sentry(sentry().latency(LATENCY))
}

/// Whether the process still accepts connections.
async fn is_open(world: &World) -> bool {
    TcpStream::connect(world.address()).await.is_ok()
}

#[tokio::test]
async fn a_signal_to_end_lets_accepted_work_finish() {
    for signal in [Signal::TERM, Signal::INT] {
        slow()
            .run(async |world| {
                assert_eq!(world.deliver(&event_alert()).await.status, 202);
                assert!(is_open(world).await);
                world.signal(signal);
                let finishing = world.logged("serve_finishing", 1).await;
                assert_eq!(finishing[0]["unfinished"], 1, "{signal:?}");
                assert!(world.sentry.notes(ISSUE).is_empty(), "the work was running");
                assert!(!is_open(world).await, "nothing more is taken");
                world.logged("serve_ended", 1).await;
                assert_eq!(
                    (world.sentry.notes(ISSUE).len(), world.telegram.messages().len()),
                    (1, 1),
                    "{signal:?}"
                );
                assert_eq!(world.logged("delivery_processed", 1).await[0]["status"], "completed");
            })
            .await;
    }
}

#[tokio::test]
async fn a_signal_to_end_lets_a_waiting_caller_have_the_outcome() {
    slow()
        .run(async |world| {
            let webhook = event_alert().wait(25);
            let answer = {
                let delivery = world.deliver(&webhook);
                tokio::pin!(delivery);
                let asked = world.logged("delivery_accepted", 1);
                tokio::select! { biased; early = &mut delivery => panic!("{early:?}"), _ = asked => {} }
                world.signal(Signal::TERM);
                delivery.await
            };
            assert_eq!((answer.status, answer.json()["status"].clone()), (200, json!("completed")));
            world.logged("serve_ended", 1).await;
        })
        .await;
}

#[tokio::test]
async fn missing_guarantees_are_logged_once() {
    Setup::new()
        .run(async |world| {
            world.outcome(&event_alert()).await;
            let said = world
                .log("redelivery_none: no REDELIVERY_QUEUE_URL, so a dead invocation loses its delivery");
            assert_eq!(said.len(), 1);
        })
        .await;
}

#[tokio::test]
async fn a_connection_that_says_nothing_does_not_hold_up_the_end() {
    Setup::new()
        .run(async |world| {
            let silent = TcpStream::connect(world.address()).await.expect("a connection");
            assert_eq!(
                world.get("/api/v1/health").await.status,
                200,
                "the silent connection is accepted, too"
            );
            world.signal(Signal::TERM);
            world.logged("serve_ended", 1).await;
            drop(silent);
        })
        .await;
}

#[tokio::test]
async fn work_continues_after_the_client_disconnects() {
    slow()
        .run(async |world| {
            let webhook = event_alert().wait(25);
            {
                let delivery = world.deliver(&webhook);
                let asked = world.logged("delivery_accepted", 1);
                // Dropping the branch that is not ready closes the connection of its request.
                tokio::select! { biased; early = delivery => panic!("{early:?}"), _ = asked => {} }
            }
            world.note(ISSUE).await;
            world.message().await;
            let done = world.logged("delivery_processed", 1).await;
            assert_eq!(done[0]["status"], "completed");
        })
        .await;
}

#[tokio::test]
async fn deliveries_are_worked_on_at_the_same_time() {
    Setup::new()
        .wired()
        .run(async |world| {
            let to_sentry = world.to_sentry();
            let mut held = ISSUES.map(|_| to_sentry.hold("GET tags", 0, At::Arrival));
            for issue in ISSUES {
                assert_eq!(world.deliver(&event_alert().about(issue)).await.status, 202);
            }
            // The eighth delivery calls Sentry although the calls of the earlier ones have no reply yet.
            for question in &mut held {
                question.caught().await;
            }
            held.into_iter().for_each(Held::release);
            let done = world.logged("delivery_processed", ISSUES.len()).await;
            assert!(done.iter().all(|line| line["gaps"] == 0), "{done:?}");
        })
        .await;
}
