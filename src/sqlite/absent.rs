//! A build without the `sidenote` command, as the function's is: there is no SQLite file.

use std::path::Path;

/// No file: this type has no value.
pub enum Database {}

/// None, whatever the path.
#[must_use]
pub fn database(_: Option<&Path>) -> Option<Database> {
    None
}
