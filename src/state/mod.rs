//! PLUG-IN: the store of everything that outlives an invocation: claims, approvals, and the models' calls and answers.
//!
//! | store | chosen by | file |
//! |---|---|---|
//! | `DynamoDB` | `STATE_TABLE`, cargo feature `aws` | `dynamodb.rs` |
//! | an SQLite file | `STATE_PATH`, cargo feature `cli` | `sqlite.rs` |
//! | the memory of this process | neither of these | `memory.rs` |
//!
//! A store keeps one JSON document per key. It replaces a document only if the writer names the current version.
//! [`Documents`] increments the versions and repeats a decision after a conflict. Pure rules (`domain::incident`,
//! `domain::approval`) decide the content; they are the same for every store.

mod approvals;
mod claims;
mod documents;
#[cfg(feature = "aws")]
mod dynamodb;
mod export;
mod import;
mod memory;
mod polling;
mod spending;
#[cfg(feature = "cli")]
mod sqlite;

use async_trait::async_trait;

pub use self::approvals::{Approvals, AskOutcome, AttemptResult};
pub use self::claims::{Claim, Claimed, Claims, Look, Opening};
pub use self::documents::{Changed, Decision, Documents, Versioned};
pub use self::export::{Export, ExportError};
pub use self::import::{ImportError, Imported};
pub use self::polling::{PollTurn, Polling};
pub use self::spending::Spending;
use crate::aws::Aws;
use crate::sqlite::Database;

/// The reason why the state is unavailable. The work continues without it, and the log reports that.
#[derive(Debug, thiserror::Error)]
pub enum StateError {
    /// The store cannot be reached, or refuses the call.
    #[error("{place}: {why}")]
    Unavailable {
        /// The name of the store.
        place: String,
        /// The error message.
        why: String,
    },
    /// Other writers won every attempt.
    #[error("other writers won every attempt")]
    Contended,
    /// The document has a form that no known version writes.
    #[error("the document has an unknown form")]
    NotOurs,
}

/// A document in a store.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Stored {
    json: String,
    version: u64,
    /// The time after which the document may be deleted, in seconds since 1970.
    expires: u64,
}

/// The result of a write.
#[derive(Debug)]
enum Put {
    /// The write succeeded.
    Stored,
    /// Another writer was first; this is the current document.
    Conflict(Option<Stored>),
}

/// A store of JSON documents.
#[async_trait]
trait Store: Send + Sync {
    /// The document under `key`.
    async fn get(&self, key: &str) -> Result<Option<Stored>, StateError>;
    /// Writes `next` if the current version is `expected`. `None` expects that there is no document.
    async fn put(&self, key: &str, next: &Stored, expected: Option<u64>) -> Result<Put, StateError>;
    /// All documents whose keys begin with `prefix`, with their keys. Only commands and starts use it, never a
    /// delivery.
    async fn list(&self, prefix: &str) -> Result<Vec<(String, Stored)>, StateError>;
    /// Checks that documents can be written, if that is cheap.
    async fn check(&self) -> Result<(), StateError> {
        Ok(())
    }
    /// The size of the documents in bytes. `None` if the store does not know it.
    async fn size(&self) -> Result<Option<u64>, StateError> {
        Ok(None)
    }
}

/// The documents in `table` or in `file`. In memory if both are `None`.
#[must_use]
pub fn open(table: Option<&str>, file: Option<&Database>, aws: &Aws) -> Documents {
    // Without the features, the configuration rejects both settings earlier.
    let _ = (aws, file);
    match table {
        #[cfg(feature = "aws")]
        Some(table) => Documents::in_store(dynamodb::DynamoDb::new(table, aws)),
        _ => match file {
            #[cfg(feature = "cli")]
            Some(file) => Documents::in_store(sqlite::Sqlite::new(file)),
            _ => Documents::in_store(memory::Memory::default()),
        },
    }
}

#[cfg(feature = "cli")]
#[cfg(test)]
mod tests {
    use super::*;

    /// Every store that a test can have without a service: memory, and a file in a folder that is deleted with it.
    pub(super) fn stores() -> [(tempfile::TempDir, Documents); 2] {
        let (unused, folder) =
            (tempfile::tempdir().expect("a folder"), tempfile::tempdir().expect("a folder"));
        let file = Database::at(&folder.path().join("state.db"));
        let aws = Aws::default();
        [(unused, open(None, None, &aws)), (folder, open(None, Some(&file), &aws))]
    }
}
