//! Tests of the source code: the real handler between a stand-in Sentry and a stand-in code host, over a Git history that
//! the tests make.

#![cfg(test)]
#![expect(clippy::disallowed_methods, reason = "tests keep time by the clock, and run git")]

mod bed;
mod calls;
mod crashes;
mod edits;
mod faults;
mod hostile;
mod model;
mod shop;
mod trust;
