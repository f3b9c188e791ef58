//! Everything that is shown with real processes: one test binary, so that what the tests share is compiled once.
//!
//! - `black_box/`: through the front doors, between strict stand-ins.
//! - `nothing_twice/`: the promise behind a 2xx, with processes that are killed, cut off and repeated.
//! - `on_a_file/`: `serve` with its SQLite file.
//! - `approvals/`: what people tap in the chat.
//! - `doctor/`: `sidenote doctor`, the real command.
//! - `support/`: what these stand on.
//!
//! One part is run by its name: `cargo test --test processes doctor::`.

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
