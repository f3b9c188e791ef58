//! People in the chats, and what they see for a moment.

use serde_json::{Value, json};

/// Somebody with an account.
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use]
pub struct Person {
    /// The account's id.
    pub id: i64,
    /// The name that the person chose.
    pub first_name: String,
    /// The name after `@`, if there is one.
    pub username: Option<String>,
}

impl Person {
    /// Somebody without a username.
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

/// What a person saw after pressing a button: the bot's answer to that callback query.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Toast {
    /// The query that was answered.
    pub query: String,
    /// Who pressed; `None` for a query of the world's, which nobody pressed.
    pub to: Option<i64>,
    /// The text; empty when the button only stopped spinning.
    pub text: String,
    /// True for a window instead of a line.
    pub alert: bool,
}

/// A callback query that the bot has to answer.
#[derive(Clone, Debug)]
pub(super) struct Query {
    pub(super) id: String,
    pub(super) from: Option<i64>,
    /// False once it was answered, or is too old.
    pub(super) open: bool,
}
