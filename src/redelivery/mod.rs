//! PLUG-IN: what survives a dead invocation.
//!
//! | queue | chosen by | file |
//! |---|---|---|
//! | SQS | `REDELIVERY_QUEUE_URL`, cargo feature `aws` | `sqs.rs` |
//! | an SQLite file | `STATE_PATH`, cargo feature `cli` | `sqlite.rs` |
//! | none | nothing: a dead invocation loses its delivery, and the health endpoint says so | – |

#[cfg(feature = "cli")]
mod sqlite;
#[cfg(feature = "aws")]
mod sqs;

use std::time::Duration;

use async_trait::async_trait;

#[cfg(feature = "cli")]
pub use self::sqlite::{DeadLetter, Fate, FileQueue, Taken};
use crate::aws::Aws;
use crate::domain::queued_delivery::QueuedDelivery;
use crate::sqlite::Database;

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

/// How a queue stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    /// Messages that can be taken out now.
    pub waiting: u64,
    /// Messages that cannot yet.
    pub delayed: u64,
    /// For how long a message is hidden once it was taken out.
    pub hidden_seconds: u64,
    /// Whether what cannot be worked on goes elsewhere in the end.
    pub has_dead_letters: bool,
}

/// A queue that hands a delivery back after a while.
#[async_trait]
pub trait Redelivery: Send + Sync {
    /// Keeps a delivery, to be handed back after `delay`.
    async fn enqueue(&self, queued: &QueuedDelivery, delay: Duration) -> Result<(), RedeliveryError>;

    /// Reads the queue's settings and tries the right to send, without leaving anything in the queue.
    async fn look(&self) -> Result<Standing, RedeliveryError>;

    /// How many deliveries no attempt could finish, where the queue itself keeps them.
    async fn dead(&self) -> Result<usize, RedeliveryError> {
        Ok(0)
    }
}

/// The queue at `url`, or in `file`, or none.
#[must_use]
pub fn queue(url: Option<&str>, file: Option<&Database>, aws: &Aws) -> Option<Box<dyn Redelivery>> {
    // Without the features, the configuration lets neither come this far.
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
