//! The clock: the current time, deadlines, stopwatches, and the only sleep of the program, which a deadline limits.
//!
//! The pure modules get the time as an argument. All others read the clock here; `clippy.toml` forbids other reads.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use crate::domain::deadline::Deadline;

/// Returns the current instant of the monotonic clock, for deadlines and stopwatches.
#[must_use]
#[expect(clippy::disallowed_methods, reason = "the room that reads the clock for the others")]
pub fn now() -> Instant {
    Instant::now()
}

/// Returns the current time of the system clock.
#[must_use]
#[expect(clippy::disallowed_methods, reason = "the room that reads the clock for the others")]
pub fn wall() -> SystemTime {
    SystemTime::now()
}

/// Returns the current time in milliseconds since 1970 (UTC).
#[must_use]
pub fn unix_millis() -> u64 {
    millis(wall().duration_since(UNIX_EPOCH).unwrap_or_default())
}

/// Returns the current time in seconds since 1970 (UTC).
#[must_use]
pub fn unix_seconds() -> u64 {
    unix_millis() / 1000
}

/// Returns a duration in whole milliseconds. A value over `u64::MAX` becomes `u64::MAX`.
#[must_use]
pub fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

/// Returns the deadline that is `left` from now.
#[must_use]
pub fn deadline_in(left: Duration) -> Deadline {
    Deadline::after(now(), left)
}

/// Returns the time left until `deadline`, which is zero after the deadline.
#[must_use]
pub fn time_left(deadline: Deadline) -> Duration {
    deadline.left(now())
}

/// Returns the deadline moved earlier by `reserve`; see [`Deadline::keeping`].
#[must_use]
pub fn keeping(deadline: Deadline, reserve: Duration) -> Deadline {
    deadline.keeping(reserve, now())
}

/// Returns the earlier one of `deadline` and the time `most` from now; see [`Deadline::at_most`].
#[must_use]
pub fn at_most(deadline: Deadline, most: Duration) -> Deadline {
    deadline.at_most(most, now())
}

/// Waits for `wait` and returns true. If the wait does not end before the deadline, returns false at once.
#[expect(clippy::disallowed_methods, reason = "the one sleep, and it is bounded by the deadline")]
pub async fn pause(wait: Duration, deadline: Deadline) -> bool {
    let fits = wait < time_left(deadline);
    if fits {
        tokio::time::sleep(wait).await;
    }
    fits
}

/// A stopwatch. It measures the time since its start on the monotonic clock.
#[derive(Debug, Clone, Copy)]
pub struct Stopwatch(Instant);

impl Stopwatch {
    /// Creates a stopwatch that starts now.
    #[must_use]
    pub fn start() -> Self {
        Self(now())
    }

    /// Returns a stopwatch that started `by` earlier, or `None` if the monotonic clock does not reach back that far.
    #[must_use]
    pub fn started_earlier(self, by: Duration) -> Option<Self> {
        self.0.checked_sub(by).map(Self)
    }

    /// Returns the time since the start of the stopwatch.
    #[must_use]
    pub fn elapsed(&self) -> Duration {
        now().saturating_duration_since(self.0)
    }
}

/// Detects that the system clock was set to another time, by comparing it with a stopwatch.
#[derive(Debug)]
pub struct MoveDetector {
    wall_ms: u64,
    watch: Stopwatch,
}

/// The smallest detected move, in milliseconds. Smaller differences come from the measurement or from clock slewing.
const SMALLEST_MOVE_MS: i64 = 1_000;

impl MoveDetector {
    /// Creates a detector whose first comparison begins now.
    #[must_use]
    pub fn start() -> Self {
        Self { wall_ms: unix_millis(), watch: Stopwatch::start() }
    }

    /// Returns the milliseconds by which the system clock was set forward since the last call, or since the start. The
    /// value is negative if the clock was set back, and 0 if it was moved by less than a second.
    pub fn moved_ms(&mut self) -> i64 {
        let before = std::mem::replace(self, Self::start());
        moved(before.wall_ms, self.wall_ms, millis(before.watch.elapsed()))
    }
}

fn moved(before_ms: u64, after_ms: u64, elapsed_ms: u64) -> i64 {
    let moved = after_ms.wrapping_sub(before_ms).wrapping_sub(elapsed_ms).cast_signed();
    if moved.abs() < SMALLEST_MOVE_MS { 0 } else { moved }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moved_clock_is_noticed_and_passing_time_is_not() {
        assert_eq!(moved(10_000, 10_500, 500), 0);
        assert_eq!(moved(10_000, 10_600, 500), 0, "slewed");
        assert_eq!(moved(10_000, 70_500, 500), 60_000);
        assert_eq!(moved(70_000, 10_500, 500), -60_000);
        assert_eq!(MoveDetector::start().moved_ms(), 0);
    }

    #[tokio::test]
    async fn a_pause_longer_than_the_time_left_is_refused() {
        let watch = Stopwatch::start();
        assert!(!pause(Duration::from_secs(9), deadline_in(Duration::from_secs(5))).await);
        assert!(watch.elapsed() < Duration::from_secs(5));
        assert!(pause(Duration::from_millis(20), deadline_in(Duration::from_secs(5))).await);
        assert!(watch.elapsed() >= Duration::from_millis(20));
    }

    #[test]
    fn a_deadline_is_shortened_by_a_reserve_or_a_maximum() {
        let deadline = deadline_in(Duration::from_secs(30));
        let left = time_left(keeping(deadline, Duration::from_secs(10)));
        assert!(left <= Duration::from_secs(20) && left > Duration::from_secs(19), "{left:?}");
        assert!(time_left(at_most(deadline, Duration::from_secs(3))) <= Duration::from_secs(3));
    }
}
