//! What nobody decided in time is closed when somebody asks for it: no tap comes that would do it.

use super::Handler;
use crate::domain::approval::{Approval, State};
use crate::domain::deadline::Deadline;
use crate::domain::ids::ApprovalId;
use crate::http::unix_millis;
use crate::state::StateError;

/// A tap counts by when it reached us first, and the queue may bring it back so much later.
const LATE_TAPS_MS: u64 = 30 * 60 * 1000;

impl Handler {
    /// Takes the buttons away from what has expired, and says so on message and note. Gives what was closed.
    ///
    /// # Errors
    /// [`StateError`] if the store cannot be asked. What was closed until then is.
    pub async fn close_expired(&self, deadline: Deadline) -> Result<Vec<Approval>, StateError> {
        let late_ms = unix_millis().saturating_sub(LATE_TAPS_MS);
        let mut closed = Vec::new();
        for listed in self.approvals.all().await? {
            let Ok(id) = ApprovalId::parse(&listed.id) else { continue };
            let is_over = |it: &Approval| it.state.is_open() && *it.state_at(late_ms) == State::Expired;
            if !is_over(&listed) {
                continue;
            }
            let Some(found) = self.approvals.get(&id).await?.filter(|it| is_over(&it.content)) else {
                continue;
            };
            let expired = Approval { state: State::Expired, ..found.content.clone() };
            match self.approvals.update(&found, expired).await {
                Ok(written) => {
                    self.show(&written.content, None, deadline).await;
                    closed.push(written.content);
                }
                // Somebody has tapped meanwhile, and that closes it.
                Err(StateError::Contended) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(closed)
    }
}
