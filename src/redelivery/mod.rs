//! PLUG-IN: the queue, which redelivers a delivery after its invocation has died.
//!
//! | queue | chosen by | file |
//! |---|---|---|
//! | SQS | `REDELIVERY_QUEUE_URL`, cargo feature `aws` | `sqs.rs` |
//! | an SQLite file | `STATE_PATH`, cargo feature `cli` | `sqlite.rs` |
//! | none | none of these: a dead invocation loses its delivery, and the health endpoint reports that | – |

#[cfg(feature = "cli")]
mod dead_letters;
#[cfg(feature = "cli")]
mod sqlite;
#[cfg(feature = "aws")]
mod sqs;

use std::time::Duration;

use async_trait::async_trait;

#[cfg(feature = "cli")]
pub use self::dead_letters::{DeadLetter, DeadLetters};
#[cfg(feature = "cli")]
pub use self::sqlite::{Fate, FileQueue, Taken};
use crate::aws::Aws;
use crate::domain::queued_delivery::QueuedDelivery;
use crate::sqlite::Database;

/// The reason why a delivery could not be queued. Sentry then gets a 202 only if the work on the delivery is complete
/// in time.
#[derive(Debug, thiserror::Error)]
pub enum RedeliveryError {
    /// The queue cannot be reached, or refuses the call.
    #[error("{place}: {why}")]
    Unavailable {
        /// The setting of the queue, such as `REDELIVERY_QUEUE_URL` with the queue's URL.
        place: String,
        /// The error message.
        why: String,
    },
    /// There is no client secret to sign the delivery, so a redelivery could not be verified.
    #[error("no client secret to sign the delivery with")]
    NoKey,
    /// The delivery is too large, even when compressed.
    #[error("the delivery is too large for the queue")]
    TooLarge,
}

/// The number of messages in a queue, and its settings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    /// The number of messages that can be taken out now.
    pub waiting: u64,
    /// The number of messages whose delay has not ended.
    pub delayed: u64,
    /// The time for which a message stays hidden after it was taken out, in seconds.
    pub hidden_seconds: u64,
    /// Whether the queue has a dead-letter queue.
    pub has_dead_letters: bool,
}

/// A queue that redelivers a delivery after a delay.
#[async_trait]
pub trait Redelivery: Send + Sync {
    /// Stores a delivery, to be redelivered after `delay`.
    async fn enqueue(&self, queued: &QueuedDelivery, delay: Duration) -> Result<(), RedeliveryError>;

    /// Returns the queue's state and settings, after a check of the permission to send. The check leaves nothing in the
    /// queue.
    async fn look(&self) -> Result<Standing, RedeliveryError>;

    /// Returns the number of dead letters (deliveries that failed too often). A queue that keeps dead letters elsewhere
    /// returns 0.
    async fn dead(&self) -> Result<usize, RedeliveryError> {
        Ok(0)
    }
}

/// Returns the queue at `url` or in `file`, or `None` if both are `None`.
#[must_use]
pub fn queue(url: Option<&str>, file: Option<&Database>, aws: &Aws) -> Option<Box<dyn Redelivery>> {
    // Without the features, the configuration rejects both settings earlier.
    let _ = (aws, file);
    match url {
        #[cfg(feature = "aws")]
        Some(url) => Some(Box::new(sqs::Sqs::new(url, aws))),
        _ => match file {
            #[cfg(feature = "cli")]
            Some(file) => Some(Box::new(FileQueue::new(file))),
            _ => None,
        },
    }
}

/// Returns the dead letters of the queue at `url` or in `file`, or `None` if both are `None`.
#[cfg(feature = "cli")]
#[must_use]
pub fn dead_letters(url: Option<&str>, file: Option<&Database>, aws: &Aws) -> Option<Box<dyn DeadLetters>> {
    // Without the feature, the configuration rejects the setting earlier.
    let _ = aws;
    match url {
        #[cfg(feature = "aws")]
        Some(url) => Some(Box::new(sqs::Sqs::new(url, aws))),
        _ => file.map(|file| Box::new(FileQueue::new(file)) as Box<dyn DeadLetters>),
    }
}
