//! Accepts a webhook from Sentry within the second that Sentry waits.
//!
//! Sentry gives up after one second, and does not repeat the webhook of an internal integration. Therefore the answer
//! leaves within `ANSWER_WITHIN_MS`, even if the secrets, the state store or the queue hang. If a queue is configured,
//! the answer is a 202 only if the webhook is in the queue or its work is complete. If the answer is a 503 because time
//! ran out, the work continues nevertheless.

use std::sync::Arc;
use std::time::Duration;

use ::http::{HeaderMap, Response};
use bytes::Bytes;
use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use tokio::time::timeout;

use super::answer::{self, Answer, NotedUpdate, Refusal};
use super::delivery::deliveries::Begun;
use super::delivery::intake::TakenIn;
use super::delivery::job::Job;
use super::observing::event::DeliveryEvent;
use super::reply::Reply;
use super::{Handler, prefer};
use crate::clock::{self, Stopwatch, time_left, unix_millis};
use crate::domain::deadline::Deadline;
use crate::domain::issue_update::IssueUpdate;
use crate::domain::outcome::{DeliveryStatus, Failure, Processed};
use crate::webhook::{self, Decoded, Delivery};

impl Handler {
    /// Returns the reply to a webhook of Sentry. A caller with a header `Prefer: wait` gets the outcome in the answer,
    /// and `ANSWER_WITHIN_MS` does not apply to its request.
    pub(super) async fn accept(
        self: &Arc<Self>,
        headers: HeaderMap,
        body: Bytes,
        (watch, deadline): (Stopwatch, Deadline),
    ) -> Reply {
        let preferred = prefer::wait(&headers);
        let within = self.config.answer_within;
        let answer_by = if preferred.is_some() { deadline } else { clock::at_most(deadline, within) };
        let handler = Arc::clone(self);
        let answering = async move { handler.answer(&headers, body, (answer_by, deadline)).await };
        let mut answering = answering.boxed();
        let Ok(answer) = timeout(time_left(answer_by), &mut answering).await else {
            let late = Answer::Refused(Refusal::NotQueued);
            self.observers.emit(DeliveryEvent::Answered { answer: &late, took: watch.elapsed() });
            return Reply { response: late.into(), work: Some(self.continued(answering, deadline)) };
        };
        self.observers.emit(DeliveryEvent::Answered { answer: &answer, took: watch.elapsed() });
        match answer {
            Answer::Accepted { job, is_queued } => {
                self.accepted(*job, is_queued, preferred, (answer_by, deadline)).await
            }
            Answer::Update { noted, is_queued } => self.noted(*noted, is_queued, (answer_by, deadline)).await,
            Answer::Doubtful { job, is_queued } => {
                self.doubtful(*job, is_queued, (answer_by, deadline)).await
            }
            other => Reply::at_once(other.into()),
        }
    }

    /// Returns the reply to a change of an issue that is only shown in the issue's chat message. The message is
    /// edited after the answer, unless the webhook is not in the queue.
    async fn noted(
        self: &Arc<Self>,
        noted: NotedUpdate,
        is_queued: bool,
        (answer_by, deadline): (Deadline, Deadline),
    ) -> Reply {
        let (deliveries, response) = (Arc::clone(&self.deliveries), answer::noted(noted.update.kind));
        let work = async move { deliveries.show_update(&noted, deadline).await };
        kept_or_done(work.boxed(), is_queued, response, answer_by).await
    }

    /// Queues a change of an issue that is only shown in the issue's chat message. Without a configured chat nothing is
    /// queued, because there is no message. Always returns [`Answer::Update`].
    async fn note(&self, delivery: &Delivery, update: IssueUpdate, deadline: Deadline) -> Answer {
        let received_ms = unix_millis();
        let is_queued = !self.config.has_chat() || self.queue.enqueue(delivery, received_ms, deadline).await;
        let noted = Box::new(NotedUpdate { update, id: hex::encode(delivery.digest()), received_ms });
        Answer::Update { noted, is_queued }
    }

    /// Checks the signature of a webhook, then its body, then the claim on its incident, and returns at the first
    /// refusal.
    async fn answer(
        &self,
        headers: &HeaderMap,
        body: Bytes,
        (answer_by, deadline): (Deadline, Deadline),
    ) -> Answer {
        let delivery = match self.door.delivery(headers, body).await {
            Ok(delivery) => delivery,
            Err(refusal) => return Answer::Refused(refusal),
        };
        self.observers.emit(DeliveryEvent::Verified);
        let occurrence = match webhook::decode(&delivery) {
            Ok(Decoded::Occurrence(occurrence)) => occurrence,
            Ok(Decoded::Update(update)) => return self.note(&delivery, update, deadline).await,
            Ok(Decoded::Ignored(why)) => return Answer::Ignored(why),
            Err(why) => return Answer::Refused(Refusal::Unreadable(why)),
        };
        self.observers.emit(DeliveryEvent::About(&occurrence));
        let issue = occurrence.issue_id();
        match self.intake.take_in(&delivery, occurrence, (answer_by, deadline)).await {
            TakenIn::Ours { job, is_queued } => Answer::Accepted { job: Box::new(job), is_queued },
            TakenIn::Repeat => Answer::Duplicate(issue),
            TakenIn::Doubtful { job, is_queued } => Answer::Doubtful { job: Box::new(job), is_queued },
            TakenIn::NotQueued => Answer::Refused(Refusal::NotQueued),
        }
    }

    /// Returns the reply to a webhook that may report the return of an issue. A new read of the issue decides whether
    /// it does. If a queue is configured and the webhook is not in it, the reply waits for this read and for the work
    /// that follows from it, but at most until `answer_by`.
    async fn doubtful(
        self: &Arc<Self>,
        job: Job,
        is_queued: bool,
        (answer_by, deadline): (Deadline, Deadline),
    ) -> Reply {
        let response = Answer::Duplicate(job.occurrence.issue_id()).into();
        let deliveries = Arc::clone(&self.deliveries);
        let look = async move { deliveries.look_again(job, deadline).await }.boxed();
        kept_or_done(look, is_queued, response, answer_by).await
    }

    /// Returns the work that remains after an answer that was too late for the caller: the webhook is claimed and
    /// handled nevertheless.
    fn continued(
        self: &Arc<Self>,
        answering: BoxFuture<'static, Answer>,
        deadline: Deadline,
    ) -> BoxFuture<'static, ()> {
        let deliveries = Arc::clone(&self.deliveries);
        let rest = async move {
            match answering.await {
                Answer::Accepted { job, .. } => drop(deliveries.begin(*job, deadline).await),
                Answer::Update { noted, .. } => drop(deliveries.show_update(&noted, deadline).await),
                Answer::Doubtful { job, .. } => {
                    // A failure of this read is logged where it occurs.
                    let _ = deliveries.look_again(*job, deadline).await;
                }
                Answer::Refused(refusal) => tracing::warn!(reason = %refusal, "delivery_refused_late"),
                _ => {}
            }
        };
        rest.boxed()
    }

    /// Returns the reply to an accepted webhook. The reply waits for the outcome as long as the caller prefers. If a
    /// queue is configured and the webhook is not in it, the reply waits until `answer_by` at most, because only
    /// complete work then allows a 202.
    async fn accepted(
        self: &Arc<Self>,
        job: Job,
        is_queued: bool,
        preferred: Option<Duration>,
        (answer_by, deadline): (Deadline, Deadline),
    ) -> Reply {
        let issue = job.occurrence.issue_id();
        let deliveries = Arc::clone(&self.deliveries);
        let mut work = async move { deliveries.begin(job, deadline).await }.boxed();
        let longest = time_left(deadline).saturating_sub(prefer::MARGIN);
        let wait = match preferred {
            Some(wait) => wait.min(longest),
            None if is_queued => Duration::ZERO,
            None => time_left(answer_by).min(longest),
        };
        if !wait.is_zero()
            && let Ok(worked) = timeout(wait, &mut work).await
        {
            return Reply::at_once(match (preferred, worked) {
                (_, Begun::Repeat) => Answer::Duplicate(issue).into(),
                (_, Begun::Open) if is_queued => Answer::Duplicate(issue).into(),
                (Some(_), Begun::Ours(processed)) => answer::processed(&processed),
                (None, Begun::Ours(processed)) if is_complete(&processed) => answer::accepted(issue.as_ref()),
                // The work is incomplete and no queue redelivers the delivery, so the answer must not be a 2xx.
                (None, Begun::Ours(_)) | (_, Begun::Open) => Answer::Refused(Refusal::NotQueued).into(),
            });
        }
        let not_queued = || Answer::Refused(Refusal::NotQueued).into();
        let response = if is_queued { answer::accepted(issue.as_ref()) } else { not_queued() };
        Reply { response, work: Some(work.map(drop).boxed()) }
    }
}

/// Returns `response` if the webhook is in the queue or its work is done by `answer_by`, and otherwise a 503. The work
/// that is left is done after the answer.
async fn kept_or_done(
    mut work: BoxFuture<'static, Result<(), Failure>>,
    is_queued: bool,
    response: Response<Bytes>,
    answer_by: Deadline,
) -> Reply {
    if is_queued {
        return Reply { response, work: Some(work.map(drop).boxed()) };
    }
    let ended = timeout(time_left(answer_by), &mut work).await;
    let is_done = matches!(ended, Ok(Ok(())));
    let response = if is_done { response } else { Answer::Refused(Refusal::NotQueued).into() };
    Reply { response, work: ended.is_err().then(|| work.map(drop).boxed()) }
}

fn is_complete(processed: &Processed) -> bool {
    processed.status() == DeliveryStatus::Completed
}
