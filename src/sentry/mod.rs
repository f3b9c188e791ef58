//! The client of the Sentry API, and the conversion of its JSON to the domain.
//!
//! `client.rs` sends one call and handles routes, rate limits and retries. `gather.rs` reads all evidence concurrently.
//! `list.rs` lists issues for the sweep. `members.rs` lists the organization's users. `notes.rs` reads and writes
//! comments. `act.rs` executes approved actions. `found.rs` tells whether an issue was deleted or merged. `code.rs` reads
//! what Sentry knows about the code. `sight.rs` reads the token's permissions. `alerts.rs` reads which alerts and
//! subscriptions notify an integration. `product.rs` recognizes the server. `pages.rs` builds links for people.
//! `paging.rs` reads long lists. `wire.rs`, `event.rs` and `issue.rs` convert the API's JSON with the help of `payload`.

mod act;
mod alerts;
mod client;
mod code;
mod event;
mod found;
mod gather;
mod issue;
mod list;
mod mapped;
mod members;
mod notes;
pub mod pages;
mod paging;
mod product;
mod sight;
mod wire;

pub use alerts::{Alert, Alerts, Integration, Project, SentWebhook, slug_of_proxy};
pub use client::Sentry;
pub use found::{IssueLookup, merged};
pub use gather::{CodeReader, Suspects, gather};
pub use mapped::CodeMapping;
pub use notes::{Noted, OwnNote};
pub use product::{Product, Version};
pub use sight::Greeting;
