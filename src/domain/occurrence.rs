//! Occurrences: the decoded content of webhook deliveries.

use super::event::Event;
use super::ids::{IssueId, Slug};
use super::issue::{Issue, Substatus};
use super::text::Untrusted;

/// The decoded content of a webhook delivery: a change of an issue, or an alert about a metric.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Occurrence {
    /// An issue changed.
    Issue(Box<IssueOccurrence>),
    /// The state of a metric changed. There is no issue for a note, so only messages are sent.
    Metric(MetricAlert),
}

impl Occurrence {
    /// Returns the id of the issue. A metric alert has no issue.
    #[must_use]
    pub fn issue_id(&self) -> Option<IssueId> {
        match self {
            Self::Issue(occurrence) => Some(occurrence.issue.id.clone()),
            Self::Metric(_) => None,
        }
    }

    /// Returns the slug of the Sentry organization, if the webhook's body contains it.
    #[must_use]
    pub fn org(&self) -> Option<&Slug> {
        match self {
            Self::Issue(occurrence) => occurrence.org.as_ref(),
            Self::Metric(alert) => alert.org.as_ref(),
        }
    }

    /// Returns the occurrence's name in responses and logs.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Issue(occurrence) => occurrence.trigger.name(),
            Self::Metric(_) => "metric",
        }
    }
}

impl IssueOccurrence {
    /// Creates an occurrence for an analysis that a person requested, without a webhook.
    #[must_use]
    pub fn asked(issue: Issue, org: Option<Slug>) -> Self {
        Self { trigger: Trigger::Manual, issue, org, event: None, rule: None, seer: None }
    }
}

/// A change of an issue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IssueOccurrence {
    /// The reason for the webhook delivery.
    pub trigger: Trigger,
    /// The issue, as far as the webhook describes it.
    pub issue: Issue,
    /// The slug of the Sentry organization, if the webhook's body contains it.
    pub org: Option<Slug>,
    /// The event, if the webhook contains one.
    pub event: Option<Event>,
    /// The name of the alert rule that fired, if the webhook names one.
    pub rule: Option<Untrusted>,
    /// The finished analysis by Seer, Sentry's own AI.
    pub seer: Option<SeerRootCause>,
}

/// The reason for a webhook delivery about an issue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trigger {
    /// The issue is new.
    Created,
    /// An alert rule fired for an event of the issue.
    Alert,
    /// Another event of the issue occurred (Sentry's webhook `error.created`).
    Error,
    /// The issue is unresolved again. The value is its substatus.
    Unresolved(Substatus),
    /// A person requested the analysis with a command or with a webhook body posted by hand.
    Manual,
    /// Sentry's own AI, Seer, finished its analysis.
    SeerFinished,
}

impl Trigger {
    /// Returns the trigger's name in responses and logs.
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
    /// The reasoning of Seer, step by step.
    pub reasoning: Vec<Untrusted>,
    /// The steps that reproduce the problem.
    pub reproduction: Vec<Untrusted>,
}

/// An alert about a metric.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MetricAlert {
    /// The state of the metric after the change.
    pub state: MetricState,
    /// The title of the alert.
    pub title: Untrusted,
    /// The text of the alert, line by line.
    pub description: Vec<Untrusted>,
    /// The threshold that the metric crossed. A resolved metric has crossed none.
    pub threshold: Option<Threshold>,
    /// The slug of the Sentry organization, if the webhook's body contains it.
    pub org: Option<Slug>,
    /// The id of the alert rule, from which the link to the rule's page is built.
    pub rule_id: Option<Slug>,
}

/// The threshold of a metric alert.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Threshold {
    /// The value of the threshold.
    pub value: Untrusted,
    /// Whether the alert fires above the threshold. Otherwise the alert fires below the threshold.
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
