//! One issue: what Sentry knows about all events that it holds for the same.

use super::ids::{IssueId, Slug};
use super::kind::Kind;
use super::origin::Feedback;
use super::text::Untrusted;
use super::timestamp::Timestamp;

/// What Sentry knows of an issue. Everything but the id can be unknown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Issue {
    /// The issue's id.
    pub id: IssueId,
    /// `PROJECT-1A`.
    pub short_id: Option<Untrusted>,
    /// `Type: message` of the exception that the title shows.
    pub title: Option<Untrusted>,
    /// Where Sentry places it.
    pub culprit: Option<Untrusted>,
    /// `error`, `fatal`, `warning`, …
    pub level: Option<Untrusted>,
    /// The project's slug.
    pub project: Option<Slug>,
    /// What the project is written for, by Sentry's name (`python-django`).
    pub platform: Option<Untrusted>,
    /// `unresolved`, `resolved`, `ignored`, …
    pub status: Option<Untrusted>,
    /// What kind of unresolved it is.
    pub substatus: Option<Substatus>,
    /// `high`, `medium`, `low`.
    pub priority: Option<Untrusted>,
    /// What it is about, where Sentry's type and category say more than that it is an error.
    pub kind: Option<Kind>,
    /// What a detector says of it under the title: a query, a reason, a threshold.
    pub subtitle: Option<Untrusted>,
    /// What a person wrote, of user feedback.
    pub feedback: Option<Feedback>,
    /// Who it is assigned to, by name.
    pub assignee: Option<Untrusted>,
    /// First event.
    pub first_seen: Option<Timestamp>,
    /// Latest event.
    pub last_seen: Option<Timestamp>,
    /// Events since it was first seen.
    pub events: Option<u64>,
    /// Users affected since it was first seen.
    pub users: Option<u64>,
    /// The release of the first event.
    pub first_release: Option<Untrusted>,
    /// The release of the latest event.
    pub last_release: Option<Untrusted>,
    /// Events by hour of the last 24 h, oldest first; the last hour is the running one.
    pub hourly: Option<Vec<u64>>,
    /// Events by day of the last 30 d, oldest first; the last day is the running one.
    pub daily: Option<Vec<u64>>,
    /// When the last day of `daily` began.
    pub last_day: Option<Timestamp>,
    /// What people wrote on it, the newest first; our own notes are not among it.
    pub comments: Vec<Untrusted>,
}

impl Issue {
    /// An issue of which only the id is known.
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

    /// Whether it still asks for somebody's attention; what has no status does.
    #[must_use]
    pub fn current_status(&self) -> IssueStatus {
        match self.status.as_ref().map(Untrusted::raw) {
            Some("resolved" | "resolvedInNextRelease") => IssueStatus::Resolved,
            Some("ignored" | "archived" | "muted") => IssueStatus::Archived,
            _ => IssueStatus::Open,
        }
    }

    /// Events within the last 24 h, when known.
    #[must_use]
    pub fn events_24h(&self) -> Option<u64> {
        self.hourly.as_ref().map(|hours| total(hours))
    }

    /// Events within the last 30 d, when known.
    #[must_use]
    pub fn events_30d(&self) -> Option<u64> {
        self.daily.as_ref().map(|days| total(days))
    }

    /// What `self` knows, and where it knows nothing what `other` knows: `self` is the fresher of the two.
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

/// An answer's numbers are foreign, too: they may not overflow.
fn total(events: &[u64]) -> u64 {
    events.iter().fold(0, |sum, n| sum.saturating_add(*n))
}

/// Whether an issue still asks for somebody's attention.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IssueStatus {
    /// It is unresolved.
    Open,
    /// It is resolved.
    Resolved,
    /// It is archived (`ignored` in older words).
    Archived,
}

/// What kind of unresolved an issue is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Substatus {
    /// Seen for the first time.
    New,
    /// Was resolved, and is back.
    Regressed,
    /// Occurs much more often than it used to.
    Escalating,
    /// Known, unresolved, nothing special.
    Ongoing,
}

impl Substatus {
    /// Reads Sentry's word.
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
