//! A change of an issue that Sentry reports and that needs no analysis. The change is shown in the chat message about
//! the issue.

use super::ids::IssueId;
use super::text::Untrusted;

/// A change of an issue's status or assignee.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IssueUpdate {
    /// The id of the issue.
    pub issue: IssueId,
    /// The kind of change.
    pub kind: UpdateKind,
    /// The name of the person or the app that made the change. `None` if Sentry itself made the change.
    pub by: Option<Untrusted>,
    /// Whether an app (a Sentry integration) made the change.
    pub is_by_app: bool,
    /// The name of the person or team that the issue is now assigned to.
    pub assignee: Option<Untrusted>,
}

/// The kind of a change to an issue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UpdateKind {
    /// The issue was resolved.
    Resolved,
    /// The issue was assigned to a person or a team.
    Assigned,
    /// The issue was archived. Older versions of Sentry call this status `ignored`.
    Archived,
    /// The issue is unresolved again, and is neither regressed nor escalating.
    Unresolved,
}

impl UpdateKind {
    /// Returns the kind as it is written into replies and logs.
    #[must_use]
    pub fn reason(self) -> &'static str {
        match self {
            Self::Resolved => "issue resolved",
            Self::Assigned => "issue assigned",
            Self::Archived => "issue archived",
            Self::Unresolved => "issue unresolved",
        }
    }
}
