//! The actions that Sidenote can propose for an issue. Sidenote executes an action only after a person has approved it.

use serde::{Deserialize, Serialize};

use super::evidence::Cite;
use super::ids::{EmailAddress, MemberId};
use super::issue::IssueStatus;
use super::text::Untrusted;
use super::words::{Arg, Phrase, Sentence};

/// The longest name of a person or a team in a stored record, in characters.
const STORED_NAME: usize = 60;

/// A change of an issue in Sentry that a person can approve.
///
/// Stored records contain it as `StoredAction`, with the assignee's name scrubbed and shortened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "StoredAction", into = "StoredAction")]
pub enum IssueAction {
    /// Assign the issue to a person or a team.
    Assign(Assignee),
    /// Set the priority of the issue.
    Priority(Priority),
    /// Archive the issue until it occurs much more often.
    ArchiveUntilEscalating,
    /// Resolve the issue in the next release.
    ResolveInNextRelease,
    /// Resolve the issue at once.
    Resolve,
    /// Make the issue unresolved again.
    Reopen,
    /// Remove the assignee from the issue.
    Unassign,
}

/// A person or a team that an issue can be assigned to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Assignee {
    /// The identity of the person or the team in Sentry.
    pub actor: Actor,
    /// The name of the person or the team for readers.
    pub name: Untrusted,
}

/// The identity of a person or a team in Sentry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Actor {
    /// A person with this user id.
    User(MemberId),
    /// A person with this e-mail address.
    Email(EmailAddress),
    /// A team with this id.
    Team(MemberId),
}

/// A priority of an issue. Sentry defines these three.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Priority {
    /// The issue needs attention at once.
    High,
    /// The issue needs attention soon.
    Medium,
    /// The issue can wait.
    Low,
}

impl Priority {
    /// Returns the priority's name in Sentry's API.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::High => "high",
            Self::Medium => "medium",
            Self::Low => "low",
        }
    }
}

/// A proposed action with its reason and its evidence.
#[derive(Debug, Clone)]
pub struct Proposal {
    /// The proposed action. `None` proposes to leave the issue as it is.
    pub action: Option<IssueAction>,
    /// The reason, written so that it completes "because …".
    pub because: Sentence,
    /// The evidence that the reason cites.
    pub cites: Vec<Cite>,
}

impl Proposal {
    /// Returns a proposal without an action and without a reason.
    #[must_use]
    pub fn none() -> Self {
        Self { action: None, because: Sentence::plain(|_| ""), cites: Vec::new() }
    }

    /// Returns the action's name in responses and logs, or `none` without an action.
    #[must_use]
    pub fn name(&self) -> &'static str {
        self.action.as_ref().map_or("none", IssueAction::name)
    }
}

impl IssueAction {
    /// Returns the action's name in responses and logs.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Assign(_) => "assign",
            Self::Priority(Priority::High) => "priority_high",
            Self::Priority(Priority::Medium) => "priority_medium",
            Self::Priority(Priority::Low) => "priority_low",
            Self::ArchiveUntilEscalating => "archive_until_escalating",
            Self::ResolveInNextRelease => "resolve_in_next_release",
            Self::Resolve => "resolve",
            Self::Reopen => "reopen",
            Self::Unassign => "unassign",
        }
    }

    /// Returns the status of the issue after the action, or `None` if the action does not change the status.
    #[must_use]
    pub fn status(&self) -> Option<IssueStatus> {
        match self {
            Self::Resolve | Self::ResolveInNextRelease => Some(IssueStatus::Resolved),
            Self::ArchiveUntilEscalating => Some(IssueStatus::Archived),
            Self::Reopen => Some(IssueStatus::Open),
            Self::Assign(_) | Self::Unassign | Self::Priority(_) => None,
        }
    }

    /// Returns the action that undoes this action, if there is one.
    #[must_use]
    pub fn undo(&self) -> Option<Self> {
        match self {
            Self::Resolve | Self::ResolveInNextRelease | Self::ArchiveUntilEscalating => Some(Self::Reopen),
            Self::Assign(_) => Some(Self::Unassign),
            Self::Reopen | Self::Unassign | Self::Priority(_) => None,
        }
    }

    /// Returns the action as a sentence for people.
    #[must_use]
    pub fn sentence(&self) -> Sentence {
        let phrase: Phrase = match self {
            Self::Assign(to) => {
                let phrase: Phrase = match to.actor {
                    Actor::User(_) | Actor::Email(_) => |w| w.action_assign_user,
                    Actor::Team(_) => |w| w.action_assign_team,
                };
                return Sentence::new(phrase, [Arg::from(&to.name)]);
            }
            Self::Priority(Priority::High) => |w| w.action_priority_high,
            Self::Priority(Priority::Medium) => |w| w.action_priority_medium,
            Self::Priority(Priority::Low) => |w| w.action_priority_low,
            Self::ArchiveUntilEscalating => |w| w.action_archive,
            Self::ResolveInNextRelease => |w| w.action_resolve,
            Self::Resolve => |w| w.action_resolve_now,
            Self::Reopen => |w| w.action_reopen,
            Self::Unassign => |w| w.action_unassign,
        };
        Sentence::plain(phrase)
    }

    /// Returns the sentence that says that the person `by` executed the action at the time `at`.
    #[must_use]
    pub fn done(&self, by: Arg, at: Arg) -> Sentence {
        let (phrase, what): (Phrase, Option<Arg>) = match self {
            Self::Resolve | Self::ResolveInNextRelease => (|w| w.update_resolved, None),
            Self::ArchiveUntilEscalating => (|w| w.update_archived, None),
            Self::Reopen => (|w| w.update_unresolved, None),
            Self::Unassign => (|w| w.update_unassigned, None),
            Self::Assign(to) => (|w| w.update_assigned, Some(Arg::from(&to.name))),
            Self::Priority(Priority::High) => (|w| w.update_priority, Some(Arg::Phrase(|w| w.menu_high))),
            Self::Priority(Priority::Medium) => (|w| w.update_priority, Some(Arg::Phrase(|w| w.menu_medium))),
            Self::Priority(Priority::Low) => (|w| w.update_priority, Some(Arg::Phrase(|w| w.menu_low))),
        };
        Sentence::new(phrase, [by, at].into_iter().chain(what).collect::<Vec<Arg>>())
    }

    /// Returns the action as it will be read back from a stored record, with the assignee's name scrubbed and
    /// shortened.
    #[must_use]
    pub fn as_stored(&self) -> Self {
        StoredAction::from(self.clone()).into()
    }
}

/// The stored form of an [`IssueAction`]. Records of earlier versions of Sidenote have the same form.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum StoredAction {
    AssignUser { id: MemberId, name: String },
    AssignTeam { id: MemberId, name: String },
    AssignEmail { email: EmailAddress, name: String },
    PriorityHigh,
    PriorityMedium,
    PriorityLow,
    ArchiveUntilEscalating,
    ResolveInNextRelease,
    Resolve,
    Reopen,
    Unassign,
}

impl From<IssueAction> for StoredAction {
    fn from(action: IssueAction) -> Self {
        match action {
            IssueAction::Assign(Assignee { actor, name }) => {
                let name = name.line(STORED_NAME);
                match actor {
                    Actor::User(id) => Self::AssignUser { id, name },
                    Actor::Email(email) => Self::AssignEmail { email, name },
                    Actor::Team(id) => Self::AssignTeam { id, name },
                }
            }
            IssueAction::Priority(Priority::High) => Self::PriorityHigh,
            IssueAction::Priority(Priority::Medium) => Self::PriorityMedium,
            IssueAction::Priority(Priority::Low) => Self::PriorityLow,
            IssueAction::ArchiveUntilEscalating => Self::ArchiveUntilEscalating,
            IssueAction::ResolveInNextRelease => Self::ResolveInNextRelease,
            IssueAction::Resolve => Self::Resolve,
            IssueAction::Reopen => Self::Reopen,
            IssueAction::Unassign => Self::Unassign,
        }
    }
}

impl From<StoredAction> for IssueAction {
    fn from(stored: StoredAction) -> Self {
        let assign = |actor, name: &str| Self::Assign(Assignee { actor, name: Untrusted::new(name) });
        match stored {
            StoredAction::AssignUser { id, name } => assign(Actor::User(id), &name),
            StoredAction::AssignTeam { id, name } => assign(Actor::Team(id), &name),
            StoredAction::AssignEmail { email, name } => assign(Actor::Email(email), &name),
            StoredAction::PriorityHigh => Self::Priority(Priority::High),
            StoredAction::PriorityMedium => Self::Priority(Priority::Medium),
            StoredAction::PriorityLow => Self::Priority(Priority::Low),
            StoredAction::ArchiveUntilEscalating => Self::ArchiveUntilEscalating,
            StoredAction::ResolveInNextRelease => Self::ResolveInNextRelease,
            StoredAction::Resolve => Self::Resolve,
            StoredAction::Reopen => Self::Reopen,
            StoredAction::Unassign => Self::Unassign,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn assign(name: &str) -> IssueAction {
        let actor = Actor::User(MemberId::parse("7").expect("an id"));
        IssueAction::Assign(Assignee { actor, name: Untrusted::new(name) })
    }

    #[test]
    fn the_stored_form_of_an_action_is_compatible_with_earlier_versions() {
        for (action, stored) in [
            (assign("Kim"), r#"{"assign_user":{"id":"7","name":"Kim"}}"#),
            (IssueAction::Priority(Priority::High), r#""priority_high""#),
            (IssueAction::Priority(Priority::Medium), r#""priority_medium""#),
            (IssueAction::Priority(Priority::Low), r#""priority_low""#),
            (IssueAction::ArchiveUntilEscalating, r#""archive_until_escalating""#),
            (IssueAction::ResolveInNextRelease, r#""resolve_in_next_release""#),
        ] {
            assert_eq!(serde_json::to_string(&action).expect("JSON"), stored);
            assert_eq!(serde_json::from_str::<IssueAction>(stored).expect("an action"), action);
        }
        let team = r#"{"assign_team":{"id":"9","name":"ops"}}"#;
        let read: IssueAction = serde_json::from_str(team).expect("an action");
        assert!(matches!(&read, IssueAction::Assign(Assignee { actor: Actor::Team(_), .. })));
    }

    #[test]
    fn a_stored_name_is_scrubbed_and_reads_back_the_same() {
        let stored = assign(
            "Kim\n\u{202e}of the night shift, with a name that is longer than any button of any phone",
        )
        .as_stored();
        let text = serde_json::to_string(&stored).expect("JSON");
        assert!(!text.contains("\\n") && !text.contains('\u{202e}') && text.len() < 300, "{text}");
        assert_eq!(serde_json::from_str::<IssueAction>(&text).expect("an action"), stored);
    }
}
