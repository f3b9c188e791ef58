//! The Bot API: one call as one bot, buttons, and what Telegram sends to our webhook.
//!
//! `client.rs` sends one call; `edit.rs` changes a message and answers a pressed button; `button.rs` makes buttons whose
//! data nobody else can make; `update.rs` reads what comes in; `standing.rs` asks how the bot stands.

mod button;
mod client;
mod edit;
mod standing;
mod update;
mod wire;

pub use button::{Button, Keyboard, Press, markup};
pub use client::{Bot, Refusal};
pub use standing::{ChatInfo, Me, Membership, WebhookInfo};
pub use update::{Callback, NotAnUpdate, SECRET_HEADER, Update};
pub use wire::Sent;
