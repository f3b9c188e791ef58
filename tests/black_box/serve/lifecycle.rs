//! Tests of the start and the end of `serve`: accepted work is completed.

use std::time::Duration;

use rustix::process::Signal;
use serde_json::json;
use tokio::net::TcpStream;

use crate::support::wire::{At, Held};
use crate::support::{ISSUE, ISSUES, Setup, TestBed, event_alert, sentry};

/// The delay of each reply of Sentry. It lets a signal arrive while the work is running.
const LATENCY: Duration = Duration::from_millis(400);

async fn slow() -> TestBed {
    Setup::new().sentry(sentry().latency(LATENCY)).start().await
}

/// Whether the process still accepts connections.
async fn is_open(bed: &TestBed) -> bool {
    TcpStream::connect(bed.address()).await.is_ok()
}

#[tokio::test]
async fn a_signal_to_end_lets_accepted_work_finish() {
    for signal in [Signal::TERM, Signal::INT] {
        let bed = slow().await;
        assert_eq!(bed.deliver(&event_alert()).await.status, 202);
        assert!(is_open(&bed).await);
        bed.signal(signal);
        let finishing = bed.logged("serve_finishing", 1).await;
        assert_eq!(finishing[0]["unfinished"], 1, "{signal:?}");
        assert!(bed.sentry.notes(ISSUE).is_empty(), "the work was running");
        assert!(!is_open(&bed).await, "nothing more is taken");
        bed.logged("serve_ended", 1).await;
        assert_eq!((bed.sentry.notes(ISSUE).len(), bed.telegram.messages().len()), (1, 1), "{signal:?}");
        assert_eq!(bed.logged("delivery_processed", 1).await[0]["status"], "completed");
        bed.end().await;
    }
}

#[tokio::test]
async fn a_signal_to_end_lets_a_waiting_caller_have_the_outcome() {
    let bed = slow().await;
    let webhook = event_alert().wait(25);
    let answer = {
        let delivery = bed.deliver(&webhook);
        tokio::pin!(delivery);
        let asked = bed.logged("delivery_accepted", 1);
        tokio::select! { biased; early = &mut delivery => panic!("{early:?}"), _ = asked => {} }
        bed.signal(Signal::TERM);
        delivery.await
    };
    assert_eq!((answer.status, answer.json()["status"].clone()), (200, json!("completed")));
    bed.logged("serve_ended", 1).await;
    bed.end().await;
}

#[tokio::test]
async fn missing_guarantees_are_logged_once() {
    let bed = Setup::new().start().await;
    bed.outcome(&event_alert()).await;
    let said = bed.log("redelivery_none: no REDELIVERY_QUEUE_URL, so a dead invocation loses its delivery");
    assert_eq!(said.len(), 1);
    bed.end().await;
}

#[tokio::test]
async fn a_connection_that_says_nothing_does_not_hold_up_the_end() {
    let bed = Setup::new().start().await;
    let silent = TcpStream::connect(bed.address()).await.expect("a connection");
    assert_eq!(bed.get("/api/v1/health").await.status, 200, "the silent connection is accepted, too");
    bed.signal(Signal::TERM);
    bed.logged("serve_ended", 1).await;
    drop(silent);
    bed.end().await;
}

#[tokio::test]
async fn work_continues_after_the_client_disconnects() {
    let bed = slow().await;
    let webhook = event_alert().wait(25);
    {
        let delivery = bed.deliver(&webhook);
        let asked = bed.logged("delivery_accepted", 1);
        // Dropping the branch that is not ready closes the connection of its request.
        tokio::select! { biased; early = delivery => panic!("{early:?}"), _ = asked => {} }
    }
    bed.note(ISSUE).await;
    bed.message().await;
    let done = bed.logged("delivery_processed", 1).await;
    assert_eq!(done[0]["status"], "completed");
    bed.end().await;
}

#[tokio::test]
async fn deliveries_are_worked_on_at_the_same_time() {
    let (bed, to_sentry) = Setup::new().start_wired().await;
    let mut held = ISSUES.map(|_| to_sentry.hold("GET tags", 0, At::Arrival));
    for issue in ISSUES {
        assert_eq!(bed.deliver(&event_alert().about(issue)).await.status, 202);
    }
    // The eighth delivery calls Sentry although the calls of the earlier ones have no reply yet.
    for question in &mut held {
        question.caught().await;
    }
    held.into_iter().for_each(Held::release);
    let done = bed.logged("delivery_processed", ISSUES.len()).await;
    assert!(done.iter().all(|line| line["gaps"] == 0), "{done:?}");
    bed.end().await;
}
