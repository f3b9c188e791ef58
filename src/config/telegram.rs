//! The settings for Telegram: the chat, the routes to further chats, and the people who may decide approvals.

use reqwest::Url;

use super::chat_ids::is_chat;
use super::{Reader, routes};
use crate::domain::report::Report;
use crate::domain::route::{ChatRoute, TelegramPlace};

/// The base URL of Telegram's own Bot API.
const TELEGRAM_API: &str = "https://api.telegram.org";

/// The settings for notifications in Telegram.
#[derive(Debug, Clone)]
pub struct TelegramConfig {
    /// The chat: a numeric id, or `@name` for a public chat. Without a chat Telegram gets no notifications. If there is
    /// a bot token without a chat, the health endpoint and each delivery report the missing setting.
    pub chat: Option<String>,
    /// The id of the topic, if the chat is a forum.
    pub thread: Option<i64>,
    /// The routes to other chats. The first route that takes an issue decides the chat of its message.
    pub routes: Vec<ChatRoute<TelegramPlace>>,
    /// The base URL of the Bot API.
    pub api: Url,
    /// The Telegram user ids of the people who may decide approvals. Button presses of other people have no effect.
    pub approvers: Vec<i64>,
    /// The way in which `sidenote serve` receives button presses. It is `None` if the setting is absent.
    pub updates: Option<TelegramUpdates>,
}

/// The way in which `sidenote serve` receives button presses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TelegramUpdates {
    /// Telegram calls the webhook of `serve`.
    Webhook,
    /// `serve` polls the Bot API.
    Poll,
}

impl TelegramConfig {
    /// Returns the chat and the topic for a message. `report` is the report about its issue, if there is an issue.
    #[must_use]
    pub fn place(&self, report: Option<&Report>) -> (Option<&str>, Option<i64>) {
        match ChatRoute::first(&self.routes, report) {
            Some(place) => (Some(&place.chat), place.thread),
            None => (self.chat.as_deref(), self.thread),
        }
    }

    /// Iterates over all configured chats: the general chat, then the chats of the routes.
    pub fn chats(&self) -> impl Iterator<Item = &str> {
        self.chat.as_deref().into_iter().chain(self.routes.iter().map(|route| route.place.chat.as_str()))
    }
}

pub(super) fn read(reader: &mut Reader<'_>, routes: Vec<ChatRoute<TelegramPlace>>) -> TelegramConfig {
    let api = reader.url("TELEGRAM_API_BASE", TELEGRAM_API);
    let thread = reader.parsed("TELEGRAM_THREAD_ID", "a topic's number", None, |s| s.parse().ok().map(Some));
    let chat = reader.parsed("TELEGRAM_CHAT_ID", "a chat's number or @name", None, |s| {
        is_chat(s).then(|| Some(s.to_owned()))
    });
    let ids = |text: &str| text.split(',').map(|id| id.trim().parse().ok()).collect::<Option<Vec<i64>>>();
    let approvers = reader.parsed("TELEGRAM_APPROVERS", "user ids separated by commas", Vec::new(), ids);
    let updates = reader.parsed("TELEGRAM_UPDATES", "webhook or poll", None, |s| match s {
        "webhook" => Some(Some(TelegramUpdates::Webhook)),
        "poll" => Some(Some(TelegramUpdates::Poll)),
        _ => None,
    });
    routes::check(reader, &routes, chat.as_deref(), "TELEGRAM_CHAT_ID");
    TelegramConfig { chat, thread, routes, api, approvers, updates }
}
