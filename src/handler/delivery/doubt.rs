//! Handles an alert that arrives within the cooldown after a handled incident. The alert may report a regression or
//! an escalation, which only a read of the issue shows.

use super::deliveries::Deliveries;
use super::job::Job;
use crate::domain::deadline::Deadline;
use crate::domain::incident::ClaimRequest;
use crate::domain::occurrence::{Occurrence, Trigger};
use crate::domain::outcome::{DeliveryStatus, Failure};
use crate::sentry::{IssueLookup, Sentry};
use crate::state::Claimed;

impl Deliveries {
    /// Reads the issue of a finished incident. If the issue has regressed or escalated and no incident has reported
    /// that, handles the issue. Nothing happens if another invocation has read the issue within the last minute, unless
    /// the queue redelivered the alert, because the first read of a redelivered alert was not completed.
    ///
    /// # Errors
    ///
    /// [`Failure`] if the issue cannot be read, or its return is not handled completely.
    pub(in crate::handler) async fn look_again(&self, job: Job, deadline: Deadline) -> Result<(), Failure> {
        let Job { occurrence: Occurrence::Issue(mut occurrence), unanswered: Some(asked), .. } = job else {
            return Ok(());
        };
        let Some(record) = self.incidents.begin_look(&asked).await? else { return Ok(()) };
        let id = &occurrence.issue.id;
        let find = |sentry: Sentry| async move { sentry.find(id).await };
        let fresh = match self.clients.with_sentry(occurrence.org.as_ref(), deadline, find).await {
            Ok(IssueLookup::Here(fresh)) => {
                if let Some(message) = &record.message {
                    self.messages.show_found(id, message, deadline).await;
                }
                *fresh
            }
            // A deleted or merged issue has not returned.
            Ok(IssueLookup::Gone(gone)) => {
                self.messages.show_gone(id, &gone, deadline).await?;
                self.incidents.end_look(&asked).await;
                return Ok(());
            }
            Err(why) => {
                tracing::warn!(issue_id = id.as_str(), outcome = why.name(), "issue_not_looked_at");
                return if why == Failure::NotFound { Ok(()) } else { Err(why) };
            }
        };
        let Some(substatus) = record.unreported(&fresh) else {
            self.incidents.end_look(&asked).await;
            return Ok(());
        };
        occurrence.trigger = Trigger::Unresolved(substatus);
        occurrence.issue = fresh.or(occurrence.issue);
        let occurrence = Occurrence::Issue(occurrence);
        let (key, request) = self.incidents.request(&occurrence, None, deadline, None);
        let request = ClaimRequest { digest: asked.1.digest, ..request };
        let job = match self.incidents.job(occurrence, (key, request), None).await {
            Ok(job) => job,
            // The other invocation may be dead, so this one is redelivered.
            Err(unclaimed) if matches!(unclaimed.claimed, Claimed::MayRun) => return Err(Failure::Internal),
            // Another invocation is handling the incident or has handled it.
            Err(_) => return Ok(()),
        };
        match self.process(job, deadline).await.status() {
            DeliveryStatus::Completed => Ok(()),
            DeliveryStatus::Partial | DeliveryStatus::Failed => Err(Failure::Internal),
        }
    }
}
