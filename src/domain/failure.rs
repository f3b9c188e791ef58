//! Why a call to a third party failed.

/// Why a call to a third party did not give what was wanted. Never carries a URL, a body or a secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Failure {
    /// A setting is missing; the variable is named.
    #[error("{0} is not set")]
    NotConfigured(&'static str),
    /// 401: the token is unknown, expired or revoked.
    #[error("the token was refused (401)")]
    Unauthorized,
    /// 403: a scope or a right is missing.
    #[error("the token lacks a permission (403)")]
    Forbidden,
    /// 404: it does not exist, or the token cannot see it.
    #[error("not found (404)")]
    NotFound,
    /// 410: the route is gone.
    #[error("the route is gone (410)")]
    Gone,
    /// 429, and waiting for it would have passed the deadline.
    #[error("rate limited (429)")]
    RateLimited,
    /// Another 4xx, or a 3xx where none is expected.
    #[error("refused ({0})")]
    Refused(u16),
    /// A 5xx.
    #[error("the server failed ({0})")]
    ServerFailed(u16),
    /// No answer in time.
    #[error("no answer in time")]
    Timeout,
    /// No connection came about: nothing was sent.
    #[error("not reachable")]
    Unreachable,
    /// The connection broke: what was sent may have arrived.
    #[error("the connection broke")]
    Interrupted,
    /// An answer that could not be read, or is larger than anything expected.
    #[error("the answer was not readable")]
    Unreadable,
    /// Sentry answered that the change is done, and the issue is not as ordered.
    #[error("{0}")]
    Ignored(IgnoredField),
    /// Telegram refuses the chat, the topic or the message.
    #[error("{0}")]
    Chat(ChatRefusal),
    /// The state store could not be asked.
    #[error("the state store could not be asked")]
    StateUnavailable,
    /// The work ended by a bug of ours.
    #[error("an internal error")]
    Internal,
}

/// A field of an issue that a version of Sentry does not know, or does not change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum IgnoredField {
    /// The issue has no priority.
    #[error("this Sentry does not know priorities")]
    Priority,
    /// The issue is not assigned as ordered.
    #[error("this Sentry did not assign the issue")]
    Assignee,
    /// The issue is not archived until it escalates.
    #[error("this Sentry does not know how to archive until an issue escalates")]
    UntilEscalating,
    /// The issue is not resolved in a release.
    #[error("this Sentry did not resolve the issue in the next release")]
    NextRelease,
}

/// Why a chat takes no message. The names are those of the Bot API's descriptions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ChatRefusal {
    /// The bot was removed from the chat or blocked by the user.
    #[error("the bot was removed from the chat or blocked (403)")]
    BotRemoved,
    /// The bot knows no such chat.
    #[error("the bot knows no such chat")]
    ChatNotFound,
    /// The chat has no such topic.
    #[error("the chat has no such topic")]
    ThreadNotFound,
    /// The topic is closed.
    #[error("the topic is closed")]
    TopicClosed,
    /// The bot may not send messages in the chat.
    #[error("the bot may not send messages in the chat")]
    NoRights,
}

impl ChatRefusal {
    /// The outcome's name in answers and logs.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::BotRemoved => "bot_removed",
            Self::ChatNotFound => "chat_not_found",
            Self::ThreadNotFound => "thread_not_found",
            Self::TopicClosed => "topic_closed",
            Self::NoRights => "no_rights",
        }
    }
}

impl Failure {
    /// The outcome's name in answers and logs.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::NotConfigured(_) => "not_configured",
            Self::Unauthorized => "unauthorized",
            Self::Forbidden => "forbidden",
            Self::NotFound => "not_found",
            Self::Gone => "gone",
            Self::RateLimited => "rate_limited",
            Self::Refused(_) => "refused",
            Self::ServerFailed(_) => "server_failed",
            Self::Timeout => "timeout",
            Self::Unreachable => "unreachable",
            Self::Interrupted => "interrupted",
            Self::Unreadable => "unreadable",
            Self::Ignored(_) => "ignored",
            Self::Chat(why) => why.name(),
            Self::StateUnavailable => "state_unavailable",
            Self::Internal => "internal",
        }
    }

    /// What an HTTP status that is no success means.
    #[must_use]
    pub fn from_status(status: u16) -> Self {
        match status {
            401 => Self::Unauthorized,
            403 => Self::Forbidden,
            404 => Self::NotFound,
            410 => Self::Gone,
            429 => Self::RateLimited,
            500.. => Self::ServerFailed(status),
            _ => Self::Refused(status),
        }
    }
}
