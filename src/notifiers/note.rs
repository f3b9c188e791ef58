//! The note: a comment on the Sentry issue.

mod markdown;

use async_trait::async_trait;

pub use markdown::{LONGEST_NOTE, MARKER, line, proposal, render, render_so};

use super::{Notification, Notifier};
use crate::domain::ids::NoteId;
use crate::domain::outcome::{Failure, Step};
use crate::domain::words::Language;
use crate::sentry::{Noted, Sentry};

/// Writes the note; `sentry` is `Err` when there is no way to.
pub struct Note {
    sentry: Result<Sentry, Failure>,
    plan: NoteAction,
    language: Language,
    held: Option<Step>,
}

/// What is to become of the note.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NoteAction {
    /// Write it.
    Write,
    /// Edit the one of an earlier incident.
    Edit(NoteId),
    /// Leave it: it stands there already.
    Stands(NoteId),
}

impl Note {
    /// The step's name.
    pub const NAME: &'static str = "note";

    /// A note in `language`, by way of `sentry`.
    #[must_use]
    pub fn new(sentry: Result<Sentry, Failure>, plan: NoteAction, language: Language) -> Self {
        Self { sentry, plan, language, held: None }
    }

    /// A note that is not written now, but ends with this step: somebody has to approve it first.
    #[must_use]
    pub fn held_by(self, held: Option<Step>) -> Self {
        Self { held, ..self }
    }
}

#[async_trait]
impl Notifier for Note {
    fn name(&self) -> &'static str {
        Self::NAME
    }

    async fn notify(&self, notification: &Notification) -> Step {
        let Notification::Issue(report) = notification else { return Step::NotApplicable };
        if let Some(held) = &self.held {
            return held.clone();
        }
        let sentry = match &self.sentry {
            Ok(sentry) => sentry,
            Err(why) => return Step::Skipped(*why),
        };
        let (id, text) = (&report.evidence.issue.id, || render(report, self.language));
        let noted = match &self.plan {
            NoteAction::Write => sentry.post_note(id, &text()).await,
            NoteAction::Edit(note) => sentry.edit_note(id, note, &text()).await,
            NoteAction::Stands(note) => return Step::Done(Some(note.to_string())),
        };
        match noted {
            Ok(Noted::Posted(id)) => Step::Done(id.map(|id| id.to_string())),
            Ok(Noted::StoodAlready) => Step::AlreadyDone,
            Err(why @ Failure::NotConfigured(_)) => Step::Skipped(why),
            Err(why) => Step::Failed(why),
        }
    }
}
