//! The methods of the handler that command-line commands and the schedule call, without an HTTP request.

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use serde_json::Value;

use super::Handler;
use super::approvals::decisions::Decided;
use super::approvals::expiry::Closing;
use super::delivery::sweep::{SweepTime, Swept};
use super::observing::timings::Timings;
use crate::config::Sweep;
use crate::domain::approval::{Approval, Choice};
use crate::domain::deadline::Deadline;
use crate::domain::ids::{ApprovalId, IssueId};
use crate::domain::issue::Issue;
use crate::domain::occurrence::{IssueOccurrence, Occurrence};
use crate::domain::outcome::{Failure, Processed};
use crate::notifiers::Notification;
use crate::sentry::Sentry;
use crate::state::StateError;

impl Handler {
    /// Gathers evidence about an occurrence, analyses it and returns the notification. A configured language model gets
    /// the prompt. No note is written and no message is sent.
    pub async fn notification(&self, occurrence: Occurrence, deadline: Deadline) -> Notification {
        self.deliveries.reports().notification(occurrence, &Timings::default(), deadline).await
    }

    /// Handles an occurrence even if its issue was handled before. Returns `None` if another invocation is handling
    /// the issue.
    pub async fn again(&self, occurrence: Occurrence, deadline: Deadline) -> Option<Processed> {
        self.deliveries.again(occurrence, None, deadline).await
    }

    /// Handles an issue like [`Self::again`]. `named` is its id or its short id. Returns `None` if another
    /// invocation is handling the issue.
    ///
    /// # Errors
    ///
    /// [`Failure`] if the issue cannot be read. Nothing is written or sent then.
    pub async fn analyze(&self, named: &IssueId, deadline: Deadline) -> Result<Option<Processed>, Failure> {
        let read = |sentry: Sentry| async move { sentry.details(named).await };
        let issue = self.deliveries.clients().with_sentry(None, deadline, read).await?;
        // Records have the numeric id as key.
        let asked = IssueOccurrence::asked(Issue::unknown(issue.id), None);
        Ok(self.again(Occurrence::Issue(Box::new(asked)), deadline).await)
    }

    /// Finds recent issues without a note of Sidenote, and handles them like those of webhooks. Returns the handled
    /// issues and the issues that are left.
    ///
    /// # Errors
    ///
    /// [`Failure`] if the issues cannot be listed.
    pub async fn sweep(&self, sweep: &Sweep, time: SweepTime) -> Result<Swept, Failure> {
        self.deliveries.sweep(sweep, time).await
    }

    /// Runs the scheduled sweep with the configured limits, and returns the result as JSON.
    pub fn sweep_on_schedule(&self, deadline: Deadline) -> BoxFuture<'_, Value> {
        self.deliveries.sweep_on_schedule(&self.config.sweep, deadline).boxed()
    }

    /// Returns all stored approvals, the newest first.
    ///
    /// # Errors
    ///
    /// [`StateError`] if the store cannot be read.
    pub async fn approvals(&self) -> Result<Vec<Approval>, StateError> {
        self.decisions.all().await
    }

    /// Decides an approval for the person `name` and executes the decision. Returns `None` if there is no such
    /// approval.
    ///
    /// # Errors
    ///
    /// [`StateError`] if the store cannot be read or written.
    pub async fn decide_by_command(
        &self,
        id: &ApprovalId,
        choice: Choice,
        name: &str,
        deadline: Deadline,
    ) -> Result<Option<Decided>, StateError> {
        self.decisions.decide_by_command(id, choice, name, deadline).await
    }

    /// Closes the expired approvals: removes their buttons, and shows the expiry in the message and the note. Returns
    /// the closed approvals and those that could not be closed.
    ///
    /// # Errors
    ///
    /// [`StateError`] if the store cannot be read or written. Approvals that were closed before the error stay closed.
    pub async fn close_expired(&self, deadline: Deadline) -> Result<Closing, StateError> {
        self.decisions.close_expired(deadline).await
    }
}
