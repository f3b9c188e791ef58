//! What a delivery is about.

use super::event::Event;
use super::ids::{IssueId, Slug};
use super::issue::{Issue, Substatus};
use super::text::Untrusted;

/// What a delivery is about: an issue, or a metric that no issue belongs to.
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
    /// Somebody asks for an issue, and no webhook says anything of it.
    #[must_use]
    pub fn asked(issue: Issue, org: Option<Slug>) -> Self {
        Self { trigger: Trigger::Manual, issue, org, event: None, rule: None, seer: None }
    }
}

/// Something happened to an issue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IssueOccurrence {
    /// What happened to it.
    pub trigger: Trigger,
    /// What the webhook says of the issue.
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

/// What happened to an issue.
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
    /// Somebody asked for it: the command line, or a hand-posted body.
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
    /// How it got there.
    pub reasoning: Vec<Untrusted>,
    /// How to make it happen.
    pub reproduction: Vec<Untrusted>,
}

/// A metric crossed a line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MetricAlert {
    /// Where the metric stands now.
    pub state: MetricState,
    /// The alert's title.
    pub title: Untrusted,
    /// What it says.
    pub description: Option<Untrusted>,
    /// The organization's slug, when the body gives it away.
    pub org: Option<Slug>,
    /// The rule's id, for a link that we build.
    pub rule_id: Option<Slug>,
}

/// Where a metric stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MetricState {
    /// Over the critical line.
    Critical,
    /// Over the warning line.
    Warning,
    /// Back to normal.
    Resolved,
}
