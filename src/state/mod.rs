//! PLUG-IN: what outlives an invocation: claims on issues, approvals, what models have cost and said.
//!
//! | store | chosen by | file |
//! |---|---|---|
//! | `DynamoDB` | `STATE_TABLE`, cargo feature `aws` | `dynamodb.rs` |
//! | an SQLite file | `STATE_PATH`, cargo feature `cli` | `sqlite.rs` |
//! | the memory of this process | nothing | `memory.rs` |
//!
//! A store keeps one JSON document per key, and replaces it only if its version is still the one that the writer has read.
//! [`Documents`] counts the versions and repeats a decision that lost. What a document means is decided by pure rules
//! (`domain::incident`, `domain::approval`), the same for every store.

mod approvals;
mod claims;
mod documents;
#[cfg(feature = "aws")]
mod dynamodb;
mod memory;
mod spending;
#[cfg(feature = "cli")]
mod sqlite;

use async_trait::async_trait;

pub use self::approvals::{Approvals, AskOutcome, AttemptResult};
pub use self::claims::{Claim, Claimed, Claims, Look, Opening};
pub use self::documents::{Changed, Decision, Documents, Versioned};
pub use self::spending::Spending;
use crate::aws::Aws;
use crate::sqlite::Database;

/// Why the state cannot be had. The work goes on without it, and says so.
#[derive(Debug, thiserror::Error)]
pub enum StateError {
    /// The store cannot be reached, or refuses.
    #[error("{place}: {why}")]
    Unavailable {
        /// The store.
        place: String,
        /// What it said.
        why: String,
    },
    /// Other writers kept winning.
    #[error("others kept writing the same record")]
    Contended,
    /// What stands under the key was written by no version that we know.
    #[error("a document that is not ours")]
    NotOurs,
}

/// A document as it stands in a store.
#[derive(Debug, Clone)]
struct Stored {
    json: String,
    version: u64,
    /// Seconds since 1970 after which it may be dropped.
    expires: u64,
}

/// What became of a write.
#[derive(Debug)]
enum Put {
    /// It stands there now.
    Stored,
    /// Another writer was first; this stands there now.
    Conflict(Option<Stored>),
}

/// A store of documents.
#[async_trait]
trait Store: Send + Sync {
    /// The document under `key`.
    async fn get(&self, key: &str) -> Result<Option<Stored>, StateError>;
    /// Writes `next` if the version that stands there is still `expected`; `None` expects nothing there.
    async fn put(&self, key: &str, next: &Stored, expected: Option<u64>) -> Result<Put, StateError>;
    /// Every document whose key begins with `prefix`, with its key: for a person or a start, never for a delivery.
    async fn list(&self, prefix: &str) -> Result<Vec<(String, Stored)>, StateError>;
    /// The size of what is kept, in bytes, where that is known.
    async fn size(&self) -> Result<Option<u64>, StateError> {
        Ok(None)
    }
}

/// The documents in `table`, in `file`, or in memory when there is neither.
#[must_use]
pub fn open(table: Option<&str>, file: Option<&Database>, aws: &Aws) -> Documents {
    // Without the features, the configuration lets neither come this far.
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
