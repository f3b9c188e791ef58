//! The events of Sidenote's work, and the trait of the observers that receive these events.

use std::time::Duration;

use super::timings::Timings;
use crate::domain::approval::{Approval, UserId};
use crate::domain::evidence::Evidence;
use crate::domain::failure::Failure;
use crate::domain::ids::{ApprovalId, IssueId};
use crate::domain::message::Menu;
use crate::domain::occurrence::Occurrence;
use crate::domain::outcome::{Processed, Step};
use crate::domain::silence::{SilenceNews, WebhookSilence};
use crate::handler::answer::{Answer, Refusal};
use crate::notifiers::{ChatNotice, Notification, Notifiers};

/// A receiver of the events of all webhooks that the handler works on. The events of one webhook come one after the
/// other. Webhooks that are handled at the same time can report events at the same time.
///
/// The future that handles the webhook calls the observer and waits for it. To identify the webhook, an observer can
/// use a task-local variable around [`Handler::handle`](crate::handler::Handler::handle) and around the work that
/// `handle` returns.
pub trait Observer: Send + Sync {
    /// Receives an event. An implementation must return at once and must not panic.
    fn observe(&self, event: &DeliveryEvent<'_>);
}

/// An event of Sidenote's work: on a webhook, on an approval, or during a scheduled sweep. The variants about one
/// webhook are in the order in which the events usually occur.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub enum DeliveryEvent<'e> {
    /// The process has started. No webhook has caused this event.
    Started {
        /// Whether a redelivery queue is configured.
        has_queue: bool,
    },
    /// The signature of the request is valid.
    Verified,
    /// The body of the request was decoded.
    About(&'e Occurrence),
    /// The answer to the request was chosen, with any HTTP status. If the reply to an accepted webhook waits for the
    /// work, the outcome of the work can still change the status.
    Answered {
        /// The answer to the request.
        answer: &'e Answer,
        /// The time since the request arrived.
        took: Duration,
    },
    /// A request with a button press was refused.
    UpdateRefused(&'e Refusal),
    /// All evidence about the issue was gathered.
    Evidence(&'e Evidence),
    /// The content of note and message was created.
    Notification(&'e Notification),
    /// A person is asked to approve something.
    Asked(&'e Approval),
    /// The message for the chats was composed, with its menu. It is sent, or an earlier message is edited.
    MessageComposed(&'e ChatNotice),
    /// A notifier was started. The field is the notifier's name.
    NotifierStarted(&'static str),
    /// A notifier has ended. The fields are the notifier's name and its result.
    NotifierEnded(&'static str, &'e Step),
    /// The webhook was handled, completely or not.
    Processed(Finished<'e>),
    /// A person's decision was executed, or its execution failed.
    Decided(&'e Approval),
    /// An approval can no longer be decided: it has expired, or a newer incident supersedes it.
    Closed(&'e Approval),
    /// The message of an issue was edited.
    Edited {
        /// The issue that the message is about.
        issue: &'e IssueId,
        /// The new text of the message.
        html: &'e str,
        /// The new menu of the message.
        menu: Option<&'e Menu>,
    },
    /// A chat's message about an issue does not show an event yet, because an edit failed.
    NotShown {
        /// The issue that the message is about.
        issue: &'e IssueId,
        /// The name of the event.
        what: &'static str,
        /// The id of the approval, if the event is the end of an approval.
        approval: Option<&'e ApprovalId>,
        /// The reason why the edit failed.
        why: Failure,
    },
    /// The note on an issue was edited, because a decision was added to it.
    NoteEdited {
        /// The issue with the note.
        issue: &'e IssueId,
        /// The new text of the note, in Markdown.
        text: &'e str,
    },
    /// A button press in a chat had no effect.
    TapRefused {
        /// The name of the reason, as it is logged.
        why: &'static str,
        /// The id of the person in Telegram or Slack.
        user: &'e UserId,
    },
    /// The scheduled sweep has checked whether webhooks arrive.
    WebhooksWatched {
        /// The current period without webhooks, or the one that has ended.
        silence: Option<&'e WebhookSilence>,
        /// The change since the last report.
        news: Option<SilenceNews>,
    },
    /// The scheduled sweep could not list the issues.
    SweepFailed(Failure),
}

/// The outcome of a webhook that was handled, with the values that the log and the metrics need.
#[derive(Debug, Clone, Copy)]
pub struct Finished<'e> {
    /// The result of each notifier, the status of the analysis and the missing evidence.
    pub processed: &'e Processed,
    /// The name of the change in Sentry that the webhook reported.
    pub trigger: &'static str,
    /// All notifiers of the handler, whose profiles name their log lines and metrics.
    pub notifiers: &'e Notifiers,
    /// The durations of gathering, analysis and notification.
    pub timings: &'e Timings,
    /// The total duration of the work on the webhook.
    pub took: Duration,
}
