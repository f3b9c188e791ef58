//! Where the fetched tools are.

#![expect(clippy::disallowed_methods, reason = "a test is told by the environment where its tools are")]

use std::path::{Path, PathBuf};

/// The path of a fetched tool, if it was fetched.
pub(crate) fn found(name: &str) -> Option<PathBuf> {
    let default = || Path::new(env!("CARGO_MANIFEST_DIR")).join(".tools");
    let tools = std::env::var_os("SIDENOTE_TOOLS").map_or_else(default, PathBuf::from);
    Some(tools.join("bin").join(name)).filter(|path| path.is_file())
}

/// The path of a fetched tool. Panics when it is not there.
pub(crate) fn tool(name: &str) -> PathBuf {
    found(name).unwrap_or_else(|| panic!("{name} is not fetched: run `make test`, which does"))
}
