//! The initial data of a Telegram stand-in, called its world: the bot and its chats.

use std::time::Duration;

use http::StatusCode;
use serde_json::{Value, json};
use time::OffsetDateTime;

use super::person::Person;

/// The bot's status in a Telegram chat.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Standing {
    Member,
    Kicked,
    Blocked,
    Deactivated,
    NotMember,
    Muted,
    /// The group became the supergroup with this id.
    Upgraded(i64),
}

/// A Telegram chat of the bot.
#[derive(Clone, Debug)]
#[must_use]
pub struct Chat {
    pub(super) id: i64,
    kind: &'static str,
    title: String,
    username: Option<String>,
    topics: Vec<i64>,
    /// The topics in which only administrators may write.
    closed_topics: Vec<i64>,
    standing: Standing,
}

impl Chat {
    fn of(kind: &'static str, id: i64, title: &str) -> Self {
        let title = title.to_owned();
        Self {
            id,
            kind,
            title,
            username: None,
            topics: Vec::new(),
            closed_topics: Vec::new(),
            standing: Standing::Member,
        }
    }

    /// Creates a private chat with a person.
    pub fn private(id: i64, first_name: &str) -> Self {
        Self::of("private", id, first_name)
    }

    /// Creates a basic group. Its id is negative.
    pub fn group(id: i64, title: &str) -> Self {
        Self::of("group", id, title)
    }

    /// Creates a supergroup. Its id starts with -100.
    pub fn supergroup(id: i64, title: &str) -> Self {
        Self::of("supergroup", id, title)
    }

    /// Creates a channel. Its id starts with -100.
    pub fn channel(id: i64, title: &str) -> Self {
        Self::of("channel", id, title)
    }

    /// Gives the chat the username `@username`.
    pub fn username(mut self, username: &str) -> Self {
        self.username = Some(username.trim_start_matches('@').to_owned());
        self
    }

    /// Adds a forum topic that is closed.
    pub fn closed_topic(mut self, thread_id: i64) -> Self {
        self.closed_topics.push(thread_id);
        self.topic(thread_id)
    }

    /// Adds a forum topic to the chat.
    pub fn topic(mut self, thread_id: i64) -> Self {
        self.topics.push(thread_id);
        self
    }

    /// Marks the bot as removed from the chat. Writing to it fails with a 403.
    pub fn kicked(mut self) -> Self {
        self.standing = Standing::Kicked;
        self
    }

    /// Marks the bot as blocked by the person. Writing to the chat fails with a 403.
    pub fn blocked(mut self) -> Self {
        self.standing = Standing::Blocked;
        self
    }

    /// Marks the person's account as deleted. Writing to the chat fails with a 403.
    pub fn deactivated(mut self) -> Self {
        self.standing = Standing::Deactivated;
        self
    }

    /// Marks the bot as never having been a member. Writing to the chat fails with a 403.
    pub fn not_member(mut self) -> Self {
        self.standing = Standing::NotMember;
        self
    }

    /// Marks the bot as muted. Writing to the chat fails with a 400.
    pub fn muted(mut self) -> Self {
        self.standing = Standing::Muted;
        self
    }

    /// Marks the group as upgraded to a supergroup. Writing to the group fails with a 400 that contains the
    /// supergroup's id. The initial data must also contain the supergroup.
    pub fn upgraded_to(mut self, id: i64) -> Self {
        self.standing = Standing::Upgraded(id);
        self
    }

    /// Returns the error if the bot may not write to the chat: the status, the description and the `parameters`.
    pub(super) fn refusal(&self) -> Option<(StatusCode, String, Option<Value>)> {
        let kind = self.kind;
        let (status, words) = match self.standing {
            Standing::Member => return None,
            Standing::Kicked => {
                (StatusCode::FORBIDDEN, format!("Forbidden: bot was kicked from the {kind} chat"))
            }
            Standing::Blocked => (StatusCode::FORBIDDEN, "Forbidden: bot was blocked by the user".to_owned()),
            Standing::Deactivated => (StatusCode::FORBIDDEN, "Forbidden: user is deactivated".to_owned()),
            Standing::NotMember => {
                (StatusCode::FORBIDDEN, format!("Forbidden: bot is not a member of the {kind} chat"))
            }
            Standing::Muted => {
                let words = "Bad Request: not enough rights to send text messages to the chat";
                (StatusCode::BAD_REQUEST, words.to_owned())
            }
            Standing::Upgraded(id) => {
                let words = "Bad Request: group chat was upgraded to a supergroup chat".to_owned();
                return Some((StatusCode::BAD_REQUEST, words, Some(json!({"migrate_to_chat_id": id}))));
            }
        };
        Some((status, words, None))
    }

    /// Returns the error if the bot may not read the chat's data: it was removed from the chat, or never was a member.
    /// A muted or blocked bot can read, and so can the bot of an upgraded group.
    pub(super) fn hidden(&self) -> Option<(StatusCode, String, Option<Value>)> {
        matches!(self.standing, Standing::Kicked | Standing::NotMember).then(|| self.refusal())?
    }

    pub(super) fn is_muted(&self) -> bool {
        self.standing == Standing::Muted
    }

    /// The bot's membership as JSON, in the form of the Bot API's `ChatMember`. In a channel the bot is an
    /// administrator, because it could not write otherwise.
    pub(super) fn membership(&self, bot: &Value) -> Value {
        match (self.standing, self.kind) {
            (Standing::Muted, _) => {
                json!({"user": bot, "status": "restricted", "is_member": true, "can_send_messages": false, "until_date": 0})
            }
            (_, "channel") => json!({"user": bot, "status": "administrator", "can_post_messages": true}),
            _ => json!({"user": bot, "status": "member"}),
        }
    }

    /// Whether a request's `chat_id` identifies this chat.
    pub(super) fn is(&self, chat_id: &Value) -> bool {
        let named = |name: &str| {
            self.username
                .as_deref()
                .is_some_and(|username| name.trim_start_matches('@').eq_ignore_ascii_case(username))
        };
        chat_id.as_i64() == Some(self.id) || chat_id.as_str().is_some_and(named)
    }

    /// Returns the description of the error if the bot cannot write in this topic.
    pub(super) fn topic_refusal(&self, thread_id: Option<i64>) -> Option<&'static str> {
        let thread_id = thread_id?;
        if !self.topics.contains(&thread_id) {
            return Some("message thread not found");
        }
        self.closed_topics.contains(&thread_id).then_some("TOPIC_CLOSED")
    }

    /// The chat as JSON, in the form of the Bot API's `Chat`.
    pub(super) fn json(&self) -> Value {
        let name = if self.kind == "private" { "first_name" } else { "title" };
        let mut chat = json!({"id": self.id, "type": self.kind, name: self.title});
        if let Some(username) = &self.username {
            chat["username"] = json!(username);
        }
        if !self.topics.is_empty() {
            chat["is_forum"] = json!(true);
        }
        chat
    }
}

/// The initial data of a [`Telegram`](super::Telegram) stand-in.
#[derive(Clone, Debug)]
#[must_use]
pub struct TelegramWorld {
    pub(super) token: String,
    pub(super) username: String,
    pub(super) chats: Vec<Chat>,
    /// The people in every chat, if the bot is an administrator. Otherwise Telegram does not tell it about them.
    pub(super) people: Vec<Person>,
    pub(super) callbacks: Vec<String>,
    pub(super) webhook_trouble: Option<(String, u32)>,
    pub(super) retry: Duration,
    pub(super) webhook_timeout: Duration,
    pub(super) latency: Duration,
    pub(super) fixed_now: Option<OffsetDateTime>,
}

impl TelegramWorld {
    /// Creates a bot without chats. The token has the form `ID:SECRET`, where the id is that of the bot.
    pub fn new(token: &str) -> Self {
        Self {
            token: token.to_owned(),
            username: "sidenote_bot".to_owned(),
            chats: Vec::new(),
            people: Vec::new(),
            callbacks: Vec::new(),
            webhook_trouble: None,
            retry: Duration::from_secs(1),
            webhook_timeout: Duration::from_mins(1),
            latency: Duration::ZERO,
            fixed_now: None,
        }
    }

    /// Adds a chat of the bot.
    pub fn chat(mut self, chat: Chat) -> Self {
        self.chats.push(chat);
        self
    }

    /// Makes the bot an administrator, and adds a person to every chat.
    pub fn member(mut self, person: Person) -> Self {
        self.people.push(person);
        self
    }

    /// Adds the id of a callback query (a button press) that the bot can answer. Answers to unknown ids fail, because
    /// Telegram treats them as too old.
    pub fn callback(mut self, id: &str) -> Self {
        self.callbacks.push(id.to_owned());
        self
    }

    /// Sets the error and the number of pending updates that `getWebhookInfo` reports once a webhook is set.
    pub fn webhook_trouble(mut self, message: &str, pending: u32) -> Self {
        self.webhook_trouble = Some((message.to_owned(), pending));
        self
    }

    /// Sets the unit of the waits before retries. An update without a reply 2xx is sent again at once, then after two
    /// units, four units, and so on.
    pub fn retry(mut self, wait: Duration) -> Self {
        self.retry = wait;
        self
    }

    /// Sets the time limit for a webhook's reply.
    pub fn webhook_timeout(mut self, timeout: Duration) -> Self {
        self.webhook_timeout = timeout;
        self
    }

    /// Waits this long before every reply.
    pub fn latency(mut self, latency: Duration) -> Self {
        self.latency = latency;
        self
    }

    /// Sets the date of all messages of the bot. Without it, the date is the real time.
    pub fn now(mut self, now: OffsetDateTime) -> Self {
        self.fixed_now = Some(now);
        self
    }

    /// The bot as JSON, in the form of the Bot API's `User`.
    pub(super) fn bot(&self) -> Value {
        let id = self.token.split(':').next().and_then(|id| id.parse::<i64>().ok());
        json!({"id": id, "is_bot": true, "first_name": "Sidenote", "username": self.username})
    }
}
