//! Reads the status of the Slack app: its workspace, its scopes, and its membership of a channel.

use serde::Deserialize;
use serde_json::json;

use super::{SlackApi, SlackError};
use crate::domain::text::Untrusted;
use crate::json::{Flag, Lenient, Text};

/// The OAuth scopes that Sidenote uses: to write messages, to read about a channel, and to join a public channel.
pub const SCOPES: [&str; 4] = ["chat:write", "channels:read", "channels:join", "groups:read"];

/// The app to which a token belongs.
#[derive(Debug, Default)]
pub struct AppInfo {
    /// The name of the app's user.
    pub user: Text,
    /// The name of the workspace.
    pub team: Text,
    /// The OAuth scopes of the token. Empty if the server does not name them.
    pub scopes: Vec<String>,
}

/// The members of a channel's JSON that Sidenote needs.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct ChannelInfo {
    /// The channel's name without `#`. A direct message has no name.
    pub name: Text,
    /// Whether the app is a member of the channel.
    pub is_member: Flag,
    /// Whether the channel is archived, so that it can only be read.
    pub is_archived: Flag,
    /// Whether only invited people see the channel.
    pub is_private: Flag,
    /// Whether the channel is a direct message, which has no members.
    pub is_im: Flag,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Identity {
    user: Text,
    team: Text,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Found {
    channel: Lenient<ChannelInfo>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct FoundUser {
    user: Lenient<User>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct User {
    name: Text,
    real_name: Text,
}

impl SlackApi {
    /// Requests the display name of a person, such as `Kim Lee (@kim)`. `None` if Slack's reply has no name. The call needs
    /// the scope `users:read`, for which Sidenote's manifest does not ask.
    ///
    /// # Errors
    ///
    /// [`SlackError`] if the call failed.
    pub async fn name_of(&self, user: &str) -> Result<Option<Untrusted>, SlackError> {
        let (found, _): (FoundUser, _) = self.read("users.info", &[("user", user)]).await?;
        let User { name, real_name } = found.user.0.unwrap_or_default();
        Ok(match (real_name.as_deref(), name.as_deref()) {
            (Some(real), Some(name)) => Some(Untrusted::new(format!("{real} (@{name})"))),
            (real, name) => real.or(name).map(Untrusted::new),
        })
    }

    /// Requests the app's name and workspace and the scopes of the token.
    ///
    /// # Errors
    ///
    /// [`SlackError`] if the call failed.
    pub async fn app(&self) -> Result<AppInfo, SlackError> {
        let (Identity { user, team }, reply) = self.read("auth.test", &[]).await?;
        let scopes = reply.headers.get("x-oauth-scopes").and_then(|value| value.to_str().ok());
        let scopes = scopes.unwrap_or_default().split(',').map(|scope| scope.trim().to_owned());
        Ok(AppInfo { user, team, scopes: scopes.filter(|scope| !scope.is_empty()).collect() })
    }

    /// Requests the data of a channel. The call needs the scope `channels:read`, or `groups:read` for a private
    /// channel.
    ///
    /// # Errors
    ///
    /// [`SlackError`] if the call failed. Slack does not find a private channel if the app is not in it.
    pub async fn channel(&self, channel: &str) -> Result<ChannelInfo, SlackError> {
        let (found, _): (Found, _) = self.read("conversations.info", &[("channel", channel)]).await?;
        Ok(found.channel.0.unwrap_or_default())
    }

    /// Lets the app join a public channel. The call needs the scope `channels:join`.
    ///
    /// # Errors
    ///
    /// [`SlackError`] if the call failed. An app cannot join a private channel without an invitation.
    pub async fn join(&self, channel: &str) -> Result<(), SlackError> {
        let joined =
            self.call::<serde_json::Value>("conversations.join", &json!({ "channel": channel })).await;
        joined.map(drop)
    }
}
