//! A change of an issue that Sentry reports and that needs no analysis. It is shown in the issue's message.

use super::ids::IssueId;
use super::text::Untrusted;

/// A change of an issue's status or assignee.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IssueUpdate {
    /// The issue.
    pub issue: IssueId,
    /// The kind of the change.
    pub kind: UpdateKind,
    /// The name of the person or the app that made the change. `None` if Sentry itself made it.
    pub by: Option<Untrusted>,
    /// Whether an app made the change.
    pub is_by_app: bool,
    /// The name of the new assignee.
    pub assignee: Option<Untrusted>,
}

/// The kind of a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UpdateKind {
    /// The issue was resolved.
    Resolved,
    /// The issue was assigned.
    Assigned,
    /// The issue was archived. Older versions of Sentry call this `ignored`.
    Archived,
    /// A person reopened the issue.
    Unresolved,
}

impl UpdateKind {
    /// The kind as it is written into replies and logs.
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
