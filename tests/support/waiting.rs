//! The time limit of waits in tests.

use std::time::{Duration, Instant};

/// The time limit for operations that take milliseconds. It keeps a test from hanging, and is long because the machine
/// may be busy.
pub(crate) const TIME_LIMIT: Duration = Duration::from_secs(40);

/// Waits until `holds` returns true. Panics after [`TIME_LIMIT`]; `what` describes the condition.
pub(crate) async fn eventually(what: &str, holds: impl Fn() -> bool) {
    let limit = Instant::now() + TIME_LIMIT;
    while !holds() {
        assert!(Instant::now() < limit, "{what} does not come");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}
