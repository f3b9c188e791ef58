//! The types for the people and the messages of Telegram and Slack that an approval stores.

use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// The id of a person in Telegram or Slack.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum UserId {
    /// The numeric id of a Telegram user.
    Telegram(i64),
    /// The id of a Slack user, such as `U012AB3CD`.
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

/// A reference to a message in Slack.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SlackRef {
    /// The id of the Slack channel, such as `C012AB3CD`.
    pub channel: String,
    /// The id of the message in that channel, which Slack calls `ts`.
    pub ts: String,
}

/// The content of an approval's message in Slack, without its buttons.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShownInSlack {
    /// The first line of the message, without markup. Slack shows it instead of the blocks where there is no room for
    /// them, such as on the lock screen of a phone.
    pub preview: String,
    /// The blocks of the message, in the JSON form of Slack's Block Kit.
    pub blocks: Vec<Value>,
}

impl ShownInSlack {
    /// Returns the content with one more block at its end.
    #[must_use]
    pub fn with(mut self, block: Value) -> Self {
        self.blocks.push(block);
        self
    }
}
