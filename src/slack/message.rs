//! Posts and edits messages in Slack.

use serde::Deserialize;
use serde_json::{Value, json};

use super::{SlackApi, SlackError};
use crate::domain::approval::{ShownInSlack, SlackRef};
use crate::domain::outcome::Failure;
use crate::json::Text;

/// The largest number of blocks in a message.
pub const MAX_BLOCKS: usize = 50;
/// The text of a section has at most this many characters.
pub const MAX_SECTION: usize = 3000;

/// A message for Slack, in the forms that Slack shows in different places.
#[derive(Debug, Clone, PartialEq)]
pub struct SlackMessage {
    /// The first line without markup. Slack shows it in the push notifications of devices.
    pub preview: String,
    /// The whole text without markup. It is sent if Slack refuses the blocks.
    pub plain: String,
    /// The blocks of the message in Slack's Block Kit.
    pub blocks: Vec<Value>,
}

impl SlackMessage {
    /// Returns the parts of the message that an edit replaces. They are also stored with an approval, so that a
    /// decision can edit the message.
    #[must_use]
    pub fn shown(&self) -> ShownInSlack {
        ShownInSlack { preview: self.preview.clone(), blocks: self.blocks.clone() }
    }
}

/// The ids of a posted message.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Posted {
    /// The id of the channel.
    pub channel: Text,
    /// The id of the message in the channel, which is a timestamp in Slack.
    pub ts: Text,
}

impl Posted {
    /// Returns the reference of the message, or `None` if Slack's reply lacks an id.
    #[must_use]
    pub fn message(self) -> Option<SlackRef> {
        let (channel, ts) = self.channel.into_option().zip(self.ts.into_option())?;
        Some(SlackRef { channel: channel.into(), ts: ts.into() })
    }
}

impl SlackApi {
    /// Posts a message. If Slack refuses the blocks, the message is sent again as plain text. If the app is not a
    /// member of a public channel, the app joins the channel and posts the message again.
    ///
    /// # Errors
    ///
    /// [`SlackError`] if the message was not posted. If no clear reply came, the message may have been posted.
    pub async fn post(&self, channel: &str, message: &SlackMessage) -> Result<Posted, SlackError> {
        let place = json!({ "channel": channel });
        match self.post_once(&place, message).await {
            Err(SlackError::NotInChannel) if self.join(channel).await.is_ok() => {
                self.post_once(&place, message).await
            }
            outcome => outcome,
        }
    }

    /// Posts a message in the thread of the message `to`. Slack also shows the reply in the channel, so that people
    /// notice it.
    ///
    /// # Errors
    ///
    /// [`Failure`] if the reply was not posted.
    pub async fn reply(&self, to: &SlackRef, message: &SlackMessage) -> Result<(), Failure> {
        let place = json!({"channel": to.channel, "thread_ts": to.ts, "reply_broadcast": true});
        self.post_once(&place, message).await.map(drop).map_err(SlackError::failure)
    }

    /// Replaces the content of a message. The call also succeeds if the message is deleted or can no longer be edited,
    /// or if the app can no longer write in its channel.
    ///
    /// # Errors
    ///
    /// [`Failure`] if the edit failed.
    pub async fn edit(&self, message: &SlackRef, content: &ShownInSlack) -> Result<(), Failure> {
        match self.replace(message, content).await {
            Err(refusal) if !refusal.is_lost() => Err(refusal.failure()),
            Ok(()) | Err(_) => Ok(()),
        }
    }

    /// Replaces the content of a message.
    ///
    /// # Errors
    ///
    /// [`SlackError`] if the edit failed; [`SlackError::MessageGone`] if the message is deleted or can no longer be
    /// edited.
    pub async fn replace(&self, message: &SlackRef, content: &ShownInSlack) -> Result<(), SlackError> {
        let request = json!({
            "channel": message.channel, "ts": message.ts, "text": content.preview, "blocks": content.blocks,
            "link_names": false, "parse": "none",
        });
        self.call::<Value>("chat.update", &request).await.map(drop)
    }

    /// Writes a short text that only one person in the channel sees. Slack interprets no markup in the text.
    ///
    /// # Errors
    ///
    /// [`Failure`] if the text was not sent.
    pub async fn whisper(&self, channel: &str, user: &str, text: &str) -> Result<(), Failure> {
        let plain = json!({"type": "plain_text", "text": text, "emoji": false});
        let blocks = json!([{"type": "section", "text": plain}]);
        let request = json!({"channel": channel, "user": user, "text": "Sidenote", "blocks": blocks,
            "link_names": false, "parse": "none"});
        self.call::<Value>("chat.postEphemeral", &request).await.map(drop).map_err(SlackError::failure)
    }

    async fn post_once(&self, place: &Value, message: &SlackMessage) -> Result<Posted, SlackError> {
        match self.call("chat.postMessage", &request(place, message, true)).await {
            Err(SlackError::Blocks) => self.call("chat.postMessage", &request(place, message, false)).await,
            outcome => outcome,
        }
    }
}

/// Returns the body of the request for a message in `place`: a channel, or a thread in a channel. Slack then shows no
/// previews of URLs, turns no name into a mention, and interprets no markup in the text.
fn request(place: &Value, message: &SlackMessage, has_blocks: bool) -> Value {
    let mut request = place.clone();
    request["text"] = json!(if has_blocks { &message.preview } else { &message.plain });
    request["parse"] = json!("none");
    for off in ["unfurl_links", "unfurl_media", "link_names", "mrkdwn"] {
        request[off] = json!(false);
    }
    if has_blocks && !message.blocks.is_empty() {
        request["blocks"] = json!(message.blocks);
    }
    request
}
