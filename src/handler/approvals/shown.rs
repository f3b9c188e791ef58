//! Shows a person's decision and its outcome in the chat message and in the note.

use std::sync::Arc;

use super::chats::Chats;
use super::questions::Questions;
use crate::clock::unix_millis;
use crate::domain::action::IssueAction;
use crate::domain::approval::{
    Approval, ApprovalState, ApprovalSubject, Choice, MessageRef, ShownMessage, completed, id_of,
};
use crate::domain::deadline::Deadline;
use crate::domain::ids::{IssueId, NoteId};
use crate::domain::issue::IssueGone;
use crate::domain::message::{IssueMessage, MenuView, MessageUpdate};
use crate::domain::outcome::Failure;
use crate::domain::text::Untrusted;
use crate::domain::timestamp::Timestamp;
use crate::domain::words::{Arg, Language, Phrase, Sentence, reason};
use crate::handler::chat_texts::ChatTexts;
use crate::handler::clients::Clients;
use crate::handler::delivery::incidents::Incidents;
use crate::handler::messages::Messages;
use crate::handler::observing::event::DeliveryEvent;
use crate::handler::observing::observers::Observers;
use crate::notifiers::note;
use crate::sentry::Sentry;
use crate::telegram::{Bot, Keyboard};

/// A decided approval, with the content that the message shows from now on.
#[derive(Clone, Copy)]
pub(super) struct DecidedApproval<'a> {
    /// The approval that was decided.
    pub(super) approval: &'a Approval,
    /// The approval whose buttons the message shows from now on: the decided approval, or the next question if one
    /// follows.
    pub(super) asked: &'a Approval,
    /// The line about the decision that is added to the message.
    pub(super) update: &'a MessageUpdate,
}

impl DecidedApproval<'_> {
    /// Returns the message with the line about the decision. A message of another question keeps its question.
    pub(super) fn added_to(self, message: &IssueMessage) -> IssueMessage {
        if !is_message_of(self.approval, message) {
            return message.clone();
        }
        let content = message.content.clone().updated(self.update.clone());
        let is_own = !self.approval.is_from_menu
            && message.approval.as_ref().is_none_or(|asked| *asked == self.approval.id);
        let approval = if is_own { Some(self.asked.id.clone()) } else { message.approval.clone() };
        IssueMessage { content, approval, ..message.clone() }
    }
}

/// Shows decisions in messages and notes.
pub(in crate::handler) struct Shown {
    pub(super) questions: Arc<Questions>,
    pub(super) incidents: Arc<Incidents>,
    pub(super) messages: Arc<Messages>,
    pub(super) chats: Arc<Chats>,
    language: Language,
    pub(super) clients: Clients,
    observers: Observers,
}

impl Shown {
    pub(in crate::handler) fn new(
        questions: Arc<Questions>,
        (incidents, messages): (Arc<Incidents>, Arc<Messages>),
        chats: Arc<Chats>,
        language: Language,
        (clients, observers): (Clients, Observers),
    ) -> Self {
        Self { questions, incidents, messages, chats, language, clients, observers }
    }

    /// Records the decision in the issue's message and shows it in the chats, and updates the note at the same time. A
    /// failure is logged and does not undo the decision. Returns whether the message and the note show the decision
    /// now. A note that does not exist any more counts as updated.
    pub(super) async fn show(
        &self,
        approval: &Approval,
        failed: Option<Failure>,
        deadline: Deadline,
    ) -> bool {
        let Some(decision) = sentence(approval, failed) else { return true };
        let standing = self.standing(approval, deadline).await;
        if let Some(standing) = standing.as_ref().filter(|standing| is_superseded(approval, standing)) {
            // The message belongs to a newer incident, with its own question.
            let view = (MenuView::Actions, None);
            let shown = self.messages.show(&approval.issue, standing, view, deadline).await;
            self.report_unshown(approval, "message", shown);
            return shown.is_ok();
        }
        let update = self.update(approval, &decision);
        let texts = match &standing {
            Some(standing) => ChatTexts::of(&standing.content.clone().updated(update.clone())),
            None => ChatTexts::decided(&approval.shown, &decision, self.language),
        };
        let next = self.ask_then(approval, &texts).await;
        let asked = next.as_ref().unwrap_or(approval);
        let decided = DecidedApproval { approval, asked, update: &update };
        let (message, note) = tokio::join!(
            self.complete_message(decided, standing, &texts, deadline),
            self.complete_note(approval, &decision, deadline),
        );
        self.report_unshown(approval, "message", message);
        if let Err(why) = note {
            let approval_id = approval.id.as_str();
            tracing::warn!(approval_id, what = "note", outcome = why.name(), "approval_not_shown");
        }
        message.is_ok() && matches!(note, Ok(()) | Err(Failure::NotFound))
    }

    /// Returns the line about the decision that is added to the message.
    fn update(&self, approval: &Approval, decision: &Sentence) -> MessageUpdate {
        MessageUpdate::of_decision(approval, decision, unix_millis(), self.language)
    }

    /// Stores in the message's record that the issue was deleted or merged. Returns the reason why the action on the
    /// issue failed.
    pub(super) async fn keep_gone(&self, issue: &IssueId, gone: &IssueGone) -> Failure {
        // A failure is logged where it occurs, and the message then shows this reason only.
        let _ = self.messages.keep_gone(issue, gone).await;
        Failure::NoSuchIssue
    }

    /// Edits the message of a closed approval once more, so that it has no buttons of this approval. An earlier update
    /// of the message may have failed.
    pub(super) async fn mend_buttons(&self, approval: &Approval, deadline: Deadline) {
        // The message of a posted note has the buttons of the next question, so they stay.
        let ApprovalSubject::Act(_) = &approval.subject else { return };
        let standing = self.standing(approval, deadline).await;
        let buttons = self.buttons_after(standing.as_ref(), approval).await;
        let decided = |decision| ChatTexts::decided(&approval.shown, &decision, self.language);
        let texts = match &standing {
            Some(standing) => Some(ChatTexts::of(&standing.content)),
            None => sentence(approval, None).map(decided),
        };
        let in_slack = (texts.and_then(|texts| texts.slack), buttons.slack);
        let (telegram, slack) = tokio::join!(
            self.mend_keyboard(approval.message_ref, &buttons.telegram, deadline),
            self.messages.edit_in_slack(approval.slack_ref.as_ref(), in_slack, deadline),
        );
        self.report_unshown(approval, "buttons", telegram.and(slack));
    }

    fn report_unshown(&self, approval: &Approval, what: &'static str, shown: Result<(), Failure>) {
        self.messages.report_unshown(&approval.issue, (what, Some(&approval.id)), shown);
    }

    async fn mend_keyboard(
        &self,
        message: Option<MessageRef>,
        buttons: &Keyboard,
        deadline: Deadline,
    ) -> Result<(), Failure> {
        let Some(message) = message else { return Ok(()) };
        let mend = |bot: Bot| async move { bot.edit_buttons(message, buttons).await };
        self.clients.with_bot(deadline, mend).await
    }

    /// Asks for the action that a posted note proposes, in the same message.
    async fn ask_then(&self, posted: &Approval, texts: &ChatTexts) -> Option<Approval> {
        let (
            ApprovalSubject::Post { then: Some(action), .. },
            ApprovalState::Done { choice: Choice::Approve, .. },
        ) = (&posted.subject, &posted.state)
        else {
            return None;
        };
        let next = follow_up(posted, action, texts)?;
        let asked = self.questions.ask(next, posted.incident_ms, posted.placed_by_ms).await.ok().flatten()?;
        tracing::info!(
            approval_id = asked.content.id.as_str(),
            asks = asked.content.subject.name(),
            "approval_asked"
        );
        Some(asked.content)
    }

    /// Adds the decision to the line of the note that names the action.
    async fn complete_note(
        &self,
        approval: &Approval,
        decision: &Sentence,
        deadline: Deadline,
    ) -> Result<(), Failure> {
        // A note that was not posted, or has just been posted in its final form, needs no update. The note of a newer
        // incident does not show an older decision. A note does not name the actions of the menu.
        if matches!(approval.subject, ApprovalSubject::Post { .. })
            || approval.is_from_menu
            || approval.state == ApprovalState::Superseded
        {
            return Ok(());
        }
        let issue = &approval.issue;
        let Some(id) = &self.note_at_rest(issue, deadline).await? else { return Ok(()) };
        let decision = &note::line(decision, self.language);
        let line = approval.shown.note_line.as_deref();
        let complete = |sentry: Sentry| async move {
            let text = sentry.note_text(issue, id).await?.ok_or(Failure::NotFound)?;
            let now = completed(&text, line, decision);
            if now != text {
                sentry.change_note(issue, id, &now).await?;
            }
            self.observers.emit(DeliveryEvent::NoteEdited { issue, text: &now });
            Ok(())
        };
        self.clients.with_sentry(approval.org.as_ref(), deadline, complete).await
    }

    /// Returns the id of the note on an issue after its incident has ended. A person can press a button while the
    /// note is still being written.
    async fn note_at_rest(&self, issue: &IssueId, deadline: Deadline) -> Result<Option<NoteId>, Failure> {
        Ok(self.messages.at_rest(issue, deadline).await?.and_then(|record| record.note))
    }
}

/// Returns the approval if it is the question of a message, and not a press of the message's menu.
pub(super) fn question(asked: &Approval) -> Option<&Approval> {
    Some(asked).filter(|asked| !asked.is_from_menu)
}

/// Whether this is the message that has the buttons of an approval.
pub(super) fn is_message_of(approval: &Approval, message: &IssueMessage) -> bool {
    message.is_at(approval.message_ref.as_ref(), approval.slack_ref.as_ref())
}

/// Whether the message has the question of a newer incident.
fn is_superseded(approval: &Approval, standing: &IssueMessage) -> bool {
    approval.state == ApprovalState::Superseded && standing.approval.as_ref() != Some(&approval.id)
}

/// Returns the question about a posted note's action, in the same message.
fn follow_up(posted: &Approval, action: &IssueAction, texts: &ChatTexts) -> Option<Approval> {
    let ask = ApprovalSubject::Act(action.clone());
    let id = id_of(posted.id.as_str(), posted.incident_ms, &ask)?;
    let ChatTexts { html, slack } = texts.clone();
    let shown = ShownMessage { html, slack, ..posted.shown.clone() };
    let next = Approval::new(&id, &posted.issue, posted.org.as_ref(), ask, shown);
    Some(Approval { message_ref: posted.message_ref, slack_ref: posted.slack_ref.clone(), ..next })
}

/// Returns a sentence with the person who decided, and the outcome. `None` if the approval is undecided.
fn sentence(approval: &Approval, failed: Option<Failure>) -> Option<Sentence> {
    if let (true, ApprovalSubject::Act(action)) = (approval.is_from_menu, &approval.subject) {
        return chosen(approval, action, failed);
    }
    let phrase: Phrase = match &approval.state {
        ApprovalState::Expired => return Some(Sentence::plain(|w| w.decided_expired)),
        ApprovalState::Superseded => return Some(Sentence::plain(|w| w.decided_superseded)),
        ApprovalState::Pending | ApprovalState::Working { .. } => return None,
        ApprovalState::Done { choice: Choice::Approve, .. } => |w| w.decided_done,
        ApprovalState::Done { choice: Choice::Reject, .. } => |w| w.decided_rejected,
        ApprovalState::Done { choice: Choice::Again, .. } => |w| w.decided_again,
        ApprovalState::Failed { .. } => |w| w.decided_failed,
    };
    let by = approval.state.by()?;
    let at = Timestamp::from_unix(i64::try_from(by.at_ms / 1000).ok()?)?;
    let mut args = vec![Arg::from(&Untrusted::new(by.name.as_str())), Arg::from(at)];
    args.extend(failed.map(|why| Arg::Sentence(Box::new(reason(why)))));
    Some(Sentence::new(phrase, args))
}

/// Returns a sentence with the person who chose an action in the menu, and the outcome.
fn chosen(approval: &Approval, action: &IssueAction, failed: Option<Failure>) -> Option<Sentence> {
    let by = approval.state.by()?;
    let at = Timestamp::from_unix(i64::try_from(by.at_ms / 1000).ok()?)?;
    let (by, at) = (Arg::from(&Untrusted::new(by.name.as_str())), Arg::from(at));
    if let ApprovalState::Failed { .. } = approval.state {
        let why = Arg::Sentence(Box::new(reason(failed?)));
        return Some(Sentence::new(
            |w| w.menu_failed,
            [by, at, Arg::Sentence(Box::new(action.sentence())), why],
        ));
    }
    Some(action.done(by, at))
}
