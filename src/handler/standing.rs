//! Determines the condition of the state store and the redelivery queue, for the health endpoint and the probes of an
//! orchestrator.

use super::Handler;
use crate::clock::unix_millis;
use crate::domain::silence::WebhookSilence;
use crate::state::{Approvals, Claims, Polling, StateError};

/// The condition of the state store, the redelivery queue and the arrival of webhooks.
#[derive(Debug)]
pub(super) struct Standing {
    /// The condition of the state store: `ok`, or the problem.
    pub(super) state: &'static str,
    /// The condition of the redelivery queue: `ok`, or the problem.
    pub(super) redelivery: String,
    /// The current period without webhooks from Sentry, if there is one.
    pub(super) silence: Option<WebhookSilence>,
    /// The number of messages, edits and replies in chats that are missing since the start of the process.
    pub(super) not_told: u64,
    /// The condition of polling Telegram for button presses. `None` if this process does not poll.
    pub(super) updates: Option<String>,
    /// The size of the state file in bytes, if the state is in a file.
    pub(super) bytes: Option<u64>,
    /// Whether no problem was found. A store in memory or a missing queue is reported, but is no problem.
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
            _ => "memory, lost at a restart: set STATE_TABLE, or STATE_PATH for `serve`",
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
        let (bytes, not_told) = (size.ok().flatten(), self.observers.not_told());
        Standing { state, redelivery, silence, not_told, updates, bytes, is_well }
    }

    /// Returns `Ok` if this process can handle a webhook: its signature can be verified, and a state file can be read.
    /// Other problems make the health `degraded`, but must not keep webhooks away.
    pub(super) async fn ready(&self) -> Result<(), &'static str> {
        self.documents.size().await.map_err(|_| "the state cannot be read")?;
        self.door.can_verify().await
    }

    /// Ends the leases of all claims, decisions and of the polling of Telegram in the state store, so that other
    /// processes can take over this work at once. This is correct only if no other process is at work. Returns the number
    /// of claims and decisions whose lease was ended.
    ///
    /// # Errors
    ///
    /// [`StateError`] if the store cannot be read or written.
    pub async fn release_claims(&self) -> Result<usize, StateError> {
        Polling::new(&self.documents).release(unix_millis()).await?;
        let decisions = Approvals::new(&self.documents).release_all().await?;
        Ok(Claims::new(&self.documents).release_all().await? + decisions)
    }
}
