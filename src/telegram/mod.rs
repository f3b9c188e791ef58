//! The Bot API: one call as one bot, and the messages that it gives back.

mod client;
mod wire;

pub use client::{Bot, Refusal};
pub use wire::Sent;
