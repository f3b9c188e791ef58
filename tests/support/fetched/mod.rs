//! The external tools that the Makefile fetches for the tests: their places, and how to run them.

#![expect(
    clippy::disallowed_methods,
    reason = "waits for processes, and asks the environment where they are"
)]

mod child;
mod skipped;

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

pub(crate) use child::{Tool, free_port};
pub(crate) use skipped::skipped;

/// Returns the path of a fetched tool. Panics if the tool is missing.
pub(crate) fn tool(name: &str) -> PathBuf {
    found(name).unwrap_or_else(|| panic!("{name} is not fetched: run `make test`, which does"))
}

/// Returns the path of a tool from npm's registry. Without npm it returns `None` and prints a message.
pub(crate) fn tool_of_npm(name: &str) -> Option<PathBuf> {
    if let Some(found) = found(name) {
        return Some(found);
    }
    let has_npm = Command::new("npm").arg("--version").stdout(Stdio::null()).status().is_ok();
    assert!(!has_npm, "{name} is not fetched, and there is an npm: run `make test`, which fetches it");
    skipped(&format!("there is no npm on this machine, so nothing was run against {name}"));
    None
}

/// Returns the path of a tool in `$SIDENOTE_TOOLS`, by default in `.tools` of the repository, if the tool exists.
pub(crate) fn found(name: &str) -> Option<PathBuf> {
    let default = || Path::new(env!("CARGO_MANIFEST_DIR")).join(".tools");
    let tools = std::env::var_os("SIDENOTE_TOOLS").map_or_else(default, PathBuf::from);
    [tools.join(name), tools.join("bin").join(name)].into_iter().find(|place| place.is_file())
}
