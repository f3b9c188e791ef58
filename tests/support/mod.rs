//! What the tests with real processes stand on: one `sidenote serve` between a stand-in Sentry and a stand-in Telegram,
//! with a canary in every secret; a stand-in of the Lambda service; AWS in moto; wires that can be cut; fetched tools.
//!
//! A test builds a [`Setup`], starts it, delivers [`Webhook`]s, and ends the [`TestBed`]: that stops the process and
//! fails on a panic, on a canary in anything that left the process, and on any request that a correct client would not
//! have sent. A test bed that is dropped without its end is a failed test.

pub(crate) mod canary;
pub(crate) mod cloud;
pub(crate) mod fetched;
pub(crate) mod lambda_service;
mod payloads;
pub(crate) mod process;
pub(crate) mod proxies;
mod setup;
mod test_bed;
pub(crate) mod tools;
mod waiting;
mod webhook;
pub(crate) mod wire;
mod worlds;

pub(crate) use canary::{AUTH_TOKEN, BOT_TOKEN, CLIENT_SECRET, leaks};
pub(crate) use payloads::*;
pub(crate) use process::log_lines;
pub(crate) use setup::{Secrets, Setup, changed};
pub(crate) use test_bed::TestBed;
pub(crate) use waiting::{PATIENCE, eventually};
pub(crate) use webhook::{PATH, Webhook, function_url};
pub(crate) use worlds::*;
