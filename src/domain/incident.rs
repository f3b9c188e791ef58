//! Incidents. An incident is the period of an issue that one note, one message and one analysis cover.
//!
//! One [`IncidentRecord`] per issue stores the progress of the issue's newest incident. The pure function [`decide`]
//! contains all rules. The state stores only keep the record, and ensure that only one of two concurrent writers
//! succeeds.
//!
//! An invocation *claims* an incident to work on it. The claim is exclusive until its *lease* ends, so that another
//! invocation can take over the work of a dead one.

use serde::{Deserialize, Serialize};

pub use super::change::ChangeKind;
use super::ids::NoteId;
use super::issue::{Issue, Substatus};
use super::message::IssueMessage;

/// The largest number of past incidents in a record. The note on the issue counts the regressions among them, and names
/// the newest.
const REMEMBERED: usize = 20;
/// The largest number of digests in a record. A repeated webhook is recognized as long as the record contains its
/// digest.
const DIGESTS: usize = 200;
/// The largest assumed difference between the clocks of two machines, in milliseconds. AWS rejects requests from
/// machines with a larger one.
pub const CLOCK_SKEW_MS: u64 = 5 * 60_000;
/// The time, in milliseconds, within which a second webhook about the same regression or escalation is a duplicate.
/// Sentry sends one change as several webhooks.
const SAME_CHANGE_MS: u64 = 10_000;
/// A time, in milliseconds, from the beginning of an incident. If an alert or a person began the incident, and the
/// incident reports a regression or an escalation, a webhook about this change within the time is a duplicate: Sentry
/// sends both an alert and a webhook for one change, in any order and up to a minute apart. An alert within the time
/// causes no read of the issue.
const AFTER_ALERT_MS: u64 = 90_000;

/// The shortest time, in milliseconds, between two reads of an issue that alerts cause. A webhook that the queue
/// redelivers causes a read even within this time.
const LOOK_EVERY_MS: u64 = 60_000;

/// The prefix that distinguishes the id of a button press from the digest of a webhook.
const PRESS: &str = "press ";

/// Returns the id of a button press that requests an analysis, as it is stored among the digests. A repeated press
/// has the same id.
#[must_use]
pub fn press_digest(press: &str) -> String {
    format!("{PRESS}{press}")
}

/// The record of an issue's newest incident.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct IncidentRecord {
    /// The progress of the incident: in work, partly done, or done.
    pub state: IncidentState,
    /// The change that began the incident, or the more precise change that a later webhook of Sentry reported.
    #[serde(rename = "cause")]
    pub change: ChangeKind,
    /// The time when the incident began, in milliseconds since 1970 (UTC).
    pub started_ms: u64,
    /// The id of the invocation that works on the incident.
    pub owner: String,
    /// The digests of the webhooks and the ids of the button presses that belong to this and earlier incidents,
    /// newest last.
    pub digests: Vec<String>,
    /// The id of the note on the issue. The id is kept after the incident, because the next incident edits the same
    /// note.
    pub note: Option<NoteId>,
    /// The chat message about the issue. It is kept after the incident, because the next incident edits the same
    /// message.
    #[serde(default)]
    pub message: Option<Box<IssueMessage>>,
    /// The names of the notifiers that have done their work in this incident, each with the id that the third party
    /// gave to the note or message.
    pub done: Vec<(String, Option<String>)>,
    /// The past incidents of the issue, newest last.
    #[serde(default)]
    pub history: Vec<PastIncident>,
    /// The change that this incident reported, as long as Sentry may send another webhook about the same change.
    #[serde(default)]
    #[serde(rename = "echo")]
    pub duplicate_signal: Option<DuplicateSignal>,
    /// Whether the note was written without the event, because the event could not be read. A webhook that contains
    /// the event then completes the note.
    #[serde(default)]
    pub lacks_event: bool,
    /// The last time when an invocation read the issue to see whether it has changed, in milliseconds since 1970.
    #[serde(default)]
    pub looked_ms: u64,
}

impl IncidentRecord {
    /// Returns the substatus of `issue`, which was read just now, if it is a regression or an escalation that the
    /// incident has not reported. A change before the incident began counts as reported.
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

    /// Whether a webhook, and not only a button press or a command, reported this or an earlier incident.
    #[must_use]
    pub fn had_webhook(&self) -> bool {
        self.digests.iter().any(|digest| !digest.starts_with(PRESS))
    }

    /// Returns the record with the digest of the request added. The oldest digests beyond the limit are dropped.
    #[must_use]
    pub fn with_digest(&self, request: &ClaimRequest) -> Self {
        let mut record = self.clone();
        record.digests.extend(request.digest.clone().filter(|digest| !record.digests.contains(digest)));
        keep_newest(&mut record.digests, DIGESTS);
        record
    }

    /// Records that the incident reported an issue with this substatus, so that a later webhook about the same change
    /// is a duplicate. Changes nothing if a reported change is recorded already, or if the substatus is neither a
    /// regression nor an escalation.
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
    /// The change that was reported.
    #[serde(rename = "cause")]
    pub change: ChangeKind,
    /// The end of the time, in milliseconds since 1970, within which the same change is a duplicate. A later webhook
    /// reports a new change.
    pub until_ms: u64,
}

/// The progress of an incident, as its record stores it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum IncidentState {
    /// An invocation handles the incident until its lease ends.
    Working {
        /// The time when the lease ends, in milliseconds since 1970. The invocation ends before it. Zero if the lease
        /// was released early.
        until_ms: u64,
    },
    /// The invocation has ended, and at least one notifier has not done its work.
    Partial,
    /// All notifiers have done their work.
    Done,
}

/// A past incident of an issue.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PastIncident {
    /// The change that began the incident.
    #[serde(rename = "cause")]
    pub change: ChangeKind,
    /// The time when the incident began, in milliseconds since 1970 (UTC).
    pub started_ms: u64,
}

/// The request of an invocation to handle a change of an issue.
#[derive(Debug, Clone)]
pub struct ClaimRequest {
    /// The change that the webhook or the person's request reports.
    pub change: ChangeKind,
    /// The digest of the webhook's body, or the id of a button press. `None` for a command and for the sweep.
    pub digest: Option<String>,
    /// The random id of the invocation that makes the request.
    pub owner: String,
    /// The current time, in milliseconds since 1970.
    pub now_ms: u64,
    /// The time when the webhook was received, in milliseconds since 1970. It is earlier than `now_ms` if the queue
    /// has redelivered the webhook.
    pub received_ms: u64,
    /// The time when the lease of the invocation ends, in milliseconds since 1970.
    pub until_ms: u64,
    /// The cooldown, in milliseconds: more events within this time after the beginning of an incident belong to the
    /// same incident.
    pub cooldown_ms: u64,
    /// The largest assumed difference between the clocks of the processes that share the state store, in
    /// milliseconds. It is zero if they run on one machine, or if there is no queue.
    pub clock_skew_ms: u64,
    /// Whether the webhook contains the event.
    pub has_event: bool,
    /// Whether the queue has redelivered the webhook, because its first invocation may have died.
    pub redelivered: bool,
}

impl ClaimRequest {
    /// Returns the same request for the incident that the issue already has, if that incident began within the last
    /// `window_ms` milliseconds: an unfinished incident is completed, and a finished one is left alone.
    #[must_use]
    pub fn completing(self, window_ms: u64) -> Self {
        Self { change: ChangeKind::Seen, cooldown_ms: window_ms, ..self }
    }
}

/// The decision on a claim request. The variants with a record demand that the caller stores the record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ClaimDecision {
    /// The request begins a new incident.
    Begin(IncidentRecord),
    /// The request takes over an incident: its invocation was killed or did not finish, or its note lacks the event
    /// that the webhook contains.
    TakeOver(IncidentRecord),
    /// Another invocation is handling the issue's incident.
    Running,
    /// Another invocation may be handling the issue's incident: its lease has ended by the clock of this process, but
    /// perhaps not by its own.
    MayRun,
    /// The request belongs to a finished incident, so nothing is done.
    Finished,
    /// The request belongs to a finished incident, but the issue may have changed since. The caller must read the
    /// issue; the record stores the time of this read.
    Look(IncidentRecord),
    /// The request is about a change that a finished incident has already reported. The record stores the digest of
    /// the webhook.
    Join(IncidentRecord),
}

/// Returns the decision on a claim request, given the issue's record. Pure: the times are all in the arguments.
#[must_use]
pub fn decide(existing: Option<&IncidentRecord>, request: &ClaimRequest) -> ClaimDecision {
    let Some(record) = existing else { return ClaimDecision::Begin(begin(None, request)) };
    match record.state {
        // This request has claimed the incident before, but the store's answer came too late.
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

/// Returns the decision on a request that reports only another event of an issue whose incident is done.
fn repeat(record: &IncidentRecord, request: &ClaimRequest) -> ClaimDecision {
    if record.lacks_event && request.has_event {
        let record = IncidentRecord { lacks_event: false, ..take_over(record, request) };
        return ClaimDecision::TakeOver(record);
    }
    // Versions of Sentry without the webhook `issue.unresolved` report a regression only by an alert, so the issue is
    // read. After that read, the digest of the webhook is known. If the queue redelivers a webhook with an unknown
    // digest, its read was not completed.
    let is_alert = request.digest.is_some();
    let since_look = request.now_ms.saturating_sub(record.looked_ms);
    let is_due = request.redelivered || since_look >= LOOK_EVERY_MS;
    if is_alert && is_due && age(record, request) >= AFTER_ALERT_MS {
        return ClaimDecision::Look(IncidentRecord { looked_ms: request.now_ms, ..record.clone() });
    }
    ClaimDecision::Finished
}

/// Whether a lease that has ended by the clock of this process may still hold, because the clock of its owner is
/// behind. It cannot hold if it was released (`until_ms` is 0), or if the queue has redelivered the webhook, because
/// the queue waits by its own clock until the invocation has ended. A person's request does not wait in any case.
fn may_be_leased(until_ms: u64, request: &ClaimRequest) -> bool {
    let is_over = until_ms == 0 || request.redelivered || request.change == ChangeKind::Manual;
    !is_over && request.now_ms < until_ms.saturating_add(request.clock_skew_ms)
}

/// Whether the request reports a change that the unfinished incident does not cover.
fn is_news(record: &IncidentRecord, request: &ClaimRequest) -> bool {
    request.change != ChangeKind::Seen && !is_repeat(record, request)
}

/// Whether the incident already covers the change that the request reports.
fn is_repeat(record: &IncidentRecord, request: &ClaimRequest) -> bool {
    match request.change {
        _ if is_known(record, request) || is_duplicate_signal(record, request) => true,
        ChangeKind::Manual | ChangeKind::Regressed | ChangeKind::Escalating => false,
        ChangeKind::Seen => age(record, request) < request.cooldown_ms,
    }
}

/// Whether the same webhook or button press was handled before: the record contains its digest, or, if the queue
/// redelivered the webhook, an incident has covered it.
fn is_known(record: &IncidentRecord, request: &ClaimRequest) -> bool {
    let is_replay = request.digest.as_ref().is_some_and(|digest| record.digests.contains(digest));
    is_replay || request.redelivered && was_covered(record, request)
}

/// Whether an incident reported the change of a redelivered webhook and began less than [`SAME_CHANGE_MS`] before the
/// webhook was first received, or later. A webhook about another change would have found that incident running.
fn was_covered(record: &IncidentRecord, request: &ClaimRequest) -> bool {
    let is_near = |started_ms: u64| request.received_ms.saturating_sub(started_ms) < SAME_CHANGE_MS;
    let is_reported = request.change == ChangeKind::Seen
        || record.duplicate_signal.is_some_and(|it| it.change == request.change);
    let mut began = record.history.iter().map(|past| (past.change, past.started_ms));
    is_near(record.started_ms) && (is_reported || record.change == request.change)
        || began.any(|(change, started_ms)| change == request.change && is_near(started_ms))
}

/// Whether the request is about the change that the incident has reported, within the time for duplicates.
fn is_duplicate_signal(record: &IncidentRecord, request: &ClaimRequest) -> bool {
    record
        .duplicate_signal
        .is_some_and(|signal| signal.change == request.change && request.received_ms < signal.until_ms)
}

/// Returns the time, in milliseconds, from the beginning of the incident to the receipt of the webhook, by Sidenote's
/// own clock. Times in events are not used, because they come from the clocks of the senders.
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

/// Returns the record after a duplicate signal. The time within which the same change is a duplicate begins again at
/// the receipt.
fn join(record: &IncidentRecord, request: &ClaimRequest) -> IncidentRecord {
    let (change, duplicate_signal) =
        (request.change, duplicate_signal_after(request.change, request.received_ms));
    IncidentRecord { change, duplicate_signal, ..record.with_digest(request) }
}

/// Returns the change whose duplicates are expected after a report at `at_ms` (milliseconds since 1970). `None` if
/// the change is neither a regression nor an escalation.
fn duplicate_signal_after(change: ChangeKind, at_ms: u64) -> Option<DuplicateSignal> {
    let is_change = matches!(change, ChangeKind::Regressed | ChangeKind::Escalating);
    is_change.then(|| DuplicateSignal { change, until_ms: at_ms.saturating_add(SAME_CHANGE_MS) })
}

fn keep_newest<T>(list: &mut Vec<T>, most: usize) {
    list.drain(..list.len().saturating_sub(most));
}

#[cfg(test)]
mod tests;
