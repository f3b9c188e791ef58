//! Work that is ours.

use crate::domain::occurrence::Occurrence;
use crate::state::Claim;

/// Work that is ours.
#[derive(Debug)]
pub struct Job {
    /// The occurrence that it is about.
    pub occurrence: Occurrence,
    /// The claim; `None` when the state store could not be asked.
    pub claim: Option<Claim>,
    /// The time at which it was received, in milliseconds since 1970, if it comes out of the queue: its first invocation
    /// may have done all of it, whatever the state store knows.
    pub received_ms: Option<u64>,
}

impl Job {
    /// The job of a claim. It is about the change that began the incident.
    pub(in crate::handler) fn of(occurrence: Occurrence, claim: Claim, received_ms: Option<u64>) -> Self {
        let occurrence = claim.record.change.applied_to(occurrence);
        Self { occurrence, claim: Some(claim), received_ms }
    }

    /// The job without a claim, because the state store could not be asked.
    pub(in crate::handler) fn unclaimed(occurrence: Occurrence, received_ms: Option<u64>) -> Self {
        Self { occurrence, claim: None, received_ms }
    }
}
