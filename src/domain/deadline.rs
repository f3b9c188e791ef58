//! The deadline of an invocation. The caller passes the current time, so the code reads no clock.

use std::time::{Duration, Instant};

/// The time that is reserved before the deadline for writing the note and the messages.
pub const RESERVE: Duration = Duration::from_millis(2_500);

/// The moment at which an invocation is stopped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Deadline(Instant);

impl Deadline {
    /// Returns the deadline that ends `left` after `now`.
    #[must_use]
    pub fn after(now: Instant, left: Duration) -> Self {
        Self(now + left)
    }

    /// Returns the time left at `now`. The time is zero after the deadline.
    #[must_use]
    pub fn left(self, now: Instant) -> Duration {
        self.0.saturating_duration_since(now)
    }

    /// Returns a deadline that ends `reserve` earlier, but not before half of the time left at `now` has passed.
    #[must_use]
    pub fn keeping(self, reserve: Duration, now: Instant) -> Self {
        let left = self.left(now);
        Self::after(now, left.saturating_sub(reserve).max(left / 2))
    }

    /// Returns this deadline, or the deadline that ends `most` after `now` if that one is earlier.
    #[must_use]
    pub fn at_most(self, most: Duration, now: Instant) -> Self {
        Self(self.0.min(now + most))
    }

    /// Returns the moment of the deadline.
    #[must_use]
    pub fn instant(self) -> Instant {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[expect(clippy::disallowed_methods, reason = "any moment will do as the start of a test")]
    fn a_reserve_takes_at_most_half_of_the_time_left() {
        let now = Instant::now();
        let kept =
            |seconds: u64| Deadline::after(now, Duration::from_secs(seconds)).keeping(RESERVE, now).left(now);
        assert_eq!(kept(30), Duration::from_millis(27_500));
        assert_eq!(kept(2), Duration::from_secs(1));
        let capped = |seconds: u64| {
            Deadline::after(now, Duration::from_secs(seconds))
                .at_most(Duration::from_secs(20), now)
                .left(now)
                .as_secs()
        };
        assert_eq!((capped(60), capped(5)), (20, 5));
        assert_eq!(Deadline::after(now, Duration::ZERO).left(now + RESERVE), Duration::ZERO);
    }
}
