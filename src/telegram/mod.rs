//! The Bot API: one call as one bot, buttons, and what Telegram sends to our webhook.
//!
//! `client.rs` sends one call; `edit.rs` changes a message and answers a pressed button; `button.rs` makes buttons whose
//! data nobody else can make; `update.rs` reads what comes in, `wire.rs` its JSON; `standing.rs` asks how the bot
//! stands; `hook.rs` says where updates go.

mod button;
mod client;
mod edit;
mod hook;
mod standing;
mod update;
mod wire;

pub use button::{Button, ButtonPress, Keyboard, markup};
pub use client::{Bot, BotError};
pub use hook::{HOOK_PATH, HOOK_PORTS, HOOK_SECRET_RULE, Seen, is_hook_secret};
pub use standing::{ChatInfo, Me, Membership, WebhookInfo};
pub use update::{Callback, NotAnUpdate, SECRET_HEADER, Update};
pub use wire::Sent;
