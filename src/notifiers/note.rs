//! The note: a comment on the Sentry issue.

mod markdown;

use async_trait::async_trait;

pub use markdown::{LONGEST_NOTE, MARKER, render};

use super::{Notifier, Story};
use crate::domain::outcome::{Failure, Step};
use crate::domain::words::Language;
use crate::sentry::{Noted, Sentry};

/// Writes the note; `sentry` is `Err` when there is no way to.
pub struct Note {
    sentry: Result<Sentry, Failure>,
    language: Language,
}

impl Note {
    /// The step's name.
    pub const NAME: &'static str = "note";

    /// A note in `language`, by way of `sentry`.
    #[must_use]
    pub fn new(sentry: Result<Sentry, Failure>, language: Language) -> Self {
        Self { sentry, language }
    }
}

#[async_trait]
impl Notifier for Note {
    fn name(&self) -> &'static str {
        Self::NAME
    }

    async fn notify(&self, story: &Story) -> Step {
        let Story::Issue(report) = story else { return Step::NotApplicable };
        let sentry = match &self.sentry {
            Ok(sentry) => sentry,
            Err(why) => return Step::Skipped(*why),
        };
        let text = render(report, self.language);
        match sentry.post_note(&report.evidence.issue.id, &text).await {
            Ok(Noted::Posted(id)) => Step::Done(id.map(|id| id.to_string())),
            Ok(Noted::StoodAlready) => Step::AlreadyDone,
            Err(why @ Failure::NotConfigured(_)) => Step::Skipped(why),
            Err(why) => Step::Failed(why),
        }
    }
}
