//! PLUG-IN: what outlives an invocation: claims on issues, approvals, what models have cost and said.
//!
//! | store | chosen by | file |
//! |---|---|---|
//! | `DynamoDB` | `STATE_TABLE`, cargo feature `aws` | `dynamodb.rs` |
//! | the memory of this process | nothing | `memory.rs` |
//!
//! A store keeps one JSON document per key and swaps it only against the version that the writer has read. What a
//! document means is decided by pure rules (`domain::incident`, `domain::approval`), the same for every store.

mod approvals;
mod claims;
#[cfg(feature = "aws")]
mod dynamodb;
mod memory;
mod spending;

use std::sync::Arc;

use async_trait::async_trait;
use serde::Serialize;
use serde::de::DeserializeOwned;

pub use self::approvals::{Approvals, AskOutcome, AttemptResult};
pub use self::claims::{Claim, Claimed, Claims, Look, Opening};
pub use self::spending::Spending;
use crate::aws::Aws;

/// Why the state is not to be had. The work goes on without it, and says so.
#[derive(Debug, thiserror::Error)]
pub enum StateError {
    /// The store cannot be reached, or refuses.
    #[error("{message_ref}: {why}")]
    Unavailable {
        /// The store.
        message_ref: String,
        /// What it said.
        why: String,
    },
    /// Others kept winning.
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
pub enum Put<T> {
    /// It stands there now.
    Stored,
    /// Somebody else wrote first; this stands there now.
    Conflict(Option<T>),
}

/// A store of documents.
#[async_trait]
trait Store: Send + Sync {
    /// The document under `key`.
    async fn get(&self, key: &str) -> Result<Option<Stored>, StateError>;
    /// Writes `next` if the version that stands there is still `expected`; `None` expects nothing there.
    async fn put(&self, key: &str, next: &Stored, expected: Option<u64>) -> Result<Put<Stored>, StateError>;
    /// Every document whose key begins with `prefix`: for a person who asks, never for a delivery.
    async fn list(&self, prefix: &str) -> Result<Vec<Stored>, StateError>;
}

/// A document as its reader sees it, and the version that a writer has to name to replace it.
#[derive(Debug, Clone)]
pub struct Versioned<T> {
    /// What it says.
    pub content: T,
    /// Counted up by every write.
    pub version: u64,
}

/// Typed documents in the configured store. Cloning shares the store.
#[derive(Clone)]
pub struct Documents(Arc<dyn Store>);

impl Documents {
    /// The documents in `table`, or in memory when there is none.
    #[must_use]
    pub fn new(table: Option<&str>, aws: &Aws) -> Self {
        // Only the table is AWS's. Without the feature, the configuration does not let one come this far.
        let _ = aws;
        Self(match table {
            #[cfg(feature = "aws")]
            Some(table) => Arc::new(dynamodb::DynamoDb::new(table, aws)),
            _ => Arc::new(memory::Memory::default()),
        })
    }

    /// The document under `key`.
    ///
    /// # Errors
    /// [`StateError`] if the store cannot be asked.
    pub async fn get<T: DeserializeOwned>(&self, key: &str) -> Result<Option<Versioned<T>>, StateError> {
        self.0.get(key).await?.map(|stored| read(&stored)).transpose()
    }

    /// Writes `next` if the version that stands there is still `expected`; `None` expects nothing there. The store may
    /// drop it after `expires`, in seconds since 1970.
    ///
    /// # Errors
    /// [`StateError`] if the store cannot be asked.
    pub async fn put<T: Serialize + DeserializeOwned>(
        &self,
        key: &str,
        next: &Versioned<T>,
        expected: Option<u64>,
        expires: u64,
    ) -> Result<Put<Versioned<T>>, StateError> {
        let json = serde_json::to_string(&next.content).map_err(|_| StateError::NotOurs)?;
        let stored = Stored { json, version: next.version, expires };
        Ok(match self.0.put(key, &stored, expected).await? {
            Put::Stored => Put::Stored,
            Put::Conflict(standing) => Put::Conflict(standing.as_ref().map(read).transpose()?),
        })
    }

    /// Every document whose key begins with `prefix`; one that cannot be read hides none of the others.
    ///
    /// # Errors
    /// [`StateError`] if the store cannot be asked.
    pub async fn list<T: DeserializeOwned>(&self, prefix: &str) -> Result<Vec<T>, StateError> {
        let stored = self.0.list(prefix).await?;
        Ok(stored.iter().filter_map(|stored| Some(read(stored).ok()?.content)).collect())
    }
}

fn read<T: DeserializeOwned>(stored: &Stored) -> Result<Versioned<T>, StateError> {
    let content = serde_json::from_str(&stored.json).map_err(|_| StateError::NotOurs)?;
    Ok(Versioned { content, version: stored.version })
}
