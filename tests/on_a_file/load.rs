//! Sends many deliveries to a process and measures the times of the answers, and the memory of the process.

use std::fs;
use std::time::{Duration, Instant};

use futures_util::{StreamExt as _, stream};

use super::bed::Bed;
use crate::support::Webhook;
use crate::support::process::Process;

/// The answers to several deliveries.
pub(crate) struct Answers {
    statuses: Vec<Option<u16>>,
    /// The times until the answers, the shortest first.
    times: Vec<Duration>,
}

impl Answers {
    /// Sends the deliveries to a process, at most `at_once` at the same time, and waits for all answers.
    pub(crate) async fn of(bed: &Bed, process: &Process, webhooks: &[Webhook], at_once: usize) -> Self {
        let answers = stream::iter(webhooks).map(|webhook| async {
            let sent = Instant::now();
            (bed.deliver(process, webhook).await, sent.elapsed())
        });
        let answers: Vec<(Option<u16>, Duration)> = answers.buffer_unordered(at_once).collect().await;
        let (statuses, mut times): (Vec<_>, Vec<_>) = answers.into_iter().unzip();
        times.sort_unstable();
        Self { statuses, times }
    }

    /// The number of answers with this status.
    pub(crate) fn count(&self, status: u16) -> usize {
        self.statuses.iter().filter(|answer| **answer == Some(status)).count()
    }

    /// The number of deliveries.
    pub(crate) fn len(&self) -> usize {
        self.statuses.len()
    }

    /// The time within which this part of the answers came, in milliseconds.
    pub(crate) fn ms(&self, percent: usize) -> f64 {
        self.times[(self.times.len() * percent / 100).min(self.times.len() - 1)].as_secs_f64() * 1e3
    }
}

/// Returns a value of a process in MB: `VmRSS`, its memory, or `VmHWM`, the most memory that it ever had.
pub(crate) fn memory_mb(process: &Process, name: &str) -> f64 {
    let status = fs::read_to_string(format!("/proc/{}/status", process.id())).expect("the process runs");
    let line = status.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':')).expect("the value");
    line.trim().trim_end_matches(" kB").parse::<f64>().expect("a number") / 1024.0
}
