//! Claims on incidents. A claim is the exclusive right of an invocation to handle an issue's incident until its lease
//! ends.
//!
//! The state store has one record per issue. The pure function [`decide`] contains the rules for its changes.

use super::{Decision, Documents, StateError, Versioned};
use crate::domain::ids::NoteId;
use crate::domain::incident::{ClaimDecision, ClaimRequest, IncidentRecord, IncidentState, decide};
use crate::domain::message::IssueMessage;

/// The time for which a record is kept after its newest incident began, in seconds. An issue that returns later gets
/// a new note.
const KEPT_SECONDS: u64 = 90 * 24 * 3600;

/// The prefixes of the keys of incident records.
const PREFIXES: [&str; 2] = ["issue#", "metric#"];

/// The claims on incidents in the state store.
pub struct Claims(Documents);

/// The result of reading the record of an incident.
#[derive(Debug)]
pub enum Look {
    /// The incident can be claimed.
    Open(Opening),
    /// The incident cannot be claimed: another invocation is handling it, or it is done.
    Taken(Claimed),
}

/// The record of an incident that can be claimed, as it was read.
#[derive(Debug)]
pub struct Opening {
    key: String,
    existing: Option<Versioned<IncidentRecord>>,
}

/// The result of an attempt to claim an incident.
#[derive(Debug)]
pub enum Claimed {
    /// This invocation owns the incident.
    Ours(Box<Claim>),
    /// Another invocation is handling the incident.
    Running,
    /// Another invocation may be handling the incident: its lease has ended by the clock of this process, but perhaps
    /// not by its own.
    MayRun,
    /// The incident was handled before.
    Finished,
    /// The incident was handled before, but the issue may have changed since. The caller must read the issue.
    Doubtful,
}

/// An incident that this invocation owns until it finishes or the lease ends.
#[derive(Debug, Clone)]
pub struct Claim {
    key: String,
    /// The record as the claim has written it.
    claimed: Versioned<IncidentRecord>,
    /// The record with the changes of this invocation, which are stored when the claim is finished.
    pub record: IncidentRecord,
    /// Whether an earlier invocation left the incident unfinished. That invocation may have completed steps that the
    /// record does not contain.
    pub taken_over: bool,
}

impl Claim {
    /// Returns the key of the incident's record in the state store.
    #[must_use]
    pub fn key(&self) -> &str {
        &self.key
    }

    /// Returns the time when the lease ends, in milliseconds since 1970; 0 if the incident is not being handled.
    #[must_use]
    pub fn until_ms(&self) -> u64 {
        match self.record.state {
            IncidentState::Working { until_ms } => until_ms,
            IncidentState::Partial | IncidentState::Done => 0,
        }
    }
}

impl Claims {
    /// Returns the claims that are stored in `documents`.
    #[must_use]
    pub fn new(documents: &Documents) -> Self {
        Self(documents.clone())
    }

    /// Reads the record with this key once, and returns whether its incident can be claimed by `request`.
    ///
    /// # Errors
    ///
    /// [`StateError`] if the store cannot be read.
    pub async fn look(&self, key: &str, request: &ClaimRequest) -> Result<Look, StateError> {
        let existing = self.0.get(key).await?;
        Ok(match decide(content(existing.as_ref()), request) {
            ClaimDecision::Begin(_) | ClaimDecision::TakeOver(_) => {
                Look::Open(Opening { key: key.to_owned(), existing })
            }
            ClaimDecision::Running => Look::Taken(Claimed::Running),
            ClaimDecision::MayRun => Look::Taken(Claimed::MayRun),
            ClaimDecision::Finished => Look::Taken(Claimed::Finished),
            ClaimDecision::Look(_) => Look::Taken(Claimed::Doubtful),
            ClaimDecision::Join(_) => Look::Taken(self.join(key, request, existing).await),
        })
    }

    /// Records that a webhook repeats a change that an incident has reported. Always returns [`Claimed::Finished`]. The
    /// webhook counts as a repeat even if the write fails; but a later copy of the same webhook may then not be
    /// recognized as a copy.
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

    /// Claims an incident that could be claimed when its record was read. Returns the claim, or the state of the
    /// incident if another invocation was first. If two invocations compete, the first write wins.
    ///
    /// # Errors
    ///
    /// [`StateError`] if the store cannot be read or written.
    pub async fn take(&self, opening: Opening, request: &ClaimRequest) -> Result<Claimed, StateError> {
        let Opening { key, existing } = opening;
        let taken = self.0.change_from(&key, existing, |record| take(record, request)).await?;
        match (taken.result, taken.standing) {
            (Taken::Ours { taken_over }, Some(claimed)) => {
                let record = claimed.content.clone();
                Ok(Claimed::Ours(Box::new(Claim { key, claimed, record, taken_over })))
            }
            (Taken::Not(claimed), _) => Ok(claimed),
            (Taken::Joins, existing) => Ok(self.join(&key, request, existing).await),
            (Taken::Ours { .. }, None) => Ok(Claimed::Finished),
        }
    }

    /// Reads the record of an incident and claims the incident, if that is possible. Returns the claim, or the state of
    /// the incident otherwise.
    ///
    /// # Errors
    ///
    /// [`StateError`] if the store cannot be read or written.
    pub async fn claim(&self, key: &str, request: &ClaimRequest) -> Result<Claimed, StateError> {
        match self.look(key, request).await? {
            Look::Open(opening) => self.take(opening, request).await,
            Look::Taken(claimed) => Ok(claimed),
        }
    }

    /// Records that this invocation reads the issue of a finished incident, to see whether the issue has changed.
    /// Returns the record, or `None` if the read is no longer needed. For example, another invocation has read the
    /// issue within the last minute (unless the queue redelivered the webhook of this request), or the incident is not
    /// done any more.
    ///
    /// # Errors
    ///
    /// [`StateError`] if the store cannot be read or written.
    pub async fn begin_look(
        &self,
        key: &str,
        request: &ClaimRequest,
    ) -> Result<Option<IncidentRecord>, StateError> {
        let begun = self.0.change(key, |record| match decide(record, request) {
            ClaimDecision::Look(next) => write(next, true),
            _ => Decision::Leave(false),
        });
        let begun = begun.await?;
        Ok(begun.standing.map(|standing| standing.content).filter(|_| begun.result))
    }

    /// Records that the read of the issue has shown no change. The webhook that caused the read is recognized as a
    /// repeat from now on.
    ///
    /// # Errors
    ///
    /// [`StateError`] if the store cannot be read or written.
    pub async fn end_look(&self, key: &str, request: &ClaimRequest) -> Result<(), StateError> {
        let ended = self.0.change(key, |standing: Option<&IncidentRecord>| match standing {
            Some(standing) => write(standing.with_digest(request), ()),
            None => Decision::Leave(()),
        });
        ended.await.map(drop)
    }

    /// Records the outcome of a claimed incident. Nothing is changed if the lease has ended and another invocation
    /// has taken over the incident.
    ///
    /// Returns the stored chat message, if another invocation has added an update to it in the meantime. The chat
    /// does not show that update yet.
    ///
    /// # Errors
    ///
    /// [`StateError`] if the store cannot be read or written.
    pub async fn finish(
        &self,
        claim: Claim,
        state: IncidentState,
    ) -> Result<Option<IssueMessage>, StateError> {
        let Claim { key, claimed, record, .. } = claim;
        let before = claimed.content.message.clone();
        let sent = record.message.clone().filter(|_| record.message != before);
        let finished = self.0.change_from(&key, Some(claimed), |standing| match standing {
            Some(standing) if is_still(standing, &record) => {
                // The execution of an approval may have recorded its note in the meantime.
                let note = record.note.clone().or_else(|| standing.note.clone());
                let message = match (&sent, &standing.message) {
                    (Some(sent), Some(now)) => {
                        Some(Box::new((**sent).clone().with_updates_since(before.as_deref(), now)))
                    }
                    (sent, now) => sent.clone().or_else(|| now.clone()),
                };
                write(
                    IncidentRecord { state, note, message: message.clone(), ..record.clone() },
                    Some(message),
                )
            }
            _ => Decision::Leave(None),
        });
        let Some(message) = finished.await?.result else {
            tracing::warn!(
                "state_taken_over: the lease was over, and another invocation handles the incident"
            );
            return Ok(None);
        };
        Ok(message.filter(|message| sent.is_some_and(|sent| sent != *message)).map(|message| *message))
    }

    /// Records the id of the note on the issue, after an approved note was posted.
    ///
    /// # Errors
    ///
    /// [`StateError`] if the store cannot be read or written.
    pub async fn noted(&self, key: &str, note: &NoteId) -> Result<(), StateError> {
        let noted = self.0.change(key, |standing: Option<&IncidentRecord>| match standing {
            Some(standing) => write(IncidentRecord { note: Some(note.clone()), ..standing.clone() }, ()),
            None => Decision::Leave(()),
        });
        noted.await.map(drop)
    }

    /// Changes the stored chat message of an issue with the function `change`. Returns the changed message, or `None`
    /// if the issue has no message.
    ///
    /// # Errors
    ///
    /// [`StateError`] if the store cannot be read or written.
    pub async fn change_message(
        &self,
        key: &str,
        change: &(dyn Fn(&IssueMessage) -> IssueMessage + Sync),
    ) -> Result<Option<IssueMessage>, StateError> {
        let changed = self.0.change(key, |standing: Option<&IncidentRecord>| {
            let Some((standing, message)) = standing.and_then(|it| Some((it, it.message.as_ref()?))) else {
                return Decision::Leave(None);
            };
            let message = change(message);
            let next = IncidentRecord { message: Some(Box::new(message.clone())), ..standing.clone() };
            write(next, Some(message))
        });
        Ok(changed.await?.result)
    }

    /// Ends the leases of all incidents that are being handled. This is correct only if no other process is at work.
    /// Returns the number of ended leases.
    ///
    /// # Errors
    ///
    /// [`StateError`] if the store cannot be read or written.
    pub async fn release_all(&self) -> Result<usize, StateError> {
        let mut released = 0;
        let release = |standing: Option<&IncidentRecord>| match standing {
            Some(standing) if is_leased(standing) => {
                let state = IncidentState::Working { until_ms: 0 };
                write(IncidentRecord { state, ..standing.clone() }, 1)
            }
            _ => Decision::Leave(0),
        };
        for prefix in PREFIXES {
            released += self.0.change_each(prefix, release).await?;
        }
        Ok(released)
    }

    /// Returns the record of an incident by its key.
    ///
    /// # Errors
    ///
    /// [`StateError`] if the store cannot be read.
    pub async fn record(&self, key: &str) -> Result<Option<IncidentRecord>, StateError> {
        Ok(self.0.get::<IncidentRecord>(key).await?.map(|found| found.content))
    }
}

/// The result of deciding on a claim with the newest record.
enum Taken {
    /// This invocation owns the incident. `taken_over` tells whether an earlier invocation left it unfinished.
    Ours { taken_over: bool },
    /// The incident is not claimed, for this reason.
    Not(Claimed),
    /// The incident was handled before, and this webhook repeats the change that it reported.
    Joins,
}

fn take(record: Option<&IncidentRecord>, request: &ClaimRequest) -> Decision<IncidentRecord, Taken> {
    let is_open =
        |record: &IncidentRecord| record.state != IncidentState::Done && record.owner != request.owner;
    let taken_over = record.is_some_and(is_open);
    match decide(record, request) {
        ClaimDecision::Begin(next) | ClaimDecision::TakeOver(next) => write(next, Taken::Ours { taken_over }),
        ClaimDecision::Running => Decision::Leave(Taken::Not(Claimed::Running)),
        ClaimDecision::MayRun => Decision::Leave(Taken::Not(Claimed::MayRun)),
        ClaimDecision::Finished => Decision::Leave(Taken::Not(Claimed::Finished)),
        ClaimDecision::Look(_) => Decision::Leave(Taken::Not(Claimed::Doubtful)),
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

/// Whether the stored record still belongs to the work of this invocation on the same incident.
fn is_still(standing: &IncidentRecord, ours: &IncidentRecord) -> bool {
    let is_working = matches!(standing.state, IncidentState::Working { .. });
    is_working && standing.owner == ours.owner && standing.started_ms == ours.started_ms
}

#[cfg(all(test, feature = "cli"))]
mod tests {
    use serde_json::json;

    use super::super::tests::stores;
    use super::*;
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
            clock_skew_ms: 0,
            has_event: false,
            redelivered: false,
        }
    }

    #[tokio::test]
    async fn a_released_claim_is_taken_over_at_once_and_a_finished_one_stays() {
        for (_folder, documents) in stores() {
            let claims = Claims::new(&documents);
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
    }

    #[tokio::test]
    async fn two_concurrent_joins_are_both_recorded() {
        for (_folder, documents) in stores() {
            let claims = Claims::new(&documents);
            let Ok(Claimed::Ours(claim)) = claims.claim("issue", &request("first", 1_000)).await else {
                panic!("nobody was there before")
            };
            claims.finish(*claim, IncidentState::Done).await.expect("memory");
            // Both claims have read the same version.
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

    #[tokio::test]
    async fn an_update_that_was_recorded_during_the_work_outlives_its_end() {
        // A message with these updates.
        let message = |updates: &[(&str, u64)]| -> IssueMessage {
            let update =
                |(id, at_ms): &(&str, u64)| json!({"id": id, "line": [], "at_ms": at_ms, "status": null});
            let updates: Vec<_> = updates.iter().map(update).collect();
            let content = json!({"severity": "error", "first_status": "open", "title": [], "updates": updates,
                "lead": [], "folded": [], "link": null});
            let message = json!({"content": content, "message_ref": {"chat": -1, "message": 7}});
            serde_json::from_value(message).expect("a message")
        };
        for (_folder, documents) in stores() {
            let claims = Claims::new(&documents);
            // In each round: the updates that the work has sent, the updates of the record meanwhile, and those at the
            // end.
            let (first, second, third) = (("a", 1), ("b", 2), ("c", 3));
            let rounds: [(Option<&[_]>, &[_], &[_]); 4] = [
                (Some(&[first]), &[], &[first]),
                (None, &[first, second], &[first, second]),
                (Some(&[first, second]), &[first, second, third], &[first, second, third]),
                (Some(&[second]), &[first, second, third], &[second]),
            ];
            for (round, (sent, meanwhile, expected)) in (1..).zip(rounds) {
                let request = request(&round.to_string(), round * 100_000);
                let Ok(Claimed::Ours(mut claim)) = claims.claim("issue", &request).await else {
                    panic!("nobody works on it")
                };
                let add = |_: &IssueMessage| message(meanwhile);
                claims.change_message("issue", &add).await.expect("a store");
                claim.record.message = sent.map(|sent| Box::new(message(sent))).or(claim.record.message);
                claims.finish(*claim, IncidentState::Done).await.expect("a store");
                let record = claims.record("issue").await.expect("a store").expect("a record");
                assert_eq!(record.message.as_deref(), Some(&message(expected)), "round {round}");
            }
        }
    }
}
