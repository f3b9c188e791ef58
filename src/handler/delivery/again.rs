//! Handles an issue once more at a person's request.

use super::deliveries::Deliveries;
use crate::domain::deadline::Deadline;
use crate::domain::ids::{IssueId, Slug};
use crate::domain::incident::ClaimRequest;
use crate::domain::occurrence::{Occurrence, Trigger};
use crate::domain::outcome::Processed;
use crate::sentry::Sentry;

/// A press of a button that requests an analysis.
pub(in crate::handler) struct AnalysisPress {
    /// The identity of the press. A repetition has the same one.
    pub(in crate::handler) digest: String,
    /// The time of the press in milliseconds since 1970, if a dead invocation may have done a part of its work.
    pub(in crate::handler) received_ms: Option<u64>,
}

impl Deliveries {
    /// Handles an occurrence even if its issue was handled before: the note is edited and a new message is sent. `None`
    /// if another invocation is handling the issue, or this press was completed before. A command has no press.
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

    /// The number of an issue that a person may call by its short id. Records have the number as key. An issue that cannot
    /// be read keeps its id, and the work on it reports why.
    async fn number_of(&self, id: &IssueId, org: Option<&Slug>, deadline: Deadline) -> IssueId {
        if id.as_str().bytes().all(|byte| byte.is_ascii_digit()) {
            return id.clone();
        }
        let read = |sentry: Sentry| async move { sentry.details(id).await };
        self.clients.with_sentry(org, deadline, read).await.map_or_else(|_| id.clone(), |issue| issue.id)
    }
}
