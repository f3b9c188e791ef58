//! The external tools that the Makefile fetches for the tests: their places, and how to run them.

#![expect(
    clippy::disallowed_methods,
    reason = "waits for processes, and asks the environment where they are"
)]

mod child;
mod skipped;

use std::path::{Path, PathBuf};
use std::process::Command;

pub(crate) use child::{Tool, free_port};
pub(crate) use skipped::skipped;

/// Returns the path of a fetched tool. Panics if the tool is missing.
pub(crate) fn tool(name: &str) -> PathBuf {
    found(name).unwrap_or_else(|| panic!("{name} is not fetched: run `make test`, which does"))
}

/// Returns the path of a tool from npm's registry. Without a Node that is new enough for npm's tools it returns `None` and
/// prints a message.
pub(crate) fn tool_of_npm(name: &str) -> Option<PathBuf> {
    if let Some(found) = found(name) {
        return Some(found);
    }
    let node = Command::new(concat!(env!("CARGO_MANIFEST_DIR"), "/tools/node.sh")).output();
    let node = node.expect("tools/node.sh runs");
    assert!(
        !node.status.success(),
        "{name} is not fetched, and there is a Node for it: run `make test`, which fetches it"
    );
    let why = String::from_utf8_lossy(&node.stdout).trim().to_owned();
    skipped(&format!("nothing was run against {name} ({why})"));
    None
}

/// Returns the path of a tool in `$SIDENOTE_TOOLS`, by default in `.tools` of the repository, if the tool exists.
pub(crate) fn found(name: &str) -> Option<PathBuf> {
    let default = || Path::new(env!("CARGO_MANIFEST_DIR")).join(".tools");
    let tools = std::env::var_os("SIDENOTE_TOOLS").map_or_else(default, PathBuf::from);
    [tools.join(name), tools.join("bin").join(name)].into_iter().find(|place| place.is_file())
}
