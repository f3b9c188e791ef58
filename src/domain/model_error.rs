//! Why a model did not speak, and the rules' analysis stands alone.

/// Why a model did not speak. Never carries a URL, a body or a secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ModelError {
    /// There is no key to ask with; the variable is named.
    #[error("{0} is not set")]
    NotConfigured(&'static str),
    /// 401: the key is unknown, expired or revoked.
    #[error("the key was refused (401)")]
    KeyRefused,
    /// 401 of a gateway that took our key, and has none for the model behind it.
    #[error("the gateway has no credentials for its model (401)")]
    GatewayWithoutCredentials,
    /// 403: the key may not use the model.
    #[error("the key may not use this model (403)")]
    Forbidden,
    /// 404: neither the path nor the model is known.
    #[error("no such model, or no such path (404)")]
    NotFound,
    /// 429, and waiting for it would have passed the deadline.
    #[error("rate limited (429)")]
    RateLimited,
    /// The account's credit or spending limit is used up: asking again does not help.
    #[error("the account's quota is used up")]
    QuotaUsedUp,
    /// Our own limit of calls a day is reached.
    #[error("the day's calls (LLM_DAILY_CALLS) are used up")]
    BudgetUsedUp,
    /// No answer in time.
    #[error("no answer in time")]
    Timeout,
    /// Gathering the evidence left no time to ask.
    #[error("no time was left to ask")]
    NoTime,
    /// No connection came about.
    #[error("not reachable")]
    Unreachable,
    /// The connection broke.
    #[error("the connection broke")]
    Interrupted,
    /// 529, or 503: too many others are asking.
    #[error("overloaded ({0})")]
    Overloaded(u16),
    /// Another 5xx.
    #[error("the server failed ({0})")]
    ServerFailed(u16),
    /// Another 3xx or 4xx.
    #[error("the request was rejected ({0})")]
    Rejected(u16),
    /// The prompt does not fit into the model's context.
    #[error("the prompt is too long for the model")]
    TooLong,
    /// The model declined.
    #[error("the model declined")]
    Declined,
    /// A filter of the provider withheld the answer.
    #[error("a content filter withheld the answer")]
    Filtered,
    /// The answer was cut at the token limit, before anything could be read.
    #[error("the answer was cut at the token limit")]
    Truncated,
    /// The answer is not in the form that was asked for, not even after one more try.
    #[error("the answer was wrong in form")]
    WrongForm,
    /// The answer is in another language than was asked for, and so was the one after it.
    #[error("the answer was in another language")]
    OtherLanguage,
    /// A bug of ours.
    #[error("an internal error")]
    Internal,
}

impl ModelError {
    /// The outcome's name in logs.
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
    /// A call that got no answer at all.
    fn from(why: super::failure::Failure) -> Self {
        use super::failure::Failure;
        match why {
            Failure::Timeout => Self::Timeout,
            Failure::Unreachable => Self::Unreachable,
            Failure::Interrupted => Self::Interrupted,
            Failure::Unreadable => Self::WrongForm,
            Failure::NotConfigured(variable) => Self::NotConfigured(variable),
            Failure::Unauthorized => Self::KeyRefused,
            Failure::Forbidden => Self::Forbidden,
            Failure::NotFound | Failure::Gone => Self::NotFound,
            Failure::RateLimited => Self::RateLimited,
            Failure::Refused(status) => Self::Rejected(status),
            Failure::ServerFailed(status) => Self::ServerFailed(status),
            Failure::Ignored(_) | Failure::Chat(_) | Failure::StateUnavailable | Failure::Internal => {
                Self::Internal
            }
        }
    }
}
