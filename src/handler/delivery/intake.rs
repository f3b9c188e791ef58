//! Takes in a webhook before it is answered: puts it into the queue and claims its incident. The answer 202 can be
//! sent afterwards, because the queue redelivers the webhook if this invocation dies.

use std::sync::Arc;

use tokio::time::timeout;

use super::incidents::Incidents;
use super::job::Job;
use super::queue::Queue;
use crate::clock::time_left;
use crate::domain::deadline::Deadline;
use crate::domain::incident::ClaimRequest;
use crate::domain::occurrence::Occurrence;
use crate::state::{Claimed, Look, Opening, StateError};
use crate::webhook::Delivery;

/// The part of the handler that takes in webhooks before they are answered.
pub(in crate::handler) struct Intake {
    pub(in crate::handler) incidents: Arc<Incidents>,
    pub(in crate::handler) queue: Queue,
}

/// The result of taking in a webhook.
pub(in crate::handler) enum TakenIn {
    /// This invocation handles the webhook.
    Ours {
        /// The work that follows from the webhook.
        job: Job,
        /// Whether the answer may be sent before the work is complete, because the webhook is in the queue or no
        /// queue is configured.
        is_queued: bool,
    },
    /// Another invocation is handling the incident, or the incident was handled before.
    Repeat,
    /// The incident was handled before, but the issue may have changed since.
    Doubtful {
        /// The work: a read of the issue, and a new analysis if the issue has changed.
        job: Job,
        /// Whether the answer may be sent before the issue is read.
        is_queued: bool,
    },
    /// Another invocation may be handling the incident, and the queue has not taken the webhook.
    NotQueued,
}

/// The state of an incident's record, as it was read before the webhook is put into the queue.
enum Record {
    /// The incident can be claimed.
    Open(Box<Opening>),
    /// The incident cannot be claimed, for this reason. The webhook may still need the queue.
    Taken(Claimed),
    /// The state store has not answered in time.
    Unanswered,
    /// The state store has returned an error.
    Unavailable,
}

impl Intake {
    /// Puts a webhook into the queue and then claims its incident. Because of this order, each claimed webhook is in
    /// the queue, if a queue is configured and takes the webhook. A repeat of a webhook is not queued, if the record of
    /// the incident shows that it is one. Returns whether this invocation handles the webhook, and the work that
    /// follows from the webhook.
    ///
    /// A slow state store does not delay the answer past `answer_by`: the read of the record gets half of the time, and
    /// the queue and the claim get the rest. If the store is too slow, the claim is made later, before the work.
    pub(in crate::handler) async fn take_in(
        &self,
        delivery: &Delivery,
        occurrence: Occurrence,
        (answer_by, deadline): (Deadline, Deadline),
    ) -> TakenIn {
        let asked = self.incidents.request(&occurrence, Some(delivery), deadline, None);
        let looked = timeout(time_left(answer_by) / 2, self.incidents.look(&asked)).await;
        let record = match looked {
            Ok(Ok(Look::Open(opening))) => Record::Open(Box::new(opening)),
            Ok(Ok(Look::Taken(Claimed::Running | Claimed::Finished | Claimed::Ours(_)))) => {
                return TakenIn::Repeat;
            }
            Ok(Ok(Look::Taken(claimed))) => Record::Taken(claimed),
            Ok(Err(error)) => unavailable(&error),
            Err(_) => Record::Unanswered,
        };
        let is_queued = self.queue.enqueue(delivery, asked.1.received_ms, deadline).await;
        let job = match record {
            Record::Open(opening) => {
                match timeout(time_left(answer_by), self.incidents.take(*opening, &asked.1)).await {
                    Ok(Ok(claimed)) => return taken_in(claimed, (occurrence, asked), is_queued),
                    Ok(Err(error)) => {
                        unavailable(&error);
                        Job::unclaimed(occurrence, None)
                    }
                    Err(_) => Job::unanswered(occurrence, asked),
                }
            }
            Record::Taken(claimed) => return taken_in(claimed, (occurrence, asked), is_queued),
            Record::Unanswered => Job::unanswered(occurrence, asked),
            Record::Unavailable => Job::unclaimed(occurrence, None),
        };
        TakenIn::Ours { job, is_queued }
    }
}

fn unavailable(error: &StateError) -> Record {
    tracing::error!(error = %error, "state_unavailable");
    Record::Unavailable
}

/// Returns the result of taking in a webhook, after an attempt to claim its incident.
fn taken_in(
    claimed: Claimed,
    (occurrence, asked): (Occurrence, (String, ClaimRequest)),
    is_queued: bool,
) -> TakenIn {
    match claimed {
        Claimed::Ours(claim) => TakenIn::Ours { job: Job::of(occurrence, *claim, None), is_queued },
        Claimed::Doubtful => TakenIn::Doubtful { job: Job::unanswered(occurrence, asked), is_queued },
        Claimed::MayRun if !is_queued => TakenIn::NotQueued,
        Claimed::Running | Claimed::Finished | Claimed::MayRun => TakenIn::Repeat,
    }
}
