//! Why the file cannot be used, in words for the person who can mend it.

use std::path::PathBuf;

/// Why the file cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum DatabaseError {
    /// The file system refuses the file, or a part of it.
    #[error("{}: {why}", path.display())]
    Unusable {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        why: &'static str,
    },
    /// SQLite says something else.
    #[error("{}: {why}", path.display())]
    Failed {
        /// The file.
        path: PathBuf,
        /// SQLite's own words.
        why: String,
    },
    /// The file belongs to an installation for another Sentry.
    #[error("{}: belongs to the Sentry at {found}; set STATE_PATH to another file for this one", path.display())]
    OtherSentry {
        /// The file.
        path: PathBuf,
        /// The base URL that the file was made for.
        found: String,
    },
    /// Another `sidenote serve` has the file.
    #[error("{}: another `sidenote serve` uses this file; several processes share DynamoDB and SQS instead", path.display())]
    InUse {
        /// The file.
        path: PathBuf,
    },
}
