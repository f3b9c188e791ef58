//! Telegram's Bot API: the calls of one bot, its buttons, and the updates that Telegram sends to Sidenote's webhook.
//!
//! `client.rs` makes a call; `edit.rs` edits a message and answers a button press; `button.rs` builds buttons;
//! `update.rs` reads updates, `wire.rs` their JSON; `standing.rs` reads the bot's status; `hook.rs` registers the
//! webhook; `poll.rs` receives updates without a webhook.

mod button;
mod client;
mod edit;
mod hook;
mod poll;
mod standing;
mod update;
mod wire;

pub use button::{Button, Keyboard, markup};
pub use client::{Bot, BotError};
pub use hook::{HOOK_PATH, HOOK_PORTS, HOOK_SECRET_RULE, Seen, is_hook_secret};
pub use poll::PolledUpdate;
pub use standing::{ChatInfo, Me, Membership, WebhookInfo};
pub use update::{Callback, NotAnUpdate, SECRET_HEADER, Update};
pub use wire::Sent;
