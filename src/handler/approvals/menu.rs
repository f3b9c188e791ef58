//! The meaning of a press of a message's menu. A press that changes the issue becomes an approval that is decided at
//! once. So it has the guarantees of an approval: a repeated press has no further effect, the work of a dead invocation
//! is resumed, and the message shows who chose the action and whether it succeeded.

use std::sync::Arc;

use super::questions::Questions;
use crate::config::Config;
use crate::domain::action::{Assignee, IssueAction};
use crate::domain::approval::{
    Approval, ApprovalState, ApprovalSubject, Decider, DecisionSource, ShownMessage, id_of,
};
use crate::domain::ids::{ApprovalId, IssueId};
use crate::domain::incident::IncidentRecord;
use crate::domain::issue::IssueStatus;
use crate::domain::message::{IssueMessage, MenuAction};
use crate::domain::text::Untrusted;
use crate::handler::delivery::incidents::Incidents;
use crate::state::{AskOutcome, StateError, Versioned};

/// The time after a press within which its action can be executed, in milliseconds.
const OPEN_MS: u64 = 30 * 60 * 1000;

/// Finds out what a press of the menu means, and turns actions into approvals.
pub(in crate::handler) struct Menus {
    config: Arc<Config>,
    incidents: Arc<Incidents>,
    questions: Arc<Questions>,
}

/// A press of a button in the menu of an issue's message in Telegram or Slack.
#[derive(Debug)]
pub(super) struct MenuTap<'a> {
    pub(super) action: MenuAction,
    pub(super) issue: &'a IssueId,
    /// The person, and the time of the press.
    pub(super) by: Decider,
    /// The person's name as the chat sent it.
    pub(super) name: &'a Untrusted,
    /// The message with the button, and the number of the press.
    pub(super) source: DecisionSource,
    /// Whether the queue has redelivered the press.
    pub(super) is_again: bool,
}

/// The effect that a press of the menu should have.
pub(super) enum Meaning {
    /// An action on the issue is executed. The value is its approval.
    Act(Box<Versioned<Approval>>),
    /// The issue is analysed again. The value is the message with the button.
    Again(Box<IssueMessage>),
    /// The message gets other buttons and nothing else happens. The value is the message.
    Show(Box<IssueMessage>),
    /// Nothing happens, because the same press was handled before.
    Repeat,
    /// The buttons are taken away, because the issue has no record any more, so they can never do anything.
    Unknown,
    /// Nothing happens, because the record does not contain the message yet.
    Unplaced,
    /// Nothing happens, because the button is not in the issue's current message.
    Elsewhere,
    /// Nothing happens, because the issue was deleted or merged. The value is the message with the button.
    Gone(Box<IssueMessage>),
    /// Nothing happens, because the issue already has the wanted state.
    Already,
    /// Nothing happens, because the time for an undo is over. The value is the message with the button.
    TooLate(Box<IssueMessage>),
    /// Nothing happens, because `PEOPLE` does not map the person to a member of the Sentry organization.
    NoMember,
}

impl Menus {
    pub(in crate::handler) fn new(
        config: Arc<Config>,
        incidents: Arc<Incidents>,
        questions: Arc<Questions>,
    ) -> Self {
        Self { config, incidents, questions }
    }

    /// Returns the effect that a press should have, from the record of the issue's message.
    pub(super) async fn meaning(&self, tap: &MenuTap<'_>) -> Result<Meaning, StateError> {
        let record = self.incidents.record(tap.issue).await?;
        let Some(record) = record.as_ref() else { return Ok(Meaning::Unknown) };
        let Some(message) = record.message.as_deref() else { return Ok(Meaning::Unplaced) };
        let (telegram, slack) = tap.source.message();
        if !message.is_at(telegram, slack) {
            return Ok(Meaning::Elsewhere);
        }
        let number = tap.source.number();
        if let Some(id) = number.and_then(|number| message.content.decided_by(number)) {
            return self.repeated(&id).await;
        }
        if message.content.status() == IssueStatus::Gone {
            return Ok(Meaning::Gone(Box::new(message.clone())));
        }
        let action = match tap.action {
            MenuAction::Again => return Ok(Meaning::Again(Box::new(message.clone()))),
            MenuAction::Priorities | MenuAction::Back => return Ok(Meaning::Show(Box::new(message.clone()))),
            MenuAction::Resolve => IssueAction::Resolve,
            MenuAction::Archive => IssueAction::ArchiveUntilEscalating,
            MenuAction::Reopen => IssueAction::Reopen,
            MenuAction::Priority(priority) => IssueAction::Priority(priority),
            MenuAction::AssignToMe => match self.member(tap) {
                Some(assignee) => IssueAction::Assign(assignee).as_stored(),
                None => return Ok(Meaning::NoMember),
            },
            MenuAction::Undo => match message.content.undo(tap.by.at_ms) {
                Some(action) => action.clone(),
                None => return Ok(Meaning::TooLate(Box::new(message.clone()))),
            },
        };
        if action.status() == Some(message.content.status()) {
            return Ok(Meaning::Already);
        }
        self.ask(tap, record, message, action).await
    }

    /// Returns the effect of a repeated press whose decision is recorded: nothing, or the rest of its execution. The
    /// decision is recorded before it is shown, so the first invocation may have died in between.
    async fn repeated(&self, id: &ApprovalId) -> Result<Meaning, StateError> {
        let found = self.questions.find(id).await?;
        let unfinished = found.filter(|it| matches!(it.content.state, ApprovalState::Working { .. }));
        Ok(unfinished.map_or(Meaning::Repeat, |found| Meaning::Act(Box::new(found))))
    }

    /// Returns the person as a user of Sentry, by the setting `PEOPLE`.
    fn member(&self, tap: &MenuTap<'_>) -> Option<Assignee> {
        let (_, actor) = self.config.people.iter().find(|(person, _)| Some(person) == tap.by.id.as_ref())?;
        Some(Assignee { actor: actor.clone(), name: tap.name.clone() })
    }

    /// Records the press as an approval, which the same person decides at once, and returns the effect of the press.
    /// Presses for the same action on the same state of the message share one approval.
    async fn ask(
        &self,
        tap: &MenuTap<'_>,
        record: &IncidentRecord,
        message: &IssueMessage,
        action: IssueAction,
    ) -> Result<Meaning, StateError> {
        let subject = ApprovalSubject::Act(action);
        let state = format!("menu {} {}", tap.issue, message.content.state_id());
        let id = id_of(&state, record.started_ms, &subject).ok_or(StateError::NotOurs)?;
        let shown = ShownMessage { link: message.content.link.clone(), ..ShownMessage::default() };
        let approval = Approval::new(&id, tap.issue, message.org.as_ref(), subject, shown);
        let approval = approval.open(tap.by.at_ms, OPEN_MS).asked_by(record.started_ms, 0);
        let (message_ref, slack_ref) = (message.message_ref, message.slack_ref.clone());
        let approval = Approval { message_ref, slack_ref, is_from_menu: true, ..approval };
        Ok(match self.questions.record(approval).await? {
            AskOutcome::Open(asked) => Meaning::Act(asked),
            AskOutcome::Answered => match self.questions.find(&id).await? {
                Some(found) => Meaning::Act(Box::new(found)),
                None => Meaning::Unplaced,
            },
        })
    }
}
