//! The Bot API: one call as one bot, and the messages that it gives back.

mod client;
mod standing;
mod wire;

pub use client::{Bot, Refusal};
pub use standing::{ChatInfo, Me, Membership, WebhookInfo};
pub use wire::Sent;
