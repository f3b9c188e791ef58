//! The facts that a notifier declares of itself.

use std::fmt;

use crate::config::SecretLookup;
use crate::metrics::Metric;

/// The constant facts of a notifier.
#[derive(Debug, Clone, Copy)]
pub struct Profile {
    /// The step's name in answers, logs and stored records. It never changes.
    pub name: &'static str,
    /// Whether sending twice leaves one notification or two.
    pub repeat: Repeat,
    /// Whether `APPROVAL=note` holds it back until a person has approved.
    pub waits_for_approval: bool,
    /// Whether it shows a person the question, with buttons.
    pub asks_for_approval: bool,
    /// Its lines in the log.
    pub lines: LogLines,
    /// Its metrics.
    pub metrics: StepMetrics,
    /// The secrets that it reads: some of `config::SECRET_KEYS`.
    pub secrets: &'static [&'static str],
    /// The variables that `Config` reads for it alone.
    pub settings: &'static [&'static str],
}

/// The number of notifications that two calls leave behind, when the outcome of the first is not known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Repeat {
    /// One notification: the first one is found again.
    Safe,
    /// Two notifications. So a call that may have arrived is never repeated.
    Unsafe,
}

/// The names of a notifier's log lines. Alarms and dashboards search for them.
#[derive(Debug, Clone, Copy)]
pub struct LogLines {
    /// It was sent.
    pub done: &'static str,
    /// It was tried and failed.
    pub failed: &'static str,
    /// A setting is missing.
    pub skipped: &'static str,
    /// It had been sent before; `None` logs nothing.
    pub already_done: Option<&'static str>,
    /// It waits for a person; `None` logs nothing.
    pub waiting: Option<&'static str>,
    /// The field with the id that the third party gave.
    pub id: IdField,
    /// Whether a failure is one of the Sentry API and has a line there, too.
    pub calls_sentry: bool,
}

/// The log field that holds the third party's id.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IdField {
    /// `comment_id`.
    Comment,
    /// `message_id`.
    Message,
}

/// The metrics that count how a notifier's steps end.
#[derive(Debug, Clone, Copy)]
pub struct StepMetrics {
    /// It was sent.
    pub done: Metric,
    /// It was tried and failed.
    pub failed: Metric,
    /// A setting is missing.
    pub skipped: Metric,
}

/// How much a secret is missed when it is not set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Need {
    /// Something that is configured does not work without it; the text says what.
    Must(&'static str),
    /// Nothing is missed without it; the text says why.
    May(&'static str),
}

/// One check of the health endpoint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HealthLine {
    /// All that it needs is there.
    Ok,
    /// It is not configured, and that is meant so.
    Off,
    /// This variable is missing.
    NotSet(&'static str),
    /// The secrets cannot be read. Anybody may ask, so the reason stands in the log only.
    NoSecrets,
    /// It waits for an approval that nobody can give; the text says what is missing.
    Held(String),
}

impl HealthLine {
    /// The line of something that needs this secret.
    #[must_use]
    pub fn of_secret(key: &'static str, secrets: Option<&dyn SecretLookup>) -> Self {
        match secrets.map(|secrets| secrets.secret(key).is_some()) {
            Some(true) => Self::Ok,
            Some(false) => Self::NotSet(key),
            None => Self::NoSecrets,
        }
    }

    /// Whether a delivery can be worked to its end.
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
