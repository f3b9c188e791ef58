//! Formats times as the API of Sentry does.

use time::OffsetDateTime;

/// Formats a time with microseconds: `2026-01-15T08:31:00.000000Z`.
pub(super) fn stamp(at: OffsetDateTime) -> String {
    let (date, (hour, minute, second, micro)) = (at.date(), at.time().as_hms_micro());
    format!("{date}T{hour:02}:{minute:02}:{second:02}.{micro:06}Z")
}

/// Formats a time without fractions: `2026-01-15T08:31:00Z`.
pub(super) fn seconds(at: OffsetDateTime) -> String {
    let (date, (hour, minute, second)) = (at.date(), at.time().as_hms());
    format!("{date}T{hour:02}:{minute:02}:{second:02}Z")
}
