//! Registers the webhook at Telegram, and lists the chats and people in pending updates. `sidenote telegram connect`
//! uses both.

use std::ops::RangeInclusive;

use reqwest::Url;
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Value, json};

use super::client::{Bot, BotError};
use super::wire::{Sent, Update};
use crate::domain::text::Untrusted;
use crate::json::List;

/// The path of Sidenote's webhook for Telegram. A proxy may add a prefix.
pub const HOOK_PATH: &str = "/api/v1/webhooks/telegram";
/// The ports of a webhook URL that Telegram accepts.
pub const HOOK_PORTS: [u16; 4] = [443, 80, 88, 8443];
/// The allowed lengths of the webhook's secret, in bytes. Telegram sets the upper limit.
///
/// The lower limit protects the buttons: the secret is also the key of their tags (signatures), which every member of
/// the chat can read and attack offline. With the secret, an attacker could forge updates of any user.
const SECRET_LENGTH: RangeInclusive<usize> = 32..=256;
/// The rule of [`is_hook_secret`] in words, for messages to the user.
pub const HOOK_SECRET_RULE: &str = "at least 32 characters of A-Z, a-z, 0-9, _ and -, at most 256";

/// The kinds of updates that Sidenote receives from Telegram: button presses only.
pub(super) const KINDS: [&str; 1] = ["callback_query"];

/// Whether `secret` can be the webhook's secret: Telegram accepts it, and it is too long to guess.
#[must_use]
pub fn is_hook_secret(secret: &SecretString) -> bool {
    let text = secret.expose_secret();
    let allowed = |b: u8| b.is_ascii_alphanumeric() || b"_-".contains(&b);
    SECRET_LENGTH.contains(&text.len()) && text.bytes().all(allowed)
}

/// A chat in a pending update, and the person who acted there.
#[derive(Debug, Clone)]
pub struct Seen {
    /// The id of the chat.
    pub chat: i64,
    /// The kind of chat: `private`, `group`, `supergroup` or `channel`.
    pub kind: Untrusted,
    /// The chat's title, or the first name of the person in a private chat.
    pub title: Untrusted,
    /// The id of the topic, if the update belongs to one.
    pub thread: Option<i64>,
    /// The id and the name of the person who acted.
    pub person: Option<(i64, Untrusted)>,
}

impl Seen {
    fn of(update: Update) -> Option<Self> {
        let (message, from) = if let Some(callback) = update.callback_query.0 {
            (callback.message.0?, callback.from.0)
        } else {
            let mut message = update.message.0.or(update.channel_post.0).or(update.my_chat_member.0)?;
            let from = message.from.0.take();
            (message, from)
        };
        let chat = message.chat.0?;
        let title = chat.title.as_deref().or(chat.first_name.as_deref()).unwrap_or_default();
        Some(Self {
            chat: chat.id.0?,
            kind: Untrusted::new(chat.kind.as_deref().unwrap_or_default()),
            title: Untrusted::new(title),
            thread: message.thread.0.filter(|_| message.in_topic.0 == Some(true)),
            person: from
                .filter(|from| from.is_bot.0 != Some(true))
                .and_then(|it| Some((it.id.0?, it.name()))),
        })
    }
}

impl Bot {
    /// Registers `url` as the webhook, for button presses only. Telegram then sends `secret` in a header of each
    /// request.
    ///
    /// # Errors
    ///
    /// [`BotError`] if the registration failed.
    pub async fn set_webhook(&self, url: &Url, secret: &SecretString) -> Result<(), BotError> {
        let request = json!({
            "url": url.as_str(), "secret_token": secret.expose_secret(), "allowed_updates": KINDS,
        });
        self.call::<bool>("setWebhook", &request).await.map(drop)
    }

    /// Removes the webhook. Telegram keeps pending updates.
    ///
    /// # Errors
    ///
    /// [`BotError`] if the removal failed.
    pub async fn remove_webhook(&self) -> Result<(), BotError> {
        self.call::<bool>("deleteWebhook", &json!({})).await.map(drop)
    }

    /// Lists the chats and people in the pending updates, which stay pending. After this call, Telegram also keeps
    /// updates about messages and chat membership.
    ///
    /// # Errors
    ///
    /// [`BotError`] if the call failed. Telegram reports a conflict (409) if a webhook is set.
    pub async fn seen_lately(&self) -> Result<Vec<Seen>, BotError> {
        let kinds = ["message", "channel_post", "my_chat_member", "callback_query"];
        let updates: List<Update> = self.call("getUpdates", &json!({ "allowed_updates": kinds })).await?;
        Ok(updates.0.into_iter().filter_map(Seen::of).collect())
    }

    /// Sends a plain text to a chat.
    ///
    /// # Errors
    ///
    /// [`BotError`] if the message was not sent.
    pub async fn write(&self, chat: &Value, thread: Option<i64>, text: &str) -> Result<Sent, BotError> {
        let mut request = json!({ "chat_id": chat, "text": text });
        if let Some(thread) = thread {
            request["message_thread_id"] = thread.into();
        }
        self.call("sendMessage", &request).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_webhook_secret_has_32_to_256_characters_of_telegrams_alphabet() {
        let is = |text: String| is_hook_secret(&SecretString::from(text));
        let rest = |text: &str| format!("{}{text}", "x".repeat(40));
        assert!(is("aZ09_-".repeat(6)) && is("x".repeat(32)) && is("x".repeat(256)));
        assert!(!is(String::new()) && !is("x".repeat(31)) && !is("x".repeat(257)));
        assert!(!is(rest(" ")) && !is(rest("+")) && !is(rest("é")));
    }

    #[test]
    fn chat_topic_and_person_are_read_from_several_kinds_of_update() {
        let seen = |json: Value| Seen::of(serde_json::from_value(json).expect("an update"));
        let (chat, from) =
            (json!({"id": -1, "type": "group", "title": "A"}), json!({"id": 5, "first_name": "Ann"}));
        let message = json!({"chat": chat, "from": from, "message_thread_id": 7, "is_topic_message": true});
        let all = [
            json!({"message": message}),
            json!({"my_chat_member": message}),
            json!({"callback_query": {"from": from, "message": message}}),
        ];
        for update in all {
            let seen = seen(update).expect("seen");
            let person = seen.person.expect("a person");
            assert_eq!(
                (seen.chat, seen.thread, person.0, person.1.line(9)),
                (-1, Some(7), 5, "Ann".to_owned())
            );
        }
        let private =
            seen(json!({"message": {"chat": {"id": 5, "first_name": "Bo"}, "message_thread_id": 7}}));
        let private = private.expect("seen");
        assert_eq!(
            (private.thread, private.person.is_none(), private.title.line(9)),
            (None, true, "Bo".to_owned())
        );
        assert!(seen(json!({"poll": {}})).is_none() && seen(json!({"message": {"chat": null}})).is_none());
    }
}
