//! The errors of the SQLite file, worded for the person who can fix them.

use std::path::PathBuf;

/// The words for a file, or a folder around it, that cannot be written.
pub(super) const READ_ONLY: &str = "the file or its folder is read-only";

/// The reason why the SQLite file cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum DatabaseError {
    /// The file or its folder cannot be used, for example because the disk is full.
    #[error("{}: {why}", path.display())]
    Unusable {
        /// The path of the file.
        path: PathBuf,
        /// A description of the problem.
        why: &'static str,
    },
    /// SQLite reported an error for which Sidenote has no words of its own.
    #[error("{}: {why}", path.display())]
    Failed {
        /// The path of the file.
        path: PathBuf,
        /// The error message of SQLite.
        why: String,
    },
    /// The file belongs to an installation for another Sentry server.
    #[error("{}: belongs to the Sentry at {found}; set STATE_PATH to another file for this one", path.display())]
    OtherSentry {
        /// The path of the file.
        path: PathBuf,
        /// The base URL of the Sentry that the file belongs to.
        found: String,
    },
    /// Another `sidenote serve` is using the file.
    #[error("{}: another `sidenote serve` uses this file, and only one can; several nodes need the Lambda function", path.display())]
    InUse {
        /// The path of the file.
        path: PathBuf,
    },
}
