//! The queue that brings a delivery back after its invocation has died.

use std::sync::Arc;
use std::time::Duration;

use secrecy::SecretString;

use crate::clock::{time_left, unix_millis};
use crate::domain::deadline::Deadline;
use crate::domain::queued_delivery::QueuedDelivery;
use crate::handler::clients::Clients;
use crate::redelivery::{Redelivery, RedeliveryError};
use crate::webhook::{Delivery, Keys, sign};

/// The resource that a queued delivery names when it holds an update of Telegram.
pub(in crate::handler) const UPDATE_RESOURCE: &str = "telegram";
/// The queue hands a delivery back this long after its invocation can last.
const AFTER_DEATH: Duration = Duration::from_secs(30);

/// The queue, or none.
#[derive(Clone)]
pub(in crate::handler) struct Queue {
    redelivery: Option<Arc<dyn Redelivery>>,
    /// A key of this machine, where the same process takes out what it puts in.
    local_key: Option<SecretString>,
    clients: Clients,
}

impl Queue {
    pub(in crate::handler) fn new(
        redelivery: Option<Box<dyn Redelivery>>,
        local_key: Option<SecretString>,
        clients: Clients,
    ) -> Self {
        Self { redelivery: redelivery.map(Arc::from), local_key, clients }
    }

    /// Whether there is one.
    pub(in crate::handler) fn is_there(&self) -> bool {
        self.redelivery.is_some()
    }

    /// How many dead letters the queue itself keeps; `None` if it cannot be read.
    pub(in crate::handler) async fn dead(&self) -> Option<usize> {
        let Some(queue) = &self.redelivery else { return Some(0) };
        queue.dead().await.inspect_err(|error| tracing::error!(error = %error, "redelivery_unavailable")).ok()
    }

    /// Puts a delivery into the queue, and returns whether the answer may leave before the work. Without a queue it may;
    /// the health endpoint says so.
    ///
    /// The delivery is signed anew: a body of this machine (`ALLOW_UNSIGNED`, `replay`) was signed by no client secret.
    pub(super) async fn keep(&self, delivery: &Delivery, received_ms: u64, deadline: Deadline) -> bool {
        let Some(queue) = &self.redelivery else { return true };
        let secrets = self.clients.secrets().await;
        let keys = secrets.get("SENTRY_CLIENT_SECRET").map(Keys::parse).unwrap_or_default();
        let local = || Keys::parse(self.local_key.as_ref()?).sign(delivery.body());
        let Some(signature) = keys.sign(delivery.body()).or_else(local) else {
            return is_kept(&Err(RedeliveryError::NoKey));
        };
        let queued = QueuedDelivery {
            resource: delivery.resource().map(str::to_owned),
            signature,
            received_ms,
            body: delivery.body().to_vec(),
        };
        is_kept(&queue.enqueue(&queued, until_dead(deadline)).await)
    }

    /// Puts an update of Telegram into the queue. `None` when there is no queue.
    pub(in crate::handler) async fn keep_update(
        &self,
        body: Vec<u8>,
        secret: &SecretString,
        deadline: Deadline,
    ) -> Option<bool> {
        let queue = self.redelivery.as_ref()?;
        let queued = QueuedDelivery {
            resource: Some(UPDATE_RESOURCE.to_owned()),
            signature: sign(secret, &body),
            received_ms: unix_millis(),
            body,
        };
        Some(is_kept(&queue.enqueue(&queued, until_dead(deadline)).await))
    }
}

fn is_kept(kept: &Result<(), RedeliveryError>) -> bool {
    if let Err(error) = kept {
        tracing::error!(error = %error, "redelivery_unavailable: working before the answer");
    }
    kept.is_ok()
}

/// The delay of the queue: an invocation with this deadline is dead by then.
fn until_dead(deadline: Deadline) -> Duration {
    time_left(deadline) + AFTER_DEATH
}
