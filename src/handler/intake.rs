//! What makes a 202 a promise: the claim says that the work is ours, and the queue has the delivery in case we die.

use std::time::Duration;

use super::{Handler, push};
use crate::domain::deadline::Deadline;
use crate::domain::ids::{IssueId, NoteId};
use crate::domain::incident::{ChangeKind, ClaimRequest, IncidentState};
use crate::domain::occurrence::Occurrence;
use crate::domain::outcome::{Failure, Processed, Step};
use crate::domain::queued_delivery::QueuedDelivery;
use crate::domain::timestamp::Timestamp;
use crate::http::{time_left, unix_millis};
use crate::notifiers::note::{MARKER, Note, NoteAction};
use crate::notifiers::telegram::Telegram;
use crate::redelivery::RedeliveryError;
use crate::sentry::{OwnNote, Sentry};
use crate::state::{Claim, Claimed, Look, StateError};
use crate::webhook::{self, Decoded, Delivery, Keys};

/// The queue hands a delivery back this long after its invocation can last.
const AFTER_DEATH: Duration = Duration::from_secs(30);
/// Sentry's clock and ours differ by less.
const CLOCK_SKEW_MS: u64 = 60_000;

/// Work that is ours.
#[derive(Debug)]
pub struct Job {
    /// What it is about.
    pub occurrence: Occurrence,
    /// The claim; `None` when the state store could not be asked.
    pub claim: Option<Claim>,
    /// When it was received, in milliseconds since 1970, if it comes out of the queue: its first invocation may have done
    /// all of it, whatever the state store knows.
    pub received_ms: Option<u64>,
}

/// What became of an occurrence that asked to be worked on.
pub(super) enum Intake {
    /// It is ours, and the answer may leave.
    Queued(Job),
    /// It is ours, but nothing would bring it back if we died: the work comes before the answer.
    Unqueued(Job),
    /// Somebody works on it.
    Running,
    /// It was worked on.
    Finished,
}

impl Intake {
    fn ours(job: Job, is_queued: bool) -> Self {
        if is_queued { Self::Queued(job) } else { Self::Unqueued(job) }
    }

    fn of(claimed: Claimed, occurrence: Occurrence, is_queued: bool) -> Self {
        match claimed {
            Claimed::Ours(claim) => {
                let occurrence = claim.record.change.applied_to(occurrence);
                Self::ours(Job { occurrence, claim: Some(*claim), received_ms: None }, is_queued)
            }
            Claimed::Running => Self::Running,
            Claimed::Finished => Self::Finished,
        }
    }
}

impl Handler {
    /// Puts a delivery into the queue and claims it, in this order: whoever finds it claimed may count on the queue.
    pub(super) async fn intake(
        &self,
        delivery: &Delivery,
        occurrence: Occurrence,
        deadline: Deadline,
    ) -> Intake {
        let (key, request) = self.request(&occurrence, Some(delivery), deadline, None);
        let opening = match self.claims.look(&key, &request).await {
            Ok(Look::Open(opening)) => Some(opening),
            Ok(Look::Taken(claimed)) => return Intake::of(claimed, occurrence, true),
            Err(error) => {
                tracing::error!(error = %error, "state_unavailable");
                None
            }
        };
        let kept = self.enqueue(delivery, request.received_ms, deadline).await;
        if let Err(error) = &kept {
            tracing::error!(error = %error, "redelivery_unavailable: working before the answer");
        }
        let claimed = match opening {
            Some(opening) => self.claims.take(opening, &request).await.map_err(|error| {
                tracing::error!(error = %error, "state_unavailable");
            }),
            None => Err(()),
        };
        match claimed {
            Ok(claimed) => Intake::of(claimed, occurrence, kept.is_ok()),
            Err(()) => Intake::ours(Job { occurrence, claim: None, received_ms: None }, kept.is_ok()),
        }
    }

    /// Works on a delivery that the queue has handed back. `Err` when it has to come once more.
    ///
    /// # Errors
    /// The reason, for the log: it is no delivery of ours, somebody is working on it, or something is still undone.
    pub async fn redelivered(&self, queued: &str, deadline: Deadline) -> Result<(), &'static str> {
        let queued = QueuedDelivery::unpack(queued).ok_or("not a queued delivery")?;
        if queued.resource.as_deref() == Some(push::UPDATE_RESOURCE) {
            return self.pushed_again(&queued, deadline).await;
        }
        let received_ms = Some(queued.received_ms);
        let (headers, body) = webhook::headers_of(&queued).ok_or("not a queued delivery")?;
        let delivery =
            self.delivery(&headers, body).await.map_err(|_| "the signature does not fit any more")?;
        let Ok(Decoded::Occurrence(mut occurrence)) = webhook::decode(&delivery) else { return Ok(()) };
        let claim = match self.claim(&occurrence, Some(&delivery), deadline, received_ms).await {
            Ok(Claimed::Ours(claim)) => {
                occurrence = claim.record.change.applied_to(occurrence);
                Some(*claim)
            }
            Ok(Claimed::Finished) => return Ok(()),
            Ok(Claimed::Running) => return Err("somebody is working on it"),
            Err(error) => {
                tracing::error!(error = %error, "state_unavailable");
                None
            }
        };
        let processed = self.process(Job { occurrence, claim, received_ms }, deadline).await;
        if processed.status() == "completed" { Ok(()) } else { Err("something is still undone") }
    }

    /// Claims the incident that an occurrence belongs to. `received_ms` is when it was put into the queue that it comes from.
    pub(super) async fn claim(
        &self,
        occurrence: &Occurrence,
        delivery: Option<&Delivery>,
        deadline: Deadline,
        received_ms: Option<u64>,
    ) -> Result<Claimed, StateError> {
        let (key, request) = self.request(occurrence, delivery, deadline, received_ms);
        self.claims.claim(&key, &request).await
    }

    /// The key of an issue's record. Two Sentries may count issues alike.
    pub(super) fn issue_key(&self, issue: &IssueId) -> String {
        format!("issue#{}#{issue}", self.config.sentry.base)
    }

    /// The key of an occurrence's record, and who asks for it.
    pub(super) fn request(
        &self,
        occurrence: &Occurrence,
        delivery: Option<&Delivery>,
        deadline: Deadline,
        received_ms: Option<u64>,
    ) -> (String, ClaimRequest) {
        let digest = delivery.map(|delivery| hex::encode(delivery.digest()));
        let key = match occurrence.issue_id() {
            Some(issue) => self.issue_key(&issue),
            None => format!("metric#{}", digest.as_deref().unwrap_or_default()),
        };
        let now_ms = unix_millis();
        let request = ClaimRequest {
            change: ChangeKind::of(occurrence),
            digest,
            owner: format!("{:016x}", fastrand::u64(..)),
            now_ms,
            received_ms: received_ms.unwrap_or(now_ms),
            until_ms: now_ms.saturating_add(millis(time_left(deadline))),
            cooldown_ms: millis(self.config.cooldown),
            redelivered: received_ms.is_some(),
        };
        (key, request)
    }

    /// Puts a delivery into the queue. Without a queue there is nothing to do; the health endpoint says so.
    ///
    /// It is signed anew: what came out of this machine (`ALLOW_UNSIGNED`, `replay`) was signed by no client secret.
    async fn enqueue(
        &self,
        delivery: &Delivery,
        received_ms: u64,
        deadline: Deadline,
    ) -> Result<(), RedeliveryError> {
        let Some(queue) = &self.redelivery else { return Ok(()) };
        let secrets = self.secrets.get().await.unwrap_or_default();
        let keys = secrets.get("SENTRY_CLIENT_SECRET").map(Keys::parse).unwrap_or_default();
        let queued = QueuedDelivery {
            resource: delivery.resource().map(str::to_owned),
            signature: keys.sign(delivery.body()).ok_or(RedeliveryError::NoKey)?,
            received_ms,
            body: delivery.body().to_vec(),
        };
        queue.enqueue(&queued, until_dead(deadline)).await
    }

    /// Writes down how the work ended, so that nothing of it is done again.
    pub(super) async fn finish(&self, claim: Option<Claim>, processed: &Processed) {
        let Some(mut claim) = claim else { return };
        claim.record.has_reported(processed.substatus);
        let mut state = IncidentState::Done;
        for (name, step) in &processed.steps {
            let id = match step {
                Step::Done(id) => id.clone(),
                Step::AlreadyDone => None,
                Step::Failed(why) if *name == Telegram::NAME && may_have_arrived(*why) => None,
                Step::Skipped(_) | Step::Failed(_) => {
                    state = IncidentState::Partial;
                    continue;
                }
                Step::Off(_) | Step::Waiting | Step::NotApplicable => continue,
            };
            if *name == Note::NAME && id.is_some() {
                claim.record.note.clone_from(&id);
            }
            if !claim.record.done.iter().any(|(done, _)| done == name) {
                claim.record.done.push(((*name).to_owned(), id));
            }
        }
        if let Err(error) = self.claims.finish(claim, state).await {
            tracing::error!(error = %error, "state_unavailable: this delivery may be worked on once more");
        }
    }
}

/// When the queue may hand something back: an invocation with this deadline is dead by then.
pub(super) fn until_dead(deadline: Deadline) -> Duration {
    time_left(deadline) + AFTER_DEATH
}

/// Whether a message may have arrived although the call failed. Telegram cannot tell a repeat from a new message, so it
/// is not sent again.
fn may_have_arrived(why: Failure) -> bool {
    matches!(why, Failure::Timeout | Failure::Interrupted | Failure::Unreadable)
}

/// What is to become of the note: written, edited, or left alone. `Err` when that cannot be known.
pub(super) async fn note_action(sentry: Option<&Sentry>, job: &Job) -> Result<NoteAction, Failure> {
    let record = job.claim.as_ref().map(|claim| &claim.record);
    let known = record.and_then(|record| NoteId::parse(record.note.as_deref()?).ok());
    let unclear = (sentry, job.occurrence.issue_id(), job.is_clear(known.is_some()));
    let (Some(sentry), Some(issue), false) = unclear else {
        return Ok(known.map_or(NoteAction::Write, NoteAction::Edit));
    };
    let Some(note) = sentry.own_note(&issue, MARKER).await? else { return Ok(NoteAction::Write) };
    Ok(if job.is_covered_by(&note) { NoteAction::Stands(note.id) } else { NoteAction::Edit(note.id) })
}

impl Job {
    /// Whether the record alone says what is to become of the note. It does not when somebody may have written one and
    /// died: whoever held the claim before us, the first invocation of what comes out of the queue, or anybody if there is
    /// no claim. Nor when the id of an earlier incident's note did not come back.
    fn is_clear(&self, is_known: bool) -> bool {
        let Some(claim) = &self.claim else { return false };
        let is_written = claim.record.done.iter().any(|(done, _)| done == Note::NAME);
        let is_first_of_all = !claim.taken_over && self.received_ms.is_none();
        is_written || is_first_of_all && (is_known || claim.record.history.is_empty())
    }

    /// Whether a note of ours that stands on the issue is about this very change.
    fn is_covered_by(&self, note: &OwnNote) -> bool {
        let is_newer = self.received_ms.is_some_and(|received| {
            note.at.is_none_or(|at| unix_ms(at).saturating_add(CLOCK_SKEW_MS) >= received)
        });
        match &self.claim {
            Some(claim) if claim.taken_over => claim.record.history.is_empty(),
            Some(_) => is_newer,
            None => is_newer || ChangeKind::of(&self.occurrence) == ChangeKind::Seen,
        }
    }
}

fn unix_ms(at: Timestamp) -> u64 {
    u64::try_from(at.unix()).unwrap_or(0).saturating_mul(1000)
}

pub(super) fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
