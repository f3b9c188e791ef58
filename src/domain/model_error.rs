//! The reasons why a call to a language model fails. After such a failure, the analysis by rules is used alone.

/// The reason why a call to a language model failed. It never contains a URL, a body or a secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ModelError {
    /// The setting with this name is missing.
    #[error("{0} is not set")]
    NotConfigured(&'static str),
    /// The API key is unknown, expired or revoked, or cannot be sent in an HTTP header. The status is usually 401;
    /// Gemini replies 400 to a wrong key.
    #[error("the key was refused (401)")]
    KeyRefused,
    /// A gateway accepted Sidenote's key, but has no credentials for the model behind it. The status is usually 401.
    #[error("the gateway has no credentials for its model (401)")]
    GatewayWithoutCredentials,
    /// The API key has no permission for the model, or the server refuses access for another reason (403).
    #[error("the key may not use this model (403)")]
    Forbidden,
    /// The path or the model is unknown. The status is usually 404.
    #[error("no such model, or no such path (404)")]
    NotFound,
    /// There were too many requests (429), and the rate limit does not end before the deadline, the repetitions are
    /// used up, or the server forbids a repetition.
    #[error("rate limited (429)")]
    RateLimited,
    /// The credit or spending limit of the account is used up. The status is 402, or the reply names the error, such as
    /// `insufficient_quota`. A retry does not help.
    #[error("the account's quota is used up")]
    QuotaUsedUp,
    /// Sidenote's own limit of calls per day (`LLM_DAILY_CALLS`) is reached.
    #[error("the day's calls (LLM_DAILY_CALLS) are used up")]
    BudgetUsedUp,
    /// There was no complete response within the time limit of the call.
    #[error("no answer in time")]
    Timeout,
    /// No time was left after the evidence had been gathered.
    #[error("no time was left to ask")]
    NoTime,
    /// No connection to the provider could be made, or the HTTP proxy refused its credentials.
    #[error("not reachable")]
    Unreachable,
    /// The connection to the provider broke.
    #[error("the connection broke")]
    Interrupted,
    /// The provider has too many requests. The field is the HTTP status, usually 503 or 529.
    #[error("overloaded ({0})")]
    Overloaded(u16),
    /// The server failed. The field is the HTTP status, usually 500.
    #[error("the server failed ({0})")]
    ServerFailed(u16),
    /// The server rejected the request. The field is the HTTP status, usually 400, or another 3xx or 4xx that has no
    /// variant of its own.
    #[error("the request was rejected ({0})")]
    Rejected(u16),
    /// The prompt is longer than the model's context. The status is 413, or the error's name or text says so.
    #[error("the prompt is too long for the model")]
    TooLong,
    /// The model refused to answer.
    #[error("the model declined")]
    Declined,
    /// A content filter of the provider withheld the answer.
    #[error("a content filter withheld the answer")]
    Filtered,
    /// The answer reached the token limit and contains nothing usable.
    #[error("the answer was cut at the token limit")]
    Truncated,
    /// The answer does not have the requested form, not even after a second attempt.
    #[error("the answer was wrong in form")]
    WrongForm,
    /// The answer is not in the requested language, not even after a second attempt.
    #[error("the answer was in another language")]
    OtherLanguage,
    /// A bug in Sidenote ended the call.
    #[error("an internal error")]
    Internal,
}

impl ModelError {
    /// Returns the error's name in logs.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::NotConfigured(_) => "not_configured",
            Self::KeyRefused => "key_refused",
            Self::GatewayWithoutCredentials => "gateway_without_credentials",
            Self::Forbidden => "forbidden",
            Self::NotFound => "not_found",
            Self::RateLimited => "rate_limited",
            Self::QuotaUsedUp => "quota_used_up",
            Self::BudgetUsedUp => "budget_used_up",
            Self::Timeout => "timeout",
            Self::NoTime => "no_time",
            Self::Unreachable => "unreachable",
            Self::Interrupted => "interrupted",
            Self::Overloaded(_) => "overloaded",
            Self::ServerFailed(_) => "server_failed",
            Self::Rejected(_) => "rejected",
            Self::TooLong => "too_long",
            Self::Declined => "declined",
            Self::Filtered => "filtered",
            Self::Truncated => "truncated",
            Self::WrongForm => "wrong_form",
            Self::OtherLanguage => "other_language",
            Self::Internal => "internal",
        }
    }
}

impl From<super::failure::Failure> for ModelError {
    /// Converts the failure of an HTTP call to the provider.
    fn from(why: super::failure::Failure) -> Self {
        use super::failure::Failure;
        match why {
            Failure::Timeout | Failure::OutOfTime => Self::Timeout,
            Failure::Unreachable | Failure::ProxyRefused => Self::Unreachable,
            Failure::Interrupted => Self::Interrupted,
            Failure::Unreadable => Self::WrongForm,
            Failure::NotConfigured(variable) => Self::NotConfigured(variable),
            Failure::Unauthorized => Self::KeyRefused,
            Failure::Forbidden => Self::Forbidden,
            Failure::NotFound | Failure::Gone => Self::NotFound,
            Failure::RateLimited => Self::RateLimited,
            Failure::Refused(status) => Self::Rejected(status),
            Failure::ServerFailed(status) => Self::ServerFailed(status),
            Failure::NoSuchIssue
            | Failure::Ignored(_)
            | Failure::Chat(_)
            | Failure::Source(_)
            | Failure::StateUnavailable
            | Failure::Internal => Self::Internal,
        }
    }
}
