//! The handler for commands: the same work, without a request.

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

    /// Works on an occurrence although its issue was worked on before. `None` while another invocation works on that issue,
    /// or if this was done before. `received_ms` is the time of the request, if a dead invocation may have done some of it.
    pub async fn again(
        &self,
        occurrence: Occurrence,
        received_ms: Option<u64>,
        deadline: Deadline,
    ) -> Option<Processed> {
        self.deliveries.again(occurrence, received_ms, deadline).await
    }

    /// Looks for recent issues without a note of ours, and works on them.
    ///
    /// # Errors
    /// [`Failure`], if the issues cannot be listed.
    pub async fn sweep(&self, sweep: &Sweep, deadline: Deadline) -> Result<Swept, Failure> {
        self.deliveries.sweep(sweep, deadline).await
    }

    /// The sweep that the schedule asks for, with the configured bounds.
    pub async fn sweep_on_schedule(&self, deadline: Deadline) -> Value {
        self.deliveries.sweep_on_schedule(&self.config.sweep, deadline).await
    }

    /// Every approval, the newest first.
    ///
    /// # Errors
    /// [`StateError`] if the store cannot be asked.
    pub async fn approvals(&self) -> Result<Vec<Approval>, StateError> {
        self.decisions.all().await
    }

    /// Decides by command. `None` if there is no such approval.
    ///
    /// # Errors
    /// [`StateError`] if the store cannot be asked.
    pub async fn decide_by_command(
        &self,
        id: &ApprovalId,
        choice: Choice,
        name: &str,
        deadline: Deadline,
    ) -> Result<Option<Decided>, StateError> {
        self.decisions.decide_by_command(id, choice, name, deadline).await
    }

    /// Takes the buttons away from expired approvals, and says so on message and note.
    ///
    /// # Errors
    /// [`StateError`] if the store cannot be asked. What was closed until then is closed.
    pub async fn close_expired(&self, deadline: Deadline) -> Result<Closing, StateError> {
        self.decisions.close_expired(deadline).await
    }
}
