//! Who works on what: the records of issues, swapped by the rule of [`decide`].

use super::{Documents, Put, StateError, Versioned};
use crate::domain::ids::NoteId;
use crate::domain::incident::{ClaimDecision, ClaimRequest, IncidentRecord, IncidentState, decide};

/// How often a claim is tried when others write at the same time. Each loss means that somebody else made progress.
const ATTEMPTS: usize = 4;
/// A record is kept this long after its last incident began: an issue that returns later gets a new note.
const KEPT_SECONDS: u64 = 90 * 24 * 3600;

/// The claims on issues.
pub struct Claims(Documents);

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
    version: u64,
    /// What is known of it.
    pub record: IncidentRecord,
    /// Whether somebody before us left it unfinished and may have done more than the record says.
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
        Ok(match decide(existing.as_ref().map(|e: &Versioned<IncidentRecord>| &e.content), request) {
            ClaimDecision::Begin(_) | ClaimDecision::TakeOver(_) => {
                Look::Open(Opening { key: key.to_owned(), existing })
            }
            ClaimDecision::Running => Look::Taken(Claimed::Running),
            ClaimDecision::Finished => Look::Taken(Claimed::Finished),
            ClaimDecision::Join(record) => Look::Taken(self.join(key, request, record, existing).await),
        })
    }

    /// Writes down that a delivery said what an incident has told of; once more if a twin of it has written meanwhile. It
    /// stays a repeat when that fails: somebody has begun something else, or nobody can write; and only who says the same
    /// once more, much later, is not known.
    async fn join(
        &self,
        key: &str,
        request: &ClaimRequest,
        mut record: IncidentRecord,
        mut before: Option<Versioned<IncidentRecord>>,
    ) -> Claimed {
        for _ in 0..ATTEMPTS {
            let Some(expected) = before.map(|before| before.version) else { break };
            let next = Versioned { content: record, version: expected + 1 };
            before = match self.write(key, &next, Some(expected)).await {
                Ok(Put::Stored) => return Claimed::Finished,
                Ok(Put::Conflict(standing)) => standing,
                Err(error) => {
                    tracing::error!(error = %error, "state_unavailable: a repeat is not written down");
                    break;
                }
            };
            let ClaimDecision::Join(anew) = decide(before.as_ref().map(|b| &b.content), request) else {
                break;
            };
            record = anew;
        }
        Claimed::Finished
    }

    /// Claims what was open a moment ago: one write by the winner.
    ///
    /// # Errors
    /// [`StateError`] if the store cannot be asked.
    pub async fn take(&self, opening: Opening, request: &ClaimRequest) -> Result<Claimed, StateError> {
        let Opening { key, mut existing } = opening;
        for _ in 0..ATTEMPTS {
            let was_unfinished = existing.as_ref().is_some_and(|e| e.content.state != IncidentState::Done);
            let record =
                match decide(existing.as_ref().map(|e: &Versioned<IncidentRecord>| &e.content), request) {
                    ClaimDecision::Begin(record) | ClaimDecision::TakeOver(record) => record,
                    ClaimDecision::Running => return Ok(Claimed::Running),
                    ClaimDecision::Finished => return Ok(Claimed::Finished),
                    ClaimDecision::Join(record) => {
                        return Ok(self.join(&key, request, record, existing).await);
                    }
                };
            let expected = existing.as_ref().map(|e| e.version);
            let next = Versioned { content: record, version: expected.unwrap_or(0) + 1 };
            let conflict = match self.write(&key, &next, expected).await? {
                Put::Stored => None,
                // The answer to our own write was lost, and the write was tried again.
                Put::Conflict(Some(standing)) if standing.content == next.content => None,
                Put::Conflict(standing) => Some(standing),
            };
            let Some(standing) = conflict else {
                let Versioned { content: record, version } = next;
                let claim = Claim { key, version, record, taken_over: was_unfinished };
                return Ok(Claimed::Ours(Box::new(claim)));
            };
            existing = standing;
        }
        Err(StateError::Contended)
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

    /// Writes down how an incident ended, unless its lease ended and somebody else has taken it over.
    ///
    /// # Errors
    /// [`StateError`] if the store cannot be asked.
    pub async fn finish(&self, claim: Claim, state: IncidentState) -> Result<(), StateError> {
        let Claim { key, mut version, record, .. } = claim;
        let mut content = IncidentRecord { state, ..record };
        for _ in 0..ATTEMPTS {
            let next = Versioned { content, version: version + 1 };
            match self.write(&key, &next, Some(version)).await? {
                // Still ours, but a person's approval has written down its note meanwhile.
                Put::Conflict(Some(standing)) if is_still(&standing.content, &next.content) => {
                    version = standing.version;
                    let note = next.content.note.clone().or(standing.content.note);
                    content = IncidentRecord { note, ..next.content };
                }
                Put::Conflict(_) => {
                    tracing::warn!("state_taken_over: the lease was over, and somebody else works on it");
                    return Ok(());
                }
                Put::Stored => return Ok(()),
            }
        }
        Err(StateError::Contended)
    }

    /// Writes down that `note` is the note on the issue: a person has let it be posted after the incident was over.
    ///
    /// # Errors
    /// [`StateError`] if the store cannot be asked.
    pub async fn noted(&self, key: &str, note: &NoteId) -> Result<(), StateError> {
        let mut standing = self.0.get::<IncidentRecord>(key).await?;
        for _ in 0..ATTEMPTS {
            let Some(Versioned { content, version }) = standing else { return Ok(()) };
            let content = IncidentRecord { note: Some(note.clone()), ..content };
            let next = Versioned { content, version: version + 1 };
            match self.write(key, &next, Some(version)).await? {
                Put::Stored => return Ok(()),
                Put::Conflict(newer) => standing = newer,
            }
        }
        Err(StateError::Contended)
    }

    /// The record of an issue.
    ///
    /// # Errors
    /// [`StateError`] if the store cannot be asked.
    pub async fn record(&self, key: &str) -> Result<Option<IncidentRecord>, StateError> {
        Ok(self.0.get::<IncidentRecord>(key).await?.map(|found| found.content))
    }

    async fn write(
        &self,
        key: &str,
        next: &Versioned<IncidentRecord>,
        expected: Option<u64>,
    ) -> Result<Put<Versioned<IncidentRecord>>, StateError> {
        self.0.put(key, next, expected, next.content.started_ms / 1000 + KEPT_SECONDS).await
    }
}

/// Whether the same invocation's work on the same incident stands there.
fn is_still(standing: &IncidentRecord, ours: &IncidentRecord) -> bool {
    let is_working = matches!(standing.state, IncidentState::Working { .. });
    is_working && standing.owner == ours.owner && standing.started_ms == ours.started_ms
}

#[cfg(test)]
mod tests {
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
    async fn of_two_that_join_at_once_both_are_known() {
        let claims = Claims::new(&Documents::new(None, &Aws::default()));
        let Ok(Claimed::Ours(claim)) = claims.claim("issue", &request("first", 1_000)).await else {
            panic!("nobody was there before")
        };
        claims.finish(*claim, IncidentState::Done).await.expect("memory");
        // Both have read the same version.
        let read = claims.0.get::<IncidentRecord>("issue").await.expect("memory");
        for digest in ["twin", "triplet"] {
            let request = request(digest, 2_000);
            let ClaimDecision::Join(record) = decide(read.as_ref().map(|read| &read.content), &request)
            else {
                panic!("another word for the same")
            };
            claims.join("issue", &request, record, read.clone()).await;
        }
        let record = claims.record("issue").await.expect("memory").expect("a record");
        assert_eq!(record.digests, ["first", "twin", "triplet"]);
    }
}
