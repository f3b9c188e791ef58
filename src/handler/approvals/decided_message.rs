//! Shows a person's decision in the Telegram message of an issue. The decision is first stored in the message's
//! record. Sentry's webhook about the change then edits the message to the same content.

use super::shown::{DecidedApproval, Shown};
use crate::domain::approval::{Approval, ApprovalState};
use crate::domain::deadline::Deadline;
use crate::domain::message::{IssueMessage, MenuView};
use crate::domain::outcome::Failure;
use crate::handler::messages::is_at_rest;
use crate::notifiers::telegram::render_message;
use crate::telegram::{Bot, BotError, Keyboard};

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
        message.filter(|it| Some(it.message_ref) == approval.message_ref)
    }

    /// Returns the buttons of the message after the decision on `asked`: the buttons of the message's own question,
    /// and the menu.
    pub(super) async fn buttons_after(&self, standing: Option<&IssueMessage>, asked: &Approval) -> Keyboard {
        let question = Some(asked).filter(|asked| !asked.is_from_menu);
        match standing {
            Some(message) => {
                self.questions.buttons_of(&asked.issue, message, (MenuView::Actions, question)).await
            }
            None => self.questions.buttons(question, None, asked.shown.link.as_deref()).await,
        }
    }

    /// Stores the decision in the message's record and edits the message. `html` is the text of the message if there
    /// is no record yet.
    pub(super) async fn complete_message(
        &self,
        decided: DecidedApproval<'_>,
        standing: Option<IssueMessage>,
        html: String,
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
                self.edit(decided, (&html, &buttons), deadline).await
            };
            // The message is recorded at the end of the incident.
            self.messages.at_rest(issue, deadline).await?;
            let Some(kept) = self.keep(decided).await else { return edited };
            let view = (MenuView::Actions, decided.question());
            return self.messages.show(issue, &kept, view, deadline).await;
        };
        let kept = self.keep(decided).await;
        let message = kept.clone().unwrap_or_else(|| decided.added_to(&standing));
        let (html, buttons) =
            (render_message(&message.content).html, self.buttons_after(Some(&message), decided.asked).await);
        self.edit(decided, (&html, &buttons), deadline).await?;
        let Some(kept) = kept else { return Ok(()) };
        self.messages.catch_up(issue, &kept, decided.question(), deadline).await
    }

    /// Adds the decision to the recorded message, so that later edits keep it. Returns the recorded message, or
    /// `None` if it could not be changed.
    async fn keep(&self, decided: DecidedApproval<'_>) -> Option<IssueMessage> {
        let Approval { id, issue, message_ref, .. } = decided.approval;
        let kept = self.incidents.change_message(issue, &|message| decided.added_to(message)).await;
        let kept = kept.inspect_err(|error| {
            tracing::warn!(error = %error, approval_id = id.as_str(), "approval_not_kept: a later edit loses its line");
        });
        kept.ok().flatten().filter(|message| Some(message.message_ref) == *message_ref)
    }

    /// Edits the message in Telegram. If the message stayed in a group that became a supergroup, a new message in the
    /// supergroup shows the decision; an expiry gets no new message.
    async fn edit(
        &self,
        DecidedApproval { approval, asked, .. }: DecidedApproval<'_>,
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
}
