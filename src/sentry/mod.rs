//! The Sentry API: a client, and API JSON → domain.
//!
//! `client.rs` sends one call and knows routes, rate limits and retries; `gather.rs` asks for all the evidence at
//! once; `notes.rs` writes comments; `act.rs` does what a person has approved; `sight.rs` asks what the token can see;
//! `wire.rs`, `event.rs` and `issue.rs` turn the API's JSON into the domain, with what `payload` knows of it.

mod act;
mod client;
mod event;
mod gather;
mod issue;
mod list;
mod notes;
pub mod pages;
mod sight;
mod wire;

pub use client::Sentry;
pub use gather::gather;
pub use notes::{Noted, OwnNote};
pub use sight::Greeting;
