//! The Slack Web API: calls of one app, and the requests that Slack sends to our webhook.
//!
//! `client.rs` makes a call; `error.rs` classifies Slack's errors; `message.rs` posts and edits messages; `standing.rs`
//! reads the app's status and joins a channel.

mod client;
mod error;
mod message;
mod standing;

pub use client::SlackApi;
pub use error::SlackError;
pub use message::{MAX_BLOCKS, MAX_SECTION, Posted, SlackMessage};
pub use standing::{AppInfo, ChannelInfo, SCOPES};
