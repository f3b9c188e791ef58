//! Nothing twice, nothing lost: the promise behind a 2xx, shown with real processes that are killed, cut off and repeated.
//!
//! Between every process and every service stands a [`Wire`](crate::support::wire::Wire) that can refuse, reset, hold or answer instead.

mod batch;
mod bed;
mod cost;
pub(crate) mod deliveries;
mod ends;
mod fallback;
mod incidents;
mod intake;
mod kills;
mod loops;
mod matrix;
mod models;
mod storm;
mod sweeps;
