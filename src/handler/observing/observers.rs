//! The observers that receive the events of the work on webhooks in this process.

use std::sync::Arc;

use super::event::{DeliveryEvent, Observer};
use super::journal::Journal;
use super::measure::Meter;
use crate::metrics::Metrics;

/// All observers: the log, the metrics, and those of the front door. A clone shares the same observers.
#[derive(Clone)]
pub(in crate::handler) struct Observers(Arc<[Arc<dyn Observer>]>);

impl Observers {
    pub(in crate::handler) fn new(metrics: Metrics, more: Vec<Arc<dyn Observer>>) -> Self {
        let ours: [Arc<dyn Observer>; 2] = [Arc::new(Journal), Arc::new(Meter(metrics))];
        Self(ours.into_iter().chain(more).collect())
    }

    /// Reports an event to each observer.
    pub(in crate::handler) fn emit(&self, event: DeliveryEvent<'_>) {
        for observer in self.0.iter() {
            observer.observe(&event);
        }
    }
}
