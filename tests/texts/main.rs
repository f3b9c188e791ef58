//! Tests of the texts of notes and messages, for all kinds of input. They go from a webhook's bytes to the two texts,
//! through the public functions that the front doors use. The only network is the loopback of the stand-ins for
//! Telegram and Slack.
//!
//! - `snapshots.rs`: the texts for a dozen platforms in both languages, for human review.
//! - `properties.rs`: properties that hold for any input, including broken and hostile ones.
//! - `linear.rs`: the rules' cost is at most linear in the size of the event.
//! - `both_chats.rs`: first lines for human review, and all messages through `TDLib` and Slack's library.
//! - `edited.rs`: messages after later events, also through the chats' libraries.
//! - `kinds.rs`: each kind of issue has its own note.
//! - `notes_page.rs`: docs/notes.md shows the output of the command.
//! - `crashes.rs`: the rules' score on our own crashes with known answers.
//! - `sentences.rs`: each sentence has a condition, and does not appear without it.
//! - `scrubbing.rs`: secrets are replaced in any form, and other text is unchanged.
//! - `rules.rs`: properties of every analysis of the rules.
//! - `routes.rs`: the chat that gets the message about an issue.
//! - `stacks.rs`: the rules' score on stacks of frameworks with known answers.
//! - `suspects.rs`: the owner of frames, groups, wrappers and quoted stacks.
//! - `raised.rs`: the place where an error was raised, and the frames that are shown.
//!
//! `events/` holds webhook bodies in Sentry's form. They were written for these tests and contain no data of real
//! organizations.

#![cfg(test)]

mod almost_real;
mod both_chats;
mod chat;
mod crashes;
mod delivery;
mod edited;
#[path = "../support/fetched/mod.rs"]
#[expect(dead_code, unused_imports, reason = "only one program is called, and it ends by itself")]
mod fetched;
mod kinds;
mod linear;
mod notes_page;
mod properties;
mod raised;
mod reader;
mod routes;
mod rules;
mod scrubbing;
mod sentences;
mod snapshots;
mod stacks;
mod suspects;
