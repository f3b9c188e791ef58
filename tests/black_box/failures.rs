//! Tests of the result of a delivery when a third party fails: a table for each third party, and further tests.
//!
//! The rows of a table run at the same time, each with its own process and stand-ins, half of them with the secrets in
//! a file. At the end of each row, all output of the process is searched for canaries (see [`crate::support`]).

mod canaries;
mod outages;
mod posting;
mod rate_limits;
mod reading;
mod redirects;
mod rotation;
mod silence;
mod slack;
mod table;
mod telegram;
mod unconfigured;
