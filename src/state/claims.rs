//! Claims: the record of each issue, changed as [`decide`] says.

use super::{Decision, Documents, StateError, Versioned};
use crate::domain::ids::NoteId;
use crate::domain::incident::{ClaimDecision, ClaimRequest, IncidentRecord, IncidentState, decide};

/// A record is kept this long after its last incident began: an issue that returns later gets a new note.
const KEPT_SECONDS: u64 = 90 * 24 * 3600;

/// What the keys of incidents begin with.
const PREFIXES: [&str; 2] = ["issue#", "metric#"];

/// The claims on issues.
pub struct Claims(Documents);

/// What a look at the record shows.
#[derive(Debug)]
pub enum Look {
    /// The delivery belongs to the first invocation that takes it.
    Open(Opening),
    /// It has an owner, or is done.
    Taken(Claimed),
}

/// A record that has no owner, as it was read.
#[derive(Debug)]
pub struct Opening {
    key: String,
    existing: Option<Versioned<IncidentRecord>>,
}

/// What became of a claim.
#[derive(Debug)]
pub enum Claimed {
    /// The delivery is ours to work on.
    Ours(Box<Claim>),
    /// It belongs to an incident that is worked on right now.
    Running,
    /// It belongs to an incident that is done.
    Finished,
}

/// An incident that is ours until it is finished or the lease ends.
#[derive(Debug, Clone)]
pub struct Claim {
    key: String,
    /// The record as the claim has written it.
    claimed: Versioned<IncidentRecord>,
    /// What is known of the incident by now.
    pub record: IncidentRecord,
    /// Whether a dead invocation left it unfinished. It may have done more than the record says.
    pub taken_over: bool,
}

impl Claim {
    /// The key of the record.
    #[must_use]
    pub fn key(&self) -> &str {
        &self.key
    }

    /// The end of its lease, in milliseconds since 1970.
    #[must_use]
    pub fn until_ms(&self) -> u64 {
        match self.record.state {
            IncidentState::Working { until_ms } => until_ms,
            IncidentState::Partial | IncidentState::Done => 0,
        }
    }
}

impl Claims {
    /// The claims among `documents`.
    #[must_use]
    pub fn new(documents: &Documents) -> Self {
        Self(documents.clone())
    }

    /// Looks what is to become of a delivery: one read.
    ///
    /// # Errors
    /// [`StateError`] if the store cannot be asked.
    pub async fn look(&self, key: &str, request: &ClaimRequest) -> Result<Look, StateError> {
        let existing = self.0.get(key).await?;
        Ok(match decide(content(existing.as_ref()), request) {
            ClaimDecision::Begin(_) | ClaimDecision::TakeOver(_) => {
                Look::Open(Opening { key: key.to_owned(), existing })
            }
            ClaimDecision::Running => Look::Taken(Claimed::Running),
            ClaimDecision::Finished => Look::Taken(Claimed::Finished),
            ClaimDecision::Join(_) => Look::Taken(self.join(key, request, existing).await),
        })
    }

    /// Writes down that a delivery reports a change that an incident has reported before. The delivery is a repeat even
    /// if that cannot be written; then only a later repeat of it is not recognised.
    async fn join(
        &self,
        key: &str,
        request: &ClaimRequest,
        existing: Option<Versioned<IncidentRecord>>,
    ) -> Claimed {
        let joined = self.0.change_from(key, existing, |record| match decide(record, request) {
            ClaimDecision::Join(next) => write(next, ()),
            _ => Decision::Leave(()),
        });
        match joined.await {
            Ok(_) | Err(StateError::Contended) => {}
            Err(error) => {
                tracing::error!(error = %error, "state_unavailable: a repeat is not written down");
            }
        }
        Claimed::Finished
    }

    /// Claims what was open a moment ago: one write by the winner.
    ///
    /// # Errors
    /// [`StateError`] if the store cannot be asked.
    pub async fn take(&self, opening: Opening, request: &ClaimRequest) -> Result<Claimed, StateError> {
        let Opening { key, existing } = opening;
        let taken = self.0.change_from(&key, existing, |record| take(record, request)).await?;
        match (taken.result, taken.standing) {
            (Taken::Ours { taken_over }, Some(claimed)) => {
                let record = claimed.content.clone();
                Ok(Claimed::Ours(Box::new(Claim { key, claimed, record, taken_over })))
            }
            (Taken::Running, _) => Ok(Claimed::Running),
            (Taken::Joins, existing) => Ok(self.join(&key, request, existing).await),
            (Taken::Finished | Taken::Ours { .. }, _) => Ok(Claimed::Finished),
        }
    }

    /// Looks and takes.
    ///
    /// # Errors
    /// [`StateError`] if the store cannot be asked.
    pub async fn claim(&self, key: &str, request: &ClaimRequest) -> Result<Claimed, StateError> {
        match self.look(key, request).await? {
            Look::Open(opening) => self.take(opening, request).await,
            Look::Taken(claimed) => Ok(claimed),
        }
    }

    /// Writes down how an incident ended, unless its lease ended and another invocation has taken it over.
    ///
    /// # Errors
    /// [`StateError`] if the store cannot be asked.
    pub async fn finish(&self, claim: Claim, state: IncidentState) -> Result<(), StateError> {
        let Claim { key, claimed, record, .. } = claim;
        let finished = self.0.change_from(&key, Some(claimed), |standing| match standing {
            Some(standing) if is_still(standing, &record) => {
                // A person's approval may have written down its note meanwhile.
                let note = record.note.clone().or_else(|| standing.note.clone());
                write(IncidentRecord { state, note, ..record.clone() }, true)
            }
            _ => Decision::Leave(false),
        });
        if !finished.await?.result {
            tracing::warn!("state_taken_over: the lease was over, and somebody else works on it");
        }
        Ok(())
    }

    /// Writes down that `note` is the note on the issue: a person has let it be posted after the incident was over.
    ///
    /// # Errors
    /// [`StateError`] if the store cannot be asked.
    pub async fn noted(&self, key: &str, note: &NoteId) -> Result<(), StateError> {
        let noted = self.0.change(key, |standing: Option<&IncidentRecord>| match standing {
            Some(standing) => write(IncidentRecord { note: Some(note.clone()), ..standing.clone() }, ()),
            None => Decision::Leave(()),
        });
        noted.await.map(drop)
    }

    /// Ends the lease of every incident that is worked on: only where no other process can be at work. Gives how many.
    ///
    /// # Errors
    /// [`StateError`] if the store cannot be asked.
    pub async fn release_all(&self) -> Result<usize, StateError> {
        let mut released = 0;
        for prefix in PREFIXES {
            for (key, _) in
                self.0.list::<IncidentRecord>(prefix).await?.into_iter().filter(|(_, it)| is_leased(it))
            {
                let release = |standing: Option<&IncidentRecord>| match standing {
                    Some(standing) if is_leased(standing) => {
                        let state = IncidentState::Working { until_ms: 0 };
                        write(IncidentRecord { state, ..standing.clone() }, 1)
                    }
                    _ => Decision::Leave(0),
                };
                released += self.0.change(&key, release).await?.result;
            }
        }
        Ok(released)
    }

    /// The record of an issue.
    ///
    /// # Errors
    /// [`StateError`] if the store cannot be asked.
    pub async fn record(&self, key: &str) -> Result<Option<IncidentRecord>, StateError> {
        Ok(self.0.get::<IncidentRecord>(key).await?.map(|found| found.content))
    }
}

/// What an attempt to take a record came to.
enum Taken {
    /// It is ours. A dead invocation may have left it unfinished.
    Ours { taken_over: bool },
    /// An invocation works on it.
    Running,
    /// It is done.
    Finished,
    /// It is done, and this delivery is to be remembered as a repeat.
    Joins,
}

fn take(record: Option<&IncidentRecord>, request: &ClaimRequest) -> Decision<IncidentRecord, Taken> {
    let taken_over = record.is_some_and(|record| record.state != IncidentState::Done);
    match decide(record, request) {
        ClaimDecision::Begin(next) | ClaimDecision::TakeOver(next) => write(next, Taken::Ours { taken_over }),
        ClaimDecision::Running => Decision::Leave(Taken::Running),
        ClaimDecision::Finished => Decision::Leave(Taken::Finished),
        ClaimDecision::Join(_) => Decision::Leave(Taken::Joins),
    }
}

fn write<R>(next: IncidentRecord, result: R) -> Decision<IncidentRecord, R> {
    Decision::Write { expires: next.started_ms / 1000 + KEPT_SECONDS, next, result }
}

fn content(existing: Option<&Versioned<IncidentRecord>>) -> Option<&IncidentRecord> {
    existing.map(|existing| &existing.content)
}

fn is_leased(record: &IncidentRecord) -> bool {
    matches!(record.state, IncidentState::Working { until_ms } if until_ms > 0)
}

/// Whether the same invocation's work on the same incident stands there.
fn is_still(standing: &IncidentRecord, ours: &IncidentRecord) -> bool {
    let is_working = matches!(standing.state, IncidentState::Working { .. });
    is_working && standing.owner == ours.owner && standing.started_ms == ours.started_ms
}

#[cfg(test)]
mod tests {
    use super::super::open;
    use super::*;
    use crate::aws::Aws;
    use crate::domain::incident::ChangeKind;

    fn request(digest: &str, now_ms: u64) -> ClaimRequest {
        ClaimRequest {
            change: ChangeKind::Regressed,
            digest: Some(digest.to_owned()),
            owner: digest.to_owned(),
            now_ms,
            received_ms: now_ms,
            until_ms: now_ms + 1_000,
            cooldown_ms: 0,
            redelivered: false,
        }
    }

    #[tokio::test]
    async fn a_released_claim_is_taken_over_at_once_and_a_finished_one_stays() {
        let claims = Claims::new(&open(None, None, &Aws::default()));
        for key in ["issue#1", "metric#2", "issue#3"] {
            let Ok(Claimed::Ours(claim)) = claims.claim(key, &request("first", 1_000)).await else {
                panic!("nobody was there before")
            };
            if key == "issue#3" {
                claims.finish(*claim, IncidentState::Done).await.expect("memory");
            }
        }
        let again = async |key| claims.claim(key, &request("second", 1_001)).await.expect("memory");
        assert!(matches!(again("issue#1").await, Claimed::Running));
        assert_eq!(claims.release_all().await.expect("memory"), 2);
        assert!(matches!(again("issue#1").await, Claimed::Ours(claim) if claim.taken_over));
        assert_eq!(
            claims.record("issue#3").await.expect("memory").map(|it| it.state),
            Some(IncidentState::Done)
        );
    }

    #[tokio::test]
    async fn of_two_that_join_at_once_both_are_known() {
        let claims = Claims::new(&open(None, None, &Aws::default()));
        let Ok(Claimed::Ours(claim)) = claims.claim("issue", &request("first", 1_000)).await else {
            panic!("nobody was there before")
        };
        claims.finish(*claim, IncidentState::Done).await.expect("memory");
        // Both have read the same version.
        let read = claims.0.get::<IncidentRecord>("issue").await.expect("memory");
        for digest in ["twin", "triplet"] {
            let request = request(digest, 2_000);
            let decision = decide(content(read.as_ref()), &request);
            assert!(matches!(decision, ClaimDecision::Join(_)), "another report of the same change");
            claims.join("issue", &request, read.clone()).await;
        }
        let record = claims.record("issue").await.expect("memory").expect("a record");
        assert_eq!(record.digests, ["first", "twin", "triplet"]);
    }
}
