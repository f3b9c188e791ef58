//! Tests with two processes whose clocks differ and that share a table.

use std::time::Duration;

use sidenote_standins::DuplicateCheck;

use super::bed::Bed;
use super::deliveries::new_issue;
use crate::support::machine::Machine;
use crate::support::{eventually, sentry, telegram};

#[tokio::test]
async fn two_processes_whose_clocks_differ_by_minutes_write_one_note() {
    let latency = Duration::from_millis(400);
    let bed = Bed::of(sentry().duplicates(DuplicateCheck::Off).latency(latency), telegram()).await;
    let machine = Machine::new();
    // By the clock of the second process, the first one's lease of a minute is over.
    machine.move_clock(4 * 60);
    let env = machine.env();
    let (right, ahead) = tokio::join!(bed.serve(&[]), bed.serve(&env));
    let first = right.deliver(&new_issue("issue", 1)).await;
    let second = ahead.deliver(&new_issue("event_alert", 2)).await;
    assert_eq!((first.0, second), (202, (200, "duplicate".to_owned())));
    // The second process cannot know that the lease holds, so the queue keeps its delivery.
    assert_eq!(bed.cloud.kept().await.len(), 2);
    eventually("the note and the message", || bed.counts() == (1, 1)).await;
}
