//! A build without the `sidenote` command, as the function's is: there is no SQLite file.

/// A file that never is there: this type has no value.
pub use std::convert::Infallible as Database;
use std::path::Path;

/// None, whatever the path.
#[must_use]
pub fn database(_: Option<&Path>) -> Option<Database> {
    None
}
