//! An action that can be carried out.

use serde::{Deserialize, Serialize};

use super::NAME;
use crate::domain::action::{Action, Assignee, AssigneeKind, Priority};
use crate::domain::ids::MemberId;
use crate::domain::text::Foreign;

/// What is done to the issue when a person approves it: an [`Action`] that can be carried out.
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
    pub fn of(action: &Action) -> Option<Self> {
        Some(match action {
            Action::None => return None,
            Action::Assign(Assignee { kind, id, name }) => {
                let (id, name) = (id.as_ref()?.to_string(), name.line(NAME));
                match kind {
                    AssigneeKind::User => Self::AssignUser { id, name },
                    AssigneeKind::Team => Self::AssignTeam { id, name },
                }
            }
            Action::Priority(Priority::High) => Self::PriorityHigh,
            Action::Priority(Priority::Medium) => Self::PriorityMedium,
            Action::Priority(Priority::Low) => Self::PriorityLow,
            Action::ArchiveUntilEscalating => Self::ArchiveUntilEscalating,
            Action::ResolveInNextRelease => Self::ResolveInNextRelease,
        })
    }

    /// The action that this is the order for.
    #[must_use]
    pub fn action(&self) -> Action {
        let assign = |kind, id: &str, name: &str| {
            Action::Assign(Assignee { kind, id: MemberId::parse(id).ok(), name: Foreign::new(name) })
        };
        match self {
            Self::AssignUser { id, name } => assign(AssigneeKind::User, id, name),
            Self::AssignTeam { id, name } => assign(AssigneeKind::Team, id, name),
            Self::PriorityHigh => Action::Priority(Priority::High),
            Self::PriorityMedium => Action::Priority(Priority::Medium),
            Self::PriorityLow => Action::Priority(Priority::Low),
            Self::ArchiveUntilEscalating => Action::ArchiveUntilEscalating,
            Self::ResolveInNextRelease => Action::ResolveInNextRelease,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_order_is_its_action_and_nobody_without_an_id_is_one() {
        let name = || Foreign::new("Kim");
        let id = MemberId::parse("7").ok();
        for kind in [AssigneeKind::User, AssigneeKind::Team] {
            let action = Action::Assign(Assignee { kind, id: id.clone(), name: name() });
            assert_eq!(Order::of(&action).map(|order| order.action()), Some(action));
            assert_eq!(Order::of(&Action::Assign(Assignee { kind, id: None, name: name() })), None);
        }
        assert_eq!(Order::of(&Action::None), None);
    }
}
