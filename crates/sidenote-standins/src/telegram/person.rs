//! The people in Telegram chats, and the short messages that they see after pressing a button.

use serde_json::{Value, json};

/// A person with a Telegram account.
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use]
pub struct Person {
    /// The id of the account.
    pub id: i64,
    /// The first name of the person.
    pub first_name: String,
    /// The username of the account without `@`, if there is one.
    pub username: Option<String>,
}

impl Person {
    /// Creates a person without a username.
    pub fn new(id: i64, first_name: &str) -> Self {
        Self { id, first_name: first_name.to_owned(), username: None }
    }

    /// Gives the person a username.
    pub fn username(mut self, username: &str) -> Self {
        self.username = Some(username.trim_start_matches('@').to_owned());
        self
    }

    /// The person as JSON, in the form of the Bot API's `User`.
    pub(super) fn json(&self) -> Value {
        let mut user = json!({"id": self.id, "is_bot": false, "first_name": self.first_name});
        if let Some(username) = &self.username {
            user["username"] = json!(username);
        }
        user
    }
}

/// The bot's answer to a callback query, which the person sees for a moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Toast {
    /// The id of the callback query.
    pub query: String,
    /// The id of the person who pressed the button. `None` for a query from the initial data.
    pub to: Option<i64>,
    /// The text of the answer. An empty text only stops the button's spinner.
    pub text: String,
    /// Whether the answer is shown as a dialog. Otherwise it is a line at the edge of the chat.
    pub alert: bool,
}

/// A callback query (a button press) that awaits the bot's answer.
#[derive(Clone, Debug)]
pub(super) struct Query {
    pub(super) id: String,
    pub(super) from: Option<i64>,
    /// Whether the query can still be answered. It cannot after an answer, or if it is too old.
    pub(super) open: bool,
}
