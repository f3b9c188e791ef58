//! The reasons for another redelivery.

/// The reason why a queued delivery must be redelivered once more. It goes to the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum RetryReason {
    /// The message in the queue is not a queued delivery.
    #[error("not a queued delivery")]
    NotOurs,
    /// No configured key matches its signature.
    #[error("invalid signature")]
    Signature,
    /// The webhook's secret, which signs the buttons, cannot be read.
    #[error("no webhook secret can be read")]
    NoWebhookSecret,
    /// Another invocation is handling it.
    #[error("another invocation is handling it")]
    Running,
    /// A step is incomplete.
    #[error("a step is incomplete")]
    Unfinished,
}
