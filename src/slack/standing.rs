//! The app's status: its workspace, its scopes, and its membership of a channel.

use serde::Deserialize;
use serde_json::json;

use super::{SlackApi, SlackError};
use crate::json::{Flag, Lenient, Text};

/// The scopes that Sidenote uses: to write, to see a channel, and to join a public one.
pub const SCOPES: [&str; 4] = ["chat:write", "channels:read", "channels:join", "groups:read"];

/// The app that a token belongs to.
#[derive(Debug, Default)]
pub struct AppInfo {
    /// The name of the app's user.
    pub user: Text,
    /// The name of the workspace.
    pub team: Text,
    /// The scopes of the token.
    pub scopes: Vec<String>,
}

/// A channel, with the members that Sidenote needs.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct ChannelInfo {
    /// The name without `#`. A direct message has none.
    pub name: Text,
    /// Whether the app is a member.
    pub is_member: Flag,
    /// Whether the channel can only be read.
    pub is_archived: Flag,
    /// Whether only invited people see the channel.
    pub is_private: Flag,
    /// Whether it is a direct message, which has no members.
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

impl SlackApi {
    /// Requests the app and the scopes of the token.
    ///
    /// # Errors
    /// [`SlackError`] if the call failed.
    pub async fn app(&self) -> Result<AppInfo, SlackError> {
        let (Identity { user, team }, reply) = self.read("auth.test", &[]).await?;
        let scopes = reply.headers.get("x-oauth-scopes").and_then(|value| value.to_str().ok());
        let scopes = scopes.unwrap_or_default().split(',').map(|scope| scope.trim().to_owned());
        Ok(AppInfo { user, team, scopes: scopes.filter(|scope| !scope.is_empty()).collect() })
    }

    /// Requests a channel. It needs the scope `channels:read`, or `groups:read` for a private channel.
    ///
    /// # Errors
    /// [`SlackError`]: the channel is not found if it is private and the app is not in it.
    pub async fn channel(&self, channel: &str) -> Result<ChannelInfo, SlackError> {
        let (found, _): (Found, _) = self.read("conversations.info", &[("channel", channel)]).await?;
        Ok(found.channel.0.unwrap_or_default())
    }

    /// Joins a public channel. It needs the scope `channels:join`.
    ///
    /// # Errors
    /// [`SlackError`] if the call failed. Nobody can join a private channel without an invitation.
    pub async fn join(&self, channel: &str) -> Result<(), SlackError> {
        let joined =
            self.call::<serde_json::Value>("conversations.join", &json!({ "channel": channel })).await;
        joined.map(drop)
    }
}
