//! Tests of power cuts. After a kill, each sector of the SQLite file and its log that was not synced is lost or kept,
//! at random; see `machine.c`. The file must then open, and contain every delivery that was answered with 202.
//!
//! ```text
//! SIDENOTE_CUTS=100 cargo test --test processes on_a_file::power_cuts -- --nocapture
//! ```

use std::fs;
use std::path::Path;
use std::time::Duration;

use rustix::process::Signal;

use super::bed::{Bed, large};
use crate::support::machine::Machine;

/// The number of power cuts, unless `SIDENOTE_CUTS` sets another number.
const CUTS: usize = 6;
/// The number of deliveries before each power cut.
const DELIVERIES: usize = 6;
/// The latest moment of a power cut, in milliseconds after the deliveries began.
const LATEST_MS: u64 = 900;
/// The size of a sector, which a disk writes as a whole, in bytes.
const SECTOR: usize = 512;

/// Replaces a file by the content after a power cut: for each sector at random the synced or the written content.
fn cut(file: &Path, synced: &Path, random: &mut fastrand::Rng) {
    let (written, on_disk) = (fs::read(file).unwrap_or_default(), fs::read(synced).unwrap_or_default());
    let length = if random.bool() { written.len() } else { on_disk.len() };
    let mut left = vec![0; length];
    for start in (0..length).step_by(SECTOR) {
        let source = if random.bool() { &written } else { &on_disk };
        let end = (start + SECTOR).min(length).min(source.len());
        if start < end {
            left[start..end].copy_from_slice(&source[start..end]);
        }
    }
    fs::write(file, &left).expect("the file");
    fs::write(synced, &left).expect("the copy");
}

/// The result of several power cuts.
struct Cuts {
    promised: usize,
    lost: usize,
    doubled: usize,
}

/// Cuts the power `number` times, restarts after each cut, and prints the result.
async fn cuts(number: usize, machine: &Machine) -> Cuts {
    let seed = fastrand::u64(..);
    let mut random = fastrand::Rng::with_seed(seed);
    let issues: Vec<String> = (0..number * DELIVERIES).map(|n| format!("{}", 650_000 + n)).collect();
    let bed = Bed::new(&issues, Duration::from_millis(30)).await;
    let synced = machine.keep_synced();
    let mut promised = Vec::new();
    for issues in issues.chunks(DELIVERIES) {
        let mut process = bed.serve_on(machine).await;
        let after = Duration::from_millis(random.u64(0..LATEST_MS));
        let deliver = async {
            for issue in issues {
                if bed.deliver(&process, &large(issue)).await == Some(202) {
                    promised.push(issue.clone());
                }
            }
        };
        // The timeout only interrupts the deliveries. The kill follows at once.
        let _ = tokio::time::timeout(after, deliver).await;
        process.signal(Signal::KILL);
        process.ended().await.expect("it is dead");
        for name in ["sidenote.db", "sidenote.db-wal"] {
            cut(&bed.path().with_file_name(name), &synced.join(name), &mut random);
        }
        fs::remove_file(bed.path().with_file_name("sidenote.db-shm")).expect("the index of the log");
    }
    let process = bed.serve_on(machine).await;
    let dead = bed.drained().await;
    let lost = promised.iter().filter(|issue| bed.notes(issue) == 0).count();
    let doubled = issues.iter().filter(|issue| bed.notes(issue) > 1).count();
    println!(
        "{number} power cuts (seed {seed}): {} deliveries promised, {lost} lost, {dead} dead letters, {doubled} notes doubled",
        promised.len()
    );
    assert!(!process.stderr().contains("panicked"), "{}", process.stderr());
    Cuts { promised: promised.len(), lost, doubled }
}

#[tokio::test]
async fn a_power_cut_loses_no_accepted_delivery() {
    let number = std::env::var("SIDENOTE_CUTS").ok().and_then(|n| n.parse().ok()).unwrap_or(CUTS);
    let result = cuts(number, &Machine::new()).await;
    assert!(result.promised > 0);
    assert_eq!((result.lost, result.doubled), (0, 0));
}

#[tokio::test]
async fn without_sync_a_power_cut_loses_deliveries() {
    let machine = Machine::new();
    machine.set_lazy();
    let result = cuts(3, &machine).await;
    assert!(result.lost > 0, "this test cuts nothing off");
}
