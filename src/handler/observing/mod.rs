//! Reports the events of deliveries to the log, the metrics and the observers of the front door.

pub(super) mod event;
mod journal;
pub(super) mod measure;
pub(super) mod observers;
pub(super) mod timings;
