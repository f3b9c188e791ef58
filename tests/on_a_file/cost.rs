//! Measures the cost of an SQLite file that survives a power cut: deliveries per second and answer times. The same is
//! measured for a log that is not synced at each commit (like `synchronous=NORMAL`) and for state in memory.
//!
//! ```text
//! SIDENOTE_DELIVERIES=1000 cargo test --release --test processes on_a_file::cost -- --nocapture
//! ```

use std::time::{Duration, Instant};

use super::bed::{Bed, created};
use super::load::Answers;
use crate::support::machine::Machine;
use crate::support::process::Process;
use crate::support::{Webhook, eventually};

/// The number of deliveries, unless `SIDENOTE_DELIVERIES` sets another number.
const DELIVERIES: usize = 40;
/// The number of deliveries that are sent at the same time.
const AT_ONCE: usize = 8;

/// Sends a delivery about each issue to `process`, and prints one line of the table with the measured times.
async fn measure(name: &str, bed: &Bed, process: &Process, issues: &[String]) {
    let webhooks: Vec<Webhook> = issues.iter().map(|issue| created(issue)).collect();
    let began = Instant::now();
    let answers = Answers::of(bed, process, &webhooks, AT_ONCE).await;
    let all = began.elapsed();
    assert_eq!(answers.count(202), webhooks.len(), "{name}");
    let rate = f64::from(u32::try_from(answers.len()).expect("a few")) / all.as_secs_f64();
    println!("| {name} | {rate:.0} | {:.1} | {:.1} |", answers.ms(50), answers.ms(99));
    eventually("all notes", || issues.iter().all(|issue| bed.notes(issue) == 1)).await;
}

#[tokio::test]
async fn every_store_accepts_a_burst_of_deliveries() {
    let number = std::env::var("SIDENOTE_DELIVERIES").ok().and_then(|n| n.parse().ok()).unwrap_or(DELIVERIES);
    let issues: Vec<String> = (0..number).map(|n| format!("{}", 660_000 + n)).collect();
    println!(
        "| store | deliveries/s | median of the answer (ms) | 99th percentile (ms) |\n|---|---|---|---|"
    );
    for (name, path, is_lazy) in [
        ("memory", Some(":memory:"), false),
        ("file, log not synced at a commit (`NORMAL`)", None, true),
        ("file, log synced (`FULL`)", None, false),
    ] {
        let (bed, machine) = (Bed::new(&issues, Duration::ZERO).await, Machine::new());
        if is_lazy {
            machine.set_lazy();
        }
        let path = path.map_or_else(|| bed.path().display().to_string(), str::to_owned);
        let process = bed.serve_with(&machine, &[("STATE_PATH", &path)]).await;
        measure(name, &bed, &process, &issues).await;
    }
}
