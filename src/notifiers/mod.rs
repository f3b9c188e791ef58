//! PLUG-IN: report → text → sent.
//!
//! | notifier | on when | file |
//! |---|---|---|
//! | a note on the Sentry issue | there is a token | `note.rs` |
//! | a message in Telegram | there is a chat | `telegram.rs` |
//!
//! [`Notifiers`] lists them. The handler, the log, the metrics, the health endpoint, the doctor and the page take from
//! the list what a notifier declares of itself, and name none of them.

pub mod note;
mod profile;
pub mod telegram;

use std::fmt;

use async_trait::async_trait;

pub use self::profile::{HealthLine, IdField, LogLines, Need, Profile, Repeat, StepMetrics};
use crate::config::{Config, SecretLookup};
use crate::domain::check::CheckResult;
use crate::domain::deadline::Deadline;
use crate::domain::ids::Slug;
use crate::domain::outcome::{Failure, Step};
use crate::domain::report::{MetricReport, Report};
use crate::http::Http;
use crate::notifiers::note::NoteAction;
use crate::notifiers::telegram::Prepared;

/// The content of a note and a message.
#[derive(Debug, Clone)]
pub enum Notification {
    /// An issue, with its analysis.
    Issue(Box<Report>),
    /// A metric, in Sentry's words.
    Metric(MetricReport),
}

/// The means of every call: settings, secrets, the HTTP client, and the moment by which it has to end.
#[derive(Clone, Copy)]
pub struct Means<'a> {
    /// The settings.
    pub config: &'a Config,
    /// The HTTP client.
    pub http: &'a Http,
    /// The secrets.
    pub secrets: &'a dyn SecretLookup,
    /// No call lasts longer.
    pub deadline: Deadline,
}

/// One notification to send.
#[derive(Clone, Copy)]
pub struct Notice<'a> {
    /// The content.
    pub notification: &'a Notification,
    /// The means to send it.
    pub means: Means<'a>,
    /// The organization, when the delivery names it.
    pub org: Option<&'a Slug>,
    /// Whether the note on the issue is written, edited or left alone.
    pub note: &'a NoteAction,
    /// The message with buttons that asks a person to approve, when there is a question.
    pub question: Option<&'a Prepared>,
}

/// The means of a doctor's check, and the webhook's URL when the user names it.
#[derive(Clone, Copy)]
pub struct Examination<'a> {
    /// The means to look.
    pub means: Means<'a>,
    /// The URL that Sentry is given.
    pub url: Option<&'a reqwest::Url>,
}

/// A channel that notifications go to.
///
/// A notifier is one value for the life of the process. It reads its settings and secrets from the [`Means`] of each
/// call, so that a rotated secret works at once.
#[async_trait]
pub trait Notifier: Send + Sync {
    /// The constant facts: names, metrics, secrets, and whether a repeat is safe.
    fn profile(&self) -> &'static Profile;

    /// How much these settings need each secret of the profile.
    fn needs(&self, config: &Config) -> Vec<(&'static str, Need)>;

    /// The line of the health endpoint. `secrets` is `None` when the secrets cannot be read. Calls no third party.
    fn health(&self, config: &Config, secrets: Option<&dyn SecretLookup>) -> HealthLine;

    /// The doctor's checks. They leave nothing behind.
    async fn check(&self, examination: &Examination<'_>) -> Vec<CheckResult>;

    /// Sends the notification. Returns by the deadline.
    async fn notify(&self, notice: &Notice<'_>) -> Step;
}

/// The notifiers, in the order of answers and logs.
pub struct Notifiers(Vec<Box<dyn Notifier>>);

impl Default for Notifiers {
    fn default() -> Self {
        Self(vec![Box::new(note::Note), Box::new(telegram::Telegram)])
    }
}

impl Notifiers {
    /// The list with one more.
    #[must_use]
    pub fn with(mut self, notifier: Box<dyn Notifier>) -> Self {
        self.0.push(notifier);
        self
    }

    /// Each of them.
    pub fn iter(&self) -> impl Iterator<Item = &dyn Notifier> {
        self.0.iter().map(AsRef::as_ref)
    }

    /// The facts of each of them.
    pub fn profiles(&self) -> impl Iterator<Item = &'static Profile> {
        self.0.iter().map(|notifier| notifier.profile())
    }

    /// The facts of the notifier of this name.
    #[must_use]
    pub fn profile(&self, name: &str) -> Option<&'static Profile> {
        self.profiles().find(|profile| profile.name == name)
    }

    /// Every notifier's name, with the same step.
    #[must_use]
    pub fn each(&self, step: &Step) -> Vec<(&'static str, Step)> {
        self.profiles().map(|profile| (profile.name, step.clone())).collect()
    }
}

impl fmt::Debug for Notifiers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.profiles().map(|profile| profile.name)).finish()
    }
}

/// Whether a call that failed this way may have arrived all the same.
#[must_use]
pub fn may_have_arrived(why: Failure) -> bool {
    matches!(why, Failure::Timeout | Failure::Interrupted | Failure::Unreadable)
}
