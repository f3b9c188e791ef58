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

/// What a look at the record shows.
#[derive(Debug)]
pub enum Look {
    /// A delivery is to be worked on by whoever takes it first.
    Open(Opening),
    /// It is not.
    Taken(Claimed),
}

/// A record that has no owner, as it was read.
#[derive(Debug)]
pub struct Opening {
    key: String,
    existing: Option<Versioned>,
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
    /// Whether somebody before us left it unfinished and may have done more than the record says.
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

    /// Looks what is to become of a delivery: one read.
    ///
    /// # Errors
    /// [`StateError`] if the store cannot be asked.
    pub async fn look(&self, key: &str, claimant: &Claimant) -> Result<Look, StateError> {
        let existing = self.store.get(key).await?;
        Ok(match decide(existing.as_ref().map(|e| &e.record), claimant) {
            Decision::Begin(_) | Decision::TakeOver(_) => {
                Look::Open(Opening { key: key.to_owned(), existing })
            }
            Decision::Running => Look::Taken(Claimed::Running),
            Decision::Finished => Look::Taken(Claimed::Finished),
        })
    }

    /// Claims what was open a moment ago: one write by the winner.
    ///
    /// # Errors
    /// [`StateError`] if the store cannot be asked.
    pub async fn take(&self, opening: Opening, claimant: &Claimant) -> Result<Claimed, StateError> {
        let Opening { key, mut existing } = opening;
        for _ in 0..ATTEMPTS {
            let was_unfinished = existing.as_ref().is_some_and(|e| e.record.state != State::Done);
            let record = match decide(existing.as_ref().map(|e| &e.record), claimant) {
                Decision::Begin(record) | Decision::TakeOver(record) => record,
                Decision::Running => return Ok(Claimed::Running),
                Decision::Finished => return Ok(Claimed::Finished),
            };
            let expected = existing.as_ref().map(|e| e.version);
            let next = Versioned { record, version: expected.unwrap_or(0) + 1 };
            let conflict = match self.store.put(&key, &next, expected).await? {
                Put::Stored => None,
                // The answer to our own write was lost, and the write was tried again.
                Put::Conflict(Some(standing)) if standing.record == next.record => None,
                Put::Conflict(standing) => Some(standing),
            };
            let Some(standing) = conflict else {
                let Versioned { record, version } = next;
                return Ok(Claimed::Ours(Claim { key, version, record, taken_over: was_unfinished }));
            };
            existing = standing;
        }
        Err(StateError::Contended)
    }

    /// Looks and takes.
    ///
    /// # Errors
    /// [`StateError`] if the store cannot be asked.
    pub async fn claim(&self, key: &str, claimant: &Claimant) -> Result<Claimed, StateError> {
        match self.look(key, claimant).await? {
            Look::Open(opening) => self.take(opening, claimant).await,
            Look::Taken(claimed) => Ok(claimed),
        }
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
