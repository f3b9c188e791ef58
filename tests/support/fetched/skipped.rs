//! The message of a test that cannot run here. It is visible even when the test passes.

use std::io::Write as _;

/// Writes past the test harness, which hides the output of passing tests.
pub(crate) fn skipped(why: &str) {
    let _ = writeln!(std::io::stderr(), "SKIPPED: {why}");
}
