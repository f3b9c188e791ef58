//! Handles an issue once more at a person's request.

use super::deliveries::Deliveries;
use crate::domain::deadline::Deadline;
use crate::domain::ids::{IssueId, Slug};
use crate::domain::incident::ClaimRequest;
use crate::domain::occurrence::{Occurrence, Trigger};
use crate::domain::outcome::Processed;
use crate::sentry::Sentry;

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
            issue.issue.id = self.number_of(&issue.issue.id, issue.org.as_ref(), deadline).await;
        }
        let received_ms = press.as_ref().and_then(|press| press.received_ms);
        let (key, request) = self.incidents.request(&occurrence, None, deadline, received_ms);
        let request = ClaimRequest { digest: press.map(|press| press.digest), ..request };
        let job = self.incidents.job(occurrence, (key, request), received_ms).await.ok()?;
        Some(self.process(job, deadline).await)
    }

    /// Returns the numeric id of an issue that a person may name by its short id, because records have the numeric id
    /// as key. If the issue cannot be read, the given id is returned, and the work on the issue reports the failure.
    async fn number_of(&self, id: &IssueId, org: Option<&Slug>, deadline: Deadline) -> IssueId {
        if id.as_str().bytes().all(|byte| byte.is_ascii_digit()) {
            return id.clone();
        }
        let read = |sentry: Sentry| async move { sentry.details(id).await };
        self.clients.with_sentry(org, deadline, read).await.map_or_else(|_| id.clone(), |issue| issue.id)
    }
}
