//! All tests with real processes. They are one test binary, so that their shared parts are compiled once.
//!
//! - `black_box/`: the programs between strict stand-ins for third parties.
//! - `nothing_twice/`: the guarantee behind a 2xx, with processes that are killed, cut off and repeated.
//! - `on_a_file/`: `sidenote serve` with its SQLite file.
//! - `approvals/`: decisions by buttons in a chat.
//! - `doctor/`: the command `sidenote doctor`.
//! - `support/`: the shared parts.
//!
//! To run one part, name it: `cargo test --test processes doctor::`.

#![cfg(test)]
#![expect(
    clippy::disallowed_methods,
    reason = "tests keep time by the clock and read what they are asked for"
)]

mod approvals;
mod black_box;
mod doctor;
mod nothing_twice;
mod on_a_file;
mod support;
