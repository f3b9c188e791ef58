//! Reports the events of the work on webhooks to the log, the metrics and further observers.

pub(super) mod event;
mod journal;
pub(super) mod measure;
pub(super) mod observers;
pub(super) mod timings;
