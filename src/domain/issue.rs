//! A Sentry issue: a group of events that Sentry considers to be the same problem.

use serde::{Deserialize, Serialize};

use super::ids::{IssueId, Slug};
use super::kind::Kind;
use super::origin::Feedback;
use super::text::Untrusted;
use super::timestamp::Timestamp;

/// A Sentry issue. Every member except the id can be unknown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Issue {
    /// The issue's numeric id in Sentry, as text.
    pub id: IssueId,
    /// The short id that people use, such as `PROJECT-1A`.
    pub short_id: Option<Untrusted>,
    /// The title, such as `Type: message` for an exception.
    pub title: Option<Untrusted>,
    /// The culprit: the function or route that Sentry names as the place of the problem.
    pub culprit: Option<Untrusted>,
    /// The log level, such as `error`, `fatal` or `warning`.
    pub level: Option<Untrusted>,
    /// The slug of the project.
    pub project: Option<Slug>,
    /// Sentry's name of the project's platform, such as `python-django`.
    pub platform: Option<Untrusted>,
    /// The status, such as `unresolved`, `resolved` or `ignored`.
    pub status: Option<Untrusted>,
    /// The substatus of an unresolved issue.
    pub substatus: Option<Substatus>,
    /// The priority: `high`, `medium` or `low`.
    pub priority: Option<Untrusted>,
    /// The kind of the issue. `None` for an error, and for an unknown type without a category.
    pub kind: Option<Kind>,
    /// The subtitle that a detector wrote: a query, a reason or a threshold.
    pub subtitle: Option<Untrusted>,
    /// The feedback of a user, if the issue is about one.
    pub feedback: Option<Feedback>,
    /// The name of the person or team that the issue is assigned to.
    pub assignee: Option<Untrusted>,
    /// The time of the first event.
    pub first_seen: Option<Timestamp>,
    /// The time of the latest event.
    pub last_seen: Option<Timestamp>,
    /// The time at which the issue last regressed or began to escalate.
    pub returned_at: Option<Timestamp>,
    /// The number of events since the first one.
    pub events: Option<u64>,
    /// The number of affected users since the first event.
    pub users: Option<u64>,
    /// The release of the first event.
    pub first_release: Option<Untrusted>,
    /// The release of the latest event.
    pub last_release: Option<Untrusted>,
    /// The number of events in each hour of the last 24 hours, oldest first. The last hour is not complete.
    pub hourly: Option<Vec<u64>>,
    /// The number of events on each day of the last 30 days, oldest first. The last day is not complete.
    pub daily: Option<Vec<u64>>,
    /// The time at which the last day of `daily` began.
    pub last_day: Option<Timestamp>,
    /// The comments of people on the issue, the newest first, without Sidenote's own notes.
    pub comments: Vec<Untrusted>,
}

impl Issue {
    /// Creates an issue of which only the id is known.
    #[must_use]
    pub fn unknown(id: IssueId) -> Self {
        Self {
            id,
            short_id: None,
            title: None,
            culprit: None,
            level: None,
            project: None,
            platform: None,
            status: None,
            substatus: None,
            priority: None,
            kind: None,
            subtitle: None,
            feedback: None,
            assignee: None,
            first_seen: None,
            last_seen: None,
            returned_at: None,
            events: None,
            users: None,
            first_release: None,
            last_release: None,
            hourly: None,
            daily: None,
            last_day: None,
            comments: Vec::new(),
        }
    }

    /// Returns the status as open, resolved or archived. An issue without a status counts as open.
    #[must_use]
    pub fn current_status(&self) -> IssueStatus {
        match self.status.as_ref().map(Untrusted::raw) {
            Some("resolved" | "resolvedInNextRelease") => IssueStatus::Resolved,
            Some("ignored" | "archived" | "muted") => IssueStatus::Archived,
            _ => IssueStatus::Open,
        }
    }

    /// Returns the number of events in the last 24 hours, if known.
    #[must_use]
    pub fn events_24h(&self) -> Option<u64> {
        self.hourly.as_ref().map(|hours| total(hours))
    }

    /// Returns the number of events in the last 30 days, if known.
    #[must_use]
    pub fn events_30d(&self) -> Option<u64> {
        self.daily.as_ref().map(|days| total(days))
    }

    /// Returns `self` with its unknown members filled from `other`. `self` is the more recent of the two.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        Self {
            id: self.id,
            short_id: self.short_id.or(other.short_id),
            title: self.title.or(other.title),
            culprit: self.culprit.or(other.culprit),
            level: self.level.or(other.level),
            project: self.project.or(other.project),
            platform: self.platform.or(other.platform),
            status: self.status.or(other.status),
            substatus: self.substatus.or(other.substatus),
            priority: self.priority.or(other.priority),
            kind: self.kind.or(other.kind),
            subtitle: self.subtitle.or(other.subtitle),
            feedback: self.feedback.or(other.feedback),
            assignee: self.assignee.or(other.assignee),
            first_seen: self.first_seen.or(other.first_seen),
            last_seen: self.last_seen.or(other.last_seen),
            returned_at: self.returned_at.or(other.returned_at),
            events: self.events.or(other.events),
            users: self.users.or(other.users),
            first_release: self.first_release.or(other.first_release),
            last_release: self.last_release.or(other.last_release),
            hourly: self.hourly.or(other.hourly),
            last_day: if self.daily.is_some() { self.last_day } else { other.last_day },
            daily: self.daily.or(other.daily),
            comments: if self.comments.is_empty() { other.comments } else { self.comments },
        }
    }
}

/// Returns the sum of the counts. The sum saturates, because the counts come from a response and can have any value.
fn total(events: &[u64]) -> u64 {
    events.iter().fold(0, |sum, n| sum.saturating_add(*n))
}

/// The status of an issue, reduced to the three that Sidenote distinguishes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum IssueStatus {
    /// The issue is unresolved.
    Open,
    /// The issue is resolved.
    Resolved,
    /// The issue is archived. Older versions of Sentry call this status `ignored`.
    Archived,
    /// The issue was deleted, or merged into another one. Only a message has this status: Sentry returns no such issue.
    Gone,
}

/// An issue that no longer exists under its id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum IssueGone {
    /// The issue was merged into the issue with this short id.
    MergedInto(Untrusted),
    /// The issue was deleted, or merged into an unknown issue. Sentry's reply to both is 404.
    Unknown,
}

/// The substatus of an unresolved issue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Substatus {
    /// The issue occurred for the first time.
    New,
    /// The issue was resolved and occurred again.
    Regressed,
    /// The issue occurs much more often than before.
    Escalating,
    /// The issue is known and unresolved.
    Ongoing,
}

impl Substatus {
    /// Parses Sentry's name of a substatus. Returns `None` for an unknown name.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        match text {
            "new" => Some(Self::New),
            "regressed" => Some(Self::Regressed),
            "escalating" => Some(Self::Escalating),
            "ongoing" => Some(Self::Ongoing),
            _ => None,
        }
    }
}
