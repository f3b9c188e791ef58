//! Tests of models' answers: with strict stand-ins, with two independent emulators, and with attacks in events.
//!
//! The real handler runs in this process and uses real sockets.

#![cfg(test)]

mod bed;
mod emulators;
mod failures;
#[path = "../support/fetched/mod.rs"]
mod fetched;
mod injection;
mod property;
mod readings;
mod refusals;
mod secrets;
mod structures;
