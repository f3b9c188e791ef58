//! What becomes of a delivery when a third party fails: a table for each, and what no table shows.
//!
//! The rows of a table run at the same time, each with a process and stand-ins of its own, half of them with the secrets
//! in a file. Every row's end searches all that left its process for the canaries (see [`crate::support`]).

mod canaries;
mod outages;
mod posting;
mod rate_limits;
mod reading;
mod redirects;
mod rotation;
mod silence;
mod table;
mod telegram;
mod unconfigured;
