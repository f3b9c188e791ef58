//! The local page's record of one webhook delivery. All parts have a size limit, and texts of events are scrubbed.

use std::time::{Duration, SystemTime};

use bytes::Bytes;
use sidenote::domain::approval::Approval;
use sidenote::domain::message::Menu;
use sidenote::domain::outcome::{DeliveryStatus, Failure};
use sidenote::notifiers::Notifiers;
use sidenote::notifiers::note::Note;
use sidenote::notifiers::telegram::Telegram;

use super::pieces::Pieces;
use super::texts::Pick;

/// A step in the handling of a delivery.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stage {
    Verified,
    Claimed,
    Evidence,
    Analysis,
    /// The step of a notifier, by the notifier's name.
    Notifier(&'static str),
    Approval,
}

impl Stage {
    /// The step that writes the note on the Sentry issue.
    pub(super) const NOTE: Self = Self::Notifier(Note::NAME);
    /// The step that sends the message in Telegram.
    pub(super) const MESSAGE: Self = Self::Notifier(Telegram::NAME);
}

/// The progress of one step of a delivery.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum Progress {
    /// The step has not started.
    #[default]
    Ahead,
    /// The step is running.
    Now,
    Done,
    /// The step waits for a person's decision.
    Waiting,
    /// The step was skipped, because a setting is missing.
    Skipped,
    Failed,
    /// The step was not needed.
    None,
}

/// A text for the local page, stored independently of the visitor's language.
#[derive(Debug, Clone)]
pub(super) enum Said {
    /// A fixed text of the local page.
    Plain(Pick),
    /// A fixed text of the local page with a detail in place of `{0}`.
    About(Pick, String),
    /// The reason for a failed call, which is put into words when the local page is rendered.
    Why(Failure),
}

/// The state of one step of a delivery.
#[derive(Debug, Clone, Default)]
pub(super) struct Step {
    pub(super) progress: Progress,
    /// The time from the delivery's arrival to the end of the step.
    pub(super) after: Option<Duration>,
    pub(super) said: Option<Said>,
}

/// The steps of a delivery, in order, with their states.
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
    /// Iterates over all steps with their states, in order.
    pub(super) fn iter(&self) -> impl Iterator<Item = (Stage, &Step)> {
        self.0.iter().map(|(stage, step)| (*stage, step))
    }

    fn get(&self, stage: Stage) -> &Step {
        self.iter().find(|(it, _)| *it == stage).map_or(&AHEAD, |(_, step)| step)
    }

    /// Returns the state of a step for changing. An unknown notifier's step is inserted before the approval.
    pub(super) fn at(&mut self, stage: Stage) -> &mut Step {
        let last = self.0.len().saturating_sub(1);
        let at = self.0.iter().position(|(it, _)| *it == stage).unwrap_or_else(|| {
            self.0.insert(last, (stage, Step::default()));
            last
        });
        &mut self.0[at].1
    }
}

/// The state of a step that has not started.
const AHEAD: Step = Step { progress: Progress::Ahead, after: None, said: None };

/// The result of a delivery, or the fact that its work goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ending {
    Working,
    Processed(DeliveryStatus),
    Ignored,
    Duplicate,
    Refused,
}

/// The texts of the note and the message of a delivery or a preview.
#[derive(Debug, Clone, Default)]
pub(super) struct Notices {
    pub(super) note: Option<String>,
    pub(super) message: Option<String>,
    /// The URL of the Sentry issue.
    pub(super) link: Option<String>,
}

/// The record of one delivery, a rejected request or a replay.
#[derive(Debug, Clone)]
pub(super) struct Entry {
    pub(super) id: u64,
    /// The version number of the entry's last change. The number grows with every change of any entry.
    pub(super) version: u64,
    pub(super) at: SystemTime,
    /// The id of the original delivery, if the entry records a replay.
    pub(super) replay_of: Option<u64>,
    pub(super) resource: Option<String>,
    /// The payload of the webhook. It is empty if the payload was too large to keep, if newer payloads have displaced
    /// it, or if the delivery was rejected.
    pub(super) body: Bytes,
    pub(super) title: Option<String>,
    /// The issue's short id if it is known, otherwise its numeric id.
    pub(super) issue: Option<String>,
    pub(super) issue_id: Option<String>,
    pub(super) trigger: Option<&'static str>,
    pub(super) steps: Steps,
    pub(super) pieces: Pieces,
    pub(super) notices: Notices,
    /// Whether the message was edited after it was sent.
    pub(super) is_edited: bool,
    /// The menu of the message.
    pub(super) menu: Option<Menu>,
    /// The id that Telegram gave to the message.
    pub(super) message_id: Option<i64>,
    pub(super) approval: Option<Approval>,
    pub(super) ending: Ending,
    /// The reason why the request was rejected.
    pub(super) refusal: Option<String>,
}

impl Entry {
    /// Returns the state of a step.
    pub(super) fn step(&self, stage: Stage) -> &Step {
        self.steps.get(stage)
    }

    /// Marks a step as running, if it has not started.
    pub(super) fn begin(&mut self, stage: Stage) {
        let step = self.steps.at(stage);
        if step.progress == Progress::Ahead {
            step.progress = Progress::Now;
        }
    }

    /// Records the result of a step: its progress, its time since the arrival, and a text.
    pub(super) fn end(
        &mut self,
        stage: Stage,
        progress: Progress,
        after: Duration,
        said: impl Into<Option<Said>>,
    ) {
        *self.steps.at(stage) = Step { progress, after: Some(after), said: said.into() };
    }

    /// Ends the delivery with `ending`, and marks its unfinished steps as not needed.
    pub(super) fn close(&mut self, ending: Ending) {
        for (_, step) in &mut self.steps.0 {
            if matches!(step.progress, Progress::Ahead | Progress::Now) {
                step.progress = Progress::None;
            }
        }
        self.ending = ending;
    }

    /// Whether the delivery can be replayed: its signature was valid and its payload is kept.
    pub(super) fn can_be_replayed(&self) -> bool {
        !self.body.is_empty() && self.step(Stage::Verified).progress == Progress::Done
    }

    /// Whether the delivery led to work. The start page prefers such a delivery.
    pub(super) fn is_work(&self) -> bool {
        matches!(self.ending, Ending::Working | Ending::Processed(_))
    }
}
