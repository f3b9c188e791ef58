//! The Slack stand-in: the methods of Slack's Web API on channels in memory.

mod blocks;
mod methods;
mod press;
mod request;
#[cfg(test)]
mod tests;
mod world;

use std::sync::Mutex;

use serde_json::Value;

pub use press::{SlackPerson, SlackPress};
pub use world::{SlackChannel, SlackWorld};

use super::exchange::{Recorded, Reply};
use super::faults::Fault;
use super::server::{Loopback, Peer, locked};
use methods::{Service, State};

/// A message in a Slack channel in its current state, edits included.
#[derive(Clone, Debug, PartialEq)]
pub struct SlackPost {
    /// The id of the message's channel.
    pub channel: String,
    /// The id of the message in the channel.
    pub ts: String,
    /// The plain text that Slack shows in notifications, as it was sent.
    pub text: String,
    /// The Block Kit blocks of the message.
    pub blocks: Vec<Value>,
    /// The id of the message that this message replies to, if it is a reply.
    pub thread_ts: Option<String>,
    /// Whether the channel also shows the reply, not only the thread.
    pub is_broadcast: bool,
    /// The number of edits of the message.
    pub edits: usize,
}

impl SlackPost {
    /// The text of all blocks as a reader sees it: without markup and escapes, and each link as its words. The labels
    /// of buttons are left out.
    #[must_use]
    pub fn visible(&self) -> String {
        let texts: Vec<String> =
            self.blocks.iter().flat_map(blocks::texts).map(|it| blocks::visible(&it)).collect();
        texts.join("\n")
    }
}

impl SlackPost {
    /// The buttons of the message.
    pub(super) fn buttons(&self) -> impl Iterator<Item = &Value> {
        let elements = self.blocks.iter().filter_map(|block| block["elements"].as_array()).flatten();
        elements.filter(|element| element["type"] == "button")
    }

    /// The labels of the message's buttons.
    #[must_use]
    pub fn labels(&self) -> Vec<String> {
        self.buttons().filter_map(|button| button["text"]["text"].as_str()).map(str::to_owned).collect()
    }
}

/// A running Slack stand-in. The server stops when the value is dropped.
pub struct Slack {
    server: Loopback<Service>,
}

impl Slack {
    /// Starts a server on a free port of 127.0.0.1 with the initial state `world`.
    ///
    /// # Panics
    ///
    /// Panics if no port can be bound.
    pub async fn start(world: SlackWorld) -> Self {
        let latency = world.latency;
        let state = Mutex::new(State::new(&world));
        Self { server: Loopback::start(latency, |_| Service { world, state }).await }
    }

    /// The base URL of the Web API, without a slash at the end: `http://127.0.0.1:PORT/api`.
    #[must_use]
    pub fn url(&self) -> String {
        format!("{}/api", self.server.url())
    }

    /// Every message that was not deleted, oldest first, in its current state.
    #[must_use]
    pub fn messages(&self) -> Vec<SlackPost> {
        locked(&self.server.peer().state).posts.clone()
    }

    /// The ephemeral messages, which only one person sees: the person's id and the text.
    #[must_use]
    pub fn whispers(&self) -> Vec<(String, String)> {
        locked(&self.server.peer().state).whispers.clone()
    }

    /// Builds the request that Slack sends when a person presses the button with this label under a message. The
    /// request is signed with `secret`.
    ///
    /// # Panics
    ///
    /// Panics if there is no message with the id `ts`, or if the message has no such button.
    #[must_use]
    #[expect(clippy::expect_used, reason = "a test names a message that it has seen")]
    pub fn press(&self, ts: &str, button: &str, person: &SlackPerson, secret: &str) -> SlackPress {
        let mut state = locked(&self.server.peer().state);
        state.presses += 1;
        let post = state.posts.iter().find(|post| post.ts == ts).expect("the message");
        SlackPress::new(post, button, person, secret, state.presses)
    }

    /// Deletes a message, as a person can.
    pub fn delete(&self, ts: &str) {
        locked(&self.server.peer().state).posts.retain(|post| post.ts != ts);
    }

    /// Every request so far, in the order of arrival.
    #[must_use]
    pub fn requests(&self) -> Vec<Recorded> {
        self.server.requests()
    }

    /// The violations so far. A violation is a mistake in a request. A test ends by asserting that there are none.
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
        request::problems(request, &self.world.token)
    }

    fn answer(&self, request: &Recorded) -> Reply {
        self.perform(request)
    }
}
