//! Changing a message, and answering a pressed button.

use serde_json::{Value, json};

use super::{Bot, BotError, Keyboard, markup};
use crate::clock::pause;
use crate::domain::approval::MessageRef;
use crate::domain::outcome::Failure;

/// Attempts at one call: the first, and after a rate limit that fits into the deadline.
const ATTEMPTS: usize = 3;

impl Bot {
    /// Replaces a message's text and buttons. A message that stands so already, or is gone, is as it should be.
    ///
    /// # Errors
    /// [`BotError`], if it does not stand there so. When its group has become a supergroup, nobody can change it any more: never
    /// an edit there, because under the old message's number stands another one, or none.
    pub async fn edit(
        &self,
        message_ref: MessageRef,
        html: &str,
        keyboard: &Keyboard,
    ) -> Result<(), BotError> {
        let mut request = json!({
            "chat_id": message_ref.chat, "message_id": message_ref.message, "text": html, "parse_mode": "HTML",
            "link_preview_options": {"is_disabled": true},
        });
        // Left out, the buttons go.
        if !keyboard.is_empty() {
            request["reply_markup"] = markup(keyboard);
        }
        self.patiently("editMessageText", &request).await
    }

    /// Sends a text without buttons, which would have to be known under another message.
    ///
    /// # Errors
    /// [`Failure`], if it did not arrive.
    pub async fn say(&self, chat: i64, html: &str) -> Result<(), Failure> {
        let request = json!({
            "chat_id": chat, "text": html, "parse_mode": "HTML", "link_preview_options": {"is_disabled": true},
        });
        self.patiently("sendMessage", &request).await.map_err(BotError::failure)
    }

    /// Replaces a message's buttons, and leaves its text.
    ///
    /// # Errors
    /// [`Failure`], if they do not stand there so.
    pub async fn edit_buttons(&self, message_ref: MessageRef, keyboard: &Keyboard) -> Result<(), Failure> {
        let request = json!({
            "chat_id": message_ref.chat, "message_id": message_ref.message, "reply_markup": markup(keyboard),
        });
        self.patiently("editMessageReplyMarkup", &request).await.map_err(BotError::failure)
    }

    /// Answers a pressed button with a short text. One that is too old to be answered is let go.
    ///
    /// # Errors
    /// [`Failure`], if the answer did not arrive.
    pub async fn toast(&self, query: &str, text: &str) -> Result<(), Failure> {
        let request = json!({"callback_query_id": query, "text": text});
        self.patiently("answerCallbackQuery", &request).await.map_err(BotError::failure)
    }

    async fn patiently(&self, method: &str, request: &Value) -> Result<(), BotError> {
        for _ in 0..ATTEMPTS {
            match self.call::<Value>(method, request).await {
                Ok(_) | Err(BotError::Moot) => return Ok(()),
                Err(BotError::TooFast(wait)) if pause(wait, self.deadline()).await => {}
                Err(refusal) => return Err(refusal),
            }
        }
        Err(BotError::Other(Failure::RateLimited))
    }
}
