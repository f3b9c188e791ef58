//! Incidents: the period of an issue that one note, one message and one analysis are about.
//!
//! One [`IncidentRecord`] per issue says how far its incident is. [`decide`] is the whole rule; the stores only keep the
//! record and make sure that of two writers one wins.

use serde::{Deserialize, Serialize};

use super::ids::NoteId;
use super::issue::Substatus;
use super::occurrence::{Occurrence, Trigger};

/// Incidents that a record remembers, for the note's history and against replays.
const REMEMBERED: usize = 20;
/// Sentry sends one change as several webhooks: the same change again within this time is one of them.
const SAME_CHANGE_MS: u64 = 10_000;
/// Sentry sends an alert and a webhook for one regression or escalation, in any order and up to a minute apart. When the
/// alert came first and its incident has told of the change, the webhook comes within this time after the beginning.
const AFTER_ALERT_MS: u64 = 90_000;

/// The change of an issue that a delivery names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ChangeKind {
    /// It is new, or an alert fired, or one more event came.
    Seen,
    /// It was resolved and is back.
    Regressed,
    /// It occurs much more often than before.
    Escalating,
    /// A person asked.
    #[serde(rename = "asked")]
    Manual,
}

impl ChangeKind {
    /// The change that an occurrence names.
    #[must_use]
    pub fn of(occurrence: &Occurrence) -> Self {
        match occurrence {
            Occurrence::Issue(issue) => match issue.trigger {
                Trigger::Unresolved(substatus) => Self::of_substatus(substatus).unwrap_or(Self::Seen),
                // Seer's analysis is news on an issue that may have had its note.
                Trigger::Manual | Trigger::SeerFinished => Self::Manual,
                _ => Self::Seen,
            },
            Occurrence::Metric(_) => Self::Manual,
        }
    }

    /// The change that leaves an issue in this substatus.
    fn of_substatus(substatus: Substatus) -> Option<Self> {
        match substatus {
            Substatus::Regressed => Some(Self::Regressed),
            Substatus::Escalating => Some(Self::Escalating),
            Substatus::New | Substatus::Ongoing => None,
        }
    }

    /// The occurrence with this change as its trigger. An incident stays about the change that began it.
    #[must_use]
    pub fn applied_to(self, mut occurrence: Occurrence) -> Occurrence {
        let substatus = match self {
            Self::Regressed => Substatus::Regressed,
            Self::Escalating => Substatus::Escalating,
            Self::Seen | Self::Manual => return occurrence,
        };
        if let Occurrence::Issue(issue) = &mut occurrence {
            issue.trigger = Trigger::Unresolved(substatus);
        }
        occurrence
    }
}

/// The record of an issue's incident.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct IncidentRecord {
    /// The state.
    pub state: IncidentState,
    /// The change that began it, or the one that Sentry's own webhook named later.
    #[serde(rename = "cause")]
    pub change: ChangeKind,
    /// The beginning, in milliseconds since 1970.
    pub started_ms: u64,
    /// The invocation that works on it.
    pub owner: String,
    /// The digests of the bodies that belong to this and earlier incidents, newest last.
    pub digests: Vec<String>,
    /// The note on the issue. It outlives the incident: the next one edits it.
    pub note: Option<NoteId>,
    /// The notifiers that are done in this incident, with the third party's id.
    pub done: Vec<(String, Option<String>)>,
    /// The earlier incidents, newest last.
    #[serde(default)]
    pub history: Vec<PastIncident>,
    /// The change that it has told of, as long as Sentry may name it once more.
    #[serde(default)]
    #[serde(rename = "echo")]
    pub duplicate_signal: Option<DuplicateSignal>,
}

impl IncidentRecord {
    /// Records that the incident has told of an issue in this substatus.
    pub fn has_reported(&mut self, substatus: Option<Substatus>) {
        let until_ms = self.started_ms.saturating_add(AFTER_ALERT_MS);
        self.duplicate_signal = self
            .duplicate_signal
            .or_else(|| Some(DuplicateSignal { change: ChangeKind::of_substatus(substatus?)?, until_ms }));
    }
}

/// A change that Sentry may name once more, by another webhook. That webhook is no news.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct DuplicateSignal {
    /// The change.
    #[serde(rename = "cause")]
    pub change: ChangeKind,
    /// The end, in milliseconds since 1970. A webhook after it names another change.
    pub until_ms: u64,
}

/// The state of an incident.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum IncidentState {
    /// An invocation works on it until this moment, in milliseconds since 1970; after it, the invocation is dead.
    Working {
        /// The end of the lease.
        until_ms: u64,
    },
    /// The invocation ended, and a step is still to be done.
    Partial,
    /// All is done.
    Done,
}

/// An incident that is over.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PastIncident {
    /// The change that began it.
    #[serde(rename = "cause")]
    pub change: ChangeKind,
    /// The beginning, in milliseconds since 1970.
    pub started_ms: u64,
}

/// A request to work on a delivery.
#[derive(Debug, Clone)]
pub struct ClaimRequest {
    /// The change that it names.
    pub change: ChangeKind,
    /// The digest of its body; `None` for a command and for the sweep.
    pub digest: Option<String>,
    /// The invocation.
    pub owner: String,
    /// Now, in milliseconds since 1970.
    pub now_ms: u64,
    /// The time when it was received. It is before now when it comes out of the queue.
    pub received_ms: u64,
    /// The time after which the invocation is dead.
    pub until_ms: u64,
    /// The time during which an incident covers more events of the same kind.
    pub cooldown_ms: u64,
    /// Whether it comes out of the queue, because its invocation may have died.
    pub redelivered: bool,
}

/// The decision on a claim request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ClaimDecision {
    /// It begins an incident; this is the record to store.
    Begin(IncidentRecord),
    /// It takes over an incident whose invocation died or left something undone; this is the record to store.
    TakeOver(IncidentRecord),
    /// It belongs to an incident that is worked on right now.
    Running,
    /// It belongs to an incident that is done.
    Finished,
    /// It is a duplicate signal of a done incident; this is the record to store, so that it is known from then on.
    Join(IncidentRecord),
}

/// Decides on a claim request, given the issue's record.
#[must_use]
pub fn decide(existing: Option<&IncidentRecord>, request: &ClaimRequest) -> ClaimDecision {
    let Some(record) = existing else { return ClaimDecision::Begin(begin(None, request)) };
    match record.state {
        IncidentState::Working { until_ms } if request.now_ms < until_ms => ClaimDecision::Running,
        IncidentState::Done if is_known(record, request) => ClaimDecision::Finished,
        IncidentState::Done if is_duplicate_signal(record, request) => {
            ClaimDecision::Join(join(record, request))
        }
        IncidentState::Done if is_repeat(record, request) => ClaimDecision::Finished,
        IncidentState::Working { .. } | IncidentState::Partial if !is_news(record, request) => {
            ClaimDecision::TakeOver(take_over(record, request))
        }
        IncidentState::Working { .. } | IncidentState::Partial | IncidentState::Done => {
            ClaimDecision::Begin(begin(Some(record), request))
        }
    }
}

/// Whether a delivery names a change that an unfinished incident is not about.
fn is_news(record: &IncidentRecord, request: &ClaimRequest) -> bool {
    request.change != ChangeKind::Seen && !is_repeat(record, request)
}

/// Whether the incident covers all that a delivery names.
fn is_repeat(record: &IncidentRecord, request: &ClaimRequest) -> bool {
    match request.change {
        _ if is_known(record, request) || is_duplicate_signal(record, request) => true,
        ChangeKind::Manual | ChangeKind::Regressed | ChangeKind::Escalating => false,
        ChangeKind::Seen => age(record, request) < request.cooldown_ms,
    }
}

/// Whether a delivery itself was there before.
fn is_known(record: &IncidentRecord, request: &ClaimRequest) -> bool {
    let is_replay = request.digest.as_ref().is_some_and(|digest| record.digests.contains(digest));
    is_replay || request.redelivered && was_covered(record, request)
}

/// Whether a queued delivery was covered when it came, or soon after: an incident that began then is about its change. A
/// different change would have found that incident running.
fn was_covered(record: &IncidentRecord, request: &ClaimRequest) -> bool {
    let is_near = |started_ms: u64| request.received_ms.saturating_sub(started_ms) < SAME_CHANGE_MS;
    let is_told = request.change == ChangeKind::Seen
        || record.duplicate_signal.is_some_and(|it| it.change == request.change);
    let mut began = record.history.iter().map(|past| (past.change, past.started_ms));
    is_near(record.started_ms) && (is_told || record.change == request.change)
        || began.any(|(change, started_ms)| change == request.change && is_near(started_ms))
}

/// Whether a delivery is a duplicate signal of the change that the incident tells of.
fn is_duplicate_signal(record: &IncidentRecord, request: &ClaimRequest) -> bool {
    record
        .duplicate_signal
        .is_some_and(|signal| signal.change == request.change && request.received_ms < signal.until_ms)
}

/// The time from the incident's beginning until the delivery, by our own clock. The times in Sentry's events come from the
/// clocks of the programs that sent them.
fn age(record: &IncidentRecord, request: &ClaimRequest) -> u64 {
    request.received_ms.saturating_sub(record.started_ms)
}

fn begin(before: Option<&IncidentRecord>, request: &ClaimRequest) -> IncidentRecord {
    let mut record = IncidentRecord {
        state: IncidentState::Working { until_ms: request.until_ms },
        change: request.change,
        started_ms: request.now_ms,
        owner: request.owner.clone(),
        digests: before.map(|b| b.digests.clone()).unwrap_or_default(),
        note: before.and_then(|b| b.note.clone()),
        done: Vec::new(),
        history: before.map(|b| b.history.clone()).unwrap_or_default(),
        duplicate_signal: duplicate_signal_after(request.change, request.now_ms),
    };
    record.history.extend(before.map(|b| PastIncident { change: b.change, started_ms: b.started_ms }));
    record.digests.extend(request.digest.clone());
    keep_newest(&mut record.history);
    keep_newest(&mut record.digests);
    record
}

fn take_over(record: &IncidentRecord, request: &ClaimRequest) -> IncidentRecord {
    let record =
        if is_duplicate_signal(record, request) { join(record, request) } else { known(record, request) };
    IncidentRecord {
        state: IncidentState::Working { until_ms: request.until_ms },
        owner: request.owner.clone(),
        ..record
    }
}

/// The record after a duplicate signal: soon, the same webhook names another change.
fn join(record: &IncidentRecord, request: &ClaimRequest) -> IncidentRecord {
    let (change, duplicate_signal) =
        (request.change, duplicate_signal_after(request.change, request.received_ms));
    IncidentRecord { change, duplicate_signal, ..known(record, request) }
}

/// The record that knows the delivery from now on.
fn known(record: &IncidentRecord, request: &ClaimRequest) -> IncidentRecord {
    let mut record = record.clone();
    record.digests.extend(request.digest.clone().filter(|digest| !record.digests.contains(digest)));
    keep_newest(&mut record.digests);
    record
}

/// The duplicate signal of a change that was named at this moment, in milliseconds since 1970.
fn duplicate_signal_after(change: ChangeKind, at_ms: u64) -> Option<DuplicateSignal> {
    let is_change = matches!(change, ChangeKind::Regressed | ChangeKind::Escalating);
    is_change.then(|| DuplicateSignal { change, until_ms: at_ms.saturating_add(SAME_CHANGE_MS) })
}

fn keep_newest<T>(list: &mut Vec<T>) {
    list.drain(..list.len().saturating_sub(REMEMBERED));
}

#[cfg(test)]
mod tests;
