//! How the store and the queue stand: for health, and for the probes of an orchestrator.

use super::Handler;
use crate::state::{Claims, StateError};

/// How the store and the queue stand.
#[derive(Debug)]
pub(super) struct Standing {
    /// Of the store: `ok`, or what it does not promise.
    pub(super) state: &'static str,
    /// Of the queue, in the same way.
    pub(super) redelivery: String,
    /// The size of the file.
    pub(super) bytes: Option<u64>,
    /// Whether neither needs a person. Memory and no queue are no fault, but worth saying.
    pub(super) is_well: bool,
}

impl Handler {
    pub(super) async fn standing(&self) -> Standing {
        let (size, dead) = (self.documents.size().await, self.queue.dead().await);
        let state = match &size {
            Err(error) => {
                tracing::error!(error = %error, "state_unavailable");
                "cannot be read; the log says why"
            }
            Ok(_) if self.config.is_durable() => "ok",
            Ok(_) => "memory: one process at a time",
        };
        let redelivery = match dead {
            _ if !self.queue.is_there() => "none: a dead invocation loses its delivery".to_owned(),
            None => "cannot be read; the log says why".to_owned(),
            Some(0) => "ok".to_owned(),
            Some(count) => format!("{count} dead letters: see `sidenote dead-letters`"),
        };
        let is_well = size.is_ok() && dead == Some(0);
        Standing { state, redelivery, bytes: size.ok().flatten(), is_well }
    }

    /// Whether an accepted delivery could be worked on: it can be verified, and the store can be read. What else is missing
    /// makes health `degraded`, and keeps no delivery away.
    pub(super) async fn ready(&self) -> Result<(), &'static str> {
        self.documents.size().await.map_err(|_| "the state cannot be read")?;
        self.door.can_verify().await
    }

    /// Ends every lease in the store: only where no other process can be at work. Gives how many there were.
    ///
    /// # Errors
    /// [`StateError`] if the store cannot be asked.
    pub async fn release_claims(&self) -> Result<usize, StateError> {
        Claims::new(&self.documents).release_all().await
    }
}
