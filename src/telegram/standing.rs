//! Reads the bot's status: its account, its chats, its permissions there, and its webhook.

use serde::Deserialize;
use serde_json::json;

use super::client::{Bot, BotError};
use super::wire;
use crate::domain::text::Untrusted;
use crate::json::{Flag, Int, Lenient, List, Text};

/// The members of the bot's account that Sidenote needs.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Me {
    /// The bot's id, which is also the first part of its token.
    pub id: Int,
    /// The bot's username without `@`.
    pub username: Text,
}

/// The members of a chat's JSON that Sidenote needs.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct ChatInfo {
    /// The kind of chat: `private`, `group`, `supergroup` or `channel`.
    #[serde(rename = "type")]
    pub kind: Text,
    /// The chat's title. A private chat has no title.
    pub title: Text,
    /// Whether the chat has topics.
    pub is_forum: Flag,
    /// The permissions of ordinary members.
    pub permissions: Lenient<Permissions>,
}

/// The permissions of ordinary members of a chat.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Permissions {
    /// Whether ordinary members may write messages.
    pub can_send_messages: Flag,
}

/// The bot as a member of a chat.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Membership {
    /// The bot's status: `creator`, `administrator`, `member`, `restricted`, `left` or `kicked`.
    pub status: Text,
    /// Whether the bot may write, if its status is `restricted`.
    pub can_send_messages: Flag,
    /// Whether the bot may write, if it is the administrator of a channel.
    pub can_post_messages: Flag,
}

/// A person as a member of a chat.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Member {
    user: Lenient<wire::User>,
}

/// The state of the bot's webhook.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct WebhookInfo {
    /// The URL of the webhook; empty if there is no webhook.
    pub url: Text,
    /// The number of updates that Telegram has not delivered yet.
    pub pending_update_count: Int,
    /// The time of the last failed delivery to the webhook, in seconds since 1970.
    pub last_error_date: Int,
    /// The reason for the last failed delivery, in Telegram's words.
    pub last_error_message: Text,
    /// The kinds of updates that Telegram sends. If absent, Telegram sends all kinds that Sidenote needs.
    pub allowed_updates: Option<List<Text>>,
}

impl Bot {
    /// Requests the bot's own account.
    ///
    /// # Errors
    ///
    /// [`BotError`] if the call failed.
    pub async fn me(&self) -> Result<Me, BotError> {
        self.call("getMe", &json!({})).await
    }

    /// Requests the data of a chat.
    ///
    /// # Errors
    ///
    /// [`BotError`] if the call failed: not found if the bot has never been in the chat, forbidden if it was removed.
    pub async fn chat(&self, chat: &serde_json::Value) -> Result<ChatInfo, BotError> {
        self.call("getChat", &json!({ "chat_id": chat })).await
    }

    /// Requests the membership of `user` in a chat.
    ///
    /// # Errors
    ///
    /// [`BotError`] if the call failed, as for [`Self::chat`].
    pub async fn member(&self, chat: &serde_json::Value, user: i64) -> Result<Membership, BotError> {
        self.call("getChatMember", &json!({ "chat_id": chat, "user_id": user })).await
    }

    /// Requests the display name of a member of a chat. `None` if Telegram's reply has no name.
    ///
    /// # Errors
    ///
    /// [`BotError`] if the call failed. Telegram may refuse the call if the bot is no administrator of the chat, or if the
    /// person was never there.
    pub async fn name_in(&self, chat: &serde_json::Value, user: i64) -> Result<Option<Untrusted>, BotError> {
        let member: Member = self.call("getChatMember", &json!({ "chat_id": chat, "user_id": user })).await?;
        Ok(member.user.0.map(|user| user.name()).filter(|name| !name.raw().is_empty()))
    }

    /// Shows "typing" in a chat or a topic for five seconds. Returns Telegram's result, which is `true` for a
    /// successful call. `sidenote doctor` tests with this call whether the bot may write, because it is the only
    /// writing call that leaves nothing behind.
    ///
    /// # Errors
    ///
    /// [`BotError`] if the call failed: not found if there is no such topic, forbidden if the bot may not write.
    pub async fn type_in(&self, chat: &serde_json::Value, thread: Option<i64>) -> Result<bool, BotError> {
        let mut body = json!({ "chat_id": chat, "action": "typing" });
        if let Some(thread) = thread {
            body["message_thread_id"] = json!(thread);
        }
        self.call::<bool>("sendChatAction", &body).await
    }

    /// Requests the state of the webhook.
    ///
    /// # Errors
    ///
    /// [`BotError`] if the call failed.
    pub async fn webhook_info(&self) -> Result<WebhookInfo, BotError> {
        self.call("getWebhookInfo", &json!({})).await
    }
}
