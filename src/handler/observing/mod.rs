//! The observing wing: the log, the metrics and any further observer are told of the same facts.

pub(super) mod event;
mod journal;
pub(super) mod measure;
pub(super) mod observers;
pub(super) mod timings;
