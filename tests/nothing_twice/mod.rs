//! Tests of the guarantee that a 2xx gives: the work on the webhook is not lost, and nothing is done twice. Real
//! processes are killed, cut off from services and started again.
//!
//! A [`Wire`](crate::support::wire::Wire) between every process and every service can refuse, reset, hold or replace
//! a call.

mod batch;
mod bed;
mod clocks;
mod cost;
pub(crate) mod deliveries;
mod ends;
mod fallback;
mod gone;
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
