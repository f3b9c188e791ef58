//! The shared parts of the tests with real processes: `sidenote serve` between stand-ins for Sentry and Telegram, with
//! a canary in every secret; a stand-in for AWS Lambda; other AWS services in moto; proxies ([`wire`]); fetched tools.
//!
//! A test builds a [`Setup`] and runs in its [`World`], where it delivers [`Webhook`]s. Afterwards [`Setup::run`] ends the
//! process, and fails on a panic, on a canary in the process's output, and on any violation of the stand-ins' rules.

pub(crate) mod canary;
pub(crate) mod cgroup;
pub(crate) mod cloud;
pub(crate) mod fetched;
pub(crate) mod findings;
pub(crate) mod lambda_service;
pub(crate) mod machine;
mod payloads;
pub(crate) mod process;
pub(crate) mod proxies;
mod setup;
pub(crate) mod tools;
mod waiting;
mod webhook;
pub(crate) mod wire;
mod world;
mod worlds;

/// The variable that gives every process of the tests 20 seconds to answer a webhook, much more than Sentry does. The
/// answer is then independent of the speed of the machine. A test of the time of the answer sets the variable itself.
const PATIENT: (&str, &str) = ("ANSWER_WITHIN_MS", "20000");
/// A number of seconds that is longer than any process remembers that a fetch from Secrets Manager failed.
pub(crate) const SECRETS_FAILURE: i64 = 7;

pub(crate) use canary::{AUTH_TOKEN, BOT_TOKEN, CLIENT_SECRET, SLACK_SECRET, SLACK_TOKEN, leaks};
pub(crate) use payloads::*;
pub(crate) use process::log_lines;
pub(crate) use setup::{Secrets, Setup, changed};
pub(crate) use waiting::{TIME_LIMIT, eventually};
pub(crate) use webhook::{PATH, Webhook, function_url};
pub(crate) use world::World;
pub(crate) use worlds::*;
