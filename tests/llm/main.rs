//! The model analysts: against a strict stand-in, against two independent emulators, and against those who mean harm.
//!
//! The handler is the real one, in this process; what it talks to are real sockets.

#[cfg(test)]
mod bed;
#[cfg(test)]
mod emulators;
#[cfg(test)]
mod failures;
#[cfg(test)]
mod injection;
#[cfg(test)]
mod property;
#[cfg(test)]
mod secrets;
#[cfg(test)]
#[path = "../black_box/tools/skipped.rs"]
mod skipped;
#[cfg(test)]
mod tools;
