//! The words for the reasons why a call to a service failed.

use super::{Arg, Sentence};
use crate::domain::failure::{ChatRefusal, Failure, IgnoredField, SourceProblem};

/// Returns a sentence with the reason why a call failed.
#[must_use]
pub fn reason(why: Failure) -> Sentence {
    let plain = Sentence::plain;
    match why {
        Failure::NotConfigured(name) => Sentence::new(|w| w.why_not_configured, [Arg::Name(name.to_owned())]),
        Failure::Unauthorized => plain(|w| w.why_unauthorized),
        Failure::Forbidden => plain(|w| w.why_forbidden),
        Failure::NotFound => plain(|w| w.why_not_found),
        Failure::Gone => plain(|w| w.why_gone),
        Failure::RateLimited => plain(|w| w.why_rate_limited),
        Failure::Refused(status) => Sentence::new(|w| w.why_refused, [u64::from(status).into()]),
        Failure::ServerFailed(status) => Sentence::new(|w| w.why_server_failed, [u64::from(status).into()]),
        Failure::Timeout | Failure::OutOfTime => plain(|w| w.why_timeout),
        Failure::ProxyRefused => plain(|w| w.why_proxy_refused),
        Failure::Unreachable => plain(|w| w.why_unreachable),
        Failure::Interrupted => plain(|w| w.why_interrupted),
        Failure::Unreadable => plain(|w| w.why_unreadable),
        Failure::NoSuchIssue => plain(|w| w.why_no_such_issue),
        Failure::Ignored(IgnoredField::Priority) => plain(|w| w.why_no_priorities),
        Failure::Ignored(IgnoredField::Assignee) => plain(|w| w.why_not_assigned),
        Failure::Ignored(IgnoredField::UntilEscalating) => plain(|w| w.why_not_until_escalating),
        Failure::Ignored(IgnoredField::Status) => plain(|w| w.why_no_status),
        Failure::Ignored(IgnoredField::NextRelease) => plain(|w| w.why_not_in_next_release),
        Failure::Chat(ChatRefusal::BotRemoved) => plain(|w| w.why_bot_removed),
        Failure::Chat(ChatRefusal::NotMember) => plain(|w| w.why_not_member),
        Failure::Chat(ChatRefusal::Archived) => plain(|w| w.why_archived),
        Failure::Chat(ChatRefusal::ChatNotFound) => plain(|w| w.why_chat_not_found),
        Failure::Chat(ChatRefusal::ThreadNotFound) => plain(|w| w.why_thread_not_found),
        Failure::Chat(ChatRefusal::TopicClosed) => plain(|w| w.why_topic_closed),
        Failure::Chat(ChatRefusal::NoRights) => plain(|w| w.why_no_rights),
        Failure::Source(SourceProblem::NotMapped) => plain(|w| w.why_not_mapped),
        Failure::Source(SourceProblem::NotCode) => plain(|w| w.why_not_code),
        Failure::Source(SourceProblem::OtherHost) => plain(|w| w.why_other_host),
        Failure::Source(SourceProblem::Moved) => plain(|w| w.why_moved),
        Failure::Source(SourceProblem::TooLarge) => plain(|w| w.why_too_large),
        Failure::Source(SourceProblem::NotText) => plain(|w| w.why_not_text),
        Failure::Source(SourceProblem::TooManyCalls) => plain(|w| w.why_too_many_calls),
        Failure::Source(SourceProblem::LineNotRead) => plain(|w| w.why_line_not_read),
        Failure::StateUnavailable => plain(|w| w.why_state),
        Failure::Internal => plain(|w| w.why_internal),
    }
}
