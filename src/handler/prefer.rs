//! Reads the header `Prefer: wait=SECONDS` (RFC 7240), with which a caller asks for the outcome of the work in the
//! answer.

use std::time::Duration;

use ::http::HeaderMap;

/// The time that is left for sending the answer between the end of the wait and the deadline.
pub(super) const MARGIN: Duration = Duration::from_secs(1);

/// Returns the time that the caller wants to wait. `None` if the header is missing or unreadable.
pub(super) fn wait(headers: &HeaderMap) -> Option<Duration> {
    let values = headers.get_all("prefer").iter().filter_map(|value| value.to_str().ok());
    let preferences = values.flat_map(|value| value.split(','));
    preferences.filter_map(|preference| preference.split(';').next()?.split_once('=')).find_map(
        |(name, value)| {
            let seconds = value.trim().trim_matches('"').parse().ok()?;
            name.trim().eq_ignore_ascii_case("wait").then(|| Duration::from_secs(seconds))
        },
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_wait_is_found_among_other_preferences() {
        let read = |value: &str| {
            let headers = [("prefer".parse().expect("a name"), value.parse().expect("a value"))];
            wait(&headers.into_iter().collect::<HeaderMap>()).map(|wait| wait.as_secs())
        };
        assert_eq!(read("wait=30"), Some(30));
        assert_eq!(read("respond-async, Wait = \"5\"; x=1"), Some(5));
        for none in ["", "wait", "wait=", "wait=-1", "wait=soon", "handling=lenient"] {
            assert_eq!(read(none), None, "{none}");
        }
    }
}
