//! The configured Telegram chats, and the migration of a chat to a supergroup.
//!
//! A Telegram group that becomes a supergroup gets a new id, and its messages stay under the old id. Only Telegram's
//! API is trusted about a migration: a call with the old id returns the new id.

use crate::config::TelegramConfig;
use crate::domain::approval::Approval;
use crate::domain::deadline::Deadline;
use crate::handler::clients::Clients;
use crate::telegram::BotError;

/// The configured Telegram chats, and the check whether a chat has become another one.
pub(in crate::handler) struct Chats {
    /// The value of `TELEGRAM_CHAT_ID`: an id, or a name that begins with `@`.
    chat: Option<String>,
    /// The ids or names of the chats in `CHAT_ROUTES`.
    routed: Vec<String>,
    clients: Clients,
}

impl Chats {
    pub(in crate::handler) fn new(config: &TelegramConfig, clients: Clients) -> Self {
        let routed = config.routes.iter().map(|route| route.place.chat.clone()).collect();
        Self { chat: config.chat.clone(), routed, clients }
    }

    /// Whether `chat` is a configured chat. If one of the chats is configured by its name, every id counts, because
    /// Telegram sends only ids.
    pub(super) fn is_home(&self, chat: i64) -> bool {
        let mut ours = self.chat.iter().chain(&self.routed);
        ours.any(|ours| ours.parse().map_or(true, |ours: i64| ours == chat))
    }

    /// Returns the id in `TELEGRAM_CHAT_ID`. `None` if the variable contains a name or is not set.
    fn home(&self) -> Option<i64> {
        self.chat.as_deref()?.parse().ok()
    }

    /// Logs that the chat with the id `old` now has the id `new`, if `old` is the value of `TELEGRAM_CHAT_ID`.
    pub(in crate::handler) fn moved(&self, old: i64, new: i64) {
        if self.home() == Some(old) {
            tracing::warn!(chat_id = new, "telegram_chat_moved: set TELEGRAM_CHAT_ID to the new number");
        }
    }

    /// Logs that the message of an approval stayed under the id `old`, after the chat got the id `new`. The buttons of
    /// the message are lost, which is logged as an error if the approval can still be decided.
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

    /// Whether the chat `asked_in`, or otherwise the chat in `TELEGRAM_CHAT_ID`, has moved to the id `chat`.
    pub(super) async fn has_become(&self, asked_in: Option<i64>, chat: i64, deadline: Deadline) -> bool {
        let Some(old) = asked_in.or_else(|| self.home()).filter(|old| *old != chat) else { return false };
        let secrets = self.clients.secrets().await;
        let Ok(bot) = self.clients.bot(&secrets, deadline) else { return false };
        // `getChat` does not show the migration. This call does, and it leaves nothing in the chat.
        bot.type_in(&old.into(), None).await == Err(BotError::Moved(chat))
    }
}
