//! The message of a test that cannot run on this machine. The message is visible even when the test passes.

use std::io::Write as _;

/// Prints the reason why a test is skipped. It bypasses the test harness, which hides the output of passing tests.
pub(crate) fn skipped(why: &str) {
    let _ = writeln!(std::io::stderr(), "SKIPPED: {why}");
}
