//! The events of a delivery, and the trait of their observers.

use std::time::Duration;

use super::timings::Timings;
use crate::domain::approval::Approval;
use crate::domain::evidence::Evidence;
use crate::domain::failure::Failure;
use crate::domain::ids::IssueId;
use crate::domain::occurrence::Occurrence;
use crate::domain::outcome::{Processed, Step};
use crate::domain::silence::{SilenceNews, WebhookSilence};
use crate::handler::answer::{Answer, Refusal};
use crate::notifiers::{Notification, Notifiers};

/// Receives the events of deliveries, one after the other.
///
/// The call happens inside the future that handles the delivery, which waits for it. An observer can identify the
/// delivery with a task-local around [`Handler::handle`](crate::handler::Handler::handle) and around the work that it
/// returns.
pub trait Observer: Send + Sync {
    /// Receives an event. It must return at once and must not panic.
    fn observe(&self, event: &DeliveryEvent<'_>);
}

/// An event, in the order in which they occur.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub enum DeliveryEvent<'e> {
    /// The process has started.
    Started {
        /// Whether a queue is configured.
        has_queue: bool,
    },
    /// The signature is valid.
    Verified,
    /// The body was read.
    About(&'e Occurrence),
    /// The request was answered.
    Answered {
        /// The answer.
        answer: &'e Answer,
        /// The time since the request arrived.
        took: Duration,
    },
    /// An update of Telegram was refused.
    UpdateRefused(&'e Refusal),
    /// The evidence was gathered.
    Evidence(&'e Evidence),
    /// The notification was created.
    Notification(&'e Notification),
    /// A person is asked to approve something.
    Asked(&'e Approval),
    /// A notifier was started. The field is its name.
    NotifierStarted(&'static str),
    /// A notifier has ended. The fields are its name and its step.
    NotifierEnded(&'static str, &'e Step),
    /// The delivery was handled.
    Processed(Finished<'e>),
    /// A person's decision was executed, or its execution failed.
    Decided(&'e Approval),
    /// An approval can no longer be decided: it has expired, or a newer incident supersedes it.
    Closed(&'e Approval),
    /// The message of an issue was edited.
    Edited {
        /// The issue.
        issue: &'e IssueId,
        /// The new text.
        html: &'e str,
    },
    /// A button press had no effect.
    TapRefused {
        /// The reason.
        why: &'static str,
        /// Telegram's id of the user.
        user: i64,
    },
    /// The scheduled sweep has looked whether webhooks arrive.
    WebhooksWatched {
        /// The current silence, or the one that is over.
        silence: Option<&'e WebhookSilence>,
        /// The change since the last report.
        news: Option<SilenceNews>,
    },
    /// The scheduled sweep could not list the issues.
    SweepFailed(Failure),
}

/// A delivery that was handled.
#[derive(Debug, Clone, Copy)]
pub struct Finished<'e> {
    /// The outcome.
    pub processed: &'e Processed,
    /// The name of its trigger.
    pub trigger: &'static str,
    /// The configured notifiers.
    pub notifiers: &'e Notifiers,
    /// The duration of each step.
    pub timings: &'e Timings,
    /// The total duration.
    pub took: Duration,
}
