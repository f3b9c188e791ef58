//! Claims incidents and records their outcomes.
//!
//! An incident is the period of an issue that one note and one message cover. A claim is the exclusive right of an
//! invocation to handle an incident until its lease ends.

use reqwest::Url;

use super::job::Job;
use crate::clock::{millis, time_left, unix_millis};
use crate::domain::deadline::Deadline;
use crate::domain::evidence::Wanted;
use crate::domain::ids::{IssueId, NoteId};
use crate::domain::incident::{ChangeKind, ClaimRequest, IncidentRecord, IncidentState};
use crate::domain::message::IssueMessage;
use crate::domain::occurrence::Occurrence;
use crate::domain::outcome::{Failure, Processed, Step};
use crate::notifiers::note::Note;
use crate::notifiers::{Notifiers, Profile, Repeat, may_have_arrived};
use crate::state::{Claim, Claimed, Claims, Look, Opening, StateError};
use crate::webhook::Delivery;

/// The records of incidents in the state store, with the settings for claims.
pub(in crate::handler) struct Incidents {
    claims: Claims,
    /// Sentry's base URL, a part of each record's key. Issue ids are unique only within one Sentry.
    base: Url,
    cooldown_ms: u64,
    /// The largest assumed difference between the clocks of the processes that share the store; see [`ClaimRequest`].
    clock_skew_ms: u64,
}

/// The result for an occurrence whose incident cannot be claimed.
pub(super) struct Unclaimed {
    /// The reason why the incident cannot be claimed.
    pub(super) claimed: Claimed,
    /// The occurrence as a job without a claim.
    pub(super) job: Job,
}

impl Incidents {
    pub(in crate::handler) fn new(claims: Claims, base: Url, cooldown_ms: u64, clock_skew_ms: u64) -> Self {
        Self { claims, base, cooldown_ms, clock_skew_ms }
    }

    /// Returns the record of an issue's newest incident. `None` if the issue has no record.
    pub(in crate::handler) async fn record(
        &self,
        issue: &IssueId,
    ) -> Result<Option<IncidentRecord>, StateError> {
        self.claims.record(&self.key(issue)).await
    }

    /// Records the id of the note on an issue.
    pub(in crate::handler) async fn noted(&self, issue: &IssueId, note: &NoteId) -> Result<(), StateError> {
        self.claims.noted(&self.key(issue), note).await
    }

    /// Changes the stored chat message of an issue. Returns the changed message, or `None` if the issue has no
    /// message.
    pub(in crate::handler) async fn change_message(
        &self,
        issue: &IssueId,
        change: &(dyn Fn(&IssueMessage) -> IssueMessage + Sync),
    ) -> Result<Option<IssueMessage>, StateError> {
        self.claims.change_message(&self.key(issue), change).await
    }

    /// Begins a read of an issue that may have changed since its incident ended. Returns the record of the incident, or
    /// `None` if the read is no longer needed, for example because another invocation has read the issue within the
    /// last minute.
    ///
    /// # Errors
    ///
    /// [`Failure::StateUnavailable`] if the record cannot be read or written.
    pub(super) async fn begin_look(
        &self,
        (key, request): &(String, ClaimRequest),
    ) -> Result<Option<IncidentRecord>, Failure> {
        self.claims.begin_look(key, request).await.map_err(|error| {
            tracing::error!(error = %error, "state_unavailable");
            Failure::StateUnavailable
        })
    }

    /// Records that the read of the issue has shown no change.
    pub(super) async fn end_look(&self, (key, request): &(String, ClaimRequest)) {
        if let Err(error) = self.claims.end_look(key, request).await {
            tracing::error!(error = %error, "state_unavailable: the issue may be read once more");
        }
    }

    /// Reads the record of an incident and returns whether the incident can be claimed. Nothing is written.
    pub(super) async fn look(&self, (key, request): &(String, ClaimRequest)) -> Result<Look, StateError> {
        self.claims.look(key, request).await
    }

    /// Claims an incident that could be claimed when its record was read. Returns the claim, or the state of the
    /// incident if another invocation was first.
    pub(super) async fn take(&self, opening: Opening, request: &ClaimRequest) -> Result<Claimed, StateError> {
        self.claims.take(opening, request).await
    }

    /// Claims the incident of an occurrence and returns the job. If the state store is unavailable, the job has no
    /// claim.
    ///
    /// # Errors
    ///
    /// [`Unclaimed`] if another invocation is handling the incident, or if the incident was handled before.
    pub(super) async fn job(
        &self,
        occurrence: Occurrence,
        (key, request): (String, ClaimRequest),
        received_ms: Option<u64>,
    ) -> Result<Job, Box<Unclaimed>> {
        match self.claims.claim(&key, &request).await {
            Ok(Claimed::Ours(claim)) => Ok(Job::of(occurrence, *claim, received_ms)),
            Ok(claimed) => {
                let job = Job::unanswered(occurrence, (key, request));
                Err(Box::new(Unclaimed { claimed, job }))
            }
            Err(error) => {
                tracing::error!(error = %error, "state_unavailable");
                Ok(Job::unclaimed(occurrence, received_ms))
            }
        }
    }

    /// Returns the key of the occurrence's record, and the request to claim its incident. `received_ms` is the time
    /// when the webhook was first received, in milliseconds since 1970, if the queue has redelivered it.
    pub(super) fn request(
        &self,
        occurrence: &Occurrence,
        delivery: Option<&Delivery>,
        deadline: Deadline,
        received_ms: Option<u64>,
    ) -> (String, ClaimRequest) {
        let digest = delivery.map(|delivery| hex::encode(delivery.digest()));
        let key = match occurrence.issue_id() {
            Some(issue) => self.key(&issue),
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
            cooldown_ms: self.cooldown_ms,
            clock_skew_ms: self.clock_skew_ms,
            has_event: matches!(occurrence, Occurrence::Issue(issue) if issue.event.is_some()),
            redelivered: received_ms.is_some(),
        };
        (key, request)
    }

    fn key(&self, issue: &IssueId) -> String {
        format!("issue#{}#{issue}", self.base)
    }

    /// Records the outcome of an incident, so that its completed steps are not repeated. Returns the issue's message
    /// if another invocation has added a line to the record in the meantime, because the chat does not show that line
    /// yet.
    pub(super) async fn finish(
        &self,
        claim: Option<Claim>,
        processed: &Processed,
        notifiers: &Notifiers,
    ) -> Option<IssueMessage> {
        let mut claim = claim?;
        claim.record.has_reported(processed.substatus);
        claim.record.message = processed.message.clone().or(claim.record.message);
        claim.record.lacks_event = processed.gaps.iter().any(|gap| gap.what == Wanted::Event);
        let mut state = IncidentState::Done;
        for (name, step) in &processed.steps {
            match fate(notifiers.profile(name), step) {
                Fate::Done(id) => keep(&mut claim.record, name, id),
                Fate::Undone => state = IncidentState::Partial,
                Fate::Nothing => {}
            }
        }
        let finished = self.claims.finish(claim, state).await.inspect_err(|error| {
            tracing::error!(error = %error, "state_unavailable: this delivery may be worked on once more");
        });
        finished.ok().flatten()
    }
}

/// The effect of a notifier's result on the record of the incident.
enum Fate {
    /// The notifier has done its work, which must not be repeated. The text is the id that the third party gave to
    /// the note or message.
    Done(Option<String>),
    /// The notifier has not done its work, which must be repeated.
    Undone,
    /// The result has no effect on the record, for example because the notifier is off.
    Nothing,
}

fn fate(profile: Option<&Profile>, step: &Step) -> Fate {
    let is_unsafe = profile.is_none_or(|profile| profile.repeat == Repeat::Unsafe);
    match step {
        Step::Done(id) => Fate::Done(id.clone()),
        Step::AlreadyDone => Fate::Done(None),
        Step::Failed(why) if is_unsafe && may_have_arrived(*why) => Fate::Done(None),
        Step::Skipped(_) | Step::Failed(_) => Fate::Undone,
        Step::Off(_) | Step::Waiting | Step::Obsolete(_) | Step::NotApplicable => Fate::Nothing,
    }
}

fn keep(record: &mut IncidentRecord, name: &str, id: Option<String>) {
    // The note stays on the issue after its incident, and a later incident edits it.
    if name == Note::NAME
        && let Some(note) = id.as_deref().and_then(|id| NoteId::parse(id).ok())
    {
        record.note = Some(note);
    }
    // A note without the event is not complete: a later delivery that contains the event edits it.
    let is_open = name == Note::NAME && record.lacks_event;
    if !is_open && !record.done.iter().any(|(done, _)| done == name) {
        record.done.push((name.to_owned(), id));
    }
}
