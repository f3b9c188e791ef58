//! An alert within the cooldown: it may report a regression or an escalation, which only the issue itself shows.

use super::deliveries::Deliveries;
use super::job::Job;
use crate::domain::deadline::Deadline;
use crate::domain::incident::ClaimRequest;
use crate::domain::occurrence::{Occurrence, Trigger};
use crate::sentry::Sentry;

impl Deliveries {
    /// Reads the issue of a finished incident, and handles a return that no incident has reported. Of many invocations,
    /// one a minute reads it.
    pub(in crate::handler) async fn look_again(&self, job: Job, deadline: Deadline) {
        let Job { occurrence: Occurrence::Issue(mut occurrence), unanswered: Some(asked), .. } = job else {
            return;
        };
        let Some(record) = self.incidents.begin_look(&asked).await else { return };
        let id = &occurrence.issue.id;
        let read = |sentry: Sentry| async move { sentry.details(id).await };
        let fresh = match self.clients.with_sentry(occurrence.org.as_ref(), deadline, read).await {
            Ok(fresh) => fresh,
            Err(why) => {
                tracing::warn!(issue_id = id.as_str(), outcome = why.name(), "issue_not_looked_at");
                return;
            }
        };
        let Some(substatus) = record.unreported(&fresh) else { return };
        occurrence.trigger = Trigger::Unresolved(substatus);
        occurrence.issue = fresh.or(occurrence.issue);
        let occurrence = Occurrence::Issue(occurrence);
        let (key, request) = self.incidents.request(&occurrence, None, deadline, None);
        let request = ClaimRequest { digest: asked.1.digest, ..request };
        // Otherwise another invocation is handling it.
        if let Ok(job) = self.incidents.job(occurrence, (key, request), None).await {
            self.process(job, deadline).await;
        }
    }
}
