//! Somebody who may watch: what a delivery goes through, told as it happens.
//!
//! A observer is called inside the future that does the work, one call after the other, and is waited for: it must
//! return at once. Which delivery it is about is the watcher's own affair (a task-local around [`Handler::handle`] and
//! around the work that it hands back), so that nothing of it is in the handler.

use std::sync::Arc;

use super::Handler;
use super::http::Answer;
use crate::domain::approval::Approval;
use crate::domain::evidence::Evidence;
use crate::domain::ids::IssueId;
use crate::domain::occurrence::Occurrence;
use crate::domain::outcome::{Processed, Step};
use crate::notifiers::Notification;

/// Somebody who watches.
pub trait Observer: Send + Sync {
    /// Something has happened. Returns at once, and never panics.
    fn observe(&self, event: &DeliveryEvent<'_>);
}

/// What there is to see, in the order in which it happens.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub enum DeliveryEvent<'s> {
    /// The signature fits.
    Verified,
    /// The body was read: what it is about.
    About(&'s Occurrence),
    /// It was turned away, and why, in the words that the caller gets.
    Refused(&'s str),
    /// There is nothing to do, and why.
    Ignored(&'static str),
    /// It was worked on, or somebody does right now.
    Duplicate(Option<&'s IssueId>),
    /// It is ours. Whether the answer may leave before the work.
    Claimed {
        /// Whether the queue has it, or there is none.
        is_queued: bool,
    },
    /// What the analysis will rest on.
    Evidence(&'s Evidence),
    /// What will be told.
    Notification(&'s Notification),
    /// A person is asked to approve something.
    Asked(&'s Approval),
    /// A notifier begins, by its name.
    Telling(&'static str),
    /// A notifier has ended.
    Told(&'static str, &'s Step),
    /// All of it has ended.
    Processed(&'s Processed),
    /// Somebody has decided, or nobody has in time.
    Decided(&'s Approval),
}

impl Handler {
    /// Tells `observer` what every delivery goes through.
    #[must_use]
    pub fn with_observer(self, observer: Arc<dyn Observer>) -> Self {
        Self { observer: Some(observer), ..self }
    }

    /// Tells the observer, if there is one.
    pub(super) fn emit(&self, event: DeliveryEvent<'_>) {
        if let Some(observer) = &self.observer {
            observer.observe(&event);
        }
    }

    /// Tells the observer what was answered.
    pub(super) fn emit_answer(&self, answer: &Answer) {
        let Some(observer) = &self.observer else { return };
        match answer {
            Answer::Accepted { is_queued, .. } => {
                observer.observe(&DeliveryEvent::Claimed { is_queued: *is_queued });
            }
            Answer::Duplicate(issue) => observer.observe(&DeliveryEvent::Duplicate(issue.as_ref())),
            Answer::Ignored(why) => observer.observe(&DeliveryEvent::Ignored(why.reason())),
            Answer::Refused(why) => observer.observe(&DeliveryEvent::Refused(&why.to_string())),
            Answer::Health(_) => {}
        }
    }
}
