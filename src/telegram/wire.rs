//! The part of the Bot API's JSON that Sidenote reads. Every member may be null, missing or of another type.

use serde::Deserialize;

use super::{Button, Keyboard};
use crate::domain::approval::MessageRef;
use crate::domain::text::Untrusted;
use crate::json::{Flag, Int, Lenient, List, Text};

/// An update. Telegram sets exactly one of the members beside the id.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Update {
    #[serde(rename = "update_id")]
    pub(super) id: Int,
    pub(super) message: Lenient<Message>,
    pub(super) channel_post: Lenient<Message>,
    /// A change of the bot's membership in a chat. It is not a message, but has a chat and a person in the same form.
    pub(super) my_chat_member: Lenient<Message>,
    pub(super) callback_query: Lenient<Callback>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Message {
    #[serde(rename = "message_id")]
    pub(super) id: Int,
    pub(super) chat: Lenient<Chat>,
    pub(super) from: Lenient<User>,
    #[serde(rename = "message_thread_id")]
    pub(super) thread: Int,
    #[serde(rename = "is_topic_message")]
    pub(super) in_topic: Flag,
    pub(super) reply_markup: Lenient<Markup>,
}

/// The buttons under a message.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Markup {
    inline_keyboard: List<List<Lenient<MarkupButton>>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct MarkupButton {
    text: Text,
    url: Text,
}

impl Message {
    /// Returns the buttons of the message that open a page.
    pub(super) fn links(&self) -> Keyboard {
        let rows = self.reply_markup.0.iter().flat_map(|markup| &markup.inline_keyboard.0);
        let link = |button: &MarkupButton| {
            let (text, url) = (button.text.as_deref()?.to_owned(), button.url.as_deref()?.to_owned());
            Some(Button::Open { text, url })
        };
        let row = |row: &List<Lenient<MarkupButton>>| -> Vec<Button> {
            row.0.iter().filter_map(|button| link(button.0.as_ref()?)).collect()
        };
        rows.map(row).filter(|row| !row.is_empty()).collect()
    }

    /// Returns the reference of the message, or `None` if its chat or its id is missing.
    pub(super) fn message_ref(&self) -> Option<MessageRef> {
        Some(MessageRef { chat: self.chat.0.as_ref()?.id.0?, message: self.id.0? })
    }
}

/// A press of a button under a message.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Callback {
    pub(super) id: Text,
    pub(super) from: Lenient<User>,
    pub(super) message: Lenient<Message>,
    pub(super) data: Text,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Chat {
    pub(super) id: Int,
    #[serde(rename = "type")]
    pub(super) kind: Text,
    pub(super) title: Text,
    pub(super) first_name: Text,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct User {
    pub(super) id: Int,
    pub(super) is_bot: Flag,
    pub(super) first_name: Text,
    pub(super) last_name: Text,
    pub(super) username: Text,
}

impl User {
    /// Returns the display name `First Last (@username)`, with the parts that are present.
    pub(super) fn name(&self) -> Untrusted {
        let names = [self.first_name.as_deref(), self.last_name.as_deref()];
        let name = names.into_iter().flatten().collect::<Vec<_>>().join(" ");
        Untrusted::new(match self.username.as_deref() {
            None => name,
            Some(username) if name.is_empty() => format!("@{username}"),
            Some(username) => format!("{name} (@{username})"),
        })
    }
}

/// The ids of a message that the bot sent.
#[derive(Debug, Clone, Copy, Default, Deserialize)]
#[serde(from = "Message")]
pub struct Sent {
    /// The message's id in its chat.
    pub message_id: Option<i64>,
    /// The reference of the message, if the reply contains the chat too.
    pub message_ref: Option<MessageRef>,
}

impl From<Message> for Sent {
    fn from(message: Message) -> Self {
        Self { message_id: message.id.0, message_ref: message.message_ref() }
    }
}
