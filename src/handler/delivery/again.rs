//! Handles an issue once more at a person's request.

use super::deliveries::Deliveries;
use crate::domain::deadline::Deadline;
use crate::domain::occurrence::{Occurrence, Trigger};
use crate::domain::outcome::Processed;

impl Deliveries {
    /// Handles an occurrence even if its issue was handled before: the note is edited and a new message is sent. `None`
    /// if another invocation is handling the issue, or this request was completed before. `received_ms` is the time of
    /// the request in milliseconds since 1970, if a dead invocation may have done a part of it.
    pub(in crate::handler) async fn again(
        &self,
        mut occurrence: Occurrence,
        received_ms: Option<u64>,
        deadline: Deadline,
    ) -> Option<Processed> {
        if let Occurrence::Issue(issue) = &mut occurrence {
            issue.trigger = Trigger::Manual;
        }
        let request = self.incidents.request(&occurrence, None, deadline, received_ms);
        let job = self.incidents.job(occurrence, request, received_ms).await.ok()?;
        Some(self.process(job, deadline).await)
    }
}
