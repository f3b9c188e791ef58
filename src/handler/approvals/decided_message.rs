//! Shows a decision in the issue's message in every chat. The decision is recorded first, because Sentry's webhook
//! about Sidenote's own change of the issue makes another invocation edit the message, which then shows what the record
//! contains.

use super::buttons::ChatButtons;
use super::shown::{DecidedApproval, Shown, is_message_of, question};
use crate::domain::approval::{Approval, ApprovalState};
use crate::domain::deadline::Deadline;
use crate::domain::message::{IssueMessage, MenuView};
use crate::domain::outcome::Failure;
use crate::handler::chat_texts::ChatTexts;
use crate::handler::messages::is_at_rest;
use crate::telegram::Bot;

impl Shown {
    /// Returns the recorded message that has the buttons of an approval. `None` while the incident is being handled,
    /// because the record then contains the message of the incident before. For a superseded approval, the method
    /// waits for the end of the newer incident.
    pub(super) async fn standing(&self, approval: &Approval, deadline: Deadline) -> Option<IssueMessage> {
        let record = match approval.state {
            ApprovalState::Superseded => self.messages.at_rest(&approval.issue, deadline).await.ok(),
            _ => self.incidents.record(&approval.issue).await.ok(),
        };
        let message = record.flatten().filter(is_at_rest)?.message.map(|message| *message);
        message.filter(|message| is_message_of(approval, message))
    }

    /// Returns the buttons of the message after the decision on `asked`: those of the message's own question, and the
    /// menu.
    pub(super) async fn buttons_after(
        &self,
        standing: Option<&IssueMessage>,
        asked: &Approval,
    ) -> ChatButtons {
        let question = question(asked);
        match standing {
            Some(message) => {
                self.questions.buttons_of(&asked.issue, message, (MenuView::Actions, question)).await
            }
            None => self.questions.buttons(question, None, asked.shown.link.as_deref()).await,
        }
    }

    /// Records the decision and updates the message. `texts` is the text of the message, for the time until the message
    /// itself is recorded.
    pub(super) async fn complete_message(
        &self,
        decided: DecidedApproval<'_>,
        standing: Option<IssueMessage>,
        texts: &ChatTexts,
        deadline: Deadline,
    ) -> Result<(), Failure> {
        let issue = &decided.approval.issue;
        let Some(standing) = standing else {
            let buttons = self.buttons_after(None, decided.asked).await;
            // A press of the menu does not know the content of the message, so the message is edited only after the
            // incident's end.
            let edited = if decided.approval.is_from_menu {
                Ok(())
            } else {
                self.edit(decided, None, (texts, buttons), deadline).await
            };
            // The message is recorded at the end of the incident.
            self.messages.at_rest(issue, deadline).await?;
            let Some(kept) = self.keep(decided).await else { return edited };
            let view = (MenuView::Actions, question(decided.asked));
            return self.messages.show(issue, &kept, view, deadline).await;
        };
        let kept = self.keep(decided).await;
        let message = kept.clone().unwrap_or_else(|| decided.added_to(&standing));
        let texts = &ChatTexts::of(&message.content);
        let buttons = self.buttons_after(Some(&message), decided.asked).await;
        let edited = self.edit(decided, Some(&message), (texts, buttons), deadline).await;
        let Some(kept) = kept else { return edited };
        // The failure of one chat does not leave an older text in the other one.
        let caught_up = self.messages.catch_up(issue, &kept, question(decided.asked), deadline).await;
        edited.and(caught_up)
    }

    /// Adds the decision to the recorded message, so that later edits keep it. Returns the recorded message, or
    /// `None` if it could not be changed.
    async fn keep(&self, decided: DecidedApproval<'_>) -> Option<IssueMessage> {
        let Approval { id, issue, .. } = decided.approval;
        let kept = self.incidents.change_message(issue, &|message| decided.added_to(message)).await;
        let kept = kept.inspect_err(|error| {
            tracing::warn!(error = %error, approval_id = id.as_str(), "approval_not_kept: a later edit loses its line");
        });
        kept.ok().flatten().filter(|message| is_message_of(decided.approval, message))
    }

    /// Edits the message in every chat. `standing` is the recorded message, if there is one.
    async fn edit(
        &self,
        decided: DecidedApproval<'_>,
        standing: Option<&IssueMessage>,
        (texts, buttons): (&ChatTexts, ChatButtons),
        deadline: Deadline,
    ) -> Result<(), Failure> {
        let DecidedApproval { approval, asked, .. } = decided;
        let in_telegram = approval.message_ref.or(standing.and_then(|message| message.message_ref));
        let in_slack =
            standing.and_then(|message| message.slack_ref.as_ref()).or(approval.slack_ref.as_ref());
        // A new message in the supergroup shows a decision. An expiry gets no new message.
        let moved = |bot: Bot, old, new| async move {
            self.chats.stayed_behind(old, new, asked);
            if approval.state.by().is_some() { bot.say(new, &texts.html).await } else { Ok(()) }
        };
        let refs = (in_telegram, in_slack);
        self.messages.edit_in_chats((&approval.issue, refs), (texts, buttons), moved, deadline).await
    }
}
