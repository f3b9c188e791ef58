//! The initial state of a Slack workspace.

use std::time::Duration;

/// A workspace with one app.
#[derive(Clone, Debug)]
#[must_use]
pub struct SlackWorld {
    pub(super) token: String,
    pub(super) scopes: Vec<String>,
    pub(super) channels: Vec<SlackChannel>,
    pub(super) latency: Duration,
    /// The time that has to pass between two messages in a channel.
    pub(super) pace: Option<Duration>,
}

impl SlackWorld {
    /// A workspace whose app has this token and the scopes that Sidenote asks for, but no channel.
    pub fn new(token: &str) -> Self {
        let scopes = ["chat:write", "channels:read", "channels:join", "groups:read"];
        Self {
            token: token.to_owned(),
            scopes: scopes.map(str::to_owned).into(),
            channels: Vec::new(),
            latency: Duration::ZERO,
            pace: None,
        }
    }

    /// Adds a channel.
    pub fn channel(mut self, channel: SlackChannel) -> Self {
        self.channels.push(channel);
        self
    }

    /// Replaces the token's scopes.
    pub fn scopes(self, scopes: &[&str]) -> Self {
        Self { scopes: scopes.iter().map(|scope| (*scope).to_owned()).collect(), ..self }
    }

    /// Delays every reply.
    pub fn latency(self, latency: Duration) -> Self {
        Self { latency, ..self }
    }

    /// Refuses a message that follows another one in the same channel sooner than this.
    pub fn pace(self, pace: Duration) -> Self {
        Self { pace: Some(pace), ..self }
    }
}

/// A channel.
#[derive(Clone, Debug)]
#[must_use]
pub struct SlackChannel {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) is_member: bool,
    pub(super) is_private: bool,
    pub(super) is_archived: bool,
}

impl SlackChannel {
    /// A public channel that the app is in.
    pub fn new(id: &str, name: &str) -> Self {
        let (id, name) = (id.to_owned(), name.to_owned());
        Self { id, name, is_member: true, is_private: false, is_archived: false }
    }

    /// The app is not in the channel.
    pub fn without_app(self) -> Self {
        Self { is_member: false, ..self }
    }

    /// Only invited people see the channel.
    pub fn private(self) -> Self {
        Self { is_private: true, ..self }
    }

    /// The channel can only be read.
    pub fn archived(self) -> Self {
        Self { is_archived: true, ..self }
    }
}
