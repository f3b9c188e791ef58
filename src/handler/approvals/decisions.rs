//! Executes the decisions of people: performs the approved action and shows the outcome.
//!
//! The steps are: the approval's record is marked as executing; the issue is changed; message and note are completed
//! (`shown.rs`); the outcome is recorded. If the invocation dies in between, another one takes over after the lease
//! and performs the remaining steps. The second invocation reads the issue first. Writing the same text to a message
//! or note again changes nothing.

use std::sync::Arc;
use std::time::Duration;

use super::shown::Shown;
use crate::clock::{self, millis, time_left, unix_millis};
use crate::domain::approval::{
    Approval, ApprovalState, ApprovalSubject, Choice, Decider, DecisionAttempt, DecisionSource, Ruling,
};
use crate::domain::deadline::{Deadline, RESERVE};
use crate::domain::ids::{ApprovalId, IssueId, Slug};
use crate::domain::incident::press_digest;
use crate::domain::issue::{Issue, IssueGone};
use crate::domain::occurrence::{IssueOccurrence, Occurrence};
use crate::domain::outcome::{DeliveryStatus, Failure};
use crate::domain::text::Untrusted;
use crate::handler::clients::Clients;
use crate::handler::delivery::again::AnalysisPress;
use crate::handler::delivery::deliveries::Deliveries;
use crate::handler::delivery::incidents::Incidents;
use crate::handler::observing::event::DeliveryEvent;
use crate::handler::observing::observers::Observers;
use crate::notifiers::note::MARKER;
use crate::sentry::{IssueLookup, Noted, Sentry};
use crate::state::{Approvals, AttemptResult, StateError, Versioned};

/// The longest time for which an invocation has the exclusive right to execute a decision, except the decision for a
/// new analysis. Afterwards another invocation can take over.
const DECIDING: Duration = Duration::from_secs(20);

/// The error of a decision that must be redelivered, because another invocation is executing it or a part of its
/// execution is incomplete.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct RetryLater;

/// The result of a decision by command.
#[derive(Debug)]
pub struct Decided {
    /// Whether this decision took effect. It has no effect if another decision came first.
    pub counted: bool,
    /// The record of the approval after the decision.
    pub approval: Approval,
}

/// Records and executes the decisions of people.
pub(in crate::handler) struct Decisions {
    pub(in crate::handler) approvals: Approvals,
    pub(super) shown: Shown,
    pub(super) incidents: Arc<Incidents>,
    deliveries: Arc<Deliveries>,
    clients: Clients,
    pub(super) observers: Observers,
}

impl Decisions {
    pub(in crate::handler) fn new(
        approvals: Approvals,
        shown: Shown,
        incidents: Arc<Incidents>,
        deliveries: Arc<Deliveries>,
        (clients, observers): (Clients, Observers),
    ) -> Self {
        Self { approvals, shown, incidents, deliveries, clients, observers }
    }

    /// Returns all stored approvals, the newest first.
    ///
    /// # Errors
    ///
    /// [`StateError`] if the store cannot be read.
    pub(in crate::handler) async fn all(&self) -> Result<Vec<Approval>, StateError> {
        self.approvals.all().await
    }

    /// Decides an approval for the person `name` and executes the decision. Returns `None` if there is no such
    /// approval.
    ///
    /// # Errors
    ///
    /// [`StateError`] if the store cannot be read or written.
    pub(in crate::handler) async fn decide_by_command(
        &self,
        id: &ApprovalId,
        choice: Choice,
        name: &str,
        deadline: Deadline,
    ) -> Result<Option<Decided>, StateError> {
        let by = Decider::new(None, &Untrusted::new(name), unix_millis());
        let Some(found) = self.approvals.get(id).await? else { return Ok(None) };
        let (tapped, deadline) = self.tap(found, choice, by, DecisionSource::Command, deadline).await?;
        let AttemptResult { verdict, approval } = tapped;
        let may_be_done = matches!(verdict, Ruling::Resume(_));
        let approval = match verdict {
            Ruling::Take(_) | Ruling::Resume(_) => {
                let standing = approval.content.clone();
                Box::pin(self.execute(approval, may_be_done, deadline)).await.unwrap_or(standing)
            }
            Ruling::Close(_) => {
                self.shown.show(&approval.content, None, deadline).await;
                return Ok(Some(Decided { counted: false, approval: approval.content }));
            }
            _ => return Ok(Some(Decided { counted: false, approval: approval.content })),
        };
        // If the execution of another decision had begun, that one was executed instead.
        Ok(Some(Decided { counted: approval.state.choice() == Some(choice), approval }))
    }

    /// Records a decision on an approval. Returns what follows from it, and the deadline for its execution.
    pub(super) async fn tap(
        &self,
        found: Versioned<Approval>,
        choice: Choice,
        by: Decider,
        origin: DecisionSource,
        deadline: Deadline,
    ) -> Result<(AttemptResult, Deadline), StateError> {
        let record = self.incidents.record(&found.content.issue).await?;
        let newest_incident_ms = record.as_ref().map(|record| record.started_ms);
        let deadline = deciding(choice, deadline);
        let is_gone = match record.and_then(|record| record.message) {
            Some(message) => {
                self.shown.messages.is_still_gone(&found.content.issue, &message, deadline).await
            }
            None => false,
        };
        let now_ms = unix_millis();
        let until_ms = now_ms.saturating_add(millis(time_left(deadline)));
        let tap = DecisionAttempt { choice, by, origin, newest_incident_ms, is_gone, now_ms, until_ms };
        Ok((self.approvals.tap(found, &tap).await?, deadline))
    }

    /// Executes a recorded decision, shows the outcome and records it. Returns the approval with the outcome.
    pub(super) async fn execute(
        &self,
        asked: Versioned<Approval>,
        may_be_done: bool,
        deadline: Deadline,
    ) -> Result<Approval, RetryLater> {
        let ApprovalState::Working { choice, by, .. } = asked.content.state.clone() else {
            return Ok(asked.content);
        };
        let decided_ms = by.at_ms;
        let acted = match choice {
            Choice::Approve => self.act(&asked.content, may_be_done, before_showing(deadline)).await,
            Choice::Reject | Choice::Again => Ok(None),
        };
        let failed = match acted {
            Ok(None) => None,
            Ok(Some(gone)) => Some(self.shown.keep_gone(&asked.content.issue, &gone).await),
            Err(why) => Some(why),
        };
        let state = match failed {
            None => ApprovalState::Done { choice, by },
            Some(why) => ApprovalState::Failed { by, why: why.to_string(), at_ms: unix_millis() },
        };
        let ended = Approval { state, ..asked.content.clone() };
        self.shown.show(&ended, failed, deadline).await;
        if choice == Choice::Again {
            let digest = press_digest(&format!("approval {}", ended.id));
            let press = AnalysisPress { digest, received_ms: may_be_done.then_some(decided_ms) };
            self.analyse_again(&ended.issue, ended.org.as_ref(), press, deadline).await?;
        }
        Ok(self.settle(&asked, ended).await)
    }

    async fn settle(&self, asked: &Versioned<Approval>, ended: Approval) -> Approval {
        self.observers.emit(DeliveryEvent::Decided(&ended));
        let mut stored = self.approvals.update(asked, ended.clone()).await;
        // The incident may have recorded the message of the other chat meanwhile, which changes no state.
        if matches!(stored, Err(StateError::Contended))
            && let Ok(Some(found)) = self.approvals.get(&ended.id).await
            && found.content.state == asked.content.state
        {
            let settled = Approval { state: ended.state.clone(), ..found.content.clone() };
            stored = self.approvals.update(&found, settled).await;
        }
        if let Err(error) = stored {
            tracing::error!(error = %error, approval_id = ended.id.as_str(), "state_unavailable: it may be carried out once more");
        }
        ended
    }

    /// Performs the approved action. If `may_be_done` is true, another invocation may have performed it already, so
    /// Sentry is asked first. Returns `Some` if the issue was deleted or merged, so that nothing was done.
    async fn act(
        &self,
        approval: &Approval,
        may_be_done: bool,
        deadline: Deadline,
    ) -> Result<Option<IssueGone>, Failure> {
        let issue = &approval.issue;
        match &approval.subject {
            ApprovalSubject::Act(action) => {
                let carry_out =
                    |sentry: Sentry| async move { sentry.carry_out(issue, action, may_be_done).await };
                self.clients.with_sentry(approval.org.as_ref(), deadline, carry_out).await
            }
            ApprovalSubject::Post { text, .. } => {
                self.post(approval, issue, text, may_be_done, deadline).await
            }
        }
    }

    /// Writes the note that waited for approval. If the issue has a note of an earlier incident, that note is
    /// replaced. Returns `Some` if the issue was deleted or merged, so that nothing was written.
    async fn post(
        &self,
        approval: &Approval,
        issue: &IssueId,
        text: &str,
        may_be_done: bool,
        deadline: Deadline,
    ) -> Result<Option<IssueGone>, Failure> {
        let record = self.incidents.record(issue).await.map_err(|_| Failure::StateUnavailable)?;
        let known = &record.and_then(|record| record.note);
        let post = |sentry: Sentry| async move {
            if let IssueLookup::Gone(gone) = sentry.find(issue).await? {
                return Ok(Err(gone));
            }
            let found = match known {
                None if may_be_done => sentry.own_note(issue, MARKER).await?.map(|own| own.id),
                known => known.clone(),
            };
            let noted = match found {
                Some(note) => sentry.edit_note(issue, &note, text).await,
                None => sentry.post_note(issue, text).await,
            };
            noted.map(Ok)
        };
        let id = match self.clients.with_sentry(approval.org.as_ref(), deadline, post).await? {
            Err(gone) => return Ok(Some(gone)),
            Ok(Noted::Posted(Some(id))) => id,
            Ok(Noted::Posted(None) | Noted::StoodAlready) => return Ok(None),
        };
        if let Err(error) = self.incidents.noted(issue, &id).await {
            tracing::error!(error = %error, "state_unavailable: a later incident will look for the note");
        }
        Ok(None)
    }

    /// Analyses an issue once more and edits its note, as the command `sidenote replay` does. If the issue was deleted
    /// or merged, its message shows this instead.
    pub(super) async fn analyse_again(
        &self,
        issue: &IssueId,
        org: Option<&Slug>,
        press: AnalysisPress,
        deadline: Deadline,
    ) -> Result<(), RetryLater> {
        let find = |sentry: Sentry| async move { sentry.find(issue).await };
        if let Ok(IssueLookup::Gone(gone)) = self.clients.with_sentry(org, deadline, find).await {
            let shown = self.shown.messages.show_gone(issue, &gone, deadline).await;
            self.shown.messages.report_unshown(issue, ("issue gone", None), shown);
            return shown.map_err(|_| RetryLater);
        }
        let asked = IssueOccurrence::asked(Issue::unknown(issue.clone()), org.cloned());
        let again = self.deliveries.again(Occurrence::Issue(Box::new(asked)), Some(press), deadline);
        let again = Box::pin(again);
        let is_over = again.await.is_none_or(|processed| processed.status() == DeliveryStatus::Completed);
        if is_over { Ok(()) } else { Err(RetryLater) }
    }
}

/// Returns the deadline for executing a decision: 20 seconds from now at most, except for a new analysis.
pub(super) fn deciding(choice: Choice, deadline: Deadline) -> Deadline {
    match choice {
        Choice::Again => deadline,
        Choice::Approve | Choice::Reject => clock::at_most(deadline, DECIDING),
    }
}

/// Returns the deadline for calls to Sentry while a decision is executed. Time is left for showing a failure
/// afterwards.
fn before_showing(deadline: Deadline) -> Deadline {
    clock::keeping(deadline, RESERVE * 2)
}
