//! The chat that we write to, and whether it has become another one.
//!
//! A group that becomes a supergroup has another number from then on, and its messages stay behind. Only Telegram is
//! believed in this: a call with the old number is answered with the new one.

use crate::domain::approval::Approval;
use crate::domain::deadline::Deadline;
use crate::handler::clients::Clients;
use crate::telegram::BotError;

/// Knows the chat that we write to.
pub(in crate::handler) struct Chats {
    /// `TELEGRAM_CHAT_ID`.
    chat: Option<String>,
    clients: Clients,
}

impl Chats {
    pub(in crate::handler) fn new(chat: Option<String>, clients: Clients) -> Self {
        Self { chat, clients }
    }

    /// Whether a chat is the one that we write to. A name is not compared: Telegram sends the number.
    pub(super) fn is_home(&self, chat: i64) -> bool {
        let ours = self.chat.as_deref();
        ours.is_some_and(|ours| ours.parse().map_or(true, |ours: i64| ours == chat))
    }

    /// The number of the chat that we write to, if it is set by its number.
    fn home(&self) -> Option<i64> {
        self.chat.as_deref()?.parse().ok()
    }

    /// Logs that a message stayed behind in the chat `old`, which has become `new`, with the question under it.
    pub(super) fn stayed_behind(&self, old: i64, new: i64, asked: &Approval) {
        if self.home() == Some(old) {
            tracing::warn!(chat_id = new, "telegram_chat_moved: set TELEGRAM_CHAT_ID to the new number");
        }
        if asked.state.is_open() {
            let (approval_id, asks) = (asked.id.as_str(), asked.subject.name());
            tracing::error!(
                approval_id,
                asks,
                "approval_out_of_reach: its message stayed behind in the old group; `sidenote approve` decides it"
            );
        }
    }

    /// Whether the chat that was asked, or else the one that we write to, has become this one.
    pub(super) async fn has_become(&self, asked_in: Option<i64>, chat: i64, deadline: Deadline) -> bool {
        let Some(old) = asked_in.or_else(|| self.home()).filter(|old| *old != chat) else { return false };
        let secrets = self.clients.secrets().await;
        let Ok(bot) = self.clients.bot(&secrets, deadline) else { return false };
        // `getChat` does not tell; this call does, and leaves nothing behind.
        bot.type_in(&old.into(), None).await == Err(BotError::Moved(chat))
    }
}
