//! The facts of a delivery, as they happen, and the trait of those who are told.

use std::time::Duration;

use super::timings::Timings;
use crate::domain::approval::Approval;
use crate::domain::evidence::Evidence;
use crate::domain::failure::Failure;
use crate::domain::occurrence::Occurrence;
use crate::domain::outcome::{Processed, Step};
use crate::handler::answer::{Answer, Refusal};
use crate::notifiers::{Notification, Notifiers};

/// Is told of every fact, one after the other.
///
/// The call is made inside the future that does the work, and the work waits for it. An observer knows the delivery by a
/// task-local around [`Handler::handle`](crate::handler::Handler::handle) and around the work that it hands back.
pub trait Observer: Send + Sync {
    /// Takes in a fact. Returns at once, and never panics.
    fn observe(&self, event: &DeliveryEvent<'_>);
}

/// A fact, in the order in which they happen.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub enum DeliveryEvent<'e> {
    /// The process has started.
    Started {
        /// Whether there is a queue that brings a delivery back.
        has_queue: bool,
    },
    /// The signature is valid.
    Verified,
    /// The body was read.
    About(&'e Occurrence),
    /// The request was answered.
    Answered {
        /// The answer.
        answer: &'e Answer,
        /// The time since the request.
        took: Duration,
    },
    /// An update of Telegram was refused.
    UpdateRefused(&'e Refusal),
    /// The evidence was gathered.
    Evidence(&'e Evidence),
    /// The notification was written.
    Notification(&'e Notification),
    /// A person is asked to approve something.
    Asked(&'e Approval),
    /// A notifier begins, by its name.
    Telling(&'static str),
    /// A notifier has ended.
    Told(&'static str, &'e Step),
    /// The work on the delivery has ended.
    Processed(Finished<'e>),
    /// A person's decision was carried out, or could not be.
    Decided(&'e Approval),
    /// An approval can be decided no longer: it has expired, or a newer incident supersedes it.
    Closed(&'e Approval),
    /// A button decided nothing.
    TapRefused {
        /// The reason.
        why: &'static str,
        /// Telegram's id of the user.
        user: i64,
    },
    /// The scheduled sweep could not list the issues.
    SweepFailed(Failure),
}

/// A delivery that was worked to its end.
#[derive(Debug, Clone, Copy)]
pub struct Finished<'e> {
    /// How it ended.
    pub processed: &'e Processed,
    /// The name of its trigger.
    pub trigger: &'static str,
    /// The notifiers that took part.
    pub notifiers: &'e Notifiers,
    /// How long each step took.
    pub timings: &'e Timings,
    /// How long all of it took.
    pub took: Duration,
}
