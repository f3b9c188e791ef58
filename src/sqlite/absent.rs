//! Replaces the module `sqlite` in builds without the `sidenote` command, such as the Lambda function. These builds
//! have no SQLite file.

/// A type without values, because this build has no SQLite file.
pub use std::convert::Infallible as Database;
use std::path::Path;

/// Returns `None`, because this build has no SQLite file.
#[must_use]
pub fn database(_: Option<&Path>) -> Option<Database> {
    None
}
