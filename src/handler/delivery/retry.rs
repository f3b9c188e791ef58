//! The reason why a queued delivery has to come once more.

/// The reason why a queued delivery has to come once more. It is for the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum RetryReason {
    /// The message in the queue is none of ours.
    #[error("not a queued delivery")]
    NotOurs,
    /// No key made its signature.
    #[error("invalid signature")]
    Signature,
    /// The key of the buttons cannot be read.
    #[error("no webhook secret can be read")]
    NoWebhookSecret,
    /// Another invocation works on it.
    #[error("another invocation is working on it")]
    Running,
    /// A step is still undone.
    #[error("something is still undone")]
    Unfinished,
}
