//! PLUG-IN: channels for notifications, with the rendering of their texts.
//!
//! | notifier | on if | file |
//! |---|---|---|
//! | a note on the Sentry issue | there is a token | `note.rs` |
//! | a message in Telegram | there is a chat | `telegram.rs` |
//!
//! [`Notifiers`] lists them. The handler, the log, the metrics, the health endpoint, the doctor and the page read the
//! facts that each notifier declares, and name no notifier themselves.

pub mod note;
mod profile;
pub mod telegram;

use std::fmt;
use std::sync::OnceLock;

use async_trait::async_trait;

pub use self::profile::{HealthLine, IdField, LogLines, Need, Profile, Repeat, StepMetrics};
use crate::config::{Config, SecretLookup};
use crate::domain::approval::{Approval, MessageRef};
use crate::domain::check::CheckResult;
use crate::domain::deadline::Deadline;
use crate::domain::ids::Slug;
use crate::domain::message::{ChatMessage, Menu, RichText};
use crate::domain::outcome::{Failure, Step};
use crate::domain::report::{MetricReport, Report};
use crate::domain::words::{Language, Sentence};
use crate::http::Http;
use crate::notifiers::note::NoteAction;

/// The content of a note or a message.
#[derive(Debug, Clone)]
pub enum Notification {
    /// An issue, with its analysis.
    Issue(Box<Report>),
    /// A metric alert, with Sentry's own text.
    Metric(MetricReport),
}

impl Notification {
    /// Composes the message for a chat.
    #[must_use]
    pub fn message(&self, language: Language) -> ChatMessage {
        match self {
            Self::Issue(report) => report.message(language),
            Self::Metric(report) => report.message(language),
        }
    }
}

/// The means of a notifier's calls: settings, secrets, HTTP client and deadline.
#[derive(Clone, Copy)]
pub struct Means<'a> {
    /// The settings.
    pub config: &'a Config,
    /// The HTTP client.
    pub http: &'a Http,
    /// The secrets.
    pub secrets: &'a dyn SecretLookup,
    /// The time by which every call has to end.
    pub deadline: Deadline,
}

/// One notification to send.
#[derive(Clone, Copy)]
pub struct Notice<'a> {
    /// The content to send.
    pub notification: &'a Notification,
    /// The means to send it.
    pub means: Means<'a>,
    /// The organization, if the delivery names it.
    pub org: Option<&'a Slug>,
    /// The action for the note on the issue.
    pub note: &'a NoteAction,
    /// The message for the chats.
    pub chat: &'a ChatNotice,
}

/// The message of a notification for a chat.
#[derive(Debug)]
pub struct ChatNotice {
    /// The content.
    pub content: ChatMessage,
    /// The approval that the message asks for. It is recorded before the message is sent.
    pub approval: Option<Approval>,
    /// The menu of actions. Without approvers there is none.
    pub menu: Option<Menu>,
    /// The earlier message about the issue. It is edited, and no second one is sent.
    pub standing: Option<MessageRef>,
    /// A short message that replies to the earlier one, because an edit alone notifies nobody.
    pub reply: Option<RichText>,
    /// The message that was sent or edited. It is empty until then.
    pub sent: OnceLock<MessageRef>,
}

impl ChatNotice {
    /// A new message with this content, and without a question.
    #[must_use]
    pub fn new(content: ChatMessage) -> Self {
        Self { content, approval: None, menu: None, standing: None, reply: None, sent: OnceLock::new() }
    }
}

/// The means of a doctor's check, and the webhook's URL if the user gives it.
#[derive(Clone, Copy)]
pub struct Examination<'a> {
    /// The means of the check's calls.
    pub means: Means<'a>,
    /// The webhook URL that is configured in Sentry.
    pub url: Option<&'a reqwest::Url>,
}

/// A channel for notifications.
///
/// A notifier is one value for the life of the process. It reads its settings and secrets from the [`Means`] of each
/// call, so that a rotated secret takes effect at once.
#[async_trait]
pub trait Notifier: Send + Sync {
    /// The constant facts: names, metrics, secrets, and whether a repetition is safe.
    fn profile(&self) -> &'static Profile;

    /// The secrets of the profile, each with whether these settings require it.
    fn needs(&self, config: &Config) -> Vec<(&'static str, Need)>;

    /// The line of the health endpoint. `secrets` is `None` if the secrets cannot be read. It must not call a third
    /// party.
    fn health(&self, config: &Config, secrets: Option<&dyn SecretLookup>) -> HealthLine;

    /// The doctor's checks. They must leave nothing behind.
    async fn check(&self, examination: &Examination<'_>) -> Vec<CheckResult>;

    /// Sends a message about Sidenote itself, for example that no webhooks arrive. A notifier without readers of its own
    /// has nothing to do.
    async fn announce(&self, _: &Sentence, _: &Means<'_>) -> Step {
        Step::NotApplicable
    }

    /// Sends the notification. It must return by the deadline.
    async fn notify(&self, notice: &Notice<'_>) -> Step;
}

/// The notifiers, in the order in which answers and logs name them.
pub struct Notifiers(Vec<Box<dyn Notifier>>);

impl Default for Notifiers {
    fn default() -> Self {
        Self(vec![Box::new(note::Note), Box::new(telegram::Telegram)])
    }
}

impl Notifiers {
    /// Adds a notifier.
    #[must_use]
    pub fn with(mut self, notifier: Box<dyn Notifier>) -> Self {
        self.0.push(notifier);
        self
    }

    /// The notifiers.
    pub fn iter(&self) -> impl Iterator<Item = &dyn Notifier> {
        self.0.iter().map(AsRef::as_ref)
    }

    /// The profile of each notifier.
    pub fn profiles(&self) -> impl Iterator<Item = &'static Profile> {
        self.0.iter().map(|notifier| notifier.profile())
    }

    /// The profile of the notifier with this name.
    #[must_use]
    pub fn profile(&self, name: &str) -> Option<&'static Profile> {
        self.profiles().find(|profile| profile.name == name)
    }

    /// Every notifier's name with the same step.
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

/// Whether the request of a call that failed this way may have reached the third party.
#[must_use]
pub fn may_have_arrived(why: Failure) -> bool {
    matches!(why, Failure::Timeout | Failure::Interrupted | Failure::Unreadable)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_that_was_not_sent_has_not_arrived() {
        assert!(may_have_arrived(Failure::Timeout));
        assert!(!may_have_arrived(Failure::OutOfTime) && !may_have_arrived(Failure::Unreachable));
    }
}
