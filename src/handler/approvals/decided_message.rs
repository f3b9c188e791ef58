//! Shows a decision in the issue's message in Telegram. The decision is recorded first: a webhook about our own change edits
//! the message, too, and shows what the record contains.

use super::shown::{DecidedApproval, Shown};
use crate::domain::approval::{Approval, ApprovalState};
use crate::domain::deadline::Deadline;
use crate::domain::message::{IssueMessage, MenuView};
use crate::domain::outcome::Failure;
use crate::handler::messages::is_at_rest;
use crate::notifiers::telegram::render_message;
use crate::telegram::{Bot, BotError, Keyboard};

impl Shown {
    /// The recorded message with the buttons of an approval. `None` while its incident is being handled, because the
    /// record then contains the message of the incident before. A superseded approval waits for the newer incident's end.
    pub(super) async fn standing(&self, approval: &Approval, deadline: Deadline) -> Option<IssueMessage> {
        let record = match approval.state {
            ApprovalState::Superseded => self.messages.at_rest(&approval.issue, deadline).await.ok(),
            _ => self.incidents.record(&approval.issue).await.ok(),
        };
        let message = record.flatten().filter(is_at_rest)?.message.map(|message| *message);
        message.filter(|it| Some(it.message_ref) == approval.message_ref)
    }

    /// The buttons of the message after the decision on `asked`: those of the message's own question, and the menu.
    pub(super) async fn buttons_after(&self, standing: Option<&IssueMessage>, asked: &Approval) -> Keyboard {
        let question = Some(asked).filter(|asked| !asked.is_from_menu);
        match standing {
            Some(message) => {
                self.questions.buttons_of(&asked.issue, message, (MenuView::Actions, question)).await
            }
            None => self.questions.buttons(question, None, asked.shown.link.as_deref()).await,
        }
    }

    /// Records the decision and updates the message. `html` is the message while there is no record of it.
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
            // A press of the menu does not know the content of the message, so it is shown at the end only.
            let edited = if decided.approval.is_from_menu {
                Ok(())
            } else {
                self.edit(decided, (&html, &buttons), deadline).await
            };
            // The incident's end records the message.
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

    /// Adds the decision to the recorded message, so that later edits keep it. Returns the message as it is recorded now.
    async fn keep(&self, decided: DecidedApproval<'_>) -> Option<IssueMessage> {
        let Approval { id, issue, message_ref, .. } = decided.approval;
        let kept = self.incidents.change_message(issue, &|message| decided.added_to(message)).await;
        let kept = kept.inspect_err(|error| {
            tracing::warn!(error = %error, approval_id = id.as_str(), "approval_not_kept: a later edit loses its line");
        });
        kept.ok().flatten().filter(|message| Some(message.message_ref) == *message_ref)
    }

    /// Edits the message. If the message stayed in a group that became a supergroup, a new message there shows a decision.
    /// An expiry gets no new message.
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
