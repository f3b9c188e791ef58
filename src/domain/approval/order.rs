//! An action that can be carried out.

use serde::{Deserialize, Serialize};

use super::NAME;
use crate::domain::action::{Assignee, AssigneeKind, IssueAction, Priority};
use crate::domain::ids::MemberId;
use crate::domain::text::Untrusted;

/// What is done to the issue when a person approves it: an [`IssueAction`] that can be carried out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Order {
    /// Assign it to a user of Sentry.
    AssignUser {
        /// The user's id.
        id: String,
        /// The name, scrubbed.
        name: String,
    },
    /// Assign it to a team.
    AssignTeam {
        /// The team's id.
        id: String,
        /// The name, scrubbed.
        name: String,
    },
    /// Set its priority to high.
    PriorityHigh,
    /// Set its priority to medium.
    PriorityMedium,
    /// Set its priority to low.
    PriorityLow,
    /// Archive it until it escalates.
    ArchiveUntilEscalating,
    /// Resolve it in the next release.
    ResolveInNextRelease,
}

impl Order {
    /// The action as an order; `None` for one that cannot be carried out: none at all, or somebody without an id.
    #[must_use]
    pub fn of(action: &IssueAction) -> Option<Self> {
        Some(match action {
            IssueAction::None => return None,
            IssueAction::Assign(Assignee { kind, id, name }) => {
                let (id, name) = (id.as_ref()?.to_string(), name.line(NAME));
                match kind {
                    AssigneeKind::User => Self::AssignUser { id, name },
                    AssigneeKind::Team => Self::AssignTeam { id, name },
                }
            }
            IssueAction::Priority(Priority::High) => Self::PriorityHigh,
            IssueAction::Priority(Priority::Medium) => Self::PriorityMedium,
            IssueAction::Priority(Priority::Low) => Self::PriorityLow,
            IssueAction::ArchiveUntilEscalating => Self::ArchiveUntilEscalating,
            IssueAction::ResolveInNextRelease => Self::ResolveInNextRelease,
        })
    }

    /// The action that this is the order for.
    #[must_use]
    pub fn action(&self) -> IssueAction {
        let assign = |kind, id: &str, name: &str| {
            IssueAction::Assign(Assignee { kind, id: MemberId::parse(id).ok(), name: Untrusted::new(name) })
        };
        match self {
            Self::AssignUser { id, name } => assign(AssigneeKind::User, id, name),
            Self::AssignTeam { id, name } => assign(AssigneeKind::Team, id, name),
            Self::PriorityHigh => IssueAction::Priority(Priority::High),
            Self::PriorityMedium => IssueAction::Priority(Priority::Medium),
            Self::PriorityLow => IssueAction::Priority(Priority::Low),
            Self::ArchiveUntilEscalating => IssueAction::ArchiveUntilEscalating,
            Self::ResolveInNextRelease => IssueAction::ResolveInNextRelease,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_order_is_its_action_and_nobody_without_an_id_is_one() {
        let name = || Untrusted::new("Kim");
        let id = MemberId::parse("7").ok();
        for kind in [AssigneeKind::User, AssigneeKind::Team] {
            let action = IssueAction::Assign(Assignee { kind, id: id.clone(), name: name() });
            assert_eq!(Order::of(&action).map(|order| order.action()), Some(action));
            assert_eq!(Order::of(&IssueAction::Assign(Assignee { kind, id: None, name: name() })), None);
        }
        assert_eq!(Order::of(&IssueAction::None), None);
    }
}
