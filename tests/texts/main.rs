//! What note and message say, and that no input breaks them. Pure: from a webhook's bytes to the two texts, through
//! the public functions that the front doors use, without a network but the Telegram stand-in's loopback.
//!
//! - `snapshots.rs`: the texts for a dozen platforms in both languages, to be read by people.
//! - `properties.rs`: what holds for any input, however broken or hostile.
//! - `linear.rs`: the rules' cost grows with the event and no faster.
//! - `kinds.rs`: each kind of issue has a note of its own.
//! - `notes_page.rs`: docs/notes.md shows what the command prints.
//! - `crashes.rs`: the score of the rules on our own crashes, of which the right answer is known.
//! - `sentences.rs`: each sentence has a condition, and an evidence in which it must not appear.
//! - `scrubbing.rs`: secrets are replaced in any form, and nothing else is touched.
//! - `rules.rs`: what holds for every analysis of the rules.
//! - `suspects.rs`: whose code a frame is, groups, wrappers, quoted stacks.
//!
//! `events/` holds webhook bodies in Sentry's shape, written for these tests: no real organization's events.

#![cfg(test)]

mod almost_real;
mod chat;
mod crashes;
mod delivery;
mod kinds;
mod linear;
mod notes_page;
mod properties;
mod reader;
mod rules;
mod scrubbing;
mod sentences;
mod snapshots;
mod suspects;
