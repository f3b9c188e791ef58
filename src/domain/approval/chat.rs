//! What an approval keeps about the people and the messages of each chat.

use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// The id of a person in a chat.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum UserId {
    /// Telegram's id.
    Telegram(i64),
    /// Slack's id.
    Slack(String),
}

impl fmt::Display for UserId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Telegram(id) => id.fmt(f),
            Self::Slack(id) => f.write_str(id),
        }
    }
}

/// The identity of a message in Slack.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SlackRef {
    /// The id of the channel.
    pub channel: String,
    /// The id of the message in that channel.
    pub ts: String,
}

/// The message as it is shown in Slack, without its buttons.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShownInSlack {
    /// The text for notifications.
    pub preview: String,
    /// The blocks.
    pub blocks: Vec<Value>,
}

impl ShownInSlack {
    /// Returns the message with one more block.
    #[must_use]
    pub fn with(mut self, block: Value) -> Self {
        self.blocks.push(block);
        self
    }
}
