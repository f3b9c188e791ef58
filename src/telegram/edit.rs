//! Changing a message, and answering a pressed button.

use serde_json::{Value, json};

use super::{Bot, Keyboard, Refusal, markup};
use crate::domain::approval::Place;
use crate::domain::outcome::Failure;
use crate::http::pause;

/// Attempts at one call: the first, and after a rate limit that fits into the deadline.
const ATTEMPTS: usize = 3;

impl Bot {
    /// Replaces a message's text and buttons. A message that stands so already, or is gone, is as it should be.
    ///
    /// # Errors
    /// [`Failure`], if it does not stand there so.
    pub async fn edit(&self, place: Place, html: &str, keyboard: &Keyboard) -> Result<(), Failure> {
        let mut request = json!({
            "chat_id": place.chat, "message_id": place.message, "text": html, "parse_mode": "HTML",
            "link_preview_options": {"is_disabled": true},
        });
        // Left out, the buttons go.
        if !keyboard.is_empty() {
            request["reply_markup"] = markup(keyboard);
        }
        self.patiently("editMessageText", &request).await
    }

    /// Replaces a message's buttons, and leaves its text.
    ///
    /// # Errors
    /// As [`Self::edit`].
    pub async fn edit_buttons(&self, place: Place, keyboard: &Keyboard) -> Result<(), Failure> {
        let request = json!({
            "chat_id": place.chat, "message_id": place.message, "reply_markup": markup(keyboard),
        });
        self.patiently("editMessageReplyMarkup", &request).await
    }

    /// Answers a pressed button with a short text. One that is too old to be answered is let go.
    ///
    /// # Errors
    /// [`Failure`], if the answer did not arrive.
    pub async fn toast(&self, query: &str, text: &str) -> Result<(), Failure> {
        self.patiently("answerCallbackQuery", &json!({"callback_query_id": query, "text": text})).await
    }

    async fn patiently(&self, method: &str, request: &Value) -> Result<(), Failure> {
        for _ in 0..ATTEMPTS {
            match self.call::<Value>(method, request).await {
                Ok(_) | Err(Refusal::Moot) => return Ok(()),
                Err(Refusal::TooFast(wait)) if pause(wait, self.deadline()).await => {}
                Err(refusal) => return Err(refusal.failure()),
            }
        }
        Err(Failure::RateLimited)
    }
}
