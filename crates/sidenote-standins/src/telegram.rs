//! The Telegram stand-in: the methods of the Bot API on chats in memory, and the delivery of updates to a webhook.

mod cursor;
mod entity;
mod html;
mod link;
mod mailbox;
mod methods;
mod person;
#[cfg(test)]
mod push_tests;
mod request;
mod rules;
mod shape;
#[cfg(test)]
mod spec;
mod taps;
#[cfg(test)]
mod tests;
mod world;

use std::sync::Mutex;

use http::{Method, StatusCode};
use serde_json::{Value, json};

pub use entity::Entity;
pub use mailbox::Pushed;
pub use person::{Person, Toast};
pub use world::{Chat, TelegramWorld};

use super::exchange::{Recorded, Reply};
use super::faults::Fault;
use super::server::{Loopback, Peer, locked};
use mailbox::{Mailbox, Pace};
use methods::{Service, State};
use person::Query;

/// A message in a Telegram chat in its current state, edits included.
#[derive(Clone, Debug, PartialEq)]
pub struct Message {
    /// The id of the message's chat.
    pub chat_id: i64,
    /// The id of the message.
    pub message_id: i64,
    /// The id of the forum topic, if the message is in one.
    pub thread: Option<i64>,
    /// The text of the message as it was sent, with tags.
    pub text_raw: String,
    /// The text of the message as a reader sees it.
    pub text_visible: String,
    /// The formatted parts of the visible text.
    pub entities: Vec<Entity>,
    /// The keyboard under the message, an `InlineKeyboardMarkup`, if there is one.
    pub reply_markup: Option<Value>,
    /// The format of the text as it was sent: `HTML`, or `None` for plain text.
    pub parse_mode: Option<String>,
    /// Whether the message was sent without a notification sound.
    pub silent: bool,
    /// The number of edits of the message.
    pub edits: usize,
}

/// A running Telegram stand-in. The server stops when the value is dropped.
pub struct Telegram {
    server: Loopback<Service>,
}

impl Telegram {
    /// Starts a server on a free port of 127.0.0.1 with the initial data `world`.
    ///
    /// # Panics
    ///
    /// Panics if no port can be bound.
    pub async fn start(world: TelegramWorld) -> Self {
        let latency = world.latency;
        let query = |id: &String| Query { id: id.clone(), from: None, open: true };
        let queries = world.callbacks.iter().map(query).collect();
        let mailbox = Mailbox::new(Pace { retry: world.retry, timeout: world.webhook_timeout });
        let state = Mutex::new(State { queries, ..State::default() });
        Self { server: Loopback::start(latency, |_| Service { world, state, mailbox }).await }
    }

    /// The base URL, without a slash at the end: `http://127.0.0.1:PORT`.
    #[must_use]
    pub fn url(&self) -> String {
        self.server.url().to_owned()
    }

    /// Every message that was not deleted, oldest first, in its current state.
    #[must_use]
    pub fn messages(&self) -> Vec<Message> {
        let state = locked(&self.server.peer().state);
        state.messages.iter().filter(|message| !state.gone.contains(&message.message_id)).cloned().collect()
    }

    /// Every request so far, in the order of arrival.
    #[must_use]
    pub fn requests(&self) -> Vec<Recorded> {
        self.server.requests()
    }

    /// Describes the violations so far. A violation is a mistake in a request that the real service may tolerate. A
    /// test ends by asserting that there are none.
    #[must_use]
    pub fn violations(&self) -> Vec<String> {
        self.server.violations()
    }

    /// Adds an injected fault: requests that match it fail. Earlier faults take precedence.
    pub fn inject(&self, fault: Fault) {
        self.server.inject(fault);
    }
}

impl Peer for Service {
    fn inspect(&self, request: &Recorded) -> Vec<String> {
        let Some((token, name)) = request::parts(&request.path) else {
            return vec!["no such path".to_owned()];
        };
        let mut wrong = Vec::new();
        if token != self.world.token {
            wrong.push("a token this world does not know".to_owned());
        }
        if request.method != Method::GET && request.method != Method::POST {
            wrong.push("neither GET nor POST".to_owned());
        }
        match rules::method(name) {
            None => wrong.push("no such method".to_owned()),
            Some((canonical, fields)) => {
                if canonical != name {
                    wrong.push(format!("the method is written {canonical}"));
                }
                let understood = request::understand(canonical, fields, request);
                wrong.extend(understood.problems.into_iter().map(|problem| problem.what));
            }
        }
        wrong
    }

    fn answer(&self, request: &Recorded) -> Reply {
        let result = self.perform(request);
        match result {
            Ok(result) => Reply::json(StatusCode::OK, &json!({"ok": true, "result": result})),
            Err((status, description, parameters)) => {
                let mut body =
                    json!({"ok": false, "error_code": status.as_u16(), "description": description});
                if let Some(parameters) = parameters {
                    body["parameters"] = parameters;
                }
                Reply::json(status, &body)
            }
        }
    }
}
