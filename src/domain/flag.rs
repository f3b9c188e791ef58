//! Feature flags: how an issue's events are distributed over the values of a flag, compared with all errors.

use super::text::Untrusted;

/// The distribution of errors over the values of a feature flag.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FlagSpread {
    /// The name of the flag.
    pub name: Untrusted,
    /// The values in the events of the issue, with their numbers of events.
    pub issue: Vec<(Untrusted, u64)>,
    /// The values in all errors of the project, with their numbers of errors.
    pub project: Vec<(Untrusted, u64)>,
}

/// The number of events with one value of a flag, out of the events with any value of the flag.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Share {
    /// The number of events with the value.
    pub count: u64,
    /// The number of events with any value.
    pub total: u64,
}

impl Share {
    fn of(value: &Untrusted, spread: &[(Untrusted, u64)]) -> Self {
        let mut share = Self { count: 0, total: 0 };
        for (other, count) in spread {
            share.total = share.total.saturating_add(*count);
            if other == value {
                share.count = share.count.saturating_add(*count);
            }
        }
        share
    }

    /// Returns the share in percent, rounded down. Without events it is 0.
    #[must_use]
    pub fn percent(self) -> u64 {
        u64::try_from(u128::from(self.count) * 100 / u128::from(self.total.max(1))).unwrap_or(100)
    }
}

impl FlagSpread {
    /// Returns the share of a value in the events of the issue, and in all errors of the project.
    #[must_use]
    pub fn shares(&self, value: &Untrusted) -> [Share; 2] {
        [Share::of(value, &self.issue), Share::of(value, &self.project)]
    }
}
