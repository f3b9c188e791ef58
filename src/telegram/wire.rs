//! The Bot API's JSON, as far as we read it.

use serde::Deserialize;

use crate::domain::lenient::Int;

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Message {
    message_id: Int,
}

/// A message that a call left behind.
#[derive(Debug, Clone, Copy, Default, Deserialize)]
#[serde(from = "Message")]
pub struct Sent {
    /// Its id in its chat.
    pub message_id: Option<i64>,
}

impl From<Message> for Sent {
    fn from(message: Message) -> Self {
        Self { message_id: message.message_id.0 }
    }
}
