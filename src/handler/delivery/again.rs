//! Handles an issue once more at a person's request.

use super::deliveries::Deliveries;
use crate::domain::deadline::Deadline;
use crate::domain::incident::ClaimRequest;
use crate::domain::occurrence::{Occurrence, Trigger};
use crate::domain::outcome::Processed;

/// A button press that requests a new analysis of an issue.
pub(in crate::handler) struct AnalysisPress {
    /// The digest that identifies the press. A repeated press has the same digest.
    pub(in crate::handler) digest: String,
    /// The time of the press, in milliseconds since 1970. It is set only if an earlier invocation may have died
    /// during the work on the same press.
    pub(in crate::handler) received_ms: Option<u64>,
}

impl Deliveries {
    /// Handles an occurrence even if its issue was handled before: the note is edited and the message is sent or
    /// edited. `press` is the button press that requested the analysis; a command has none. Returns `None` if another
    /// invocation is handling the issue, or if the same press was completed before.
    pub(in crate::handler) async fn again(
        &self,
        mut occurrence: Occurrence,
        press: Option<AnalysisPress>,
        deadline: Deadline,
    ) -> Option<Processed> {
        if let Occurrence::Issue(issue) = &mut occurrence {
            issue.trigger = Trigger::Manual;
        }
        let received_ms = press.as_ref().and_then(|press| press.received_ms);
        let (key, request) = self.incidents.request(&occurrence, None, deadline, received_ms);
        let request = ClaimRequest { digest: press.map(|press| press.digest), ..request };
        let job = self.incidents.job(occurrence, (key, request), received_ms).await.ok()?;
        Some(self.process(job, deadline).await)
    }
}
