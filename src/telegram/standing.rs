//! The bot's status: its account, its chats, its rights there, and its webhook.

use serde::Deserialize;
use serde_json::json;

use super::client::{Bot, BotError};
use crate::json::{Flag, Int, Lenient, List, Text};

/// The bot's account.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Me {
    /// Its id, which is also the first part of its token.
    pub id: Int,
    /// Its username without `@`.
    pub username: Text,
}

/// A chat, with the members that Sidenote needs.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct ChatInfo {
    /// `private`, `group`, `supergroup` or `channel`.
    #[serde(rename = "type")]
    pub kind: Text,
    /// The title; a private chat has none.
    pub title: Text,
    /// Whether the chat has topics.
    pub is_forum: Flag,
    /// The rights of ordinary members.
    pub permissions: Lenient<Permissions>,
}

/// The rights of ordinary members.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Permissions {
    /// Whether they may write.
    pub can_send_messages: Flag,
}

/// The bot as a member of a chat.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Membership {
    /// `creator`, `administrator`, `member`, `restricted`, `left` or `kicked`.
    pub status: Text,
    /// Whether a restricted member may write.
    pub can_send_messages: Flag,
    /// Whether an administrator of a channel may write.
    pub can_post_messages: Flag,
}

/// The state of the bot's webhook.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct WebhookInfo {
    /// The URL; empty if there is no webhook.
    pub url: Text,
    /// The number of pending updates.
    pub pending_update_count: Int,
    /// The time of the last failed delivery, in seconds since 1970.
    pub last_error_date: Int,
    /// The reason for the failure.
    pub last_error_message: Text,
    /// The kinds of updates that Telegram sends; absent means all kinds that matter here.
    pub allowed_updates: Option<List<Text>>,
}

impl Bot {
    /// Requests the bot's own account.
    ///
    /// # Errors
    /// [`BotError`] if the call failed.
    pub async fn me(&self) -> Result<Me, BotError> {
        self.call("getMe", &json!({})).await
    }

    /// Requests a chat.
    ///
    /// # Errors
    /// [`BotError`]: not found if the bot has never been in the chat, forbidden if it was removed.
    pub async fn chat(&self, chat: &serde_json::Value) -> Result<ChatInfo, BotError> {
        self.call("getChat", &json!({ "chat_id": chat })).await
    }

    /// Requests a member of a chat.
    ///
    /// # Errors
    /// [`BotError`], as for [`Self::chat`].
    pub async fn member(&self, chat: &serde_json::Value, user: i64) -> Result<Membership, BotError> {
        self.call("getChatMember", &json!({ "chat_id": chat, "user_id": user })).await
    }

    /// Shows "typing" in a chat or a topic for five seconds. It is the only writing call that leaves nothing behind.
    ///
    /// # Errors
    /// [`BotError`]: not found if there is no such topic, forbidden if the bot may not write.
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
    /// [`BotError`] if the call failed.
    pub async fn webhook_info(&self) -> Result<WebhookInfo, BotError> {
        self.call("getWebhookInfo", &json!({})).await
    }
}
