//! How long is waited for what is to come.

use std::time::{Duration, Instant};

/// How long anything may take that takes milliseconds: a bound against hanging, on a machine that does other things too.
pub(crate) const PATIENCE: Duration = Duration::from_secs(40);

/// Waits until `holds`.
pub(crate) async fn eventually(what: &str, holds: impl Fn() -> bool) {
    let limit = Instant::now() + PATIENCE;
    while !holds() {
        assert!(Instant::now() < limit, "{what} does not come");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}
