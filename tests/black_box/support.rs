//! What the tests of the local front door stand on: one `sidenote serve` as a real process between a stand-in Sentry and
//! a stand-in Telegram, with a canary in every secret.
//!
//! A test builds a [`Setup`], starts it, delivers [`Webhook`]s, and ends the [`TestBed`]: that stops the process and
//! fails on a panic, on a canary in anything that left the process, and on any request that a correct client would not
//! have sent. A test bed that is dropped without its end is a failed test.

pub(crate) mod canary;
mod payloads;
pub(crate) mod process;
mod setup;
mod test_bed;
mod webhook;
mod worlds;

pub(crate) use canary::{AUTH_TOKEN, BOT_TOKEN, CLIENT_SECRET, leaks};
pub(crate) use payloads::*;
pub(crate) use process::log_lines;
pub(crate) use setup::{Secrets, Setup};
pub(crate) use test_bed::TestBed;
pub(crate) use webhook::{PATH, Webhook};
pub(crate) use worlds::*;
