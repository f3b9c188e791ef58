//! The page's record of one delivery. All parts are limited in size, and texts of events are already scrubbed.

use std::time::{Duration, SystemTime};

use bytes::Bytes;
use sidenote::domain::approval::Approval;
use sidenote::domain::outcome::Failure;

use super::pieces::Pieces;
use super::texts::Pick;

/// The steps of a delivery, in order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stage {
    Verified,
    Claimed,
    Evidence,
    Analysis,
    Note,
    Message,
    Approval,
}

/// All steps, in order.
pub(super) const STAGES: [Stage; 7] = [
    Stage::Verified,
    Stage::Claimed,
    Stage::Evidence,
    Stage::Analysis,
    Stage::Note,
    Stage::Message,
    Stage::Approval,
];

/// The progress of a step.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum Progress {
    /// It has not started.
    #[default]
    Ahead,
    /// It is running.
    Now,
    Done,
    /// It waits for a person.
    Waiting,
    /// It was skipped, because a setting is missing.
    Skipped,
    Failed,
    /// It was not needed.
    None,
}

/// A text for the page, independent of the language.
#[derive(Debug, Clone)]
pub(super) enum Said {
    /// A text of the page.
    Plain(Pick),
    /// A text of the page with a detail.
    About(Pick, String),
    /// The reason for a failed call.
    Why(Failure),
}

/// One step of a delivery.
#[derive(Debug, Clone, Default)]
pub(super) struct Step {
    pub(super) progress: Progress,
    /// The time from the arrival to its end.
    pub(super) after: Option<Duration>,
    pub(super) said: Option<Said>,
}

/// The result of a delivery.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ending {
    Working,
    /// The result: `completed`, `partial` or `failed`.
    Processed(&'static str),
    Ignored,
    Duplicate,
    Refused,
}

/// The note and the message of a delivery or a preview.
#[derive(Debug, Clone, Default)]
pub(super) struct Told {
    pub(super) note: Option<String>,
    pub(super) message: Option<String>,
    /// The URL of the issue.
    pub(super) link: Option<String>,
}

/// One delivery.
#[derive(Debug, Clone)]
pub(super) struct Entry {
    pub(super) id: u64,
    /// The version of the last change. It grows with every change of any entry.
    pub(super) version: u64,
    pub(super) at: SystemTime,
    /// The id of the original delivery, if this is a replay.
    pub(super) replay_of: Option<u64>,
    pub(super) resource: Option<String>,
    /// The payload. It is empty if it was too large to keep or the delivery was rejected.
    pub(super) body: Bytes,
    pub(super) title: Option<String>,
    /// The issue's short id if it is known, otherwise its id.
    pub(super) issue: Option<String>,
    pub(super) issue_id: Option<String>,
    pub(super) trigger: Option<&'static str>,
    pub(super) steps: [Step; STAGES.len()],
    pub(super) pieces: Pieces,
    pub(super) told: Told,
    /// The id of the message after it was sent.
    pub(super) message_id: Option<i64>,
    pub(super) approval: Option<Approval>,
    pub(super) ending: Ending,
    /// The reason for a rejection.
    pub(super) refusal: Option<String>,
}

impl Entry {
    /// Returns a step.
    pub(super) fn step(&self, stage: Stage) -> &Step {
        &self.steps[stage as usize]
    }

    /// Marks a step as running or as not started.
    pub(super) fn begin(&mut self, stage: Stage) {
        let step = &mut self.steps[stage as usize];
        if step.progress == Progress::Ahead {
            step.progress = Progress::Now;
        }
    }

    /// Marks a step as finished or as waiting for a person.
    pub(super) fn end(
        &mut self,
        stage: Stage,
        progress: Progress,
        after: Duration,
        said: impl Into<Option<Said>>,
    ) {
        self.steps[stage as usize] = Step { progress, after: Some(after), said: said.into() };
    }

    /// Marks all steps that have not started as not needed.
    pub(super) fn close(&mut self, ending: Ending) {
        for step in &mut self.steps {
            if matches!(step.progress, Progress::Ahead | Progress::Now) {
                step.progress = Progress::None;
            }
        }
        self.ending = ending;
    }

    /// Whether the delivery can be replayed: its payload was kept and its signature was valid.
    pub(super) fn can_be_replayed(&self) -> bool {
        !self.body.is_empty() && self.step(Stage::Verified).progress == Progress::Done
    }

    /// Whether the delivery led to work. The page shows such a delivery first.
    pub(super) fn is_work(&self) -> bool {
        matches!(self.ending, Ending::Working | Ending::Processed(_))
    }
}
