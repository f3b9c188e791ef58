//! What the page remembers of one delivery. Everything in here is bounded; texts of events are scrubbed already.

use std::time::{Duration, SystemTime};

use bytes::Bytes;
use sidenote::domain::approval::Approval;
use sidenote::domain::outcome::{DeliveryStatus, Failure};
use sidenote::notifiers::Notifiers;
use sidenote::notifiers::note::Note;
use sidenote::notifiers::telegram::Telegram;

use super::pieces::Pieces;
use super::texts::Pick;

/// A step of a delivery.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stage {
    Verified,
    Claimed,
    Evidence,
    Analysis,
    /// A notifier, by its name.
    Notifier(&'static str),
    Approval,
}

impl Stage {
    /// The note on the issue.
    pub(super) const NOTE: Self = Self::Notifier(Note::NAME);
    /// The message in Telegram.
    pub(super) const MESSAGE: Self = Self::Notifier(Telegram::NAME);
}

/// How far a step is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum Progress {
    /// It has not begun.
    #[default]
    Ahead,
    /// It goes on.
    Now,
    Done,
    /// It waits for a person.
    Waiting,
    /// A setting is missing.
    Skipped,
    Failed,
    /// It is not needed.
    None,
}

/// Something to say in the page's language.
#[derive(Debug, Clone)]
pub(super) enum Said {
    /// The page's own words.
    Plain(Pick),
    /// The page's own words about something.
    About(Pick, String),
    /// Why a call failed.
    Why(Failure),
}

/// One step.
#[derive(Debug, Clone, Default)]
pub(super) struct Step {
    pub(super) progress: Progress,
    /// When it ended, after the arrival.
    pub(super) after: Option<Duration>,
    pub(super) said: Option<Said>,
}

/// The steps of a delivery, in their order.
#[derive(Debug, Clone)]
pub(super) struct Steps(Vec<(Stage, Step)>);

impl Default for Steps {
    fn default() -> Self {
        let before = [Stage::Verified, Stage::Claimed, Stage::Evidence, Stage::Analysis];
        let notifiers = Notifiers::default();
        let notifiers = notifiers.profiles().map(|profile| Stage::Notifier(profile.name));
        let all = before.into_iter().chain(notifiers).chain([Stage::Approval]);
        Self(all.map(|stage| (stage, Step::default())).collect())
    }
}

impl Steps {
    /// Each of them.
    pub(super) fn iter(&self) -> impl Iterator<Item = (Stage, &Step)> {
        self.0.iter().map(|(stage, step)| (*stage, step))
    }

    fn get(&self, stage: Stage) -> &Step {
        self.iter().find(|(it, _)| *it == stage).map_or(&AHEAD, |(_, step)| step)
    }

    /// A step to change. A notifier that the list does not have stands before the approval.
    pub(super) fn at(&mut self, stage: Stage) -> &mut Step {
        let last = self.0.len().saturating_sub(1);
        let at = self.0.iter().position(|(it, _)| *it == stage).unwrap_or_else(|| {
            self.0.insert(last, (stage, Step::default()));
            last
        });
        &mut self.0[at].1
    }
}

/// A step that has not begun.
const AHEAD: Step = Step { progress: Progress::Ahead, after: None, said: None };

/// How a delivery ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ending {
    Working,
    Processed(DeliveryStatus),
    Ignored,
    Duplicate,
    Refused,
}

/// The note and the message, as they are or would be.
#[derive(Debug, Clone, Default)]
pub(super) struct Told {
    pub(super) note: Option<String>,
    pub(super) message: Option<String>,
    /// The issue's page.
    pub(super) link: Option<String>,
}

/// One delivery.
#[derive(Debug, Clone)]
pub(super) struct Entry {
    pub(super) id: u64,
    /// Grows with every change of any entry.
    pub(super) version: u64,
    pub(super) at: SystemTime,
    /// The delivery that this is a replay of.
    pub(super) replay_of: Option<u64>,
    pub(super) resource: Option<String>,
    /// Empty when it was too large to be kept, or turned away.
    pub(super) body: Bytes,
    pub(super) title: Option<String>,
    /// The issue's short id when it is known, or else its id.
    pub(super) issue: Option<String>,
    pub(super) issue_id: Option<String>,
    pub(super) trigger: Option<&'static str>,
    pub(super) steps: Steps,
    pub(super) pieces: Pieces,
    pub(super) told: Told,
    /// Where the message is, once it was sent.
    pub(super) message_id: Option<i64>,
    pub(super) approval: Option<Approval>,
    pub(super) ending: Ending,
    /// Why it was turned away.
    pub(super) refusal: Option<String>,
}

impl Entry {
    /// A step.
    pub(super) fn step(&self, stage: Stage) -> &Step {
        self.steps.get(stage)
    }

    /// Sets a step that goes on, or is to come.
    pub(super) fn begin(&mut self, stage: Stage) {
        let step = self.steps.at(stage);
        if step.progress == Progress::Ahead {
            step.progress = Progress::Now;
        }
    }

    /// Sets a step that has ended, or waits for a person.
    pub(super) fn end(
        &mut self,
        stage: Stage,
        progress: Progress,
        after: Duration,
        said: impl Into<Option<Said>>,
    ) {
        *self.steps.at(stage) = Step { progress, after: Some(after), said: said.into() };
    }

    /// What has not begun will not begin.
    pub(super) fn close(&mut self, ending: Ending) {
        for (_, step) in &mut self.steps.0 {
            if matches!(step.progress, Progress::Ahead | Progress::Now) {
                step.progress = Progress::None;
            }
        }
        self.ending = ending;
    }

    /// Whether it can be worked on once more: it is kept, and its signature did fit.
    pub(super) fn can_be_replayed(&self) -> bool {
        !self.body.is_empty() && self.step(Stage::Verified).progress == Progress::Done
    }

    /// Whether something was worked on: what the page shows first.
    pub(super) fn is_work(&self) -> bool {
        matches!(self.ending, Ending::Working | Ending::Processed(_))
    }
}
