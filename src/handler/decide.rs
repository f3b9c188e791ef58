//! After a decision: what was approved is done, and everybody can see by whom.
//!
//! The order is: the record says that it is being worked on; the issue is changed; message and note are completed
//! (`show.rs`); the record says how it ended. Whoever dies in between is taken over when the lease has ended, and only what
//! is still to be done is done then: the issue is looked at first, and the same text in the same place is no change.

use std::time::{Duration, Instant};

use super::intake::millis;
use super::{DeliveryEvent, Handler, journal, measure};
use crate::domain::approval::{
    Approval, ApprovalState, ApprovalSubject, Choice, Decider, DecisionAttempt, DecisionSource, Ruling,
};
use crate::domain::deadline::{Deadline, RESERVE};
use crate::domain::ids::{ApprovalId, IssueId, NoteId, Slug};
use crate::domain::issue::Issue;
use crate::domain::occurrence::{IssueOccurrence, Occurrence};
use crate::domain::outcome::Failure;
use crate::domain::text::Untrusted;
use crate::http::{time_left, unix_millis};
use crate::notifiers::note::MARKER;
use crate::sentry::{Noted, Sentry};
use crate::state::{AttemptResult, StateError, Versioned};

/// How long an invocation may work on a decision before another one takes it over.
const DECIDING: Duration = Duration::from_secs(20);

/// It has to come again: an invocation is at it, or something of it is still undone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct RetryLater;

/// What became of a decision that was made by command.
#[derive(Debug)]
pub struct Decided {
    /// Whether this decision counted.
    pub counted: bool,
    /// The approval as it stands now.
    pub approval: Approval,
}

impl Handler {
    /// Every approval, the newest first.
    ///
    /// # Errors
    /// [`StateError`] if the store cannot be asked.
    pub async fn approvals(&self) -> Result<Vec<Approval>, StateError> {
        self.approvals.all().await
    }

    /// Decides by command what could have been decided in the chat. `None` if there is no such approval.
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
                self.show(&approval.content, None, deadline).await;
                return Ok(Some(Decided { counted: false, approval: approval.content }));
            }
            _ => return Ok(Some(Decided { counted: false, approval: approval.content })),
        };
        // What another decision had begun was seen to, and not this one.
        Ok(Some(Decided { counted: approval.state.choice() == Some(choice), approval }))
    }

    /// Takes a tap on an approval that was found, and says until when it has to be seen to.
    pub(super) async fn tap(
        &self,
        found: Versioned<Approval>,
        choice: Choice,
        by: Decider,
        origin: DecisionSource,
        deadline: Deadline,
    ) -> Result<(AttemptResult, Deadline), StateError> {
        let newest_incident_ms = match IssueId::parse(&found.content.issue) {
            Ok(issue) => self.claims.record(&self.issue_key(&issue)).await?.map(|record| record.started_ms),
            Err(_) => None,
        };
        let (deadline, now_ms) = (deciding(choice, deadline), unix_millis());
        let until_ms = now_ms.saturating_add(millis(time_left(deadline)));
        let tap = DecisionAttempt { choice, by, origin, newest_incident_ms, now_ms, until_ms };
        Ok((self.approvals.tap(found, &tap).await?, deadline))
    }

    /// Sees to a decision that has just been written down. Gives the approval as it stands in the end.
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
            Choice::Reject | Choice::Again => Ok(()),
        };
        let state = match acted {
            Ok(()) => ApprovalState::Done { choice, by },
            Err(why) => ApprovalState::Failed { by, why: why.to_string(), at_ms: unix_millis() },
        };
        let ended = Approval { state, ..asked.content.clone() };
        self.show(&ended, acted.err(), deadline).await;
        if choice == Choice::Again {
            self.look_again(&ended, may_be_done.then_some(decided_ms), deadline).await?;
        }
        Ok(self.settle(&asked, ended).await)
    }

    async fn settle(&self, asked: &Versioned<Approval>, ended: Approval) -> Approval {
        journal::decided(&ended);
        self.metrics.emit(&measure::decided(&ended.state), unix_millis());
        self.emit(DeliveryEvent::Decided(&ended));
        if let Err(error) = self.approvals.update(asked, ended.clone()).await {
            tracing::error!(error = %error, approval_id = ended.id, "state_unavailable: it may be seen to once more");
        }
        ended
    }

    /// Does what was approved; once, even if a dead invocation may have done it.
    async fn act(&self, approval: &Approval, may_be_done: bool, deadline: Deadline) -> Result<(), Failure> {
        let issue = &IssueId::parse(&approval.issue).map_err(|_| Failure::Internal)?;
        match &approval.subject {
            ApprovalSubject::Act(order) => {
                let carry_out =
                    |sentry: Sentry| async move { sentry.carry_out(issue, order, may_be_done).await };
                self.with_sentry(org_of(approval).as_ref(), deadline, carry_out).await
            }
            ApprovalSubject::Post { text, .. } => {
                self.post(approval, issue, text, may_be_done, deadline).await
            }
        }
    }

    /// Writes the note that waited, in the place of an earlier one if there is one.
    async fn post(
        &self,
        approval: &Approval,
        issue: &IssueId,
        text: &str,
        may_be_done: bool,
        deadline: Deadline,
    ) -> Result<(), Failure> {
        let key = self.issue_key(issue);
        let record = self.claims.record(&key).await.map_err(|_| Failure::StateUnavailable)?;
        let known = &record.and_then(|record| NoteId::parse(record.note.as_deref()?).ok());
        let post = |sentry: Sentry| async move {
            let found = match known {
                None if may_be_done => sentry.own_note(issue, MARKER).await?.map(|own| own.id),
                known => known.clone(),
            };
            match found {
                Some(note) => sentry.edit_note(issue, &note, text).await,
                None => sentry.post_note(issue, text).await,
            }
        };
        let noted = self.with_sentry(org_of(approval).as_ref(), deadline, post).await?;
        let Noted::Posted(Some(id)) = noted else { return Ok(()) };
        if let Err(error) = self.claims.noted(&key, id.as_str()).await {
            tracing::error!(error = %error, "state_unavailable: a later incident will look for the note");
        }
        Ok(())
    }

    /// Works on the issue once more, as if somebody had asked for it by command.
    async fn look_again(
        &self,
        approval: &Approval,
        received_ms: Option<u64>,
        deadline: Deadline,
    ) -> Result<(), RetryLater> {
        let Ok(id) = IssueId::parse(&approval.issue) else { return Ok(()) };
        let asked = IssueOccurrence::asked(Issue::unknown(id), org_of(approval));
        let again = Box::pin(self.again(Occurrence::Issue(Box::new(asked)), received_ms, deadline));
        let is_over = again.await.is_none_or(|processed| processed.status() == "completed");
        if is_over { Ok(()) } else { Err(RetryLater) }
    }
}

/// Until when a decision has to be seen to.
#[expect(clippy::disallowed_methods, reason = "the handler reads the clock for the rooms that do not")]
pub(super) fn deciding(choice: Choice, deadline: Deadline) -> Deadline {
    match choice {
        Choice::Again => deadline,
        Choice::Approve | Choice::Reject => deadline.at_most(DECIDING, Instant::now()),
    }
}

/// What is kept back, so that a Sentry that does not answer can still be told of.
#[expect(clippy::disallowed_methods, reason = "the handler reads the clock for the rooms that do not")]
fn before_showing(deadline: Deadline) -> Deadline {
    deadline.keeping(RESERVE * 2, Instant::now())
}

pub(super) fn org_of(approval: &Approval) -> Option<Slug> {
    Slug::parse(approval.org.as_deref()?).ok()
}
