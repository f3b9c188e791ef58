//! The note: a comment on the Sentry issue.

mod markdown;

use async_trait::async_trait;

pub use markdown::{LONGEST_NOTE, MARKER, line, proposal, render, render_so};

use super::{
    HealthLine, IdField, LogLines, Need, Notice, Notification, Notifier, Profile, Repeat, StepMetrics,
};
use crate::config::{Config, SecretLookup};
use crate::domain::ids::NoteId;
use crate::domain::outcome::{Failure, Step};
use crate::metrics::Metric;
use crate::sentry::{Noted, Sentry};

/// The name of the secret with the token for the Sentry API.
const TOKEN: &str = "SENTRY_AUTH_TOKEN";

/// The notifier that writes the note on the Sentry issue, or edits the note of an earlier incident.
pub struct Note;

/// The action on an issue's note that one delivery takes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NoteAction {
    /// Write a new note.
    Write,
    /// Edit the note of an earlier incident.
    Edit(NoteId),
    /// Leave the existing note unchanged.
    Stands(NoteId),
    /// Do nothing, because the issue was merged. A note would be written on the surviving issue, which has its own.
    Obsolete,
    /// Do nothing, because Sentry could not be asked whether a note exists.
    Unknown(Failure),
}

impl Note {
    /// The name of this notifier in answers, logs and stored records.
    pub const NAME: &'static str = PROFILE.name;
}

const PROFILE: Profile = Profile {
    name: "note",
    repeat: Repeat::Safe,
    waits_for_approval: true,
    asks_for_approval: false,
    lines: LogLines {
        done: "sentry_comment_posted",
        failed: "sentry_comment_failed",
        skipped: "sentry_comment_skipped",
        already_done: Some("sentry_comment_stood_already"),
        waiting: Some("sentry_comment_waiting"),
        id: IdField::Comment,
        calls_sentry: true,
    },
    metrics: StepMetrics {
        done: Metric::NotesPosted,
        failed: Metric::NotesFailed,
        skipped: Metric::NotesSkipped,
    },
    secrets: &[TOKEN],
    settings: &[],
};

#[async_trait]
impl Notifier for Note {
    fn profile(&self) -> &'static Profile {
        &PROFILE
    }

    fn needs(&self, _: &Config) -> Vec<(&'static str, Need)> {
        vec![(TOKEN, Need::Must("without it no note is written: sentry_comment_skipped"))]
    }

    fn health(&self, _: &Config, secrets: Option<&dyn SecretLookup>) -> HealthLine {
        HealthLine::of_secret(TOKEN, secrets)
    }

    /// Returns no checks. `sidenote doctor` checks the note with the Sentry API, as `sentry.comment`.
    async fn notify(&self, notice: &Notice<'_>) -> Step {
        let Notification::Issue(report) = notice.notification else { return Step::NotApplicable };
        let sentry = match sentry(notice) {
            Ok(sentry) => sentry,
            Err(why) => return Step::Skipped(why),
        };
        let (id, text) = (&report.evidence.issue.id, || render(report, notice.means.config.language));
        let noted = match notice.note {
            NoteAction::Write => sentry.post_note(id, &text()).await,
            NoteAction::Edit(note) => sentry.edit_note(id, note, &text()).await,
            NoteAction::Stands(note) => return Step::Done(Some(note.to_string())),
            NoteAction::Obsolete => return Step::Obsolete(Failure::NoSuchIssue),
            NoteAction::Unknown(why) => return Step::Failed(*why),
        };
        match noted {
            Ok(Noted::Posted(id)) => Step::Done(id.map(|id| id.to_string())),
            Ok(Noted::StoodAlready) => Step::AlreadyDone,
            Err(why @ Failure::NotConfigured(_)) => Step::Skipped(why),
            Err(why) => Step::Failed(why),
        }
    }
}

/// Creates a client of the Sentry API with the token and settings of `notice`.
fn sentry(notice: &Notice<'_>) -> Result<Sentry, Failure> {
    let means = &notice.means;
    let token = means.secrets.secret(TOKEN).ok_or(Failure::NotConfigured(TOKEN))?;
    Ok(Sentry::new(means.http, &means.config.sentry, notice.org, token, means.deadline))
}
