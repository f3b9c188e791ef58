//! Somebody who may watch: what a delivery goes through, told as it happens.
//!
//! A witness is called inside the future that does the work, one call after the other, and is waited for: it must
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
pub trait Witness: Send + Sync {
    /// Something has happened. Returns at once, and never panics.
    fn saw(&self, sight: &Sight<'_>);
}

/// What there is to see, in the order in which it happens.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub enum Sight<'s> {
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
        is_kept: bool,
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
    /// Tells `witness` what every delivery goes through.
    #[must_use]
    pub fn with_witness(self, witness: Arc<dyn Witness>) -> Self {
        Self { witness: Some(witness), ..self }
    }

    /// Tells the witness, if there is one.
    pub(super) fn saw(&self, sight: Sight<'_>) {
        if let Some(witness) = &self.witness {
            witness.saw(&sight);
        }
    }

    /// Tells the witness what was answered.
    pub(super) fn saw_answer(&self, answer: &Answer) {
        let Some(witness) = &self.witness else { return };
        match answer {
            Answer::Accepted { is_kept, .. } => witness.saw(&Sight::Claimed { is_kept: *is_kept }),
            Answer::Duplicate(issue) => witness.saw(&Sight::Duplicate(issue.as_ref())),
            Answer::Ignored(why) => witness.saw(&Sight::Ignored(why.reason())),
            Answer::Refused(why) => witness.saw(&Sight::Refused(&why.to_string())),
            Answer::Health(_) => {}
        }
    }
}
