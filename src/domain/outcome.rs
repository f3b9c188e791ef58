//! The result of each step of a webhook delivery, and of the delivery as a whole.
//!
//! A delivery has one step per notifier: writing the note on the issue is a step, and sending a message to a chat is
//! another step.

use super::evidence::Gap;
pub use super::failure::{ChatRefusal, Failure, IgnoredField};
use super::ids::IssueId;
use super::issue::{IssueGone, Substatus};
use super::message::IssueMessage;

/// The result of one step of a webhook delivery.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// The step was done. The value is the id of the note or the message, if the third party returned one.
    Done(Option<String>),
    /// The step had been done before, according to the third party or the stored record.
    AlreadyDone,
    /// The step was skipped because a setting is missing.
    Skipped(Failure),
    /// The step is turned off: an optional setting was left out. The step does not affect the status of the delivery.
    Off(Failure),
    /// The step failed.
    Failed(Failure),
    /// The step waits for a person's approval.
    Waiting,
    /// The step is not needed any more, for this reason. For example, the issue was deleted.
    Obsolete(Failure),
    /// The step does not apply. For example, a metric alert has no issue to write a note on.
    NotApplicable,
}

impl Step {
    /// Returns the name of the result in responses and logs.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Done(_) => "done",
            Self::AlreadyDone => "already_done",
            Self::Skipped(_) | Self::Off(_) => "skipped",
            Self::Failed(_) => "failed",
            Self::Waiting => "waiting",
            Self::Obsolete(_) => "obsolete",
            Self::NotApplicable => "not_applicable",
        }
    }

    /// Returns the reason why the step was not done, if there is one.
    #[must_use]
    pub fn failure(&self) -> Option<Failure> {
        match self {
            Self::Skipped(why) | Self::Off(why) | Self::Failed(why) | Self::Obsolete(why) => Some(*why),
            Self::Done(_) | Self::AlreadyDone | Self::Waiting | Self::NotApplicable => None,
        }
    }

    /// Returns whether the step was done, or `None` if the step does not affect the status of the delivery.
    fn counts_as(&self) -> Option<bool> {
        match self {
            Self::Done(_) | Self::AlreadyDone => Some(true),
            Self::Skipped(_) | Self::Failed(_) => Some(false),
            Self::Off(_) | Self::Waiting | Self::Obsolete(_) | Self::NotApplicable => None,
        }
    }
}

/// The status of a webhook delivery that was handled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DeliveryStatus {
    /// All counted steps were done, or no step counts. Steps that are off, waiting, obsolete or not applicable do not
    /// count.
    Completed,
    /// Some of the counted steps were done.
    Partial,
    /// None of the counted steps was done.
    Failed,
}

impl DeliveryStatus {
    /// Returns the status's name in responses and logs.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Completed => "completed",
            Self::Partial => "partial",
            Self::Failed => "failed",
        }
    }
}

/// The result of a webhook delivery that was handled.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Processed {
    /// The id of the issue. A metric alert has no issue.
    pub issue: Option<IssueId>,
    /// The names of the analysis's status and of its analyzer. A metric alert has no analysis.
    pub analysis: Option<(&'static str, &'static str)>,
    /// The name of each notifier with the result of its step.
    pub steps: Vec<(&'static str, Step)>,
    /// The evidence that could not be read.
    pub gaps: Vec<Gap>,
    /// The substatus of the issue that the notification reports.
    pub substatus: Option<Substatus>,
    /// The chat message about the issue, if it was sent or edited.
    pub message: Option<Box<IssueMessage>>,
    /// Set if Sentry replied with another issue or with 404 when the issue was read.
    pub gone: Option<IssueGone>,
}

impl Processed {
    /// Returns the status of the delivery: completed if all counted steps were done or no step counts, failed if no
    /// counted step was done, and partial otherwise.
    #[must_use]
    pub fn status(&self) -> DeliveryStatus {
        let counted: Vec<bool> = self.steps.iter().filter_map(|(_, step)| step.counts_as()).collect();
        match (counted.contains(&true), counted.contains(&false)) {
            (true, true) => DeliveryStatus::Partial,
            (_, false) => DeliveryStatus::Completed,
            (false, true) => DeliveryStatus::Failed,
        }
    }

    /// Returns the result of the step of a notifier.
    #[must_use]
    pub fn step(&self, notifier: &str) -> Option<&Step> {
        self.steps.iter().find(|(name, _)| *name == notifier).map(|(_, step)| step)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn status(note: Step, telegram: Step) -> &'static str {
        let steps = vec![("note", note), ("telegram", telegram)];
        Processed { steps, ..Processed::default() }.status().name()
    }

    #[test]
    fn a_skipped_note_is_never_a_success() {
        let sent = || Step::Done(None);
        assert_eq!(status(Step::Skipped(Failure::NotConfigured("SENTRY_AUTH_TOKEN")), sent()), "partial");
        assert_eq!(status(Step::AlreadyDone, sent()), "completed");
        assert_eq!(
            status(Step::AlreadyDone, Step::Off(Failure::NotConfigured("TELEGRAM_CHAT_ID"))),
            "completed"
        );
        assert_eq!(status(Step::Failed(Failure::Timeout), Step::Failed(Failure::Timeout)), "failed");
        assert_eq!(status(Step::NotApplicable, sent()), "completed");
        assert_eq!(
            status(Step::NotApplicable, Step::Off(Failure::NotConfigured("TELEGRAM_CHAT_ID"))),
            "completed"
        );
    }
}
