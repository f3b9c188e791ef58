//! The methods for commands: the work of the handler without a request.

use serde_json::Value;

use super::Handler;
use super::approvals::decisions::Decided;
use super::approvals::expiry::Closing;
use super::delivery::sweep::Swept;
use super::observing::timings::Timings;
use crate::config::Sweep;
use crate::domain::approval::{Approval, Choice};
use crate::domain::deadline::Deadline;
use crate::domain::ids::ApprovalId;
use crate::domain::occurrence::Occurrence;
use crate::domain::outcome::{Failure, Processed};
use crate::notifiers::Notification;
use crate::state::StateError;

impl Handler {
    /// The notification about an occurrence. Sends nothing.
    pub async fn notification(&self, occurrence: Occurrence, deadline: Deadline) -> Notification {
        self.deliveries.reports().notification(occurrence, &Timings::default(), deadline).await
    }

    /// Handles an occurrence even if its issue was handled before. `None` if another invocation is handling the issue.
    pub async fn again(&self, occurrence: Occurrence, deadline: Deadline) -> Option<Processed> {
        self.deliveries.again(occurrence, None, deadline).await
    }

    /// Finds recent issues without a note of Sidenote, and handles them.
    ///
    /// # Errors
    /// [`Failure`] if the issues cannot be listed.
    pub async fn sweep(&self, sweep: &Sweep, deadline: Deadline) -> Result<Swept, Failure> {
        self.deliveries.sweep(sweep, deadline).await
    }

    /// Runs the scheduled sweep with the configured limits, and returns the result as JSON.
    pub async fn sweep_on_schedule(&self, deadline: Deadline) -> Value {
        self.deliveries.sweep_on_schedule(&self.config.sweep, deadline).await
    }

    /// All approvals, the newest first.
    ///
    /// # Errors
    /// [`StateError`] if the store cannot be read or written.
    pub async fn approvals(&self) -> Result<Vec<Approval>, StateError> {
        self.decisions.all().await
    }

    /// Decides an approval by command. `None` if there is no such approval.
    ///
    /// # Errors
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

    /// Removes the buttons of expired approvals, and shows the expiry on message and note.
    ///
    /// # Errors
    /// [`StateError`] if the store cannot be read or written. Approvals that were closed before the error stay closed.
    pub async fn close_expired(&self, deadline: Deadline) -> Result<Closing, StateError> {
        self.decisions.close_expired(deadline).await
    }
}
