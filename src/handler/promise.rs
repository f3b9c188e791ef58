//! What makes a 202 a promise: the claim says that the work is ours, and the queue has the delivery in case we die.

use std::time::Duration;

use ::http::HeaderMap;

use super::Handler;
use crate::domain::deadline::Deadline;
use crate::domain::episode::{Cause, Claimant, State};
use crate::domain::ids::NoteId;
use crate::domain::occurrence::Occurrence;
use crate::domain::outcome::{Processed, Step};
use crate::domain::parcel::Parcel;
use crate::http::{time_left, unix_millis};
use crate::notifiers::note::{Note, Plan};
use crate::redelivery::RedeliveryError;
use crate::sentry::Sentry;
use crate::state::{Claim, Claimed, StateError};
use crate::webhook::{self, Decoded, Delivery, SIGNATURE_HEADER};

/// The queue hands a delivery back this long after its invocation can last.
const AFTER_DEATH: Duration = Duration::from_secs(30);

/// Work that is ours.
#[derive(Debug)]
pub struct Job {
    /// What it is about.
    pub occurrence: Occurrence,
    /// The claim; `None` when the state store could not be asked.
    pub claim: Option<Claim>,
}

/// What became of an occurrence that asked to be worked on.
pub(super) enum Promise {
    /// It is ours, and the answer may leave.
    Later(Job),
    /// It is ours, but nothing would bring it back if we died: the work comes before the answer.
    Now(Job),
    /// Somebody works on it.
    Running,
    /// It was worked on.
    Finished,
}

impl Handler {
    /// Claims a delivery and puts it into the queue.
    pub(super) async fn promise(
        &self,
        delivery: &Delivery,
        headers: &HeaderMap,
        occurrence: Occurrence,
        deadline: Deadline,
    ) -> Promise {
        let claim = match self.claim(&occurrence, Some(delivery), deadline, false).await {
            Ok(Claimed::Ours(claim)) => Some(claim),
            Ok(Claimed::Running) => return Promise::Running,
            Ok(Claimed::Finished) => return Promise::Finished,
            Err(error) => {
                tracing::error!(error = %error, "state_unavailable");
                None
            }
        };
        let job = Job { occurrence, claim };
        match self.keep(delivery, headers, deadline).await {
            Ok(()) => Promise::Later(job),
            Err(error) => {
                tracing::error!(error = %error, "redelivery_unavailable: working before the answer");
                Promise::Now(job)
            }
        }
    }

    /// Works on a delivery that the queue has handed back. `Err` when it has to come once more.
    ///
    /// # Errors
    /// The reason, for the log: it is no delivery of ours, somebody is working on it, or something is still undone.
    pub async fn redelivered(&self, parcel: &str, deadline: Deadline) -> Result<(), &'static str> {
        let parcel = Parcel::unpack(parcel).ok_or("not a parcel")?;
        let (headers, body) = webhook::headers_of(&parcel).ok_or("not a parcel")?;
        let delivery =
            self.delivery(&headers, body).await.map_err(|_| "the signature does not fit any more")?;
        let Ok(Decoded::Occurrence(occurrence)) = webhook::decode(&delivery) else { return Ok(()) };
        let claim = match self.claim(&occurrence, Some(&delivery), deadline, true).await {
            Ok(Claimed::Ours(claim)) => Some(claim),
            Ok(Claimed::Finished) => return Ok(()),
            Ok(Claimed::Running) => return Err("somebody is working on it"),
            Err(error) => {
                tracing::error!(error = %error, "state_unavailable");
                None
            }
        };
        let processed = self.process(Job { occurrence, claim }, deadline).await;
        if processed.status() == "completed" { Ok(()) } else { Err("something is still undone") }
    }

    /// Claims the episode that an occurrence belongs to.
    pub(super) async fn claim(
        &self,
        occurrence: &Occurrence,
        delivery: Option<&Delivery>,
        deadline: Deadline,
        redelivered: bool,
    ) -> Result<Claimed, StateError> {
        let digest = delivery.map(|delivery| hex::encode(delivery.digest()));
        let key = match occurrence.issue_id() {
            Some(issue) => format!("issue#{}#{issue}", self.config.sentry.base),
            None => format!("metric#{}", digest.as_deref().unwrap_or_default()),
        };
        let now_ms = unix_millis();
        let claimant = Claimant {
            cause: Cause::of(occurrence),
            digest,
            owner: format!("{:016x}", fastrand::u64(..)),
            now_ms,
            until_ms: now_ms.saturating_add(millis(time_left(deadline))),
            cooldown_ms: millis(self.config.cooldown),
            redelivered,
        };
        self.claims.claim(&key, &claimant).await
    }

    /// Puts a delivery into the queue. Without a queue there is nothing to do; the health endpoint says so.
    async fn keep(
        &self,
        delivery: &Delivery,
        headers: &HeaderMap,
        deadline: Deadline,
    ) -> Result<(), RedeliveryError> {
        let Some(queue) = &self.redelivery else { return Ok(()) };
        let signature = headers.get(SIGNATURE_HEADER).and_then(|value| value.to_str().ok());
        let parcel = Parcel {
            resource: delivery.resource().map(str::to_owned),
            signature: signature.unwrap_or_default().to_owned(),
            body: delivery.body().to_vec(),
        };
        queue.keep(&parcel, time_left(deadline) + AFTER_DEATH).await
    }

    /// Writes down how the work ended, so that nothing of it is done again.
    pub(super) async fn finish(&self, claim: Option<Claim>, processed: &Processed) {
        let Some(mut claim) = claim else { return };
        for (name, step) in &processed.steps {
            let id = match step {
                Step::Done(id) => id.clone(),
                Step::AlreadyDone => None,
                Step::Skipped(_) | Step::Off(_) | Step::Failed(_) | Step::NotApplicable => continue,
            };
            if *name == Note::NAME && id.is_some() {
                claim.record.note.clone_from(&id);
            }
            if !claim.record.done.iter().any(|(done, _)| done == name) {
                claim.record.done.push(((*name).to_owned(), id));
            }
        }
        let state = if processed.status() == "completed" { State::Done } else { State::Partial };
        if let Err(error) = self.claims.finish(claim, state).await {
            tracing::error!(error = %error, "state_unavailable: this delivery may be worked on once more");
        }
    }
}

/// What is to become of the note: written, edited, or left alone.
pub(super) async fn note_plan(sentry: Option<&Sentry>, job: &JobView<'_>) -> Plan {
    let known =
        job.claim.and_then(|claim| claim.record.note.as_deref()).and_then(|id| NoteId::parse(id).ok());
    if let Some(id) = known {
        return Plan::Edit(id);
    }
    // Whoever held the claim before us may have written the note and died; without a claim, anybody may have.
    let unclear = job.claim.is_none_or(|claim| claim.taken_over);
    let (Some(sentry), Some(issue), true) = (sentry, job.occurrence.issue_id(), unclear) else {
        return Plan::Write;
    };
    match sentry.own_note(&issue, crate::notifiers::note::MARKER).await {
        Ok(Some(id)) if job.claim.is_none() && Cause::of(job.occurrence) != Cause::Seen => Plan::Edit(id),
        Ok(Some(id)) => Plan::Stands(id),
        Ok(None) | Err(_) => Plan::Write,
    }
}

/// The parts of a job that a plan looks at.
pub(super) struct JobView<'j> {
    pub(super) occurrence: &'j Occurrence,
    pub(super) claim: Option<&'j Claim>,
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
