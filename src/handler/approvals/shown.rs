//! Shows a decision and its outcome in the message and in the note.

use std::sync::Arc;

use super::chats::Chats;
use super::questions::Questions;
use crate::clock::unix_millis;
use crate::domain::action::IssueAction;
use crate::domain::approval::{
    Approval, ApprovalState, ApprovalSubject, Choice, ShownInSlack, ShownMessage, completed, id_of,
};
use crate::domain::deadline::Deadline;
use crate::domain::ids::{IssueId, NoteId};
use crate::domain::message::{IssueMessage, MenuView, MessageUpdate};
use crate::domain::outcome::Failure;
use crate::domain::report::reason;
use crate::domain::text::Untrusted;
use crate::domain::timestamp::Timestamp;
use crate::domain::words::{Arg, Language, Phrase, Sentence};
use crate::handler::clients::Clients;
use crate::handler::delivery::incidents::Incidents;
use crate::handler::messages::Messages;
use crate::notifiers::telegram::{render_message, with_line};
use crate::notifiers::{note, slack};
use crate::sentry::Sentry;
use crate::slack::SlackApi;
use crate::telegram::{Bot, BotError, Keyboard};

/// Shows decisions in messages and notes.
pub(in crate::handler) struct Shown {
    questions: Arc<Questions>,
    incidents: Arc<Incidents>,
    messages: Arc<Messages>,
    chats: Arc<Chats>,
    language: Language,
    clients: Clients,
}

impl Shown {
    pub(in crate::handler) fn new(
        questions: Arc<Questions>,
        (incidents, messages): (Arc<Incidents>, Arc<Messages>),
        chats: Arc<Chats>,
        language: Language,
        clients: Clients,
    ) -> Self {
        Self { questions, incidents, messages, chats, language, clients }
    }

    /// Updates message and note at the same time. A failure is logged and does not undo the decision. Returns whether
    /// both show the decision now.
    pub(super) async fn show(
        &self,
        approval: &Approval,
        failed: Option<Failure>,
        deadline: Deadline,
    ) -> bool {
        let Some(decision) = sentence(approval, failed) else { return true };
        let in_slack = self.in_slack(approval, &decision);
        let update = self.update(approval, &decision);
        let standing = self.standing(approval).await;
        if let Some(standing) = standing.as_ref().filter(|standing| is_superseded(approval, standing)) {
            // The message belongs to a newer incident, with its own question. Slack has one message per incident.
            let shown = self.messages.show(&approval.issue, standing, MenuView::Actions, deadline);
            let (message, slack) =
                tokio::join!(shown, self.complete_slack(approval, approval, in_slack, deadline));
            return message.is_ok() && slack.is_ok();
        }
        let standing = standing.map(|it| IssueMessage { content: it.content.updated(update.clone()), ..it });
        let html = match &standing {
            Some(standing) => render_message(&standing.content).html,
            None => with_line(&approval.shown.html, &decision, self.language),
        };
        let next = self.ask_then(approval, &html, in_slack.clone()).await;
        let asked = next.as_ref().unwrap_or(approval);
        let keyboard = self.keyboard(standing.as_ref(), approval, asked).await;
        let (message, note, slack) = tokio::join!(
            self.complete_message(approval, asked, (&html, &keyboard), deadline),
            self.complete_note(approval, &decision, deadline),
            self.complete_slack(approval, asked, in_slack, deadline),
        );
        self.keep(approval, asked, &update, deadline).await;
        for (what, outcome) in [("message", message), ("note", note), ("slack", slack)] {
            if let Err(why) = outcome {
                tracing::warn!(
                    approval_id = approval.id.as_str(),
                    what,
                    outcome = why.name(),
                    "approval_not_shown"
                );
            }
        }
        message.is_ok() && slack.is_ok() && matches!(note, Ok(()) | Err(Failure::NotFound))
    }

    /// The stored message with the buttons of an approval.
    async fn standing(&self, approval: &Approval) -> Option<IssueMessage> {
        let record = self.incidents.record(&approval.issue).await.ok().flatten()?;
        record.message.map(|message| *message).filter(|it| Some(it.message_ref) == approval.message_ref)
    }

    /// The buttons of the message after the decision on `approval`: those of `asked`, or of the message's own question.
    async fn keyboard(
        &self,
        standing: Option<&IssueMessage>,
        approval: &Approval,
        asked: &Approval,
    ) -> Keyboard {
        let is_current = standing.is_none_or(|standing| is_current(approval, standing));
        let decided = Some(asked).filter(|asked| is_current && !asked.is_from_menu);
        match standing {
            Some(message) => {
                self.questions.buttons_of(&asked.issue, message, (MenuView::Actions, decided)).await
            }
            None => self.questions.buttons(decided, None, asked.shown.link.as_deref()).await,
        }
    }

    /// The decision as an update of the message.
    fn update(&self, approval: &Approval, decision: &Sentence) -> MessageUpdate {
        MessageUpdate::of_decision(approval, decision, unix_millis(), self.language)
    }

    /// Adds the decision to the stored message, after the incident has ended, so that later edits keep it. The message
    /// has the buttons of `asked` from now on.
    async fn keep(&self, approval: &Approval, asked: &Approval, update: &MessageUpdate, deadline: Deadline) {
        let add = |message: &IssueMessage| {
            if Some(message.message_ref) != approval.message_ref {
                return message.clone();
            }
            let content = message.content.clone().updated(update.clone());
            let own = is_current(approval, message).then(|| asked.id.clone());
            IssueMessage { content, approval: own.or_else(|| message.approval.clone()), ..message.clone() }
        };
        let kept = match self.messages.at_rest(&approval.issue, deadline).await {
            Ok(_) => self.incidents.change_message(&approval.issue, &add).await.is_ok(),
            Err(_) => false,
        };
        if !kept {
            tracing::warn!(
                approval_id = approval.id.as_str(),
                "approval_not_kept: a later edit loses its line"
            );
        }
    }

    /// Updates the message, with the buttons of the approval in `asked`. If the message stayed in a group that became a
    /// supergroup, a new message there shows a decision. An expiry gets no new message.
    async fn complete_message(
        &self,
        approval: &Approval,
        asked: &Approval,
        (html, buttons): (&str, &Keyboard),
        deadline: Deadline,
    ) -> Result<(), Failure> {
        let Some(message_ref) = approval.message_ref else { return Ok(()) };
        let complete = |bot: Bot| async move {
            match bot.edit(message_ref, html, buttons).await {
                Err(BotError::Moved(chat)) => {
                    self.chats.stayed_behind(message_ref.chat, chat, asked);
                    if approval.state.by().is_some() { bot.say(chat, html).await } else { Ok(()) }
                }
                edited => edited.map_err(BotError::failure),
            }
        };
        self.clients.with_bot(deadline, complete).await?;
        self.messages.edited(&approval.issue, html);
        Ok(())
    }

    /// The message in Slack with a decision.
    fn in_slack(&self, approval: &Approval, decision: &Sentence) -> Option<ShownInSlack> {
        let shown = approval.shown.slack.clone()?;
        Some(shown.with(slack::decision(decision, self.language)))
    }

    /// Updates the message in Slack, with the buttons of the approval in `asked`.
    async fn complete_slack(
        &self,
        approval: &Approval,
        asked: &Approval,
        content: Option<ShownInSlack>,
        deadline: Deadline,
    ) -> Result<(), Failure> {
        let (Some(message), Some(mut content)) = (&approval.slack_ref, content) else { return Ok(()) };
        content.blocks.extend(self.questions.slack_buttons(asked).await);
        let content = &content;
        let edit = |slack: SlackApi| async move { slack.edit(message, content).await };
        self.clients.with_slack(deadline, edit).await
    }

    /// Removes the buttons after the update of the messages has failed.
    pub(super) async fn mend_buttons(&self, approval: &Approval, deadline: Deadline) {
        if let (Some(decision), ApprovalSubject::Act(_)) = (sentence(approval, None), &approval.subject) {
            let content = self.in_slack(approval, &decision);
            if let Err(why) = self.complete_slack(approval, approval, content, deadline).await {
                tracing::warn!(
                    approval_id = approval.id.as_str(),
                    outcome = why.name(),
                    "approval_not_shown"
                );
            }
        }
        // The message of a posted note has the buttons of the next question, so they stay.
        let (Some(message_ref), ApprovalSubject::Act(_)) = (approval.message_ref, &approval.subject) else {
            return;
        };
        let buttons = &self.keyboard(self.standing(approval).await.as_ref(), approval, approval).await;
        let mend = |bot: Bot| async move { bot.edit_buttons(message_ref, buttons).await };
        if let Err(why) = self.clients.with_bot(deadline, mend).await {
            tracing::warn!(approval_id = approval.id.as_str(), outcome = why.name(), "approval_not_shown");
        }
    }

    /// Asks for the action that a posted note proposes, in the same message.
    async fn ask_then(
        &self,
        posted: &Approval,
        html: &str,
        in_slack: Option<ShownInSlack>,
    ) -> Option<Approval> {
        let (
            ApprovalSubject::Post { then: Some(action), .. },
            ApprovalState::Done { choice: Choice::Approve, .. },
        ) = (&posted.subject, &posted.state)
        else {
            return None;
        };
        let next = follow_up(posted, action, html, in_slack)?;
        let asked = self.questions.ask(next, posted.incident_ms, posted.placed_by_ms).await.ok().flatten()?;
        tracing::info!(
            approval_id = asked.content.id.as_str(),
            asks = asked.content.subject.name(),
            "approval_asked"
        );
        Some(asked.content)
    }

    /// Completes the line of the note that names the action.
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
            if now == text { Ok(()) } else { sentry.change_note(issue, id, &now).await }
        };
        self.clients.with_sentry(approval.org.as_ref(), deadline, complete).await
    }

    /// The note on an issue, after the incident has ended. A quick tap can arrive while the note is still being
    /// written.
    async fn note_at_rest(&self, issue: &IssueId, deadline: Deadline) -> Result<Option<NoteId>, Failure> {
        Ok(self.messages.at_rest(issue, deadline).await?.and_then(|record| record.note))
    }
}

/// Whether the message asks for this approval, or for none. A newer incident has its own question, and a press of the
/// menu is none.
fn is_current(approval: &Approval, standing: &IssueMessage) -> bool {
    !approval.is_from_menu && standing.approval.as_ref().is_none_or(|asked| *asked == approval.id)
}

/// Whether the message has the question of a newer incident.
fn is_superseded(approval: &Approval, standing: &IssueMessage) -> bool {
    approval.state == ApprovalState::Superseded && standing.approval.as_ref() != Some(&approval.id)
}

/// The question about a posted note's action, in the same message.
fn follow_up(
    posted: &Approval,
    action: &IssueAction,
    html: &str,
    slack: Option<ShownInSlack>,
) -> Option<Approval> {
    let ask = ApprovalSubject::Act(action.clone());
    let id = id_of(posted.id.as_str(), posted.incident_ms, &ask)?;
    let shown = ShownMessage { html: html.to_owned(), slack, ..posted.shown.clone() };
    let next = Approval::new(&id, &posted.issue, posted.org.as_ref(), ask, shown);
    Some(Approval { message_ref: posted.message_ref, slack_ref: posted.slack_ref.clone(), ..next })
}

/// The person who decided and the outcome. `None` if the approval is undecided.
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

/// The person who chose an action of the menu and the outcome.
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
