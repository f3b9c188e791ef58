//! Tests of a delivery whose attempts all fail: health reports it, and a command lists, redrives and deletes it.

use std::time::Duration;

use serde_json::{Value, json};
use sidenote::domain::queued_delivery::QueuedDelivery;
use sidenote::redelivery::{Fate, FileQueue, Redelivery as _};
use sidenote::sqlite::Database;

use super::bed::Bed;
use crate::support::eventually;

/// Puts a delivery with an invalid signature into the SQLite file, and lets all its attempts fail.
async fn bury(bed: &Bed) {
    let queue = FileQueue::new(&Database::at(&bed.path()));
    let forged = QueuedDelivery {
        resource: Some("issue".to_owned()),
        signature: "0".repeat(64),
        received_ms: 1,
        body: b"{}".to_vec(),
    };
    queue.enqueue(&forged, Duration::from_hours(1)).await.expect("the file");
    loop {
        queue.take_over().await.expect("the file");
        let taken = queue.take(1, Duration::from_mins(1)).await.expect("the file").pop().expect("it is due");
        if queue.put_back(&taken, "invalid signature").await.expect("the file") == Fate::Dead {
            return;
        }
    }
}

async fn listed(bed: &Bed) -> Vec<Value> {
    let output = bed.command(&["dead-letters", "--json"], &[]).await;
    assert!(output.status.success(), "{output:?}");
    serde_json::from_slice(&output.stdout).expect("a list")
}

#[tokio::test]
async fn a_dead_letter_degrades_health_until_it_is_put_back_or_dropped() {
    let bed = Bed::new(&[], Duration::ZERO).await;
    // The letters are buried before `serve` starts, so that `serve` does not handle the deliveries itself.
    bury(&bed).await;
    bury(&bed).await;
    let process = bed.serve().await;
    let (status, health) = bed.get(&process, "/api/v1/health").await;
    assert_eq!((status, &health["status"]), (200, &json!("degraded")), "{health}");
    assert_eq!(health["redelivery"], "2 dead letters: see `sidenote dead-letters`");
    assert_eq!(bed.get(&process, "/api/v1/health/ready").await.0, 200, "it can still work");

    let letters = listed(&bed).await;
    assert_eq!((letters.len(), &letters[0]["resource"]), (2, &json!("issue")), "{letters:?}");
    let [first, second] = [0, 1].map(|index| letters[index]["id"].as_str().expect("an id"));
    let output = bed.command(&["dead-letters", "--drop", first], &[]).await;
    assert!(output.status.success(), "{output:?}");
    let output = bed.command(&["dead-letters", "--redrive", "--json"], &[]).await;
    assert_eq!(String::from_utf8_lossy(&output.stdout).trim(), r#"{"redriven":1}"#);
    eventually("an attempt of serve", || process.stderr().contains("redelivery_kept")).await;
    assert_eq!(bed.get(&process, "/api/v1/health").await.1["status"], "ok");
    let output = bed.command(&["dead-letters", "--drop", second], &[]).await;
    assert_eq!(output.status.code(), Some(1), "it waits, and is no dead letter: {output:?}");
}
