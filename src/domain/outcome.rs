//! How each step of a delivery ended, and how the whole delivery did.

use super::evidence::Gap;
pub use super::failure::{ChatRefusal, Failure, IgnoredField};
use super::ids::IssueId;
use super::issue::Substatus;

/// The result of one step of a delivery.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// It was done. The id is the third party's, when it gave one.
    Done(Option<String>),
    /// It had been done before: the third party says so, or the record does.
    AlreadyDone,
    /// A setting is missing.
    Skipped(Failure),
    /// A setting is missing, and that is meant so: the step counts for nothing.
    Off(Failure),
    /// It was tried and failed.
    Failed(Failure),
    /// It waits for a person's approval.
    Waiting,
    /// It does not apply (a metric alert has no issue to write on).
    NotApplicable,
}

impl Step {
    /// The name in answers and logs.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Done(_) => "done",
            Self::AlreadyDone => "already_done",
            Self::Skipped(_) | Self::Off(_) => "skipped",
            Self::Failed(_) => "failed",
            Self::Waiting => "waiting",
            Self::NotApplicable => "not_applicable",
        }
    }

    /// The reason, when it was not done.
    #[must_use]
    pub fn failure(&self) -> Option<Failure> {
        match self {
            Self::Skipped(why) | Self::Off(why) | Self::Failed(why) => Some(*why),
            Self::Done(_) | Self::AlreadyDone | Self::Waiting | Self::NotApplicable => None,
        }
    }

    /// Whether it was done; `None` when it counts for nothing.
    fn counts_as(&self) -> Option<bool> {
        match self {
            Self::Done(_) | Self::AlreadyDone => Some(true),
            Self::Skipped(_) | Self::Failed(_) => Some(false),
            Self::Off(_) | Self::Waiting | Self::NotApplicable => None,
        }
    }
}

/// The status of a delivery that was worked on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DeliveryStatus {
    /// Every step that counts was done.
    Completed,
    /// A step that counts was done, and another was not.
    Partial,
    /// No step that counts was done.
    Failed,
}

impl DeliveryStatus {
    /// The name in answers and logs.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Completed => "completed",
            Self::Partial => "partial",
            Self::Failed => "failed",
        }
    }
}

/// The result of a whole delivery.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Processed {
    /// The issue; a metric alert has none.
    pub issue: Option<IssueId>,
    /// The analysis' status and analyzer; a metric alert has none.
    pub analysis: Option<(&'static str, &'static str)>,
    /// Each notifier's name and step.
    pub steps: Vec<(&'static str, Step)>,
    /// The evidence that could not be had.
    pub gaps: Vec<Gap>,
    /// The substatus that the notification names.
    pub substatus: Option<Substatus>,
}

impl Processed {
    /// The status of the whole: completed when every step that counts was done (also when none counts), failed when none
    /// was, partial otherwise.
    #[must_use]
    pub fn status(&self) -> DeliveryStatus {
        let counted: Vec<bool> = self.steps.iter().filter_map(|(_, step)| step.counts_as()).collect();
        match (counted.contains(&true), counted.contains(&false)) {
            (true, true) => DeliveryStatus::Partial,
            (_, false) => DeliveryStatus::Completed,
            (false, true) => DeliveryStatus::Failed,
        }
    }

    /// The step of a notifier.
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
        Processed { issue: None, analysis: None, steps, gaps: Vec::new(), substatus: None }.status().name()
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
