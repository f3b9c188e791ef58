//! Closes expired approvals. A command and the schedule of `serve` do this, because no person may ever press the button
//! of an expired approval again.

use super::decisions::{Decisions, deciding};
use crate::clock::{time_left, unix_millis};
use crate::domain::approval::{Approval, ApprovalState, Choice};
use crate::domain::deadline::{Deadline, RESERVE};
use crate::state::{StateError, Versioned};

/// The longest time, in milliseconds, after which the queue may redeliver a button press. A press counts by the time
/// when it was first received, so an approval is closed only that much later.
const LATE_TAPS_MS: u64 = 30 * 60 * 1000;

/// The result of closing expired approvals.
#[derive(Debug, Default)]
pub struct Closing {
    /// The approvals that were closed and whose message and note show the expiry.
    pub closed: Vec<Approval>,
    /// The approvals that are left for the next run, with the reasons.
    pub left: Vec<(Approval, LeftOpen)>,
}

/// The reason why an expired approval is left for the next run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LeftOpen {
    /// The message or the note could not be updated.
    NotShown,
    /// The time of this run was used up.
    NoTime,
}

impl LeftOpen {
    /// Returns the name of the reason in JSON output.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::NotShown => "not_shown",
            Self::NoTime => "no_time",
        }
    }
}

impl Decisions {
    /// Closes the expired approvals: removes their buttons, and shows the expiry in the message and the note. Returns
    /// the closed approvals and those that could not be closed.
    ///
    /// # Errors
    ///
    /// [`StateError`] if the store cannot be read or written. Approvals that were closed before the error stay closed.
    pub(in crate::handler) async fn close_expired(&self, deadline: Deadline) -> Result<Closing, StateError> {
        let late_ms = unix_millis().saturating_sub(LATE_TAPS_MS);
        let is_over = |it: &Approval| it.state.is_open() && *it.state_at(late_ms) == ApprovalState::Expired;
        let mut closing = Closing::default();
        for listed in self.approvals.all().await?.into_iter().filter(is_over) {
            if time_left(deadline) <= RESERVE * 2 {
                closing.left.push((listed, LeftOpen::NoTime));
                continue;
            }
            if let Some(found) = self.approvals.get(&listed.id).await?.filter(|it| is_over(&it.content)) {
                self.close(found, deadline, &mut closing).await?;
            }
        }
        Ok(closing)
    }

    /// Closes one expired approval. The expiry is shown before it is recorded, so the next run repeats an incomplete
    /// attempt; showing the same text again changes nothing. The message of a newer incident does not show the
    /// expiry.
    async fn close(
        &self,
        found: Versioned<Approval>,
        deadline: Deadline,
        closing: &mut Closing,
    ) -> Result<(), StateError> {
        let newest = self.incidents.record(&found.content.issue).await?.map(|record| record.started_ms);
        let is_superseded = newest.is_some_and(|newest| newest > found.content.incident_ms);
        let state = if is_superseded { ApprovalState::Superseded } else { ApprovalState::Expired };
        let expired = Approval { state, ..found.content.clone() };
        if !self.shown.show(&expired, None, deciding(Choice::Reject, deadline)).await {
            closing.left.push((found.content, LeftOpen::NotShown));
            return Ok(());
        }
        match self.approvals.update(&found, expired).await {
            Ok(written) => closing.closed.push(written.content),
            // A button press was recorded in the meantime, and it closes the approval.
            Err(StateError::Contended) => {}
            Err(error) => return Err(error),
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::clock;
    use crate::config::Config;
    use crate::domain::action::IssueAction;
    use crate::domain::approval::{ApprovalSubject, ShownMessage, id_of};
    use crate::domain::ids::IssueId;
    use crate::domain::issue::Issue;
    use crate::domain::occurrence::{IssueOccurrence, Occurrence};
    use crate::handler::Handler;

    /// Returns a handler with the default settings, and an approval that has expired.
    fn expired() -> (Handler, Approval) {
        let handler = Handler::new(Config::read(&|_| None).expect("defaults")).expect("a handler");
        let (ask, issue) =
            (ApprovalSubject::Act(IssueAction::ArchiveUntilEscalating), IssueId::parse("1").expect("an id"));
        let id = id_of("issue", 1, &ask).expect("an id");
        let asked = Approval::new(&id, &issue, None, ask, ShownMessage::default()).open(1_000, 1_000);
        (handler, asked)
    }

    #[tokio::test]
    async fn an_old_question_does_not_expire_in_the_message_of_a_newer_incident() {
        let (handler, asked) = expired();
        let request = IssueOccurrence::asked(Issue::unknown(asked.issue.clone()), None);
        handler.decisions.approvals.ask(asked.asked_by(1_000, 0)).await.expect("memory");
        let deadline = clock::deadline_in(Duration::from_mins(1));
        handler.again(Occurrence::Issue(Box::new(request)), deadline).await.expect("a newer incident");
        let closing = handler.close_expired(deadline).await.expect("memory");
        let states: Vec<&ApprovalState> = closing.closed.iter().map(|it| &it.state).collect();
        assert_eq!(states, [&ApprovalState::Superseded]);
    }

    #[tokio::test]
    async fn an_expired_approval_without_time_left_stays_open_and_is_listed() {
        let (handler, asked) = expired();
        handler.decisions.approvals.ask(asked).await.expect("memory");
        let close = async |seconds| {
            let deadline = clock::deadline_in(Duration::from_secs(seconds));
            let closing = handler.close_expired(deadline).await.expect("memory");
            let left: Vec<LeftOpen> = closing.left.iter().map(|(_, why)| *why).collect();
            (closing.closed.len(), left)
        };
        assert_eq!(close(4).await, (0, vec![LeftOpen::NoTime]));
        assert_eq!(close(60).await, (1, vec![]));
        assert_eq!(close(60).await, (0, vec![]), "once");
    }
}
