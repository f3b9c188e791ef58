//! Once more, because a person asks.

use super::deliveries::Deliveries;
use crate::domain::deadline::Deadline;
use crate::domain::occurrence::{Occurrence, Trigger};
use crate::domain::outcome::Processed;

impl Deliveries {
    /// Works on an occurrence although its issue was worked on before: the note is completed, the message comes again.
    /// `None` while another invocation works on that issue, or if this was done before. `received_ms` is the time of the
    /// request, if a dead invocation may have done some of it.
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
