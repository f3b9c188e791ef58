//! Tests of the state that outlives a process: the records, the queue, and the order of the shutdown.

use std::time::Duration;

use rustix::process::Signal;
use serde_json::json;
use sidenote::redelivery::FileQueue;
use sidenote::sqlite::Database;
use sidenote_standins::Fault;

use super::bed::{Bed, created};
use crate::support::eventually;

#[tokio::test]
async fn a_restart_remembers_the_notifications() {
    let bed = Bed::new(&["620001".to_owned()], Duration::ZERO).await;
    let webhook = created("620001");
    let mut process = bed.serve().await;
    assert_eq!(bed.deliver(&process, &webhook).await, Some(202));
    eventually("the end", || process.stderr().contains("delivery_processed")).await;
    process.signal(Signal::TERM);
    assert!(process.ended().await.expect("it ends").success());
    assert!(process.stderr().contains("serve_ended"), "{}", process.stderr());

    let process = bed.serve().await;
    assert_eq!(bed.deliver(&process, &webhook).await, Some(200), "a repeat");
    // The restarted process finds that the work of the queued delivery is complete.
    let (_, health) = bed.get(&process, "/api/v1/health").await;
    assert_eq!((&health["state"], &health["redelivery"]), (&json!("ok"), &json!("ok")), "{health}");
    assert!(health["state_bytes"].as_u64().is_some_and(|bytes| bytes > 0), "{health}");
    assert_eq!((bed.notes("620001"), bed.telegram.messages().len()), (1, 1));
}

#[tokio::test]
async fn a_restart_takes_over_the_work_of_a_killed_process_at_once() {
    let bed = Bed::new(&["620002".to_owned()], Duration::from_secs(2)).await;
    let mut process = bed.serve().await;
    assert_eq!(bed.deliver(&process, &created("620002")).await, Some(202));
    process.signal(Signal::KILL);
    process.ended().await.expect("it is dead");
    assert_eq!(bed.notes("620002"), 0, "the work had only begun");
    let process = bed.serve().await;
    eventually("the note", || bed.notes("620002") == 1).await;
    let log = process.stderr();
    assert!(log.contains("serve_took_over") && !log.contains("redelivery_kept"), "{log}");
}

#[tokio::test]
async fn a_partial_delivery_is_taken_up_again_by_the_same_process() {
    let bed = Bed::new(&["620003".to_owned()], Duration::ZERO).await;
    let process = bed.serve().await;
    // All attempts of the first note.
    bed.sentry.inject(Fault::status(500).on("POST").times(3));
    assert_eq!(bed.deliver(&process, &created("620003")).await, Some(202));
    eventually("the end", || process.stderr().contains(r#""status":"partial""#)).await;
    assert_eq!(bed.notes("620003"), 0);
    // The queue holds the delivery back until its invocation has certainly ended. That time is over now.
    let queue = FileQueue::new(&Database::at(&bed.path()));
    assert_eq!(queue.take_over().await.expect("the file"), 1);
    eventually("the note", || bed.notes("620003") == 1).await;
    assert_eq!(bed.telegram.messages().len(), 1);
}

#[tokio::test]
async fn serve_sweeps_by_itself() {
    let bed = Bed::new(&[], Duration::ZERO).await;
    let process = crate::support::process::Process::start(&bed.env(&[("SWEEP_EVERY", "1s")])).await;
    eventually("a sweep", || process.stderr().contains("sweep_finished")).await;
}
