//! The constant facts that a notifier declares.

use std::fmt;

use crate::config::SecretLookup;
use crate::metrics::Metric;

/// The constant facts of a notifier.
#[derive(Debug, Clone, Copy)]
pub struct Profile {
    /// The notifier's name in answers, logs and stored records. It must not change.
    pub name: &'static str,
    /// Whether a repeated call leaves one notification or two.
    pub repeat: Repeat,
    /// Whether the setting `APPROVAL=note` delays the notifier until a person has approved.
    pub waits_for_approval: bool,
    /// Whether the notifier's message shows the question about an approval, with its buttons.
    pub asks_for_approval: bool,
    /// The names of the notifier's log lines.
    pub lines: LogLines,
    /// The metrics that count the outcomes of the notifier.
    pub metrics: StepMetrics,
    /// The names of the secrets that the notifier reads. Each name is in `config::SECRET_KEYS`.
    pub secrets: &'static [&'static str],
    /// The environment variables that `Config` reads only for this notifier.
    pub settings: &'static [&'static str],
}

/// The effect of repeating a call whose outcome is unknown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Repeat {
    /// The repetition finds the first notification, so there is only one.
    Safe,
    /// The repetition sends a second notification. A call that may have arrived is therefore not repeated.
    Unsafe,
}

/// The names of a notifier's log lines. Alarms and dashboards search for them.
#[derive(Debug, Clone, Copy)]
pub struct LogLines {
    /// The name of the line if the notification was sent.
    pub done: &'static str,
    /// The name of the line if the call failed.
    pub failed: &'static str,
    /// The name of the line if a setting is missing.
    pub skipped: &'static str,
    /// The name of the line if the notification had been sent before. `None` logs nothing.
    pub already_done: Option<&'static str>,
    /// The name of the line if the notifier waits for approval. `None` logs nothing.
    pub waiting: Option<&'static str>,
    /// The log field for the id that the third party returned.
    pub id: IdField,
    /// Whether the notifier calls the Sentry API. A failed call is then also logged as a failure of Sentry.
    pub calls_sentry: bool,
}

/// The log field for the id that Sentry or a chat returned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IdField {
    /// The field `comment_id`, for the comment on a Sentry issue.
    Comment,
    /// The field `message_id`, for the message in a chat.
    Message,
}

/// The metrics that count the outcomes of a notifier's steps.
#[derive(Debug, Clone, Copy)]
pub struct StepMetrics {
    /// The metric that counts notifications that were sent.
    pub done: Metric,
    /// The metric that counts failed calls.
    pub failed: Metric,
    /// The metric that counts notifications that were not attempted, because a setting is missing.
    pub skipped: Metric,
}

/// Whether a missing secret is a problem.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Need {
    /// A configured feature does not work without the secret; the text names the feature.
    Must(&'static str),
    /// The secret is optional; the text gives the reason.
    May(&'static str),
}

/// The state of one part of Sidenote, such as a notifier, as a line of the health endpoint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HealthLine {
    /// Everything that the part needs is configured.
    Ok,
    /// The part is switched off on purpose.
    Off,
    /// The variable with this name is missing.
    NotSet(&'static str),
    /// The secrets cannot be read. The endpoint is public, so only the log has the reason.
    NoSecrets,
    /// The part waits for an approval that is impossible; the text names the missing setting.
    Held(String),
}

impl HealthLine {
    /// Returns the line of a part that needs the secret called `key`. `secrets` is `None` if the secrets cannot be
    /// read.
    #[must_use]
    pub fn of_secret(key: &'static str, secrets: Option<&dyn SecretLookup>) -> Self {
        match secrets.map(|secrets| secrets.secret(key).is_some()) {
            Some(true) => Self::Ok,
            Some(false) => Self::NotSet(key),
            None => Self::NoSecrets,
        }
    }

    /// Whether deliveries can be completed in this state: the part is configured, or switched off on purpose.
    #[must_use]
    pub fn is_well(&self) -> bool {
        matches!(self, Self::Ok | Self::Off)
    }
}

impl fmt::Display for HealthLine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ok => f.write_str("ok"),
            Self::Off => f.write_str("off"),
            Self::NotSet(variable) => write!(f, "{variable} is not set"),
            Self::NoSecrets => f.write_str("the secrets cannot be read; the log says why"),
            Self::Held(why) => f.write_str(why),
        }
    }
}
