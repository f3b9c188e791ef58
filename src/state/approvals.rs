//! What people are asked to decide: one document per approval.

use super::{Documents, Put, StateError, Versioned};
use crate::domain::approval::{Approval, DecisionAttempt, Ruling, decide};
use crate::domain::ids::ApprovalId;

/// How often a write is tried when others write at the same time.
const ATTEMPTS: usize = 4;
/// An approval is kept this long after it can be decided no longer, so that a late tap is told what became of it.
const KEPT_SECONDS: u64 = 30 * 24 * 3600;
const PREFIX: &str = "approval#";

/// The approvals.
pub struct Approvals(Documents);

/// What became of a question.
#[derive(Debug)]
pub enum AskOutcome {
    /// It can be answered.
    Open(Box<Versioned<Approval>>),
    /// It was asked before, and answered.
    Answered,
}

/// What became of a tap, with the record as it stands now.
#[derive(Debug)]
pub struct AttemptResult {
    /// The verdict.
    pub verdict: Ruling,
    /// The record.
    pub approval: Versioned<Approval>,
}

impl Approvals {
    /// The approvals among `documents`.
    #[must_use]
    pub fn new(documents: &Documents) -> Self {
        Self(documents.clone())
    }

    /// Asks; under a new message, if the same was asked before by an invocation that died.
    ///
    /// # Errors
    /// [`StateError`] if the store cannot be asked.
    pub async fn ask(&self, approval: Approval) -> Result<AskOutcome, StateError> {
        let next = Versioned { content: approval, version: 1 };
        match self.write(&next, None).await? {
            Put::Stored => Ok(AskOutcome::Open(Box::new(next))),
            Put::Conflict(Some(standing)) if standing.content == next.content => {
                Ok(AskOutcome::Open(Box::new(standing)))
            }
            Put::Conflict(Some(standing)) if standing.content.state.is_open() => {
                let Approval { state, updates, .. } = standing.content.clone();
                let anew = Approval { state, updates, ..next.content };
                self.update(&standing, anew).await.map(Box::new).map(AskOutcome::Open)
            }
            Put::Conflict(_) => Ok(AskOutcome::Answered),
        }
    }

    /// The approval of this id.
    ///
    /// # Errors
    /// [`StateError`] if the store cannot be asked.
    pub async fn get(&self, id: &ApprovalId) -> Result<Option<Versioned<Approval>>, StateError> {
        self.0.get(&key(id.as_str())).await
    }

    /// Writes a record anew, unless somebody has written since it was read.
    ///
    /// # Errors
    /// [`StateError`] if the store cannot be asked, or somebody has.
    pub async fn update(
        &self,
        before: &Versioned<Approval>,
        content: Approval,
    ) -> Result<Versioned<Approval>, StateError> {
        let next = Versioned { content, version: before.version + 1 };
        match self.write(&next, Some(before.version)).await? {
            Put::Stored => Ok(next),
            // The answer to our own write was lost, and the write was tried again.
            Put::Conflict(Some(standing)) if standing.content == next.content => Ok(standing),
            Put::Conflict(_) => Err(StateError::Contended),
        }
    }

    /// Takes a tap on what stood there a moment ago: whoever writes first has decided.
    ///
    /// # Errors
    /// [`StateError`] if the store cannot be asked.
    pub async fn tap(
        &self,
        found: Versioned<Approval>,
        tap: &DecisionAttempt,
    ) -> Result<AttemptResult, StateError> {
        let mut before = found;
        for _ in 0..ATTEMPTS {
            let verdict = decide(&before.content, tap);
            let (Ruling::Take(next) | Ruling::Resume(next) | Ruling::Close(next)) = &verdict else {
                return Ok(AttemptResult { verdict, approval: before });
            };
            let next = Versioned { content: (**next).clone(), version: before.version + 1 };
            match self.write(&next, Some(before.version)).await? {
                Put::Stored => return Ok(AttemptResult { verdict, approval: next }),
                // The answer to our own write was lost, and the write was tried again.
                Put::Conflict(Some(now)) if now.content == next.content => {
                    return Ok(AttemptResult { verdict, approval: now });
                }
                Put::Conflict(Some(now)) => before = now,
                Put::Conflict(None) => break,
            }
        }
        Err(StateError::Contended)
    }

    /// All that are known, the newest first.
    ///
    /// # Errors
    /// [`StateError`] if the store cannot be asked.
    pub async fn all(&self) -> Result<Vec<Approval>, StateError> {
        let mut all: Vec<Approval> = self.0.list(PREFIX).await?;
        all.sort_by_key(|approval| std::cmp::Reverse(approval.created_ms));
        Ok(all)
    }

    async fn write(
        &self,
        next: &Versioned<Approval>,
        expected: Option<u64>,
    ) -> Result<Put<Versioned<Approval>>, StateError> {
        let expires = next.content.expires_ms / 1000 + KEPT_SECONDS;
        self.0.put(&key(next.content.id.as_str()), next, expected, expires).await
    }
}

fn key(id: &str) -> String {
    format!("{PREFIX}{id}")
}
