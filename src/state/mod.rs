//! PLUG-IN: the store of everything that outlives an invocation: claims, approvals, the models' calls and answers, the
//! position in Telegram's updates, and the watch over arriving webhooks.
//!
//! | store | chosen by | file |
//! |---|---|---|
//! | `DynamoDB` | `STATE_TABLE`, cargo feature `aws` | `dynamodb.rs` |
//! | an SQLite file | `STATE_PATH`, cargo feature `cli` | `sqlite.rs` |
//! | the memory of this process | neither of these | `memory.rs` |
//!
//! A store keeps one JSON document per key. It replaces a document only if the writer names the current version.
//! [`Documents`] increments the versions and repeats a decision after a conflict. The pure functions of
//! `domain::incident` and `domain::approval` decide the content of claims and approvals, in the same way for every
//! store.

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
use self::documents::ATTEMPTS;
pub use self::documents::{Changed, Decision, Documents, Versioned};
pub use self::export::{Export, ExportError};
pub use self::import::{ImportError, Imported};
use self::polling::Position;
pub use self::polling::{PollTurn, Polling};
pub use self::spending::Spending;
use self::spending::{Calls, Said};
use crate::aws::Aws;
use crate::sqlite::Database;

/// The reason why the state could not be read or written. The handling of a webhook continues without the state, and
/// the failure is logged.
#[derive(Debug, thiserror::Error)]
pub enum StateError {
    /// The store cannot be reached, or refuses the call.
    #[error("{place}: {why}")]
    Unavailable {
        /// The setting of the store, such as `STATE_TABLE` with the table's name.
        place: String,
        /// The error message of the store.
        why: String,
    },
    /// Other writers changed the document before each of several attempts to write it.
    #[error("other writers won every attempt")]
    Contended,
    /// The document has a form that no known version of Sidenote writes.
    #[error("the document has an unknown form")]
    NotOurs,
}

/// A document as a store keeps it: its JSON, version and time of expiry.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Stored {
    json: String,
    version: u64,
    /// The time after which the document may be deleted, in seconds since 1970.
    expires: u64,
}

/// The result of one attempt to write a document.
#[derive(Debug)]
enum Put {
    /// The document was written.
    Stored,
    /// The current version was not the expected one. The value is the current document.
    Conflict(Option<Stored>),
}

/// A store of JSON documents by their keys: DynamoDB, SQLite or memory.
#[async_trait]
trait Store: Send + Sync {
    /// Returns the document with this key; `None` if there is none.
    async fn get(&self, key: &str) -> Result<Option<Stored>, StateError>;
    /// Writes `next` if the current version is `expected`. If `expected` is `None`, the write succeeds only if there is
    /// no document. Returns [`Put::Conflict`] with the current document if the current version is another one.
    async fn put(&self, key: &str, next: &Stored, expected: Option<u64>) -> Result<Put, StateError>;
    /// Returns all documents whose keys begin with `prefix`, with their keys. This can be slow, so only commands,
    /// scheduled work and the start of a process call it, and never the handling of a webhook.
    async fn list(&self, prefix: &str) -> Result<Vec<(String, Stored)>, StateError>;
    /// Checks that documents can be written, if the store can check this cheaply.
    async fn check(&self) -> Result<(), StateError> {
        Ok(())
    }
    /// Returns the size of the documents in bytes; `None` if the store does not know it.
    async fn size(&self) -> Result<Option<u64>, StateError> {
        Ok(None)
    }
}

/// Returns the documents in the DynamoDB table `table`, in the SQLite file `file`, or in memory if both are `None`.
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

    /// Returns each store that a test can use without a service: memory, and an SQLite file in a temporary folder.
    pub(super) fn stores() -> [(tempfile::TempDir, Documents); 2] {
        let (unused, folder) =
            (tempfile::tempdir().expect("a folder"), tempfile::tempdir().expect("a folder"));
        let file = Database::at(&folder.path().join("state.db"));
        let aws = Aws::default();
        [(unused, open(None, None, &aws)), (folder, open(None, Some(&file), &aws))]
    }
}
