//! PLUG-IN: who works on what, kept outside of the invocation.
//!
//! | store | chosen by | file |
//! |---|---|---|
//! | `DynamoDB` | `STATE_TABLE` | `dynamodb.rs` |
//! | the memory of this process | nothing | `memory.rs` |
//!
//! A store keeps one document per key and swaps it only against the version that the writer has read. The rule that
//! decides who wins is [`decide`], pure and the same for every store.

mod dynamodb;
mod memory;

use async_trait::async_trait;

use crate::aws::Aws;
use crate::domain::episode::{Claimant, Decision, Record, State, decide};

/// How often a claim is tried when others write at the same time. Each loss means that somebody else made progress.
const ATTEMPTS: usize = 4;

/// Why the state is not to be had. The work goes on without it, and says so.
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
    /// Others kept winning.
    #[error("others kept writing the same record")]
    Contended,
}

/// A record, and the version that a writer has to name to replace it.
#[derive(Debug, Clone)]
struct Versioned {
    record: Record,
    version: u64,
}

/// What became of a write.
enum Put {
    /// It stands there now.
    Stored,
    /// Somebody else wrote first; this stands there now.
    Conflict(Option<Versioned>),
}

/// A store of records.
#[async_trait]
trait Store: Send + Sync {
    /// The record under `key`.
    async fn get(&self, key: &str) -> Result<Option<Versioned>, StateError>;
    /// Writes `next` if the version that stands there is still `expected`; `None` expects nothing there.
    async fn put(&self, key: &str, next: &Versioned, expected: Option<u64>) -> Result<Put, StateError>;
}

/// The claims on issues.
pub struct Claims {
    store: Box<dyn Store>,
}

/// What became of a claim.
#[derive(Debug)]
pub enum Claimed {
    /// The delivery is ours to work on.
    Ours(Claim),
    /// It belongs to an episode that is worked on right now.
    Running,
    /// It belongs to an episode that is done.
    Finished,
}

/// An episode that is ours until it is finished or the lease ends.
#[derive(Debug)]
pub struct Claim {
    key: String,
    version: u64,
    /// What is known of it.
    pub record: Record,
    /// Whether somebody else began it and may have done more than the record says.
    pub taken_over: bool,
}

impl Claims {
    /// The claims in `table`, or in memory when there is none.
    #[must_use]
    pub fn new(table: Option<&str>, aws: &Aws) -> Self {
        let store: Box<dyn Store> = match table {
            Some(table) => Box::new(dynamodb::DynamoDb::new(table, aws)),
            None => Box::new(memory::Memory::default()),
        };
        Self { store }
    }

    /// Claims the episode of `key`: one read, and one write by the winner.
    ///
    /// # Errors
    /// [`StateError`] if the store cannot be asked.
    pub async fn claim(&self, key: &str, claimant: &Claimant) -> Result<Claimed, StateError> {
        let mut existing = self.store.get(key).await?;
        for _ in 0..ATTEMPTS {
            let (record, taken_over) = match decide(existing.as_ref().map(|e| &e.record), claimant) {
                Decision::Begin(record) => (record, false),
                Decision::TakeOver(record) => (record, true),
                Decision::Running => return Ok(Claimed::Running),
                Decision::Finished => return Ok(Claimed::Finished),
            };
            let expected = existing.as_ref().map(|e| e.version);
            let next = Versioned { record, version: expected.unwrap_or(0) + 1 };
            match self.store.put(key, &next, expected).await? {
                Put::Stored => {
                    let Versioned { record, version } = next;
                    return Ok(Claimed::Ours(Claim { key: key.to_owned(), version, record, taken_over }));
                }
                Put::Conflict(standing) => existing = standing,
            }
        }
        Err(StateError::Contended)
    }

    /// Writes down how an episode ended, unless its lease ended and somebody else has taken it over.
    ///
    /// # Errors
    /// [`StateError`] if the store cannot be asked.
    pub async fn finish(&self, claim: Claim, state: State) -> Result<(), StateError> {
        let record = Record { state, ..claim.record };
        let next = Versioned { record, version: claim.version + 1 };
        self.store.put(&claim.key, &next, Some(claim.version)).await.map(drop)
    }
}
