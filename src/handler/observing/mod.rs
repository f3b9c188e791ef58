//! The part of the handler for events: reports every event to the log, the metrics and further observers.

pub(super) mod event;
mod journal;
pub(super) mod measure;
pub(super) mod observers;
pub(super) mod timings;
