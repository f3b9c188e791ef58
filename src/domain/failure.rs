//! The reasons why a call to a third party, such as Sentry or a chat, fails.

/// The reason why a call to a third party failed. It never contains a URL, a body or a secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Failure {
    /// The setting with this name is missing.
    #[error("{0} is not set")]
    NotConfigured(&'static str),
    /// 401: the token is unknown, expired or revoked.
    #[error("the token was refused (401)")]
    Unauthorized,
    /// 403: the token lacks a scope or a permission.
    #[error("the token lacks a permission (403)")]
    Forbidden,
    /// 404: the resource does not exist, or the token cannot access it.
    #[error("not found (404)")]
    NotFound,
    /// 410: the route was removed.
    #[error("the route is gone (410)")]
    Gone,
    /// 429: there were too many requests, and the rate limit does not end before the deadline.
    #[error("rate limited (429)")]
    RateLimited,
    /// Another status 4xx, or an unexpected 3xx.
    #[error("refused ({0})")]
    Refused(u16),
    /// A status 5xx: the server failed.
    #[error("the server failed ({0})")]
    ServerFailed(u16),
    /// There was no complete response within the time limit.
    #[error("no answer in time")]
    Timeout,
    /// 407: the proxy in `HTTPS_PROXY` or `HTTP_PROXY` wants other credentials. Nothing was sent.
    #[error("the proxy refused its credentials (407)")]
    ProxyRefused,
    /// No time was left for the call, so nothing was sent.
    #[error("no time was left")]
    OutOfTime,
    /// There was no connection, so nothing was sent.
    #[error("not reachable")]
    Unreachable,
    /// The connection broke, so the request may or may not have arrived.
    #[error("the connection broke")]
    Interrupted,
    /// The response could not be parsed, or is larger than expected.
    #[error("the answer could not be read")]
    Unreadable,
    /// The issue was deleted in Sentry or merged into another one.
    #[error("the issue was deleted or merged")]
    NoSuchIssue,
    /// Sentry reported success, but the issue was not changed as requested.
    #[error("{0}")]
    Ignored(IgnoredField),
    /// The service of a chat rejected the chat, the topic or the message.
    #[error("{0}")]
    Chat(ChatRefusal),
    /// A file of a repository cannot be used.
    #[error("{0}")]
    Source(SourceProblem),
    /// The state store was not available.
    #[error("the state store is not available")]
    StateUnavailable,
    /// A bug in Sidenote ended the work.
    #[error("an internal error")]
    Internal,
}

/// A field of an issue that some versions of Sentry do not have or do not change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum IgnoredField {
    /// This version of Sentry has no priorities.
    #[error("this version of Sentry has no priorities")]
    Priority,
    /// The issue was not assigned as requested.
    #[error("Sentry did not assign the issue")]
    Assignee,
    /// This version of Sentry cannot archive an issue until it escalates.
    #[error("this version of Sentry cannot archive an issue until it escalates")]
    UntilEscalating,
    /// The issue was not resolved or reopened as requested.
    #[error("this Sentry did not change the status")]
    Status,
    /// The issue was not resolved in a release.
    #[error("Sentry did not resolve the issue in the next release")]
    NextRelease,
}

/// The reason why a chat does not accept a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ChatRefusal {
    /// The bot was removed from the chat or blocked by the user.
    #[error("the bot was removed from the chat or blocked (403)")]
    BotRemoved,
    /// The bot is not a member of the chat.
    #[error("the bot is not a member of the chat")]
    NotMember,
    /// The chat is archived, so that it can only be read.
    #[error("the chat is archived")]
    Archived,
    /// The bot cannot find the chat: the id is wrong, or the bot was never in the chat.
    #[error("the bot cannot find the chat")]
    ChatNotFound,
    /// The topic does not exist in the chat.
    #[error("the chat has no such topic")]
    ThreadNotFound,
    /// The topic of the chat is closed for messages.
    #[error("the topic is closed")]
    TopicClosed,
    /// The bot may not send messages in the chat.
    #[error("the bot may not send messages in the chat")]
    NoRights,
}

/// The reason why a file of a repository cannot be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SourceProblem {
    /// No mapping leads from the frame to a repository.
    #[error("no code mapping covers the file")]
    NotMapped,
    /// The path is not that of a source file, or a folder of it is hidden.
    #[error("the path is not that of a source file")]
    NotCode,
    /// Sentry's mapping leads to another code host than the configured one.
    #[error("Sentry's code mapping leads to another code host")]
    OtherHost,
    /// The code host redirects, because the repository was moved or renamed.
    #[error("the repository was moved")]
    Moved,
    /// A reply of the code host, such as a file or a diff, is larger than 512 KB.
    #[error("a reply of the code host is larger than 512 KB")]
    TooLarge,
    /// The file is binary or is not UTF-8.
    #[error("the file is not UTF-8 text")]
    NotText,
    /// Sidenote has made as many calls to the code host as it allows itself for one event.
    #[error("Sidenote's limit of 8 calls to the code host for one event is used up")]
    TooManyCalls,
    /// Only a part of the file was read, and the part does not contain the line.
    #[error("the part of the file that was read does not contain the frame's line")]
    LineNotRead,
}

impl SourceProblem {
    /// Returns the reason's name in responses and logs.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::NotMapped => "not_mapped",
            Self::NotCode => "not_code",
            Self::OtherHost => "other_host",
            Self::Moved => "moved",
            Self::TooLarge => "too_large",
            Self::NotText => "not_text",
            Self::TooManyCalls => "too_many_calls",
            Self::LineNotRead => "line_not_read",
        }
    }
}

impl ChatRefusal {
    /// Returns the reason's name in responses and logs.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::BotRemoved => "bot_removed",
            Self::NotMember => "not_member",
            Self::Archived => "archived",
            Self::ChatNotFound => "chat_not_found",
            Self::ThreadNotFound => "thread_not_found",
            Self::TopicClosed => "topic_closed",
            Self::NoRights => "no_rights",
        }
    }
}

impl Failure {
    /// Returns the reason's name in responses and logs.
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
            Self::ProxyRefused => "proxy_refused",
            Self::OutOfTime => "out_of_time",
            Self::Unreachable => "unreachable",
            Self::Interrupted => "interrupted",
            Self::Unreadable => "unreadable",
            Self::NoSuchIssue => "no_such_issue",
            Self::Ignored(_) => "ignored",
            Self::Chat(why) => why.name(),
            Self::Source(why) => why.name(),
            Self::StateUnavailable => "state_unavailable",
            Self::Internal => "internal",
        }
    }

    /// Returns the failure that an HTTP status other than 2xx denotes.
    #[must_use]
    pub fn from_status(status: u16) -> Self {
        match status {
            401 => Self::Unauthorized,
            403 => Self::Forbidden,
            404 => Self::NotFound,
            407 => Self::ProxyRefused,
            410 => Self::Gone,
            429 => Self::RateLimited,
            500.. => Self::ServerFailed(status),
            _ => Self::Refused(status),
        }
    }
}
