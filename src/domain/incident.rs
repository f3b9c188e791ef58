//! Incidents. An incident is the period of an issue that one note, one message and one analysis cover.
//!
//! One [`IncidentRecord`] per issue stores the progress of its incident. [`decide`] is the complete rule. The stores
//! only keep the record, and ensure that only one of two concurrent writers succeeds.
//!
//! An invocation *claims* an incident to work on it. The claim is exclusive until its *lease* ends, so that another
//! invocation can take over the work of a dead one.

use serde::{Deserialize, Serialize};

pub use super::change::ChangeKind;
use super::ids::NoteId;
use super::issue::{Issue, Substatus};
use super::message::IssueMessage;

/// The number of past incidents in a record. They are the note's history.
const REMEMBERED: usize = 20;
/// The number of digests in a record, which identify replays. An issue has fewer incidents within the cooldown.
const DIGESTS: usize = 200;
/// The largest assumed difference between the clocks of two machines, in milliseconds. AWS accepts no larger one.
pub const CLOCK_SKEW_MS: u64 = 5 * 60_000;
/// Sentry sends one change as several webhooks. The same change again within this time, in milliseconds, is a
/// duplicate.
const SAME_CHANGE_MS: u64 = 10_000;
/// Sentry sends both an alert and a webhook for one regression or escalation, in any order and up to a minute apart. If
/// the alert came first and its incident reported the change, the webhook is a duplicate within this time, in
/// milliseconds, after the incident began.
const AFTER_ALERT_MS: u64 = 90_000;

/// The shortest interval at which an issue is read because of alerts on it, in milliseconds.
const LOOK_EVERY_MS: u64 = 60_000;

/// The beginning of the identity of a button press, which stands in the place of a digest.
const PRESS: &str = "press ";

/// Returns the identity of a button press that requests an analysis. A repetition of the press has the same one.
#[must_use]
pub fn press_digest(press: &str) -> String {
    format!("{PRESS}{press}")
}

/// The record of an issue's current incident.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct IncidentRecord {
    /// The progress of the incident.
    pub state: IncidentState,
    /// The change that began the incident, or that Sentry's own webhook reported later.
    #[serde(rename = "cause")]
    pub change: ChangeKind,
    /// The time of the beginning, in milliseconds since 1970.
    pub started_ms: u64,
    /// The id of the invocation that works on the incident.
    pub owner: String,
    /// The digests of the deliveries and the identities of the presses of this and earlier incidents, newest last.
    pub digests: Vec<String>,
    /// The id of the note on the issue. It stays after the incident, and the next incident edits the note.
    pub note: Option<NoteId>,
    /// The message about the issue. It stays after the incident, and the next incident edits it.
    #[serde(default)]
    pub message: Option<Box<IssueMessage>>,
    /// The names of the notifiers that are done in this incident, each with the third party's id.
    pub done: Vec<(String, Option<String>)>,
    /// The past incidents, newest last.
    #[serde(default)]
    pub history: Vec<PastIncident>,
    /// The change that the incident reported, while Sentry may still send a duplicate signal of it.
    #[serde(default)]
    #[serde(rename = "echo")]
    pub duplicate_signal: Option<DuplicateSignal>,
    /// Whether the note was written without the event, because it could not be read. A delivery that contains the event
    /// then completes the note.
    #[serde(default)]
    pub lacks_event: bool,
    /// The last time at which an invocation looked whether the issue has changed since, in milliseconds since 1970.
    #[serde(default)]
    pub looked_ms: u64,
}

impl IncidentRecord {
    /// Returns the substatus of a regression or an escalation that no incident has reported. `issue` was read now.
    #[must_use]
    pub fn unreported(&self, issue: &Issue) -> Option<Substatus> {
        let substatus = issue.substatus?;
        let change = ChangeKind::of_substatus(substatus)?;
        let returned_ms = issue.returned_at.and_then(|at| u64::try_from(at.unix()).ok()?.checked_mul(1000));
        let is_reported = match returned_ms {
            Some(returned_ms) => returned_ms <= self.started_ms,
            None => self.change == change || self.duplicate_signal.is_some_and(|it| it.change == change),
        };
        (!is_reported).then_some(substatus)
    }

    /// Whether an incident of the issue began at `since_ms`, in milliseconds since 1970, or later.
    #[must_use]
    pub fn has_begun_since(&self, since_ms: u64) -> bool {
        let past = self.history.iter().map(|past| past.started_ms);
        past.chain([self.started_ms]).any(|started_ms| started_ms >= since_ms)
    }

    /// Whether a webhook reported this or an earlier incident.
    #[must_use]
    pub fn had_webhook(&self) -> bool {
        self.digests.iter().any(|digest| !digest.starts_with(PRESS))
    }

    /// Returns the record with the digest of the delivery added.
    #[must_use]
    pub fn with_digest(&self, request: &ClaimRequest) -> Self {
        let mut record = self.clone();
        record.digests.extend(request.digest.clone().filter(|digest| !record.digests.contains(digest)));
        keep_newest(&mut record.digests, DIGESTS);
        record
    }

    /// Records that the incident reported an issue with this substatus.
    pub fn has_reported(&mut self, substatus: Option<Substatus>) {
        let until_ms = self.started_ms.saturating_add(AFTER_ALERT_MS);
        self.duplicate_signal = self
            .duplicate_signal
            .or_else(|| Some(DuplicateSignal { change: ChangeKind::of_substatus(substatus?)?, until_ms }));
    }
}

/// A change that Sentry may report a second time with another webhook. That webhook needs no new analysis.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct DuplicateSignal {
    /// The reported change.
    #[serde(rename = "cause")]
    pub change: ChangeKind,
    /// The time limit, in milliseconds since 1970. A later webhook reports a new change.
    pub until_ms: u64,
}

/// The progress of an incident.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum IncidentState {
    /// An invocation works on the incident until its lease ends.
    Working {
        /// The end of the lease, in milliseconds since 1970. The invocation cannot run longer.
        until_ms: u64,
    },
    /// The invocation ended, and a step is not done.
    Partial,
    /// All steps are done.
    Done,
}

/// A past incident.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PastIncident {
    /// The change that began the incident.
    #[serde(rename = "cause")]
    pub change: ChangeKind,
    /// The time of the beginning, in milliseconds since 1970.
    pub started_ms: u64,
}

/// A request to work on a delivery.
#[derive(Debug, Clone)]
pub struct ClaimRequest {
    /// The change that the delivery reports.
    pub change: ChangeKind,
    /// The digest of the body, or the identity of a person's button press. `None` for a command and for the sweep.
    pub digest: Option<String>,
    /// The id of the invocation.
    pub owner: String,
    /// The current time, in milliseconds since 1970.
    pub now_ms: u64,
    /// The time of receipt, in milliseconds since 1970. It is earlier than `now_ms` for a queued delivery.
    pub received_ms: u64,
    /// The time at which the invocation's lease ends, in milliseconds since 1970.
    pub until_ms: u64,
    /// The cooldown, in milliseconds. More events within this time after the beginning belong to the same incident.
    pub cooldown_ms: u64,
    /// The largest assumed difference between the clocks of the processes that share the store, in milliseconds. It is
    /// zero if they have the same clock, and if no queue keeps a delivery until the lease is certainly over.
    pub clock_skew_ms: u64,
    /// Whether the delivery contains the event.
    pub has_event: bool,
    /// Whether the delivery comes from the queue, because its first invocation may have been killed.
    pub redelivered: bool,
}

/// The decision on a claim request. The variants with a record ask the caller to store it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ClaimDecision {
    /// The request begins a new incident.
    Begin(IncidentRecord),
    /// The request takes over an incident whose invocation was killed or did not finish.
    TakeOver(IncidentRecord),
    /// Another invocation works on the issue's incident.
    Running,
    /// Another invocation may work on the issue's incident: its lease is over by this process's clock only.
    MayRun,
    /// The request belongs to a finished incident.
    Finished,
    /// The request belongs to a finished incident, but the issue may have changed since. The record remembers that an
    /// invocation looks.
    Look(IncidentRecord),
    /// The request is a duplicate signal of a finished incident. The record remembers its digest.
    Join(IncidentRecord),
}

/// Decides on a claim request, given the issue's record.
#[must_use]
pub fn decide(existing: Option<&IncidentRecord>, request: &ClaimRequest) -> ClaimDecision {
    let Some(record) = existing else { return ClaimDecision::Begin(begin(None, request)) };
    match record.state {
        // The answer to this request's own claim came too late.
        IncidentState::Working { .. } if record.owner == request.owner => {
            ClaimDecision::TakeOver(record.clone())
        }
        IncidentState::Working { until_ms } if request.now_ms < until_ms => ClaimDecision::Running,
        IncidentState::Done if is_known(record, request) => ClaimDecision::Finished,
        IncidentState::Done if is_duplicate_signal(record, request) => {
            ClaimDecision::Join(join(record, request))
        }
        IncidentState::Done if is_repeat(record, request) => repeat(record, request),
        IncidentState::Working { until_ms } if may_be_leased(until_ms, request) => ClaimDecision::MayRun,
        IncidentState::Working { .. } | IncidentState::Partial if !is_news(record, request) => {
            ClaimDecision::TakeOver(take_over(record, request))
        }
        IncidentState::Working { .. } | IncidentState::Partial | IncidentState::Done => {
            ClaimDecision::Begin(begin(Some(record), request))
        }
    }
}

/// The decision on a delivery about an event of an issue whose incident is done.
fn repeat(record: &IncidentRecord, request: &ClaimRequest) -> ClaimDecision {
    if record.lacks_event && request.has_event {
        let record = IncidentRecord { lacks_event: false, ..take_over(record, request) };
        return ClaimDecision::TakeOver(record);
    }
    // Sentry before the webhook `issue.unresolved` reports a regression by an alert only. A delivery is known after a
    // look, so one that the queue redelivers has none behind it.
    let is_alert = request.digest.is_some();
    let since_look = request.now_ms.saturating_sub(record.looked_ms);
    let is_due = request.redelivered || since_look >= LOOK_EVERY_MS;
    if is_alert && is_due && age(record, request) >= AFTER_ALERT_MS {
        return ClaimDecision::Look(IncidentRecord { looked_ms: request.now_ms, ..record.clone() });
    }
    ClaimDecision::Finished
}

/// Whether a lease that is over may still hold, because its owner's clock is behind. A lease that was released is over,
/// and so is that of a redelivery, which the queue holds back by its own clock until the invocation has ended. A person's
/// request does not wait.
fn may_be_leased(until_ms: u64, request: &ClaimRequest) -> bool {
    let is_over = until_ms == 0 || request.redelivered || request.change == ChangeKind::Manual;
    !is_over && request.now_ms < until_ms.saturating_add(request.clock_skew_ms)
}

/// Whether the delivery reports a change other than that of an unfinished incident.
fn is_news(record: &IncidentRecord, request: &ClaimRequest) -> bool {
    request.change != ChangeKind::Seen && !is_repeat(record, request)
}

/// Whether the incident already covers everything that the delivery reports.
fn is_repeat(record: &IncidentRecord, request: &ClaimRequest) -> bool {
    match request.change {
        _ if is_known(record, request) || is_duplicate_signal(record, request) => true,
        ChangeKind::Manual | ChangeKind::Regressed | ChangeKind::Escalating => false,
        ChangeKind::Seen => age(record, request) < request.cooldown_ms,
    }
}

/// Whether the same delivery was seen before.
fn is_known(record: &IncidentRecord, request: &ClaimRequest) -> bool {
    let is_replay = request.digest.as_ref().is_some_and(|digest| record.digests.contains(digest));
    is_replay || request.redelivered && was_covered(record, request)
}

/// Whether the incident began at about the time of receipt of a queued delivery and reported its change. A delivery
/// of a different change would have found that incident running.
fn was_covered(record: &IncidentRecord, request: &ClaimRequest) -> bool {
    let is_near = |started_ms: u64| request.received_ms.saturating_sub(started_ms) < SAME_CHANGE_MS;
    let is_reported = request.change == ChangeKind::Seen
        || record.duplicate_signal.is_some_and(|it| it.change == request.change);
    let mut began = record.history.iter().map(|past| (past.change, past.started_ms));
    is_near(record.started_ms) && (is_reported || record.change == request.change)
        || began.any(|(change, started_ms)| change == request.change && is_near(started_ms))
}

/// Whether the delivery is a duplicate signal of the change that the incident reported.
fn is_duplicate_signal(record: &IncidentRecord, request: &ClaimRequest) -> bool {
    record
        .duplicate_signal
        .is_some_and(|signal| signal.change == request.change && request.received_ms < signal.until_ms)
}

/// Returns the time from the beginning of the incident to the receipt of the delivery, by Sidenote's own clock. The
/// times in Sentry's events come from the clocks of the senders.
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
        message: before.and_then(|b| b.message.clone()),
        done: Vec::new(),
        history: before.map(|b| b.history.clone()).unwrap_or_default(),
        duplicate_signal: duplicate_signal_after(request.change, request.now_ms),
        lacks_event: false,
        looked_ms: 0,
    };
    record.history.extend(before.map(|b| PastIncident { change: b.change, started_ms: b.started_ms }));
    record.digests.extend(request.digest.clone());
    keep_newest(&mut record.history, REMEMBERED);
    keep_newest(&mut record.digests, DIGESTS);
    record
}

fn take_over(record: &IncidentRecord, request: &ClaimRequest) -> IncidentRecord {
    let record = if is_duplicate_signal(record, request) {
        join(record, request)
    } else {
        record.with_digest(request)
    };
    IncidentRecord {
        state: IncidentState::Working { until_ms: request.until_ms },
        owner: request.owner.clone(),
        ..record
    }
}

/// Returns the record after a duplicate signal. After a short time, the same kind of webhook reports a new change.
fn join(record: &IncidentRecord, request: &ClaimRequest) -> IncidentRecord {
    let (change, duplicate_signal) =
        (request.change, duplicate_signal_after(request.change, request.received_ms));
    IncidentRecord { change, duplicate_signal, ..record.with_digest(request) }
}

/// Returns the duplicate signal to expect after a change that was reported at this time, in milliseconds since 1970.
fn duplicate_signal_after(change: ChangeKind, at_ms: u64) -> Option<DuplicateSignal> {
    let is_change = matches!(change, ChangeKind::Regressed | ChangeKind::Escalating);
    is_change.then(|| DuplicateSignal { change, until_ms: at_ms.saturating_add(SAME_CHANGE_MS) })
}

fn keep_newest<T>(list: &mut Vec<T>, most: usize) {
    list.drain(..list.len().saturating_sub(most));
}

#[cfg(test)]
mod tests;
