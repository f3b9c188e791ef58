//! How a bot stands: who it is, in which chat, with which rights, and where its updates go.

use serde::Deserialize;
use serde_json::json;

use super::client::{Bot, BotError};
use crate::json::{Flag, Int, Lenient, List, Text};

/// Who the bot is.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Me {
    /// Its id, which is also the first part of its token.
    pub id: Int,
    /// Its name, without `@`.
    pub username: Text,
}

/// A chat, as far as we look.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct ChatInfo {
    /// `private`, `group`, `supergroup` or `channel`.
    #[serde(rename = "type")]
    pub kind: Text,
    /// Its title; a private chat has none.
    pub title: Text,
    /// Whether it has topics.
    pub is_forum: Flag,
    /// What its ordinary members may do.
    pub permissions: Lenient<Permissions>,
}

/// What ordinary members may do.
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
    /// Of a restricted member: whether it may write.
    pub can_send_messages: Flag,
    /// Of a channel's administrator: whether it may write.
    pub can_post_messages: Flag,
}

/// Where the bot's updates go.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct WebhookInfo {
    /// The URL; empty when there is no webhook.
    pub url: Text,
    /// Updates that wait.
    pub pending_update_count: Int,
    /// When a delivery failed last, in seconds since 1970.
    pub last_error_date: Int,
    /// Why it failed.
    pub last_error_message: Text,
    /// The kinds of updates that are sent; absent: all that matter here.
    pub allowed_updates: Option<List<Text>>,
}

impl Bot {
    /// Who the bot is.
    ///
    /// # Errors
    /// [`BotError`], if it does not say.
    pub async fn me(&self) -> Result<Me, BotError> {
        self.call("getMe", &json!({})).await
    }

    /// A chat.
    ///
    /// # Errors
    /// [`BotError`]: not found when the bot has never seen it, forbidden when it was removed.
    pub async fn chat(&self, chat: &serde_json::Value) -> Result<ChatInfo, BotError> {
        self.call("getChat", &json!({ "chat_id": chat })).await
    }

    /// A member of a chat.
    ///
    /// # Errors
    /// [`BotError`], as for the chat.
    pub async fn member(&self, chat: &serde_json::Value, user: i64) -> Result<Membership, BotError> {
        self.call("getChatMember", &json!({ "chat_id": chat, "user_id": user })).await
    }

    /// Shows "typing" in a chat or one of its topics for five seconds: the only write that leaves nothing behind.
    ///
    /// # Errors
    /// [`BotError`]: not found when there is no such topic, forbidden when the bot may not write.
    pub async fn type_in(&self, chat: &serde_json::Value, thread: Option<i64>) -> Result<bool, BotError> {
        let mut body = json!({ "chat_id": chat, "action": "typing" });
        if let Some(thread) = thread {
            body["message_thread_id"] = json!(thread);
        }
        self.call::<bool>("sendChatAction", &body).await
    }

    /// Where the bot's updates go.
    ///
    /// # Errors
    /// [`BotError`], if it is not told.
    pub async fn webhook_info(&self) -> Result<WebhookInfo, BotError> {
        self.call("getWebhookInfo", &json!({})).await
    }
}
