//! What nobody decided in time is closed when somebody asks for it: no tap comes that would do it.

use super::Handler;
use super::decide::deciding;
use crate::domain::approval::{Approval, ApprovalState, Choice};
use crate::domain::deadline::{Deadline, RESERVE};
use crate::domain::ids::ApprovalId;
use crate::http::{time_left, unix_millis};
use crate::state::{StateError, Versioned};

/// A tap counts by when it reached us first, and the queue may bring it back so much later.
const LATE_TAPS_MS: u64 = 30 * 60 * 1000;

/// What a run has closed, and what it has not.
#[derive(Debug, Default)]
pub struct Closing {
    /// What is closed, and shown to be.
    pub closed: Vec<Approval>,
    /// What is left for the next run, and why: `not_shown` or `no_time`.
    pub left: Vec<(Approval, &'static str)>,
}

impl Handler {
    /// Takes the buttons away from what has expired, and says so on message and note.
    ///
    /// # Errors
    /// [`StateError`] if the store cannot be asked. What was closed until then is.
    pub async fn close_expired(&self, deadline: Deadline) -> Result<Closing, StateError> {
        let late_ms = unix_millis().saturating_sub(LATE_TAPS_MS);
        let is_over = |it: &Approval| it.state.is_open() && *it.state_at(late_ms) == ApprovalState::Expired;
        let mut closing = Closing::default();
        for listed in self.approvals.all().await?.into_iter().filter(is_over) {
            if time_left(deadline) <= RESERVE * 2 {
                closing.left.push((listed, "no_time"));
                continue;
            }
            let Ok(id) = ApprovalId::parse(&listed.id) else { continue };
            if let Some(found) = self.approvals.get(&id).await?.filter(|it| is_over(&it.content)) {
                self.close(found, deadline, &mut closing).await?;
            }
        }
        Ok(closing)
    }

    /// Closes one. It is shown before it is written down: what is not shown, or what a dead command has left, is found by
    /// the next run, and the same text in the same place is no change.
    async fn close(
        &self,
        found: Versioned<Approval>,
        deadline: Deadline,
        closing: &mut Closing,
    ) -> Result<(), StateError> {
        let expired = Approval { state: ApprovalState::Expired, ..found.content.clone() };
        if !self.show(&expired, None, deciding(Choice::Reject, deadline)).await {
            closing.left.push((found.content, "not_shown"));
            return Ok(());
        }
        match self.approvals.update(&found, expired).await {
            Ok(written) => closing.closed.push(written.content),
            // Somebody has tapped meanwhile, and that closes it.
            Err(StateError::Contended) => {}
            Err(error) => return Err(error),
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use super::*;
    use crate::config::Config;
    use crate::domain::approval::{ApprovalSubject, Order, ShownMessage, id_of};
    use crate::domain::ids::IssueId;

    #[tokio::test]
    #[expect(clippy::disallowed_methods, reason = "any moment will do as the start of a test")]
    async fn what_there_is_no_time_for_is_left_open_and_named() {
        let handler = Handler::new(Config::read(&|_| None).expect("defaults")).expect("a handler");
        let (ask, issue) =
            (ApprovalSubject::Act(Order::ArchiveUntilEscalating), IssueId::parse("1").expect("an id"));
        let id = id_of("issue", 1, &ask).expect("an id");
        let asked = Approval::new(&id, &issue, None, ask, ShownMessage::default()).open(1_000, 1_000);
        handler.approvals.ask(asked).await.expect("memory");
        let close = async |seconds| {
            let deadline = Deadline::after(Instant::now(), Duration::from_secs(seconds));
            let closing = handler.close_expired(deadline).await.expect("memory");
            let left: Vec<&str> = closing.left.iter().map(|(_, why)| *why).collect();
            (closing.closed.len(), left.concat())
        };
        assert_eq!(close(4).await, (0, "no_time".to_owned()));
        assert_eq!(close(60).await, (1, String::new()));
        assert_eq!(close(60).await, (0, String::new()), "once");
    }
}
