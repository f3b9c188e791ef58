//! Tests of notes with source code: the real handler between a stand-in Sentry and a stand-in code host. The tests
//! create the Git history that the code host serves.

#![cfg(test)]
#![expect(clippy::disallowed_methods, reason = "tests keep time by the clock, and run git")]

#[path = "../support/fetched/mod.rs"]
#[expect(dead_code, unused_imports, reason = "only a package of npm is read, and no program is started")]
mod fetched;

#[path = "../../examples/edits.rs"]
#[expect(dead_code, reason = "the test runs the example without its command line")]
mod example;

mod bed;
mod calls;
mod crashes;
mod edits;
mod faults;
mod hostile;
mod model;
mod recordings;
mod shop;
mod trust;
