//! People in the chats, and the short messages that they see after pressing a button.

use serde_json::{Value, json};

/// A person with a Telegram account.
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use]
pub struct Person {
    /// The account's id.
    pub id: i64,
    /// The first name.
    pub first_name: String,
    /// The username without `@`, if there is one.
    pub username: Option<String>,
}

impl Person {
    /// A person without a username.
    pub fn new(id: i64, first_name: &str) -> Self {
        Self { id, first_name: first_name.to_owned(), username: None }
    }

    /// Gives the person a username.
    pub fn username(mut self, username: &str) -> Self {
        self.username = Some(username.trim_start_matches('@').to_owned());
        self
    }

    /// The Bot API's `User`.
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
    /// The id of the person who pressed. `None` for a query from the initial data.
    pub to: Option<i64>,
    /// The text. An empty one only stops the button's spinner.
    pub text: String,
    /// Whether it is shown as a dialog instead of a line.
    pub alert: bool,
}

/// A callback query (a button press) that awaits the bot's answer.
#[derive(Clone, Debug)]
pub(super) struct Query {
    pub(super) id: String,
    pub(super) from: Option<i64>,
    /// Whether it can still be answered. It closes when it is answered or too old.
    pub(super) open: bool,
}
