//! What Sidenote may propose: a closed list. It only proposes; a person decides.

use super::evidence::Cite;
use super::ids::MemberId;
use super::text::Untrusted;
use super::words::{Arg, Phrase, Sentence};

/// What can be done to an issue in Sentry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum IssueAction {
    /// Leave it as it is.
    None,
    /// Assign it to somebody.
    Assign(Assignee),
    /// Set its priority.
    Priority(Priority),
    /// Archive it until it occurs much more often than now.
    ArchiveUntilEscalating,
    /// Resolve it in the next release.
    ResolveInNextRelease,
}

/// Who an issue can be assigned to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Assignee {
    /// A user or a team.
    pub kind: AssigneeKind,
    /// The id in Sentry, when known.
    pub id: Option<MemberId>,
    /// The name.
    pub name: Untrusted,
}

/// Whether an assignee is one person.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AssigneeKind {
    /// One person.
    User,
    /// A team.
    Team,
}

/// Sentry's priorities.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Priority {
    /// Look at it now.
    High,
    /// Look at it when it can be planned.
    Medium,
    /// Look at it when there is nothing else.
    Low,
}

impl Priority {
    /// Sentry's word.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::High => "high",
            Self::Medium => "medium",
            Self::Low => "low",
        }
    }
}

/// An action, and why.
#[derive(Debug, Clone)]
pub struct Proposal {
    /// What is proposed.
    pub action: IssueAction,
    /// Why, as the end of "because …".
    pub because: Sentence,
    /// What the reason rests on.
    pub cites: Vec<Cite>,
}

impl Proposal {
    /// Nothing is proposed.
    #[must_use]
    pub fn none() -> Self {
        Self { action: IssueAction::None, because: Sentence::plain(|_| ""), cites: Vec::new() }
    }
}

impl IssueAction {
    /// The name in answers and logs.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Assign(_) => "assign",
            Self::Priority(Priority::High) => "priority_high",
            Self::Priority(Priority::Medium) => "priority_medium",
            Self::Priority(Priority::Low) => "priority_low",
            Self::ArchiveUntilEscalating => "archive_until_escalating",
            Self::ResolveInNextRelease => "resolve_in_next_release",
        }
    }

    /// The action in words; `None` for [`IssueAction::None`].
    #[must_use]
    pub fn sentence(&self) -> Option<Sentence> {
        let phrase: Phrase = match self {
            Self::None => return None,
            Self::Assign(to) => {
                let phrase: Phrase = match to.kind {
                    AssigneeKind::User => |w| w.action_assign_user,
                    AssigneeKind::Team => |w| w.action_assign_team,
                };
                return Some(Sentence::new(phrase, [Arg::from(&to.name)]));
            }
            Self::Priority(Priority::High) => |w| w.action_priority_high,
            Self::Priority(Priority::Medium) => |w| w.action_priority_medium,
            Self::Priority(Priority::Low) => |w| w.action_priority_low,
            Self::ArchiveUntilEscalating => |w| w.action_archive,
            Self::ResolveInNextRelease => |w| w.action_resolve,
        };
        Some(Sentence::plain(phrase))
    }
}
