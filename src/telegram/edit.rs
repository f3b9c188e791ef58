//! Edits messages in Telegram, and answers button presses.

use serde_json::{Value, json};

use super::{Bot, BotError, Keyboard, markup};
use crate::clock::pause;
use crate::domain::approval::MessageRef;
use crate::domain::outcome::Failure;

/// One call is attempted at most this many times. A call is repeated only after a rate limit that ends before the
/// deadline.
const ATTEMPTS: usize = 3;

impl Bot {
    /// Replaces a message's text and buttons. The call also succeeds if the message already has this content, is
    /// deleted or is too old to be edited.
    ///
    /// # Errors
    ///
    /// [`BotError`] if the edit failed. After a group has become a supergroup, its old messages cannot be edited any
    /// more: in the new chat, the id of a message belongs to another message or to none.
    pub async fn edit(
        &self,
        message_ref: MessageRef,
        html: &str,
        keyboard: &Keyboard,
    ) -> Result<(), BotError> {
        match self.replace(message_ref, html, keyboard).await {
            Err(BotError::Gone) => Ok(()),
            replaced => replaced,
        }
    }

    /// Replaces a message's text and buttons. The call succeeds if the message already has this content. If Telegram
    /// refuses the buttons, the message loses its buttons.
    ///
    /// # Errors
    ///
    /// [`BotError`] if the edit failed; [`BotError::Gone`] if the message is deleted or too old to be edited.
    pub async fn replace(
        &self,
        message_ref: MessageRef,
        html: &str,
        keyboard: &Keyboard,
    ) -> Result<(), BotError> {
        let mut request = json!({
            "chat_id": message_ref.chat, "message_id": message_ref.message, "text": html, "parse_mode": "HTML",
            "link_preview_options": {"is_disabled": true},
        });
        // An edit without `reply_markup` removes the buttons.
        if !keyboard.is_empty() {
            request["reply_markup"] = markup(keyboard);
        }
        match self.with_retries("editMessageText", &request).await {
            // A text without buttons is better than an old text.
            Err(BotError::Buttons) => {
                request["reply_markup"] = markup(&Keyboard::new());
                self.with_retries("editMessageText", &request).await
            }
            edited => edited,
        }
    }

    /// Sends a text without buttons. Sidenote would have to store the new message to handle buttons.
    ///
    /// # Errors
    ///
    /// [`Failure`] if the message was not sent.
    pub async fn say(&self, chat: i64, html: &str) -> Result<(), Failure> {
        let request = json!({
            "chat_id": chat, "text": html, "parse_mode": "HTML", "link_preview_options": {"is_disabled": true},
        });
        self.with_retries("sendMessage", &request).await.map_err(BotError::failure)
    }

    /// Sends a short text as a reply to the message `to`. The text is sent even if that message is deleted.
    ///
    /// # Errors
    ///
    /// [`Failure`] if the reply was not sent.
    pub async fn reply(&self, to: MessageRef, thread: Option<i64>, html: &str) -> Result<(), Failure> {
        let mut request = json!({
            "chat_id": to.chat, "text": html, "parse_mode": "HTML", "link_preview_options": {"is_disabled": true},
            "reply_parameters": {"message_id": to.message, "allow_sending_without_reply": true},
        });
        if let Some(thread) = thread {
            request["message_thread_id"] = thread.into();
        }
        self.with_retries("sendMessage", &request).await.map_err(BotError::failure)
    }

    /// Replaces a message's buttons and keeps its text. The call also succeeds if the message is deleted or too old to
    /// be edited.
    ///
    /// # Errors
    ///
    /// [`Failure`] if the edit failed.
    pub async fn edit_buttons(&self, message_ref: MessageRef, keyboard: &Keyboard) -> Result<(), Failure> {
        let request = json!({
            "chat_id": message_ref.chat, "message_id": message_ref.message, "reply_markup": markup(keyboard),
        });
        match self.with_retries("editMessageReplyMarkup", &request).await {
            Err(BotError::Gone) => Ok(()),
            edited => edited.map_err(BotError::failure),
        }
    }

    /// Answers a button press with a short text. `query` is the id of the press. A press that is too old is ignored.
    ///
    /// # Errors
    ///
    /// [`Failure`] if the answer was not sent.
    pub async fn toast(&self, query: &str, text: &str) -> Result<(), Failure> {
        let request = json!({"callback_query_id": query, "text": text});
        self.with_retries("answerCallbackQuery", &request).await.map_err(BotError::failure)
    }

    async fn with_retries(&self, method: &str, request: &Value) -> Result<(), BotError> {
        for _ in 0..ATTEMPTS {
            match self.call::<Value>(method, request).await {
                Ok(_) | Err(BotError::NoOp) => return Ok(()),
                Err(BotError::TooFast(wait)) if pause(wait, self.deadline()).await => {}
                Err(refusal) => return Err(refusal),
            }
        }
        Err(BotError::Other(Failure::RateLimited))
    }
}
