//! Tests of `kill -9` of `serve` at every write and every sync of its SQLite file during one delivery, each followed by a
//! restart on the same file. The Lambda function is killed at its calls to DynamoDB and SQS in other tests.
//!
//! ```text
//! cargo test --test processes on_a_file::steps -- --nocapture
//! ```

use std::collections::BTreeMap;
use std::time::Duration;

use futures_util::{StreamExt as _, stream};

use super::bed::{Bed, created};
use crate::support::eventually;
use crate::support::machine::Machine;
use crate::support::process::Process;

const ISSUE: &str = "690001";
/// The number of kills that are tested at the same time.
const AT_ONCE: usize = 4;

/// The progress of a delivery that is seen from outside when the process is killed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Progress {
    Unanswered,
    Answered,
    Notified,
    Processed,
}

/// The steps of one delivery: the webhook is queued and claimed, the work is recorded, and the delivery, when it is due,
/// is taken out of the queue and deleted. Returns the progress when the process was killed, or `None` if it was not.
async fn delivered(bed: &Bed, process: &mut Process) -> Option<Progress> {
    let answer = bed.deliver(process, &created(ISSUE)).await;
    let says_processed = |process: &Process| process.stderr().contains("delivery_processed");
    eventually("the end of the work", || !process.runs() || says_processed(process)).await;
    if process.runs() {
        eventually("the end of the delivery", || {
            bed.make_due();
            bed.queued("IS NULL") == 0 || !process.runs()
        })
        .await;
    }
    if process.runs() {
        return None;
    }
    let is_told = bed.notes(ISSUE) > 0 || !bed.telegram.messages().is_empty();
    Some(match answer {
        _ if says_processed(process) => Progress::Processed,
        _ if is_told => Progress::Notified,
        Some(202) => Progress::Answered,
        _ => Progress::Unanswered,
    })
}

/// The number of writes and syncs of the file during one delivery.
async fn steps() -> i64 {
    let (bed, machine) = (Bed::new(&[ISSUE.to_owned()], Duration::ZERO).await, Machine::new());
    let mut process = bed.serve_on(&machine).await;
    machine.kill_at(0);
    assert_eq!(delivered(&bed, &mut process).await, None, "nothing kills it");
    machine.steps()
}

/// Kills `serve` instead of this write or sync of the file, and starts it again. Returns the progress at the kill;
/// `None` if the delivery took fewer steps this time.
async fn killed_at(step: i64) -> Option<Progress> {
    let (bed, machine) = (Bed::new(&[ISSUE.to_owned()], Duration::ZERO).await, Machine::new());
    let mut process = bed.serve_on(&machine).await;
    machine.kill_at(step);
    let progress = delivered(&bed, &mut process).await?;
    process.ended().await.expect("it is dead");
    let was_sent = !bed.telegram.messages().is_empty();

    machine.kill_at(0);
    let process = bed.serve_on(&machine).await;
    assert_eq!(bed.redelivered().await, 0, "step {step}: a dead letter: {}", process.stderr());
    if progress == Progress::Unanswered && bed.notes(ISSUE) == 0 {
        // The delivery was not accepted. Sentry's next webhook about the issue is handled normally.
        assert_eq!(bed.deliver(&process, &created(ISSUE)).await, Some(202), "step {step}");
        eventually("the end of the work", || process.stderr().contains("delivery_processed")).await;
    }
    assert_eq!(bed.notes(ISSUE), 1, "step {step}, {progress:?}: {}", process.stderr());
    // Telegram does not recognise a repeated message. A message whose record was lost is therefore sent again.
    let may_repeat = was_sent && progress == Progress::Notified;
    let messages = bed.telegram.messages().len();
    assert!(messages == 1 || (messages == 2 && may_repeat), "step {step}, {progress:?}: {messages} messages");
    Some(progress)
}

#[tokio::test]
async fn killed_at_every_write_of_the_file_the_issue_gets_its_note_exactly_once() {
    let steps = steps().await;
    let kills: Vec<Option<Progress>> =
        stream::iter(1..=steps).map(killed_at).buffered(AT_ONCE).collect().await;
    let mut table = BTreeMap::new();
    for progress in kills.into_iter().flatten() {
        *table.entry(progress).or_insert(0) += 1;
    }
    println!(
        "{steps} writes and syncs of one delivery; kills by progress: {table:?}; one note each, none lost"
    );
    for progress in [Progress::Unanswered, Progress::Notified, Progress::Processed] {
        assert!(table.contains_key(&progress), "no kill: {progress:?}");
    }
}
