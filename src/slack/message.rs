//! Posts and edits messages.

use serde::Deserialize;
use serde_json::{Value, json};

use super::{SlackApi, SlackError};
use crate::json::Text;

/// The most blocks of a message.
pub const MAX_BLOCKS: usize = 50;
/// The most characters of the text of a section.
pub const MAX_SECTION: usize = 3000;

/// A message.
#[derive(Debug, Clone, PartialEq)]
pub struct SlackMessage {
    /// The first line without markup. Slack shows it in notifications.
    pub preview: String,
    /// The whole text without markup. It is sent if Slack refuses the blocks.
    pub plain: String,
    /// The blocks.
    pub blocks: Vec<Value>,
}

/// A posted message.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Posted {
    /// The id of the channel.
    pub channel: Text,
    /// The id of the message in the channel.
    pub ts: Text,
}

impl SlackApi {
    /// Posts a message. Refused blocks are left out in a second attempt. `not_in_channel` of a public channel leads to
    /// one attempt to join it.
    ///
    /// # Errors
    /// [`SlackError`] if the message was not posted. After an unclear reply the message may have been posted.
    pub async fn post(&self, channel: &str, message: &SlackMessage) -> Result<Posted, SlackError> {
        match self.post_once(channel, message).await {
            Err(SlackError::NotInChannel) if self.join(channel).await.is_ok() => {
                self.post_once(channel, message).await
            }
            outcome => outcome,
        }
    }

    async fn post_once(&self, channel: &str, message: &SlackMessage) -> Result<Posted, SlackError> {
        match self.call("chat.postMessage", &request(channel, message, true)).await {
            Err(SlackError::Blocks) => self.call("chat.postMessage", &request(channel, message, false)).await,
            outcome => outcome,
        }
    }
}

/// The request. No URL is unfurled, no name becomes a mention, and no text is parsed for links.
fn request(channel: &str, message: &SlackMessage, has_blocks: bool) -> Value {
    let text = if has_blocks { &message.preview } else { &message.plain };
    let mut request = json!({
        "channel": channel, "text": text, "unfurl_links": false, "unfurl_media": false, "link_names": false,
        "parse": "none",
    });
    if has_blocks && !message.blocks.is_empty() {
        request["blocks"] = json!(message.blocks);
    }
    request
}
