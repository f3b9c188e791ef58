//! Once more, because a person asks.

use super::Handler;
use super::intake::Job;
use crate::domain::deadline::Deadline;
use crate::domain::occurrence::{Occurrence, Trigger};
use crate::domain::outcome::Processed;
use crate::state::Claimed;

impl Handler {
    /// Works on an occurrence whatever was done about its issue before: the note is completed, the message comes again.
    /// `None` while somebody works on that issue, or if this was done before. `received_ms` is when it was asked for, if a
    /// dead invocation may have done some of it.
    pub async fn again(
        &self,
        mut occurrence: Occurrence,
        received_ms: Option<u64>,
        deadline: Deadline,
    ) -> Option<Processed> {
        if let Occurrence::Issue(issue) = &mut occurrence {
            issue.trigger = Trigger::Manual;
        }
        let claim = match self.claim(&occurrence, None, deadline, received_ms).await {
            Ok(Claimed::Ours(claim)) => Some(*claim),
            Ok(Claimed::Running | Claimed::Finished) => return None,
            Err(error) => {
                tracing::error!(error = %error, "state_unavailable");
                None
            }
        };
        Some(self.process(Job { occurrence, claim, received_ms }, deadline).await)
    }
}
