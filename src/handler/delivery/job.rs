//! A unit of work: an occurrence to handle, with the claim on its incident.
//!
//! The claim is the exclusive right of this invocation to handle the incident until the claim's lease ends.

use crate::domain::incident::ClaimRequest;
use crate::domain::occurrence::Occurrence;
use crate::state::Claim;

/// An occurrence that this invocation handles.
#[derive(Debug)]
pub struct Job {
    /// The change of an issue, or the metric alert, that is handled.
    pub occurrence: Occurrence,
    /// The claim on the occurrence's incident. `None` if the state store is unavailable, or was too slow for the
    /// answer to the webhook.
    pub claim: Option<Claim>,
    /// The key of the incident's record and the request to claim it. They are set if the claim must be made before
    /// the work, because the answer did not wait for the claim.
    pub(in crate::handler) unanswered: Option<(String, ClaimRequest)>,
    /// The time when the webhook was first received, in milliseconds since 1970, if the queue has redelivered it. The
    /// first invocation may then have done things that the record does not contain.
    pub received_ms: Option<u64>,
}

impl Job {
    /// Returns the job of a claimed incident. Its occurrence names the change that began the incident.
    pub(in crate::handler) fn of(occurrence: Occurrence, claim: Claim, received_ms: Option<u64>) -> Self {
        let occurrence = claim.record.change.applied_to(occurrence);
        Self { occurrence, claim: Some(claim), unanswered: None, received_ms }
    }

    /// Returns a job without a claim, for an unavailable state store.
    pub(in crate::handler) fn unclaimed(occurrence: Occurrence, received_ms: Option<u64>) -> Self {
        Self { occurrence, claim: None, unanswered: None, received_ms }
    }

    /// Returns a job whose incident must be claimed before it is handled.
    pub(in crate::handler) fn unanswered(occurrence: Occurrence, request: (String, ClaimRequest)) -> Self {
        Self { occurrence, claim: None, unanswered: Some(request), received_ms: None }
    }

    /// Whether no other invocation has worked on this delivery or on its incident.
    pub(super) fn is_first_of_all(&self) -> bool {
        self.claim.as_ref().is_some_and(|claim| !claim.taken_over) && self.received_ms.is_none()
    }
}
