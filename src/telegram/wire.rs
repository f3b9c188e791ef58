//! The Bot API's JSON, as far as we read it.

use serde::Deserialize;

use crate::domain::approval::Place;
use crate::domain::lenient::{Int, Maybe};

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Message {
    message_id: Int,
    chat: Maybe<Chat>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Chat {
    id: Int,
}

/// A message that a call left behind.
#[derive(Debug, Clone, Copy, Default, Deserialize)]
#[serde(from = "Message")]
pub struct Sent {
    /// Its id in its chat.
    pub message_id: Option<i64>,
    /// Where it is, when the answer says so in full.
    pub place: Option<Place>,
}

impl From<Message> for Sent {
    fn from(message: Message) -> Self {
        let message_id = message.message_id.0;
        let chat = message.chat.0.and_then(|chat| chat.id.0);
        let place = chat.zip(message_id).map(|(chat, message)| Place { chat, message });
        Self { message_id, place }
    }
}
