//! Dead letters: deliveries whose attempts all failed. `sidenote dead-letters` lists, redrives and deletes them.

use async_trait::async_trait;

use super::RedeliveryError;

/// A delivery whose last attempt has failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeadLetter {
    /// The id of the dead letter: the row id in the file, or the message id of SQS.
    pub id: String,
    /// The time of the last failure, in milliseconds since 1970. SQS does not keep this time; there it is the time when
    /// the delivery was received.
    pub at_ms: u64,
    /// The reason of the last failure. SQS does not keep the reason; there it is a reference to the log.
    pub reason: String,
    /// The packed delivery; see [`QueuedDelivery`](crate::domain::queued_delivery::QueuedDelivery).
    pub message: String,
}

/// A queue that keeps dead letters.
#[async_trait]
pub trait DeadLetters: Send + Sync {
    /// Returns the dead letters, the oldest first.
    async fn dead_letters(&self) -> Result<Vec<DeadLetter>, RedeliveryError>;

    /// Puts all dead letters back into the queue, due now. Returns their number.
    async fn redrive(&self) -> Result<usize, RedeliveryError>;

    /// Deletes a dead letter. Returns false if there is none with this id.
    async fn drop_letter(&self, id: &str) -> Result<bool, RedeliveryError>;
}
