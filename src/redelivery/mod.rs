//! PLUG-IN: what survives a dead invocation.
//!
//! | queue | chosen by | file |
//! |---|---|---|
//! | SQS | `REDELIVERY_QUEUE_URL` | `sqs.rs` |
//! | none | nothing: a dead invocation loses its delivery, and the health endpoint says so | – |

mod look;
mod sqs;

use std::time::Duration;

use async_trait::async_trait;

pub use self::look::{Standing, look};
use crate::aws::Aws;
use crate::domain::queued_delivery::QueuedDelivery;

/// Why a delivery is not in the queue. It is then worked on before the answer instead of after it.
#[derive(Debug, thiserror::Error)]
pub enum RedeliveryError {
    /// The queue cannot be reached, or refuses.
    #[error("{place}: {why}")]
    Unavailable {
        /// The queue.
        place: String,
        /// What it said.
        why: String,
    },
    /// There is no client secret to sign it with, so that it could be checked when it comes back.
    #[error("no client secret to sign the delivery with")]
    NoKey,
    /// The delivery does not fit, even when compressed.
    #[error("the delivery is too large for the queue")]
    TooLarge,
}

/// A queue that hands a delivery back after a while.
#[async_trait]
pub trait Redelivery: Send + Sync {
    /// Keeps a delivery, to be handed back after `delay`.
    async fn enqueue(&self, queued: &QueuedDelivery, delay: Duration) -> Result<(), RedeliveryError>;
}

/// The queue at `url`, or none.
#[must_use]
pub fn queue(url: Option<&str>, aws: &Aws) -> Option<Box<dyn Redelivery>> {
    url.map(|url| Box::new(sqs::Sqs::new(url, aws)) as Box<dyn Redelivery>)
}
