//! Points in time, in the forms that Sentry sends and that notes show.

use std::fmt;

use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

/// A point in time. `Display` writes it in UTC to the minute, such as `2025-06-10 05:31 UTC`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Timestamp(OffsetDateTime);

impl Timestamp {
    /// Parses a time such as `2025-06-10T05:31:58.465000Z`. The suffix can also be an offset such as `+00:00`. Returns
    /// `None` for other texts.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        OffsetDateTime::parse(text, &Rfc3339).ok().map(|at| Self(at.to_offset(time::UtcOffset::UTC)))
    }

    /// Converts seconds since 1970 (UTC). Returns `None` for years that cannot be written.
    #[must_use]
    pub fn from_unix(seconds: i64) -> Option<Self> {
        OffsetDateTime::from_unix_timestamp(seconds).ok().map(Self)
    }

    /// Returns the time in seconds since 1970 (UTC).
    #[must_use]
    pub fn unix(self) -> i64 {
        self.0.unix_timestamp()
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let at = self.0;
        let month = u8::from(at.month());
        write!(f, "{:04}-{month:02}-{:02} {:02}:{:02} UTC", at.year(), at.day(), at.hour(), at.minute())
    }
}

#[cfg(test)]
mod tests {
    use super::Timestamp;

    #[test]
    fn both_utc_notations_parse_to_the_same_time() {
        let z = Timestamp::parse("2025-06-10T05:31:58.465000Z");
        assert!(z.is_some());
        assert_eq!(z, Timestamp::parse("2025-06-10T05:31:58.465000+00:00"));
        assert_eq!(z.map(|t| t.to_string()).as_deref(), Some("2025-06-10 05:31 UTC"));
        assert_eq!(Timestamp::parse("yesterday"), None);
    }
}
