//! The observers that receive the events of the work on webhooks in this process.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use super::event::{DeliveryEvent, Observer};
use super::journal::Journal;
use super::measure::{Meter, not_told};
use crate::metrics::Metrics;

/// All observers: the log, the metrics, and those of the front door. A clone shares the same observers.
#[derive(Clone)]
pub(in crate::handler) struct Observers {
    all: Arc<[Arc<dyn Observer>]>,
    not_told: Arc<AtomicU64>,
}

impl Observers {
    pub(in crate::handler) fn new(metrics: Metrics, more: Vec<Arc<dyn Observer>>) -> Self {
        let ours: [Arc<dyn Observer>; 2] = [Arc::new(Journal), Arc::new(Meter(metrics))];
        Self { all: ours.into_iter().chain(more).collect(), not_told: Arc::default() }
    }

    /// Returns the number of messages, edits and replies in chats that are missing since the start of the process.
    pub(in crate::handler) fn not_told(&self) -> u64 {
        self.not_told.load(Ordering::Relaxed)
    }

    /// Reports an event to each observer.
    pub(in crate::handler) fn emit(&self, event: DeliveryEvent<'_>) {
        self.not_told.fetch_add(not_told(&event), Ordering::Relaxed);
        for observer in self.all.iter() {
            observer.observe(&event);
        }
    }
}
