//! The initial state of a Slack workspace.

use std::time::Duration;

/// The initial state of a Slack workspace with one app.
#[derive(Clone, Debug)]
#[must_use]
pub struct SlackWorld {
    pub(super) token: String,
    pub(super) scopes: Vec<String>,
    pub(super) channels: Vec<SlackChannel>,
    /// The people of the workspace: the id, the user name and the full name of each.
    pub(super) users: Vec<(String, String, String)>,
    pub(super) latency: Duration,
    /// The shortest time between two messages in a channel. `None` means that there is no limit.
    pub(super) pace: Option<Duration>,
}

impl SlackWorld {
    /// Creates a workspace without channels. Its app has this token and the scopes that Sidenote asks for.
    pub fn new(token: &str) -> Self {
        let scopes = ["chat:write", "channels:read", "channels:join", "groups:read"];
        Self {
            token: token.to_owned(),
            scopes: scopes.map(str::to_owned).into(),
            channels: Vec::new(),
            users: Vec::new(),
            latency: Duration::ZERO,
            pace: None,
        }
    }

    /// Adds a channel to the workspace.
    pub fn channel(mut self, channel: SlackChannel) -> Self {
        self.channels.push(channel);
        self
    }

    /// Adds a person with this id, user name and full name to the workspace.
    pub fn user(mut self, id: &str, name: &str, real_name: &str) -> Self {
        self.users.push((id.to_owned(), name.to_owned(), real_name.to_owned()));
        self
    }

    /// Replaces the scopes of the app's token.
    pub fn scopes(self, scopes: &[&str]) -> Self {
        Self { scopes: scopes.iter().map(|scope| (*scope).to_owned()).collect(), ..self }
    }

    /// Sets the wait before every reply.
    pub fn latency(self, latency: Duration) -> Self {
        Self { latency, ..self }
    }

    /// Sets the shortest time between two messages in a channel. A message that is sent sooner is refused with 429.
    pub fn pace(self, pace: Duration) -> Self {
        Self { pace: Some(pace), ..self }
    }
}

/// A channel of the Slack workspace.
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
    /// Creates a public channel. The app is a member of it.
    pub fn new(id: &str, name: &str) -> Self {
        let (id, name) = (id.to_owned(), name.to_owned());
        Self { id, name, is_member: true, is_private: false, is_archived: false }
    }

    /// Removes the app from the members of the channel.
    pub fn without_app(self) -> Self {
        Self { is_member: false, ..self }
    }

    /// Makes the channel private: an app that is no member cannot see it.
    pub fn private(self) -> Self {
        Self { is_private: true, ..self }
    }

    /// Archives the channel: nobody can write to it any more.
    pub fn archived(self) -> Self {
        Self { is_archived: true, ..self }
    }
}
