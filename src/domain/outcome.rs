//! How each step of a delivery ended, and how the whole delivery did.

use super::evidence::Gap;
pub use super::failure::Failure;
use super::ids::IssueId;
use super::issue::Substatus;

/// How one step of a delivery ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// It was done; the third party's id of what it left behind, when it gave one.
    Done(Option<String>),
    /// It had been done before: the third party says that it has it already.
    AlreadyDone,
    /// There is nothing to send it with, or nowhere to send it to.
    Skipped(Failure),
    /// As [`Step::Skipped`], but nobody asked for it: nothing is missed.
    Off(Failure),
    /// It was tried, and did not work.
    Failed(Failure),
    /// It waits for a person's approval.
    Waiting,
    /// It does not apply (a metric alert has no issue to write on).
    NotApplicable,
}

impl Step {
    /// The outcome's name in answers and logs.
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

    /// Why it was not done.
    #[must_use]
    pub fn failure(&self) -> Option<Failure> {
        match self {
            Self::Skipped(why) | Self::Off(why) | Self::Failed(why) => Some(*why),
            Self::Done(_) | Self::AlreadyDone | Self::Waiting | Self::NotApplicable => None,
        }
    }

    /// Done, not done, or of no account.
    fn counts_as(&self) -> Option<bool> {
        match self {
            Self::Done(_) | Self::AlreadyDone => Some(true),
            Self::Skipped(_) | Self::Failed(_) => Some(false),
            Self::Off(_) | Self::Waiting | Self::NotApplicable => None,
        }
    }
}

/// How a whole delivery ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Processed {
    /// The issue; a metric alert has none.
    pub issue: Option<IssueId>,
    /// What the analysis came to, and whose it is; a metric alert has none.
    pub analysis: Option<(&'static str, &'static str)>,
    /// Each notifier's name, and how it fared.
    pub steps: Vec<(&'static str, Step)>,
    /// What could not be looked at.
    pub gaps: Vec<Gap>,
    /// What kind of unresolved the issue was told to be.
    pub substatus: Option<Substatus>,
}

impl Processed {
    /// `completed` when every step that counts was done (also when none counts), `failed` when none was, `partial`
    /// otherwise.
    #[must_use]
    pub fn status(&self) -> &'static str {
        let counted: Vec<bool> = self.steps.iter().filter_map(|(_, step)| step.counts_as()).collect();
        match (counted.contains(&true), counted.contains(&false)) {
            (true, true) => "partial",
            (_, false) => "completed",
            (false, true) => "failed",
        }
    }

    /// How a notifier fared.
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
        Processed { issue: None, analysis: None, steps, gaps: Vec::new(), substatus: None }.status()
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
