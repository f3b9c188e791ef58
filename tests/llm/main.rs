//! The model analysts: against a strict stand-in, against two independent emulators, and against those who mean harm.
//!
//! The handler is the real one, in this process; what it talks to are real sockets.

#![cfg(test)]

mod bed;
mod emulators;
mod failures;
#[path = "../support/fetched/mod.rs"]
mod fetched;
mod injection;
mod property;
mod readings;
mod secrets;
