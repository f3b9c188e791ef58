//! The errors of Slack's Web API. Errors to which Sidenote reacts have their own variant.

use std::time::Duration;

use crate::domain::outcome::{ChatRefusal, Failure};
use crate::domain::text::Untrusted;

/// The wait after a rate limit if Slack does not name its end. A channel accepts one message per second.
const UNNAMED_LIMIT: Duration = Duration::from_secs(1);

/// An error of Slack's Web API.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SlackError {
    /// Too many requests were sent (429). The next one is allowed after this time.
    TooFast(Duration),
    /// The app is not a member of the channel.
    NotInChannel,
    /// The blocks of the message are invalid or too long.
    Blocks,
    /// The message is deleted, or the workspace no longer allows the app to edit the message.
    MessageGone,
    /// Any other error, as the failure to report.
    Other(Failure),
}

/// Slack's names of errors with their meaning. A name that is not in the list counts as a refusal.
const ERRORS: &[(&str, SlackError)] = &[
    ("not_in_channel", SlackError::NotInChannel),
    ("invalid_blocks", SlackError::Blocks),
    ("invalid_blocks_format", SlackError::Blocks),
    ("msg_blocks_too_long", SlackError::Blocks),
    ("message_not_found", SlackError::MessageGone),
    ("cant_update_message", SlackError::MessageGone),
    ("edit_window_closed", SlackError::MessageGone),
    ("channel_not_found", SlackError::Other(Failure::Chat(ChatRefusal::ChatNotFound))),
    ("is_archived", SlackError::Other(Failure::Chat(ChatRefusal::Archived))),
    ("restricted_action", SlackError::Other(Failure::Chat(ChatRefusal::NoRights))),
    ("restricted_action_read_only_channel", SlackError::Other(Failure::Chat(ChatRefusal::NoRights))),
    ("restricted_action_thread_only_channel", SlackError::Other(Failure::Chat(ChatRefusal::NoRights))),
    ("user_not_found", SlackError::Other(Failure::NotFound)),
    ("missing_scope", SlackError::Other(Failure::Forbidden)),
    ("no_permission", SlackError::Other(Failure::Forbidden)),
    ("access_denied", SlackError::Other(Failure::Forbidden)),
    ("not_allowed_token_type", SlackError::Other(Failure::Unauthorized)),
    ("not_authed", SlackError::Other(Failure::Unauthorized)),
    ("invalid_auth", SlackError::Other(Failure::Unauthorized)),
    ("token_revoked", SlackError::Other(Failure::Unauthorized)),
    ("token_expired", SlackError::Other(Failure::Unauthorized)),
    ("account_inactive", SlackError::Other(Failure::Unauthorized)),
    ("ratelimited", SlackError::TooFast(UNNAMED_LIMIT)),
    ("rate_limited", SlackError::TooFast(UNNAMED_LIMIT)),
    ("message_limit_exceeded", SlackError::Other(Failure::RateLimited)),
    ("internal_error", SlackError::Other(Failure::ServerFailed(500))),
    ("fatal_error", SlackError::Other(Failure::ServerFailed(500))),
    ("service_unavailable", SlackError::Other(Failure::ServerFailed(503))),
    ("request_timeout", SlackError::Other(Failure::ServerFailed(504))),
];

impl SlackError {
    /// Returns the failure to report if the error ends the work.
    #[must_use]
    pub fn failure(self) -> Failure {
        match self {
            Self::TooFast(_) => Failure::RateLimited,
            Self::NotInChannel => Failure::Chat(ChatRefusal::NotMember),
            Self::MessageGone => Failure::NotFound,
            Self::Blocks => Failure::Refused(400),
            Self::Other(failure) => failure,
        }
    }

    /// Whether the message can no longer be edited, so that another edit is useless.
    #[must_use]
    pub fn is_lost(self) -> bool {
        matches!(self, Self::MessageGone | Self::NotInChannel | Self::Other(Failure::Chat(_)))
    }

    /// Returns the error in a reply with the HTTP status `status`. `name` is the error's name in the body, and
    /// `retry_after` the value of the header `Retry-After`.
    pub(super) fn of(status: u16, name: &str, retry_after: Option<&str>) -> Self {
        if status == 429 {
            let seconds = retry_after.and_then(|text| text.trim().parse().ok());
            return Self::TooFast(seconds.map_or(UNNAMED_LIMIT, Duration::from_secs));
        }
        if let Some((_, known)) = ERRORS.iter().find(|(known, _)| *known == name) {
            return *known;
        }
        if status >= 300 {
            return Self::Other(Failure::from_status(status));
        }
        if name.is_empty() {
            return Self::Other(Failure::Unreadable);
        }
        tracing::warn!(error = Untrusted::new(name).line(60), "slack_error_unknown");
        Self::Other(Failure::Refused(400))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slack_errors_are_classified() {
        let rows = [
            (429, "ratelimited", Some("7"), SlackError::TooFast(Duration::from_secs(7))),
            (429, "", Some("soon"), SlackError::TooFast(UNNAMED_LIMIT)),
            (200, "ratelimited", None, SlackError::TooFast(UNNAMED_LIMIT)),
            (200, "not_in_channel", None, SlackError::NotInChannel),
            (200, "token_revoked", None, SlackError::Other(Failure::Unauthorized)),
            (200, "a_new_error", None, SlackError::Other(Failure::Refused(400))),
            (200, "", None, SlackError::Other(Failure::Unreadable)),
            (502, "", None, SlackError::Other(Failure::ServerFailed(502))),
            (302, "", None, SlackError::Other(Failure::Refused(302))),
        ];
        for (status, name, retry_after, expected) in rows {
            assert_eq!(SlackError::of(status, name, retry_after), expected, "{status} {name}");
        }
    }
}
