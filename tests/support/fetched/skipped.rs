//! The message of a test that cannot run on this machine. The message is visible even when the test passes.

use std::fs::File;
use std::io::Write as _;

/// Prints the reason why a test is skipped, and adds it to the file in `SIDENOTE_SKIPPED`, which `make test` prints at its
/// end. It bypasses the test harness, which hides the output of passing tests.
pub(crate) fn skipped(why: &str) {
    let _ = writeln!(std::io::stderr(), "SKIPPED: {why}");
    if let Some(list) = std::env::var_os("SIDENOTE_SKIPPED") {
        let list = File::options().append(true).create(true).open(list);
        let written = list.and_then(|mut list| list.write_all(format!("{why}\n").as_bytes()));
        written.expect("add a line to the list of what was skipped");
    }
}
