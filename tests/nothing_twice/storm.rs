//! Tests many simultaneous webhooks about one change, sent to several processes.

use std::collections::BTreeMap;
use std::time::Duration;

use futures_util::future::join_all;
use sidenote_standins::DuplicateCheck;

use super::bed::Bed;
use super::deliveries::{FORMS, new_issue};
use crate::support::machine::Machine;
use crate::support::{Webhook, eventually, process::Process, sentry, telegram};

/// The number of webhooks about one issue.
const DELIVERIES: usize = 200;
/// The number of processes that share the table and the queue.
const PROCESSES: usize = 4;

#[tokio::test]
async fn two_hundred_deliveries_of_a_new_issue_are_one_note_and_one_message() {
    let bed =
        Bed::of(sentry().duplicates(DuplicateCheck::Off).latency(Duration::from_millis(150)), telegram())
            .await;
    // The emulator of AWS is slower than AWS.
    let machine = Machine::slow();
    let more = [&[("RUST_LOG", "info")][..], &machine.env()].concat();
    let mut processes = Vec::new();
    for _ in 0..PROCESSES {
        processes.push(bed.serve(&more).await);
    }
    let webhooks: Vec<Webhook> =
        (0..DELIVERIES).map(|number| new_issue(FORMS[number % FORMS.len()], number)).collect();
    let each = webhooks.iter().zip(processes.iter().cycle());
    let answers = join_all(each.map(|(webhook, process)| process.deliver(webhook))).await;

    let mut counts: BTreeMap<(u16, String), usize> = BTreeMap::new();
    for answer in answers {
        *counts.entry(answer).or_default() += 1;
    }
    let logs: String = processes.iter().map(Process::stderr).collect();
    assert!(!logs.contains("_unavailable"), "{logs}");
    let expected = [((200, "duplicate".to_owned()), DELIVERIES - 1), ((202, "accepted".to_owned()), 1)];
    assert_eq!(counts, BTreeMap::from(expected));
    eventually("the end of the work", || bed.cloud.table.count("PutItem") > 0 && bed.counts() == (1, 1))
        .await;

    for process in &mut processes {
        process.signal(rustix::process::Signal::TERM);
        assert!(process.ended().await.is_some_and(|status| status.success()), "{}", process.stderr());
    }
    assert_eq!(bed.counts(), (1, 1));

    // Every message in the queue finds the work complete.
    let kept = bed.cloud.kept().await;
    // A call to the queue that timed out is repeated once, and the first attempt may have succeeded.
    assert!(!kept.is_empty() && kept.len() <= 2 * DELIVERIES, "{} messages, {counts:?}", kept.len());
    let function = bed.function(Duration::from_secs(30)).await;
    for messages in kept.chunks(10) {
        assert_eq!(function.redeliver(messages).await, Vec::<String>::new());
    }
    assert_eq!(bed.counts(), (1, 1));
    println!(
        "{DELIVERIES} deliveries through {PROCESSES} processes: 1 note, 1 message; {} reads, {} writes, {} messages kept",
        bed.cloud.table.count("GetItem"),
        bed.cloud.table.count("PutItem"),
        kept.len()
    );
}
