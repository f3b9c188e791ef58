//! Puts webhooks and button presses into the redelivery queue, which delivers them again after their invocation has
//! died.

use std::sync::Arc;
use std::time::Duration;

use secrecy::SecretString;

use crate::clock::{time_left, unix_millis};
use crate::domain::deadline::Deadline;
use crate::domain::queued_delivery::QueuedDelivery;
use crate::handler::clients::Clients;
use crate::redelivery::{Redelivery, RedeliveryError};
use crate::webhook::{Delivery, Keys, sign};

/// The resource name of queued Telegram updates.
pub(in crate::handler) const UPDATE_RESOURCE: &str = "telegram";
/// The resource name of queued button presses in Slack.
pub(in crate::handler) const SLACK_RESOURCE: &str = "slack";
/// The message of an invocation is redelivered this long after the invocation's deadline, when the invocation has
/// certainly ended.
const AFTER_DEATH: Duration = Duration::from_secs(30);

/// The redelivery queue, if one is configured.
#[derive(Clone)]
pub(in crate::handler) struct Queue {
    redelivery: Option<Arc<dyn Redelivery>>,
    /// The key with which an unsigned `serve` signs bodies itself, if there is no client secret. The same process takes
    /// these bodies out of the queue again.
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

    /// Whether a redelivery queue is configured.
    pub(in crate::handler) fn is_there(&self) -> bool {
        self.redelivery.is_some()
    }

    /// Returns the number of messages that the queue has given up (dead letters). `None` if the queue cannot be read;
    /// 0 without a queue.
    pub(in crate::handler) async fn dead(&self) -> Option<usize> {
        let Some(queue) = &self.redelivery else { return Some(0) };
        queue.dead().await.inspect_err(|error| tracing::error!(error = %error, "redelivery_unavailable")).ok()
    }

    /// Puts a webhook into the queue. Returns whether its answer may be sent before the work is complete. Without a
    /// queue the answer may be sent; the health endpoint reports the missing queue.
    ///
    /// The body is signed anew, because bodies of `ALLOW_UNSIGNED` and `sidenote replay` have no signature of Sentry.
    pub(in crate::handler) async fn enqueue(
        &self,
        delivery: &Delivery,
        received_ms: u64,
        deadline: Deadline,
    ) -> bool {
        let Some(queue) = &self.redelivery else { return true };
        let secrets = self.clients.secrets().await;
        let keys = secrets.get("SENTRY_CLIENT_SECRET").map(Keys::parse).unwrap_or_default();
        let local = || Keys::parse(self.local_key.as_ref()?).sign(delivery.body());
        let Some(signature) = keys.sign(delivery.body()).or_else(local) else {
            return is_queued(&Err(RedeliveryError::NoKey));
        };
        let queued = QueuedDelivery {
            resource: delivery.resource().map(str::to_owned),
            signature,
            received_ms,
            body: delivery.body().to_vec(),
        };
        is_queued(&queue.enqueue(&queued, until_dead(deadline)).await)
    }

    /// Puts a button press into the queue, as the chat sent it. Returns whether the answer may be sent before the
    /// work is complete. Without a queue the answer may be sent if approvals are only in the memory of this process,
    /// because a repeated press would then not help.
    pub(in crate::handler) async fn enqueue_press(
        &self,
        (resource, body): (&str, Vec<u8>),
        secret: &SecretString,
        is_durable: bool,
        deadline: Deadline,
    ) -> bool {
        let Some(queue) = &self.redelivery else { return !is_durable };
        let queued = QueuedDelivery {
            resource: Some(resource.to_owned()),
            signature: sign(secret, &body),
            received_ms: unix_millis(),
            body,
        };
        is_queued(&queue.enqueue(&queued, until_dead(deadline)).await)
    }
}

fn is_queued(queued: &Result<(), RedeliveryError>) -> bool {
    if let Err(error) = queued {
        tracing::error!(error = %error, "redelivery_unavailable: no 202 before the work is complete");
    }
    queued.is_ok()
}

/// Returns the delay after which an invocation with this deadline has certainly ended.
fn until_dead(deadline: Deadline) -> Duration {
    time_left(deadline) + AFTER_DEATH
}
