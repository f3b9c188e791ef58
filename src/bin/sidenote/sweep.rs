//! `sidenote sweep`: handles recent Sentry issues without a note, because their webhook may not have been delivered.

use sidenote::clock;
use sidenote::config::{Config, LONGEST_SWEEP};
use sidenote::domain::outcome::DeliveryStatus;
use sidenote::handler::SweepTime;

use crate::{End, local, output};

/// The time limit of the command grows with the number of notes up to this number.
const MOST_PARTS: u32 = 1_000;

/// The command-line arguments of `sidenote sweep`. The defaults are the `SWEEP_…` settings.
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// Only list the issues without a note
    #[arg(long)]
    dry_run: bool,
    /// Hours to look back [default: `SWEEP_HOURS`, or 24]
    #[arg(long, value_parser = clap::value_parser!(u64).range(1..=LONGEST_SWEEP))]
    hours: Option<u64>,
    /// The most notes to write [default: `SWEEP_LIMIT`, or 10]
    #[arg(long)]
    limit: Option<usize>,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// Runs `sidenote sweep` and prints the result. Returns `true` if every issue that it handled was completed, and
/// `false` otherwise. Issues that were left for another run do not count. Fails if the issues cannot be listed, with
/// [`End::Usage`] if a setting is missing for that, or if the HTTP client cannot be built.
pub(crate) async fn run(arguments: Arguments, config: Config) -> Result<bool, End> {
    let mut sweep = config.sweep.clone();
    sweep.dry_run = arguments.dry_run;
    sweep.limit = arguments.limit.unwrap_or(sweep.limit);
    sweep.window = arguments.hours.map_or(sweep.window, std::time::Duration::from_hours);
    let handler = local::handler(config)?;
    let swept = handler.sweep(&sweep, time(handler.config(), sweep.limit)).await;
    let swept = swept.map_err(|why| End::of(why, "the issues cannot be listed"))?;
    if arguments.json {
        output::say(&swept.to_json().to_string());
    } else {
        output::say(&format!("{} recent issues, {} with a note", swept.seen, swept.had_note));
        for (id, status) in &swept.worked {
            output::say(&format!("  {id}: {}", status.name()));
        }
        for id in &swept.left {
            output::say(&format!("  {id}: left without a note"));
        }
        for id in &swept.not_reached {
            output::say(&format!("  {id}: not reached in time; run the sweep again"));
        }
    }
    Ok(swept.worked.iter().all(|(_, status)| *status == DeliveryStatus::Completed))
}

/// Returns the time limits of the command: each note gets the time limit of a delivery, and so do the search for the
/// issues and the look at their notes together.
fn time(config: &Config, limit: usize) -> SweepTime {
    let (each, parts) = (local::time_limit(config), u32::try_from(limit).unwrap_or(u32::MAX).min(MOST_PARTS));
    SweepTime { all: clock::deadline_in(each * (parts + 1)), each }
}
