//! PLUG-IN: channels for notifications, with the rendering of their texts.
//!
//! | notifier | on if | file |
//! |---|---|---|
//! | a note on the Sentry issue | there is a token | `note.rs` |
//! | a message in Telegram | there is a chat | `telegram.rs` |
//! | a message in Slack | there is a channel | `slack.rs` |
//!
//! [`Notifiers`] lists all notifiers. The handler, the log, the metrics, the health endpoint, the doctor and the page
//! read the facts that each notifier declares, and name no notifier themselves.

pub mod note;
mod profile;
pub mod slack;
pub mod telegram;

use std::fmt;
use std::sync::OnceLock;

use async_trait::async_trait;
use secrecy::SecretString;

pub use self::profile::{HealthLine, IdField, LogLines, Need, Profile, Repeat, StepMetrics};
use crate::config::{Config, SecretLookup};
use crate::domain::approval::{Approval, MessageRef, SlackRef};
use crate::domain::check::CheckResult;
use crate::domain::deadline::Deadline;
use crate::domain::ids::Slug;
use crate::domain::message::{ChatMessage, Menu, RichText};
use crate::domain::outcome::{Failure, Step};
use crate::domain::report::{MetricReport, Report};
use crate::domain::words::{Language, Sentence};
use crate::http::Http;
use crate::notifiers::note::NoteAction;

/// The content of a note or a message: a report about an issue or a metric alert.
#[derive(Debug, Clone)]
pub enum Notification {
    /// An issue, with its analysis.
    Issue(Box<Report>),
    /// A metric alert, with Sentry's own text.
    Metric(MetricReport),
}

impl Notification {
    /// Composes the message for a chat in `language`.
    #[must_use]
    pub fn message(&self, language: Language) -> ChatMessage {
        match self {
            Self::Issue(report) => report.message(language),
            Self::Metric(report) => report.message(language),
        }
    }

    /// Returns the report about an issue. A metric alert has none.
    #[must_use]
    pub fn report(&self) -> Option<&Report> {
        match self {
            Self::Issue(report) => Some(report),
            Self::Metric(_) => None,
        }
    }
}

/// Everything that a notifier needs for its calls: settings, secrets, HTTP client and deadline.
#[derive(Clone, Copy)]
pub struct Means<'a> {
    /// The settings of Sidenote.
    pub config: &'a Config,
    /// The shared HTTP client.
    pub http: &'a Http,
    /// The lookup of secrets by their names.
    pub secrets: &'a dyn SecretLookup,
    /// The time by which every call has to end.
    pub deadline: Deadline,
}

/// One notification, with everything that a notifier needs to send it.
#[derive(Clone, Copy)]
pub struct Notice<'a> {
    /// The content of the notification: a report about an issue or a metric alert.
    pub notification: &'a Notification,
    /// The settings, secrets, HTTP client and deadline for the calls.
    pub means: Means<'a>,
    /// The Sentry organization, if the webhook delivery names it.
    pub org: Option<&'a Slug>,
    /// The action on the issue's note: to write it, to edit it, or to leave it.
    pub note: &'a NoteAction,
    /// The message for Telegram and Slack.
    pub chat: &'a ChatNotice,
}

/// The message of a notification for Telegram and Slack.
#[derive(Debug)]
pub struct ChatNotice {
    /// The text of the message.
    pub content: ChatMessage,
    /// The approval that the message asks a person for. The approval is stored before the message is sent.
    pub approval: Option<Approval>,
    /// The menu of actions below the message. `None` without approvers.
    pub menu: Option<Menu>,
    /// The earlier Telegram message about the same issue, if there is one. It is edited, and no second message is sent
    /// to Telegram.
    pub standing: Option<MessageRef>,
    /// The earlier Slack message about the same issue, if there is one. It is edited in the same way.
    pub standing_in_slack: Option<SlackRef>,
    /// A short message that replies to the earlier message, because an edit alone notifies nobody.
    pub reply: Option<RichText>,
    /// The reference to the Telegram message that was sent or edited. It is empty until then.
    pub sent: OnceLock<MessageRef>,
    /// The reference to the Slack message that was sent or edited. It is empty until then.
    pub sent_in_slack: OnceLock<SlackRef>,
}

impl ChatNotice {
    /// Creates a new message with this content, and without a question to a person.
    #[must_use]
    pub fn new(content: ChatMessage) -> Self {
        Self {
            content,
            approval: None,
            menu: None,
            standing: None,
            standing_in_slack: None,
            reply: None,
            sent: OnceLock::new(),
            sent_in_slack: OnceLock::new(),
        }
    }
}

/// The input for a notifier's checks by `sidenote doctor`.
#[derive(Clone, Copy)]
pub struct Examination<'a> {
    /// The settings, secrets, HTTP client and deadline for the calls.
    pub means: Means<'a>,
    /// The URL of Sidenote's webhook as configured in Sentry, if the user passes it with `--url`.
    pub url: Option<&'a reqwest::Url>,
}

/// A channel for notifications.
///
/// A notifier is one value for the life of the process. It reads its settings and secrets from the [`Means`] of each
/// call, so that a rotated secret takes effect at once.
#[async_trait]
pub trait Notifier: Send + Sync {
    /// Returns the constant facts about the notifier: names, metrics, secrets, and whether a repetition is safe.
    fn profile(&self) -> &'static Profile;

    /// Returns the names of the profile's secrets, each with whether `config` requires it.
    fn needs(&self, config: &Config) -> Vec<(&'static str, Need)>;

    /// Returns the mistake that the form of a secret shows, and the remedy. `_key` is the secret's name. The result
    /// never contains the secret.
    fn mistake(&self, _key: &str, _value: &SecretString) -> Option<(String, &'static str)> {
        None
    }

    /// Returns the notifier's line of the health endpoint. `secrets` is `None` if the secrets cannot be read. This
    /// method must not call a third party.
    fn health(&self, config: &Config, secrets: Option<&dyn SecretLookup>) -> HealthLine;

    /// Sends a message about Sidenote itself, for example that no webhooks arrive. The default sends nothing.
    async fn announce(&self, _: &Sentence, _: &Means<'_>) -> Step {
        Step::NotApplicable
    }

    /// Sends the notification, and returns by the deadline in `notice.means`.
    async fn notify(&self, notice: &Notice<'_>) -> Step;
}

/// A notifier with checks for `sidenote doctor`. The checks are no part of [`Notifier`], so that the Lambda function,
/// which runs no checks, does not contain their code.
#[async_trait]
pub trait Examined: Send + Sync {
    /// Runs the notifier's checks. The checks must not leave a message or a note behind.
    async fn check(&self, examination: &Examination<'_>) -> Vec<CheckResult>;
}

/// Returns the notifiers that have checks for `sidenote doctor`.
#[must_use]
pub fn examined() -> Vec<Box<dyn Examined>> {
    vec![Box::new(telegram::Telegram), Box::new(slack::Slack)]
}

/// The notifiers, in the order in which answers and logs name them.
pub struct Notifiers(Vec<Box<dyn Notifier>>);

impl Default for Notifiers {
    fn default() -> Self {
        Self(vec![Box::new(note::Note), Box::new(telegram::Telegram), Box::new(slack::Slack)])
    }
}

impl Notifiers {
    /// Adds a notifier after the existing ones.
    #[must_use]
    pub fn with(mut self, notifier: Box<dyn Notifier>) -> Self {
        self.0.push(notifier);
        self
    }

    /// Iterates over the notifiers in their order.
    pub fn iter(&self) -> impl Iterator<Item = &dyn Notifier> {
        self.0.iter().map(AsRef::as_ref)
    }

    /// Iterates over the profiles of the notifiers in their order.
    pub fn profiles(&self) -> impl Iterator<Item = &'static Profile> {
        self.0.iter().map(|notifier| notifier.profile())
    }

    /// Returns the profile of the notifier with this name.
    #[must_use]
    pub fn profile(&self, name: &str) -> Option<&'static Profile> {
        self.profiles().find(|profile| profile.name == name)
    }

    /// Returns the name of every notifier, each with a clone of `step`.
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

/// Whether the third party may have received the request of a call that failed with `why`.
#[must_use]
pub fn may_have_arrived(why: Failure) -> bool {
    matches!(why, Failure::Timeout | Failure::Interrupted | Failure::Unreadable)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_that_timed_out_may_have_arrived_and_an_unsent_one_cannot() {
        assert!(may_have_arrived(Failure::Timeout));
        assert!(!may_have_arrived(Failure::OutOfTime) && !may_have_arrived(Failure::Unreachable));
    }
}
