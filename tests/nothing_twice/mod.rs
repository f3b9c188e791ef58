//! The guarantee behind a 2xx: nothing is lost, and nothing is done twice. Real processes are killed, cut off and
//! repeated.
//!
//! A [`Wire`](crate::support::wire::Wire) between every process and every service can refuse, reset, hold or replace a
//! call.

mod batch;
mod bed;
mod clocks;
mod cost;
pub(crate) mod deliveries;
mod ends;
mod fallback;
mod in_time;
mod incidents;
mod intake;
pub(crate) mod kills;
mod loops;
mod matrix;
mod models;
mod silence;
pub(crate) mod storm;
mod strangers;
mod sweeps;
mod updates;
