//! The configured chat, and its migration to a supergroup.
//!
//! A group that becomes a supergroup gets a new id, and its messages stay under the old one. Only Telegram itself is
//! trusted about this: a call with the old id returns the new one.

use crate::config::TelegramConfig;
use crate::domain::approval::Approval;
use crate::domain::deadline::Deadline;
use crate::handler::clients::Clients;
use crate::telegram::BotError;

/// The configured chat, and the check whether a chat has become another one.
pub(in crate::handler) struct Chats {
    /// `TELEGRAM_CHAT_ID`.
    chat: Option<String>,
    /// The chats of the routes.
    routed: Vec<String>,
    clients: Clients,
}

impl Chats {
    pub(in crate::handler) fn new(config: &TelegramConfig, clients: Clients) -> Self {
        let routed = config.routes.iter().map(|route| route.place.chat.clone()).collect();
        Self { chat: config.chat.clone(), routed, clients }
    }

    /// Whether `chat` is a configured chat. A chat that is configured by its name matches any, because Telegram sends
    /// the id.
    pub(super) fn is_home(&self, chat: i64) -> bool {
        let mut ours = self.chat.iter().chain(&self.routed);
        ours.any(|ours| ours.parse().map_or(true, |ours: i64| ours == chat))
    }

    /// The configured chat's id. `None` if the chat is configured by its name.
    fn home(&self) -> Option<i64> {
        self.chat.as_deref()?.parse().ok()
    }

    /// Logs that the chat `old` has become `new`, if it is the configured one.
    pub(in crate::handler) fn moved(&self, old: i64, new: i64) {
        if self.home() == Some(old) {
            tracing::warn!(chat_id = new, "telegram_chat_moved: set TELEGRAM_CHAT_ID to the new number");
        }
    }

    /// Logs that the message with the question stayed in the chat `old`, which has become `new`.
    pub(super) fn stayed_behind(&self, old: i64, new: i64, asked: &Approval) {
        self.moved(old, new);
        if asked.state.is_open() {
            let (approval_id, asks) = (asked.id.as_str(), asked.subject.name());
            tracing::error!(
                approval_id,
                asks,
                "approval_out_of_reach: its message stayed behind in the old group; `sidenote approve` decides it"
            );
        }
    }

    /// Whether the chat of the question, or otherwise the configured one, has become `chat`.
    pub(super) async fn has_become(&self, asked_in: Option<i64>, chat: i64, deadline: Deadline) -> bool {
        let Some(old) = asked_in.or_else(|| self.home()).filter(|old| *old != chat) else { return false };
        let secrets = self.clients.secrets().await;
        let Ok(bot) = self.clients.bot(&secrets, deadline) else { return false };
        // `getChat` does not show the migration. This call does, and it leaves nothing in the chat.
        bot.type_in(&old.into(), None).await == Err(BotError::Moved(chat))
    }
}
