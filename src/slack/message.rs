//! Posts and edits messages.

use serde::Deserialize;
use serde_json::{Value, json};

use super::{SlackApi, SlackError};
use crate::domain::approval::{ShownInSlack, SlackRef};
use crate::domain::outcome::Failure;
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

impl SlackMessage {
    /// What an approval keeps of the message.
    #[must_use]
    pub fn shown(&self) -> ShownInSlack {
        ShownInSlack { preview: self.preview.clone(), blocks: self.blocks.clone() }
    }
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

impl Posted {
    /// The reference of the message. `None` if Slack did not name it.
    #[must_use]
    pub fn message(self) -> Option<SlackRef> {
        let (channel, ts) = self.channel.into_option().zip(self.ts.into_option())?;
        Some(SlackRef { channel: channel.into(), ts: ts.into() })
    }
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

    /// Replaces a message's blocks. It succeeds if the message is deleted.
    ///
    /// # Errors
    /// [`Failure`] if the edit failed.
    pub async fn edit(&self, message: &SlackRef, content: &ShownInSlack) -> Result<(), Failure> {
        let request = json!({
            "channel": message.channel, "ts": message.ts, "text": content.preview, "blocks": content.blocks,
            "link_names": false, "parse": "none",
        });
        match self.call::<Value>("chat.update", &request).await {
            Ok(_) | Err(SlackError::MessageGone) => Ok(()),
            Err(refusal) => Err(refusal.failure()),
        }
    }

    /// Writes a short text that only one person in the channel sees. Slack reads nothing in it.
    ///
    /// # Errors
    /// [`Failure`] if the text was not sent.
    pub async fn whisper(&self, channel: &str, user: &str, text: &str) -> Result<(), Failure> {
        let plain = json!({"type": "plain_text", "text": text, "emoji": false});
        let blocks = json!([{"type": "section", "text": plain}]);
        let request = json!({"channel": channel, "user": user, "text": "Sidenote", "blocks": blocks,
            "link_names": false, "parse": "none"});
        self.call::<Value>("chat.postEphemeral", &request).await.map(drop).map_err(SlackError::failure)
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
