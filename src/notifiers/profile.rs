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
    /// Whether `APPROVAL=note` delays it until a person has approved.
    pub waits_for_approval: bool,
    /// Whether its message shows the question and its buttons.
    pub asks_for_approval: bool,
    /// The names of its log lines.
    pub lines: LogLines,
    /// Its metrics.
    pub metrics: StepMetrics,
    /// The secrets that it reads. Each is in `config::SECRET_KEYS`.
    pub secrets: &'static [&'static str],
    /// The environment variables that `Config` reads only for it.
    pub settings: &'static [&'static str],
}

/// The effect of a repeated call if the outcome of the first one is unknown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Repeat {
    /// The repetition finds the first notification, so there is one.
    Safe,
    /// The repetition sends a second notification. A call that may have arrived is therefore not repeated.
    Unsafe,
}

/// The names of a notifier's log lines. Alarms and dashboards search for them.
#[derive(Debug, Clone, Copy)]
pub struct LogLines {
    /// The notification was sent.
    pub done: &'static str,
    /// The call failed.
    pub failed: &'static str,
    /// A setting is missing.
    pub skipped: &'static str,
    /// The notification had been sent before. `None` logs nothing.
    pub already_done: Option<&'static str>,
    /// The notifier waits for approval. `None` logs nothing.
    pub waiting: Option<&'static str>,
    /// The log field for the id that the third party returned.
    pub id: IdField,
    /// Whether it calls the Sentry API. Its failures then also get the log line of Sentry failures.
    pub calls_sentry: bool,
}

/// The log field for the third party's id.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IdField {
    /// The field `comment_id`.
    Comment,
    /// The field `message_id`.
    Message,
}

/// The metrics that count the outcomes of a notifier's steps.
#[derive(Debug, Clone, Copy)]
pub struct StepMetrics {
    /// The notification was sent.
    pub done: Metric,
    /// The call failed.
    pub failed: Metric,
    /// A setting is missing.
    pub skipped: Metric,
}

/// Whether a missing secret is a problem.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Need {
    /// A configured feature does not work without it; the text names the feature.
    Must(&'static str),
    /// It is optional; the text gives the reason.
    May(&'static str),
}

/// One line of the health endpoint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HealthLine {
    /// Everything that it needs is configured.
    Ok,
    /// It is switched off on purpose.
    Off,
    /// This variable is missing.
    NotSet(&'static str),
    /// The secrets cannot be read. The endpoint is public, so only the log has the reason.
    NoSecrets,
    /// It waits for an approval that is impossible; the text names the missing setting.
    Held(String),
}

impl HealthLine {
    /// The line of a check that needs this secret.
    #[must_use]
    pub fn of_secret(key: &'static str, secrets: Option<&dyn SecretLookup>) -> Self {
        match secrets.map(|secrets| secrets.secret(key).is_some()) {
            Some(true) => Self::Ok,
            Some(false) => Self::NotSet(key),
            None => Self::NoSecrets,
        }
    }

    /// Whether the line does not prevent a delivery from being completed.
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
