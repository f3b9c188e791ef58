//! Occurrences: the decoded content of a delivery.

use super::event::Event;
use super::ids::{IssueId, Slug};
use super::issue::{Issue, Substatus};
use super::text::Untrusted;

/// The decoded content of a delivery: an issue, or a metric without an issue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Occurrence {
    /// An issue changed.
    Issue(Box<IssueOccurrence>),
    /// A metric crossed a threshold. There is no issue for a note, so only messages are sent.
    Metric(MetricAlert),
}

impl Occurrence {
    /// The id of the issue. A metric alert has none.
    #[must_use]
    pub fn issue_id(&self) -> Option<IssueId> {
        match self {
            Self::Issue(occurrence) => Some(occurrence.issue.id.clone()),
            Self::Metric(_) => None,
        }
    }

    /// The slug of the organization, if the body contains it.
    #[must_use]
    pub fn org(&self) -> Option<&Slug> {
        match self {
            Self::Issue(occurrence) => occurrence.org.as_ref(),
            Self::Metric(alert) => alert.org.as_ref(),
        }
    }

    /// The occurrence's name in responses and logs.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Issue(occurrence) => occurrence.trigger.name(),
            Self::Metric(_) => "metric",
        }
    }
}

impl IssueOccurrence {
    /// Creates an occurrence for a manual request by a person, without a webhook.
    #[must_use]
    pub fn asked(issue: Issue, org: Option<Slug>) -> Self {
        Self { trigger: Trigger::Manual, issue, org, event: None, rule: None, seer: None }
    }
}

/// A change of an issue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IssueOccurrence {
    /// The reason for the delivery.
    pub trigger: Trigger,
    /// The issue, as far as the webhook describes it.
    pub issue: Issue,
    /// The slug of the organization, if the body contains it.
    pub org: Option<Slug>,
    /// The event, if the webhook contains one.
    pub event: Option<Event>,
    /// The name of the alert rule that fired.
    pub rule: Option<Untrusted>,
    /// The finished analysis by Seer, Sentry's own AI.
    pub seer: Option<SeerRootCause>,
}

/// The reason for a delivery about an issue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trigger {
    /// The issue is new.
    Created,
    /// An alert rule fired for an event of the issue.
    Alert,
    /// Another event of the issue occurred (`error.created`).
    Error,
    /// The issue is unresolved again.
    Unresolved(Substatus),
    /// A person requested the analysis with a command or with a webhook body posted by hand.
    Manual,
    /// Seer finished its analysis.
    SeerFinished,
}

impl Trigger {
    /// The trigger's name in responses and logs.
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

/// The finished analysis by Seer, Sentry's own AI, in Seer's own words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SeerRootCause {
    /// The cause in one sentence.
    pub summary: Untrusted,
    /// The reasoning, step by step.
    pub reasoning: Vec<Untrusted>,
    /// The steps that reproduce the problem.
    pub reproduction: Vec<Untrusted>,
}

/// An alert about a metric.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MetricAlert {
    /// The state of the metric.
    pub state: MetricState,
    /// The title of the alert.
    pub title: Untrusted,
    /// The text of the alert, line by line.
    pub description: Vec<Untrusted>,
    /// The threshold that the metric crossed.
    pub threshold: Option<Threshold>,
    /// The slug of the organization, if the body contains it.
    pub org: Option<Slug>,
    /// The id of the alert rule. The link to its page is built from it.
    pub rule_id: Option<Slug>,
}

/// The threshold of a metric alert.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Threshold {
    /// The value of the threshold.
    pub value: Untrusted,
    /// Whether the alert fires above the threshold. Otherwise it fires below.
    pub is_above: bool,
}

/// The state of a metric.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MetricState {
    /// The metric crossed the critical threshold.
    Critical,
    /// The metric crossed the warning threshold.
    Warning,
    /// The metric is back to normal.
    Resolved,
}
