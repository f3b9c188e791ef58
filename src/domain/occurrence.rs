//! Occurrences: the content of a delivery.

use super::event::Event;
use super::ids::{IssueId, Slug};
use super::issue::{Issue, Substatus};
use super::text::Untrusted;

/// The content of a delivery: an issue, or a metric without an issue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Occurrence {
    /// Something happened to an issue.
    Issue(Box<IssueOccurrence>),
    /// A metric crossed a line. There is no issue to write a note on: Telegram only.
    Metric(MetricAlert),
}

impl Occurrence {
    /// The issue's id; a metric alert has none.
    #[must_use]
    pub fn issue_id(&self) -> Option<IssueId> {
        match self {
            Self::Issue(occurrence) => Some(occurrence.issue.id.clone()),
            Self::Metric(_) => None,
        }
    }

    /// The organization's slug, when the body gives it away.
    #[must_use]
    pub fn org(&self) -> Option<&Slug> {
        match self {
            Self::Issue(occurrence) => occurrence.org.as_ref(),
            Self::Metric(alert) => alert.org.as_ref(),
        }
    }

    /// The name for logs and answers.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Issue(occurrence) => occurrence.trigger.name(),
            Self::Metric(_) => "metric",
        }
    }
}

impl IssueOccurrence {
    /// An occurrence that a person asks for. No webhook names it.
    #[must_use]
    pub fn asked(issue: Issue, org: Option<Slug>) -> Self {
        Self { trigger: Trigger::Manual, issue, org, event: None, rule: None, seer: None }
    }
}

/// Something happened to an issue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IssueOccurrence {
    /// The trigger.
    pub trigger: Trigger,
    /// The issue, as the webhook gives it.
    pub issue: Issue,
    /// The organization's slug, when the body gives it away.
    pub org: Option<Slug>,
    /// The event, when the webhook carried one.
    pub event: Option<Event>,
    /// The alert rule that fired.
    pub rule: Option<Untrusted>,
    /// An analysis that Sentry's own Seer has finished.
    pub seer: Option<SeerRootCause>,
}

/// The reason for a delivery about an issue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trigger {
    /// It is new.
    Created,
    /// An alert rule fired for one of its events.
    Alert,
    /// One more event of it (`error.created`).
    Error,
    /// It is unresolved again.
    Unresolved(Substatus),
    /// A person asked for it: by command, or by a body posted by hand.
    Manual,
    /// Seer has finished its own analysis.
    SeerFinished,
}

impl Trigger {
    /// The name for logs and answers.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Created => "created",
            Self::Alert => "alert",
            Self::Error => "error",
            Self::Unresolved(Substatus::New) => "unresolved",
            Self::Unresolved(Substatus::Regressed) => "regressed",
            Self::Unresolved(Substatus::Escalating) => "escalating",
            Self::Unresolved(Substatus::Ongoing) => "ongoing",
            Self::Manual => "asked",
            Self::SeerFinished => "seer_finished",
        }
    }
}

/// Seer's finished analysis, in its own words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SeerRootCause {
    /// One sentence.
    pub summary: Untrusted,
    /// The reasoning.
    pub reasoning: Vec<Untrusted>,
    /// The steps to reproduce it.
    pub reproduction: Vec<Untrusted>,
}

/// A metric crossed a line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MetricAlert {
    /// The state of the metric.
    pub state: MetricState,
    /// The alert's title.
    pub title: Untrusted,
    /// The alert's text, line by line.
    pub description: Vec<Untrusted>,
    /// The value at which it speaks up.
    pub threshold: Option<Threshold>,
    /// The organization's slug, when the body gives it away.
    pub org: Option<Slug>,
    /// The rule's id, for a link that we build.
    pub rule_id: Option<Slug>,
}

/// The value at which a metric alert speaks up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Threshold {
    /// The value.
    pub value: Untrusted,
    /// Whether it speaks up above it; below it otherwise.
    pub is_above: bool,
}

/// The state of a metric.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MetricState {
    /// Over the critical line.
    Critical,
    /// Over the warning line.
    Warning,
    /// Back to normal.
    Resolved,
}
