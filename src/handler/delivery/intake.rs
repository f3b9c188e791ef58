//! The intake of a delivery: it is put into the queue, and its incident is claimed. The 202 can be sent afterwards,
//! because the queue redelivers the delivery if this invocation dies.

use std::sync::Arc;

use super::incidents::Incidents;
use super::job::Job;
use super::queue::Queue;
use crate::domain::deadline::Deadline;
use crate::domain::occurrence::Occurrence;
use crate::state::{Claimed, Look};
use crate::webhook::Delivery;

/// Queues and claims deliveries.
pub(in crate::handler) struct Intake {
    pub(in crate::handler) incidents: Arc<Incidents>,
    pub(in crate::handler) queue: Queue,
}

/// A delivery that this invocation has claimed.
pub(in crate::handler) struct TakenIn {
    /// The work to do.
    pub(in crate::handler) job: Job,
    /// Whether the answer may leave before the work.
    pub(in crate::handler) is_queued: bool,
}

impl Intake {
    /// Queues a delivery and then claims its incident. Because of this order, a claimed delivery is always in the
    /// queue. `None` if the incident is being handled, or is done.
    pub(in crate::handler) async fn take_in(
        &self,
        delivery: &Delivery,
        occurrence: Occurrence,
        deadline: Deadline,
    ) -> Option<TakenIn> {
        let asked = self.incidents.request(&occurrence, Some(delivery), deadline, None);
        let opening = match self.incidents.look(&asked).await {
            Ok(Look::Open(opening)) => Some(opening),
            Ok(Look::Taken(claimed)) => return ours(claimed, occurrence, true),
            Err(error) => {
                tracing::error!(error = %error, "state_unavailable");
                None
            }
        };
        let request = asked.1;
        let is_queued = self.queue.enqueue(delivery, request.received_ms, deadline).await;
        let unclaimed = |occurrence| TakenIn { job: Job::unclaimed(occurrence, None), is_queued };
        let Some(opening) = opening else { return Some(unclaimed(occurrence)) };
        match self.incidents.take(opening, &request).await {
            Ok(claimed) => ours(claimed, occurrence, is_queued),
            Err(error) => {
                tracing::error!(error = %error, "state_unavailable");
                Some(unclaimed(occurrence))
            }
        }
    }
}

fn ours(claimed: Claimed, occurrence: Occurrence, is_queued: bool) -> Option<TakenIn> {
    match claimed {
        Claimed::Ours(claim) => Some(TakenIn { job: Job::of(occurrence, *claim, None), is_queued }),
        Claimed::Running | Claimed::Finished => None,
    }
}
