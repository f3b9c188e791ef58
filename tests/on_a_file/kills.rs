//! Tests of `kill -9` of `serve` at random moments, with a restart on the same SQLite file after each kill.
//!
//! ```text
//! cargo test --test processes on_a_file::kills -- --nocapture
//! SIDENOTE_KILLS=200 cargo test --test processes on_a_file::kills -- --nocapture
//! ```

use std::time::Duration;

use rustix::process::Signal;

use super::bed::{Bed, created};

/// The number of kills, unless `SIDENOTE_KILLS` sets another number.
const KILLS: usize = 20;
/// The latest moment of a kill, in milliseconds after the delivery. A delivery takes about as long.
const LATEST_MS: u64 = 500;
/// The delay of every reply of the Sentry stand-in.
const LATENCY: Duration = Duration::from_millis(60);

/// A delivery whose process was killed, with its state at that moment.
struct Killed {
    issue: String,
    promised: bool,
    had_note: bool,
}

/// Delivers a webhook, and kills the process this long after the delivery began, at any point of the work.
async fn killed(bed: &Bed, issue: &str, after: Duration) -> Killed {
    let mut process = bed.serve().await;
    let webhook = created(issue);
    let kill = async {
        tokio::time::sleep(after).await;
        process.signal(Signal::KILL);
    };
    let (answer, ()) = tokio::join!(bed.deliver(&process, &webhook), kill);
    process.ended().await.expect("it is dead");
    Killed { issue: issue.to_owned(), promised: answer == Some(202), had_note: bed.notes(issue) > 0 }
}

#[tokio::test]
async fn killed_at_random_no_delivery_is_lost_and_no_note_is_doubled() {
    let kills = std::env::var("SIDENOTE_KILLS").ok().and_then(|n| n.parse().ok()).unwrap_or(KILLS);
    let seed = fastrand::u64(..);
    let mut random = fastrand::Rng::with_seed(seed);
    let issues: Vec<String> = (0..kills).map(|number| format!("{}", 610_000 + number)).collect();
    let bed = Bed::new(&issues, LATENCY).await;
    let mut all = Vec::new();
    for issue in &issues {
        all.push(killed(&bed, issue, Duration::from_millis(random.u64(0..LATEST_MS))).await);
    }

    let process = bed.serve().await;
    let promised = || all.iter().filter(|it| it.promised);
    let dead = bed.drained().await;
    let count = |of: &dyn Fn(&Killed) -> bool| all.iter().filter(|it| of(it)).count();
    let lost = promised().filter(|it| bed.notes(&it.issue) == 0).count();
    let doubled = count(&|it| bed.notes(&it.issue) > 1);
    println!("| seed {seed} | kills |\n|---|---|");
    for (what, number) in [
        ("all", all.len()),
        ("before the answer", count(&|it| !it.promised)),
        ("after the answer, before the note", count(&|it| it.promised && !it.had_note)),
        ("after the note", count(&|it| it.had_note)),
        ("promised and lost", lost),
        ("dead letters", dead),
        ("notes doubled", doubled),
        ("messages beyond one each", bed.telegram.messages().len().saturating_sub(all.len())),
    ] {
        println!("| {what} | {number} |");
    }
    assert_eq!((lost, doubled), (0, 0), "seed {seed}: {}", process.stderr());
    assert!(count(&|it| it.promised && !it.had_note) > 0, "no kill fell into the work: seed {seed}");
    assert!(!process.stderr().contains("panicked"), "{}", process.stderr());
}
