//! The condition of the store and the queue, for the health endpoint and an orchestrator's probes.

use super::Handler;
use crate::domain::silence::WebhookSilence;
use crate::state::{Claims, Polling, StateError};

/// The condition of the store and the queue.
#[derive(Debug)]
pub(super) struct Standing {
    /// The store's: `ok`, or the problem.
    pub(super) state: &'static str,
    /// The queue's: `ok`, or the problem.
    pub(super) redelivery: String,
    /// The silence of Sentry's webhooks, if there is one.
    pub(super) silence: Option<WebhookSilence>,
    /// The condition of the polling for button presses. `None` if this process does not poll.
    pub(super) updates: Option<String>,
    /// The size of the file in bytes, if there is a file.
    pub(super) bytes: Option<u64>,
    /// Whether all are in order. A store in memory and a missing queue are reported, but are no fault.
    pub(super) is_well: bool,
}

impl Handler {
    pub(super) async fn standing(&self) -> Standing {
        let (size, written) = (self.documents.size().await, self.documents.check().await);
        let silence = self.deliveries.watch().silence().await;
        let errors = [size.as_ref().err(), written.as_ref().err(), silence.as_ref().err()];
        for error in errors.into_iter().flatten() {
            tracing::error!(error = %error, "state_unavailable");
        }
        let is_readable = size.is_ok() && silence.is_ok();
        let state = match &written {
            _ if !is_readable => "cannot be read; the log says why",
            Err(_) => "cannot be written; the log says why",
            _ if self.config.is_durable() => "ok",
            _ => "memory: one process at a time",
        };
        let dead = self.queue.dead().await;
        let redelivery = match dead {
            _ if !self.queue.is_there() => "none: a dead invocation loses its delivery".to_owned(),
            None => "cannot be read; the log says why".to_owned(),
            Some(0) => "ok".to_owned(),
            Some(count) => format!("{count} dead letters: see `sidenote dead-letters`"),
        };
        let silence = silence.ok().flatten();
        let (updates, is_polling_well) = self.polling().unzip();
        let is_well = is_readable
            && written.is_ok()
            && dead == Some(0)
            && silence.is_none()
            && is_polling_well != Some(false);
        Standing { state, redelivery, silence, updates, bytes: size.ok().flatten(), is_well }
    }

    /// Whether an accepted delivery can be handled: it can be verified, and the store can be read. Other problems make
    /// health `degraded`, but do not keep deliveries away.
    pub(super) async fn ready(&self) -> Result<(), &'static str> {
        self.documents.size().await.map_err(|_| "the state cannot be read")?;
        self.door.can_verify().await
    }

    /// Ends the leases of all claims in the store, so that their work can be taken over at once. It is correct only if
    /// no other process is at work. Returns the number of leases.
    ///
    /// # Errors
    /// [`StateError`] if the store cannot be read or written.
    pub async fn release_claims(&self) -> Result<usize, StateError> {
        Polling::new(&self.documents).release().await?;
        Claims::new(&self.documents).release_all().await
    }
}
