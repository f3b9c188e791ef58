//! The Slack Web API: the calls of one app, and the requests that Slack sends to Sidenote's webhook.
//!
//! `client.rs` makes a call; `error.rs` classifies Slack's errors; `message.rs` posts and edits messages; `standing.rs`
//! reads the app's status and joins a channel; `signature.rs` verifies the requests of Slack, and `interaction.rs`
//! reads them.

mod client;
mod error;
mod interaction;
mod message;
mod signature;
mod standing;

pub use client::SlackApi;
pub use error::SlackError;
pub use interaction::{Interaction, SLACK_HOOK_PATH};
pub use message::{MAX_BLOCKS, MAX_SECTION, Posted, SlackMessage};
pub use signature::{NotSlack, SIGNATURE_HEADER, TIMESTAMP_HEADER, is_signed, sign, verify};
pub use standing::{AppInfo, ChannelInfo, SCOPES};
