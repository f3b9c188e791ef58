//! Stores approvals in the state store, one document per approval.

use super::{Decision, Documents, StateError, Versioned};
use crate::domain::approval::{Approval, ApprovalState, DecisionAttempt, Ruling, decide};
use crate::domain::ids::ApprovalId;

/// The time for which an approval is kept after its expiry, in seconds. A late button press then still gets an
/// explanation.
const KEPT_SECONDS: u64 = 30 * 24 * 3600;
const PREFIX: &str = "approval#";

/// The approvals in the state store.
pub struct Approvals(Documents);

/// The result of storing a question to a person.
#[derive(Debug)]
pub enum AskOutcome {
    /// The question is open: a person can answer it.
    Open(Box<Versioned<Approval>>),
    /// The question was asked before and is not open any more: a person has answered it, it expired, or a newer
    /// incident superseded it.
    Answered,
}

/// The result of a person's attempt to decide an approval.
#[derive(Debug)]
pub struct AttemptResult {
    /// The ruling on the attempt, which says what follows from it.
    pub verdict: Ruling,
    /// The record of the approval after the attempt.
    pub approval: Versioned<Approval>,
}

impl Approvals {
    /// Returns the approvals that are stored in `documents`.
    #[must_use]
    pub fn new(documents: &Documents) -> Self {
        Self(documents.clone())
    }

    /// Stores an approval that waits for a decision, and returns it. If the same approval was stored before and is
    /// still open, for example by an invocation that died, the stored one gets the content of the new one and keeps its
    /// own state and updates. If the stored one is not open any more, nothing is stored and the result is
    /// [`AskOutcome::Answered`].
    ///
    /// # Errors
    ///
    /// [`StateError`] if the store cannot be read or written.
    pub async fn ask(&self, approval: Approval) -> Result<AskOutcome, StateError> {
        let key = key(approval.id.as_str());
        let asked = self.0.change_from(&key, None, |standing: Option<&Approval>| match standing {
            None => write(approval.clone(), true),
            Some(standing) if standing.state.is_open() => {
                let Approval { state, updates, .. } = standing.clone();
                write(Approval { state, updates, ..approval.clone() }, true)
            }
            Some(_) => Decision::Leave(false),
        });
        let asked = asked.await?;
        Ok(match asked.standing.filter(|_| asked.result) {
            Some(standing) => AskOutcome::Open(Box::new(standing)),
            None => AskOutcome::Answered,
        })
    }

    /// Returns the stored approval with this id.
    ///
    /// # Errors
    ///
    /// [`StateError`] if the store cannot be read.
    pub async fn get(&self, id: &ApprovalId) -> Result<Option<Versioned<Approval>>, StateError> {
        self.0.get(&key(id.as_str())).await
    }

    /// Replaces the record of an approval, unless it has changed since it was read as `before`. Returns the new
    /// record.
    ///
    /// # Errors
    ///
    /// [`StateError`] if the store cannot be written, or the record has changed.
    pub async fn update(
        &self,
        before: &Versioned<Approval>,
        content: Approval,
    ) -> Result<Versioned<Approval>, StateError> {
        let expires = kept_until(&content);
        self.0.replace_read(&key(content.id.as_str()), before, content, expires).await
    }

    /// Applies a person's attempt to decide to a record that was read before. Returns the ruling and the record after
    /// the attempt. If two attempts compete, the first write wins and the second one is judged again.
    ///
    /// # Errors
    ///
    /// [`StateError`] if the store cannot be read or written.
    pub async fn tap(
        &self,
        found: Versioned<Approval>,
        tap: &DecisionAttempt,
    ) -> Result<AttemptResult, StateError> {
        let key = key(found.content.id.as_str());
        let tapped = self.0.change_from(&key, Some(found), |standing: Option<&Approval>| {
            let Some(standing) = standing else { return Decision::Leave(None) };
            let verdict = decide(standing, tap);
            match &verdict {
                Ruling::Take(next) | Ruling::Resume(next) | Ruling::Close(next) => {
                    write((**next).clone(), Some(verdict))
                }
                _ => Decision::Leave(Some(verdict)),
            }
        });
        let tapped = tapped.await?;
        match (tapped.result, tapped.standing) {
            (Some(verdict), Some(approval)) => Ok(AttemptResult { verdict, approval }),
            // The store has deleted the record in the meantime.
            _ => Err(StateError::Contended),
        }
    }

    /// Ends the leases of all decisions that are being executed. This is correct only if no other process is at work.
    /// Returns the number of ended leases.
    ///
    /// # Errors
    ///
    /// [`StateError`] if the store cannot be read or written.
    pub async fn release_all(&self) -> Result<usize, StateError> {
        let release = |standing: Option<&Approval>| {
            let Some(mut next) = standing.cloned() else { return Decision::Leave(0) };
            match &mut next.state {
                ApprovalState::Working { until_ms, .. } if *until_ms > 0 => *until_ms = 0,
                _ => return Decision::Leave(0),
            }
            write(next, 1)
        };
        self.0.change_each(PREFIX, release).await
    }

    /// Returns all stored approvals, the newest first.
    ///
    /// # Errors
    ///
    /// [`StateError`] if the store cannot be read.
    pub async fn all(&self) -> Result<Vec<Approval>, StateError> {
        let listed = self.0.list(PREFIX).await?;
        let mut all: Vec<Approval> = listed.into_iter().map(|(_, approval)| approval).collect();
        all.sort_by_key(|approval| std::cmp::Reverse(approval.created_ms));
        Ok(all)
    }
}

fn write<R>(next: Approval, result: R) -> Decision<Approval, R> {
    Decision::Write { expires: kept_until(&next), next, result }
}

fn kept_until(approval: &Approval) -> u64 {
    approval.expires_ms / 1000 + KEPT_SECONDS
}

fn key(id: &str) -> String {
    format!("{PREFIX}{id}")
}
