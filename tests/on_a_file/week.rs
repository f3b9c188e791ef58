//! A week of `sidenote serve` on its file, by a clock that the test moves: after a burst of deliveries, memory, the size
//! of a record in the file, and the answers stay as they were.
//!
//! ```text
//! SIDENOTE_DELIVERIES=1000 cargo test --release --test processes on_a_file::week -- --nocapture
//! ```

use std::fs;
use std::time::Duration;

use super::bed::{Bed, created};
use super::load::{Answers, memory_mb};
use crate::support::machine::Machine;
use crate::support::process::Process;
use crate::support::{Webhook, eventually};

/// The number of deliveries in the burst, and of those in the week after it, unless `SIDENOTE_DELIVERIES` sets another.
const DELIVERIES: usize = 84;
/// The number of deliveries that are sent at the same time.
const AT_ONCE: usize = 8;
const DAYS: usize = 7;
const DAY: i64 = 24 * 3600;
/// The memory may grow by this factor from the end of the first day to the end of the last.
const GROWTH: f64 = 1.25;

/// What is measured at the end of a day.
struct Figures {
    memory_mb: f64,
    bytes: u64,
    median_ms: f64,
}

/// Delivers a webhook about each issue, waits for all notes, and measures.
async fn measured(name: &str, bed: &Bed, process: &Process, issues: &[String]) -> Figures {
    let webhooks: Vec<Webhook> = issues.iter().map(|issue| created(issue)).collect();
    let answers = Answers::of(bed, process, &webhooks, AT_ONCE).await;
    assert_eq!(answers.count(202), issues.len(), "{name}: {}", process.stderr());
    for issue in issues {
        eventually("the note", || bed.notes(issue) == 1).await;
    }
    let logged = bed.path().with_extension("db-wal");
    let size = |path| fs::metadata(path).map_or(0, |file| file.len());
    let figures = Figures {
        memory_mb: memory_mb(process, "VmRSS"),
        bytes: size(bed.path()) + size(logged),
        median_ms: answers.ms(50),
    };
    let Figures { memory_mb, bytes, median_ms } = figures;
    println!("| {name} | {} | {memory_mb:.1} | {} | {median_ms:.1} |", issues.len(), bytes / 1024);
    figures
}

#[tokio::test]
async fn memory_and_answers_are_the_same_after_a_week() {
    let number = std::env::var("SIDENOTE_DELIVERIES").ok().and_then(|n| n.parse().ok()).unwrap_or(DELIVERIES);
    let issues: Vec<String> = (0..2 * number).map(|n| format!("{}", 670_000 + n)).collect();
    let (burst, rest) = issues.split_at(number);
    let (bed, machine) = (Bed::new(&issues, Duration::ZERO).await, Machine::new());
    let more = [("SWEEP_EVERY", "6h"), ("TELEGRAM_BOT_TOKEN", ""), ("TELEGRAM_CHAT_ID", "")];
    let process = bed.serve_with(&machine, &more).await;
    println!(
        "| time | deliveries | memory (MB) | file (KB) | median of the answer (ms) |\n|---|---|---|---|---|"
    );
    let first = measured("burst", &bed, &process, burst).await;
    let mut days = Vec::new();
    for (day, issues) in (1..).zip(rest.chunks(number.div_ceil(DAYS))) {
        machine.pass(DAY);
        machine.move_clock(day * DAY);
        // The queue keeps each delivery until its work has certainly ended. That time is over now.
        assert_eq!(bed.drained().await, 0, "day {day}: dead letters");
        days.push(measured(&format!("day {day}"), &bed, &process, issues).await);
    }
    let (Some(early), Some(late)) = (days.first(), days.last()) else { panic!("{DAYS} days") };
    assert!(late.memory_mb <= early.memory_mb * GROWTH, "{} to {} MB", early.memory_mb, late.memory_mb);
    // Twice the records are in the file.
    assert!(late.bytes <= 2 * first.bytes, "{} to {} bytes", first.bytes, late.bytes);
    let sweeps = process.stderr().matches("sweep_finished").count();
    assert!(sweeps >= DAYS, "{sweeps} sweeps");
}
