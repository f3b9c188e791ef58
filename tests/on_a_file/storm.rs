//! A test of many deliveries of one change that arrive at the same time at one process with an SQLite file.

use std::time::Duration;

use futures_util::future::join_all;
use rustix::process::Signal;

use super::bed::{Bed, created};
use crate::support::Webhook;

const ISSUE: &str = "680001";
/// The number of deliveries about the one issue.
const DELIVERIES: usize = 100;

#[tokio::test]
async fn a_hundred_deliveries_of_a_new_issue_are_one_note_and_one_message() {
    let bed = Bed::new(&[ISSUE.to_owned()], Duration::from_millis(50)).await;
    let mut process = bed.serve().await;
    let webhooks: Vec<Webhook> = (0..DELIVERIES).map(|_| created(ISSUE)).collect();
    let answers = join_all(webhooks.iter().map(|webhook| bed.deliver(&process, webhook))).await;
    let count = |status| answers.iter().filter(|answer| **answer == Some(status)).count();
    assert_eq!((count(202), count(200)), (1, DELIVERIES - 1), "{answers:?}");
    process.signal(Signal::TERM);
    assert!(process.ended().await.is_some_and(|status| status.success()), "{}", process.stderr());
    assert_eq!((bed.notes(ISSUE), bed.telegram.messages().len()), (1, 1));
}
