//! The reasons why the queue must redeliver a message once more.

/// The reason why the queue must redeliver a message once more. Its text goes to the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum RetryReason {
    /// The message does not have the form in which Sidenote puts webhooks and button presses into the queue.
    #[error("not a queued delivery")]
    NotOurs,
    /// No configured key matches the signature of the webhook or button press.
    #[error("invalid signature")]
    Signature,
    /// The secret that signs the buttons cannot be read: `TELEGRAM_WEBHOOK_SECRET`, or `SLACK_SIGNING_SECRET` in
    /// Slack.
    #[error("no webhook secret can be read")]
    NoWebhookSecret,
    /// Another invocation is handling the same incident.
    #[error("another invocation is handling it")]
    Running,
    /// A part of the work, such as writing the note, is incomplete.
    #[error("a step is incomplete")]
    Unfinished,
}
