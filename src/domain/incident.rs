//! Who works on what: an issue's *incident* is what one note, one message and one analysis are about.
//!
//! One [`IncidentRecord`] per issue says how far its incident is. [`decide`] is the whole rule; the stores only keep the record
//! and see to it that two writers do not both win.

use serde::{Deserialize, Serialize};

use super::issue::Substatus;
use super::occurrence::{Occurrence, Trigger};

/// Incidents that a record remembers, for the note's history and against replays.
const REMEMBERED: usize = 20;
/// Sentry sends one change as several webhooks: the same change again within this time is one of them.
const SAME_CHANGE_MS: u64 = 10_000;
/// Sentry tells of one regression or escalation by an alert and by a webhook of its own, in any order and up to a minute
/// apart. When the alert came first and its incident has told of the change, the other one comes within this time after
/// the incident's beginning.
const AFTER_ALERT_MS: u64 = 90_000;

/// What a delivery says has happened to an issue.
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
    Asked,
}

impl ChangeKind {
    /// What an occurrence says has happened.
    #[must_use]
    pub fn of(occurrence: &Occurrence) -> Self {
        match occurrence {
            Occurrence::Issue(issue) => match issue.trigger {
                Trigger::Unresolved(substatus) => Self::change(substatus).unwrap_or(Self::Seen),
                // Seer's analysis is news on an issue that may have had its note.
                Trigger::Manual | Trigger::SeerFinished => Self::Asked,
                _ => Self::Seen,
            },
            Occurrence::Metric(_) => Self::Asked,
        }
    }

    /// The change that leaves an issue in this substatus, if it is one that is told of.
    fn change(substatus: Substatus) -> Option<Self> {
        match substatus {
            Substatus::Regressed => Some(Self::Regressed),
            Substatus::Escalating => Some(Self::Escalating),
            Substatus::New | Substatus::Ongoing => None,
        }
    }

    /// The occurrence as one of this cause: an incident is about what began it, whoever takes it over.
    #[must_use]
    pub fn applied_to(self, mut occurrence: Occurrence) -> Occurrence {
        let substatus = match self {
            Self::Regressed => Substatus::Regressed,
            Self::Escalating => Substatus::Escalating,
            Self::Seen | Self::Asked => return occurrence,
        };
        if let Occurrence::Issue(issue) = &mut occurrence {
            issue.trigger = Trigger::Unresolved(substatus);
        }
        occurrence
    }
}

/// How far an issue's incident is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct IncidentRecord {
    /// Where it stands.
    pub state: IncidentState,
    /// What began it; or the change that it turned out to be about, when Sentry's own word of that came.
    pub cause: ChangeKind,
    /// When it began, in milliseconds since 1970.
    pub started_ms: u64,
    /// The invocation that works on it.
    pub owner: String,
    /// Digests of the bodies that began this and earlier incidents or said the same once more, newest last.
    pub digests: Vec<String>,
    /// The note on the issue. It outlives the incident: the next one edits it.
    pub note: Option<String>,
    /// What this incident has done already, by notifier, with the third party's id.
    pub done: Vec<(String, Option<String>)>,
    /// What earlier incidents were about, newest last.
    #[serde(default)]
    pub history: Vec<PastIncident>,
    /// What it tells of, as long as Sentry may say that once more.
    #[serde(default)]
    pub duplicate_signal: Option<DuplicateSignal>,
}

impl IncidentRecord {
    /// Takes in that the incident has told of an issue in this substatus, whatever began it.
    pub fn has_shown(&mut self, substatus: Option<Substatus>) {
        let until_ms = self.started_ms.saturating_add(AFTER_ALERT_MS);
        self.duplicate_signal = self.duplicate_signal.or_else(|| Some(DuplicateSignal { cause: ChangeKind::change(substatus?)?, until_ms }));
    }
}

/// A change that Sentry may tell of once more, by another webhook: then that is no news.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct DuplicateSignal {
    /// The change.
    pub cause: ChangeKind,
    /// Until when, in milliseconds since 1970; after it, the same words mean another change.
    pub until_ms: u64,
}

/// Where an incident stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum IncidentState {
    /// An invocation works on it until this moment, in milliseconds since 1970; after it, the invocation is dead.
    Working {
        /// The end of the lease.
        until_ms: u64,
    },
    /// The invocation ended, and something is still to be done.
    Partial,
    /// All is done.
    Done,
}

/// An incident that is over.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PastIncident {
    /// What began it.
    pub cause: ChangeKind,
    /// When it began, in milliseconds since 1970.
    pub started_ms: u64,
}

/// A delivery that asks to be worked on.
#[derive(Debug, Clone)]
pub struct ClaimRequest {
    /// What it says has happened.
    pub cause: ChangeKind,
    /// The digest of its body; `None` for what came by no body (a command, the sweep).
    pub digest: Option<String>,
    /// The invocation.
    pub owner: String,
    /// Now, in milliseconds since 1970.
    pub now_ms: u64,
    /// When it was received: before now, when it comes out of the queue.
    pub received_ms: u64,
    /// When the invocation will be dead.
    pub until_ms: u64,
    /// How long an incident takes in everything that merely happens again.
    pub cooldown_ms: u64,
    /// Whether it comes out of the queue, because its invocation may have died.
    pub redelivered: bool,
}

/// What is to become of a delivery.
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
    /// It is another word for the change that a done incident has told of; this is the record to store, so that it is known
    /// from then on.
    Join(IncidentRecord),
}

/// Decides what is to become of a delivery, given the issue's record.
#[must_use]
pub fn decide(existing: Option<&IncidentRecord>, request: &ClaimRequest) -> ClaimDecision {
    let Some(record) = existing else { return ClaimDecision::Begin(begin(None, request)) };
    match record.state {
        IncidentState::Working { until_ms } if request.now_ms < until_ms => ClaimDecision::Running,
        IncidentState::Done if is_known(record, request) => ClaimDecision::Finished,
        IncidentState::Done if is_duplicate_signal(record, request) => ClaimDecision::Join(join(record, request)),
        IncidentState::Done if is_repeat(record, request) => ClaimDecision::Finished,
        IncidentState::Working { .. } | IncidentState::Partial if !is_news(record, request) => {
            ClaimDecision::TakeOver(take_over(record, request))
        }
        IncidentState::Working { .. } | IncidentState::Partial | IncidentState::Done => {
            ClaimDecision::Begin(begin(Some(record), request))
        }
    }
}

/// Whether a delivery says something that an unfinished incident is not about.
fn is_news(record: &IncidentRecord, request: &ClaimRequest) -> bool {
    request.cause != ChangeKind::Seen && !is_repeat(record, request)
}

/// Whether a delivery says nothing that the incident does not cover.
fn is_repeat(record: &IncidentRecord, request: &ClaimRequest) -> bool {
    match request.cause {
        _ if is_known(record, request) || is_duplicate_signal(record, request) => true,
        ChangeKind::Asked | ChangeKind::Regressed | ChangeKind::Escalating => false,
        ChangeKind::Seen => age(record, request) < request.cooldown_ms,
    }
}

/// Whether a delivery itself was there before.
fn is_known(record: &IncidentRecord, request: &ClaimRequest) -> bool {
    let is_replay = request.digest.as_ref().is_some_and(|digest| record.digests.contains(digest));
    is_replay || request.redelivered && was_covered(record, request)
}

/// Whether what comes out of the queue was covered when it came, or soon after: an incident that began then is about what
/// it says. Had it been told apart from that one, it would have found it running.
fn was_covered(record: &IncidentRecord, request: &ClaimRequest) -> bool {
    let is_near = |started_ms: u64| request.received_ms.saturating_sub(started_ms) < SAME_CHANGE_MS;
    let is_told = request.cause == ChangeKind::Seen || record.duplicate_signal.is_some_and(|it| it.cause == request.cause);
    let mut began = record.history.iter().map(|past| (past.cause, past.started_ms));
    is_near(record.started_ms) && (is_told || record.cause == request.cause)
        || began.any(|(cause, started_ms)| cause == request.cause && is_near(started_ms))
}

/// Whether a delivery is another word for the change that the incident tells of.
fn is_duplicate_signal(record: &IncidentRecord, request: &ClaimRequest) -> bool {
    record.duplicate_signal.is_some_and(|echo| echo.cause == request.cause && request.received_ms < echo.until_ms)
}

/// By our own clock, from the incident's beginning until the delivery came: Sentry's words about time are the clocks of
/// whoever sent the events.
fn age(record: &IncidentRecord, request: &ClaimRequest) -> u64 {
    request.received_ms.saturating_sub(record.started_ms)
}

fn begin(before: Option<&IncidentRecord>, request: &ClaimRequest) -> IncidentRecord {
    let mut record = IncidentRecord {
        state: IncidentState::Working { until_ms: request.until_ms },
        cause: request.cause,
        started_ms: request.now_ms,
        owner: request.owner.clone(),
        digests: before.map(|b| b.digests.clone()).unwrap_or_default(),
        note: before.and_then(|b| b.note.clone()),
        done: Vec::new(),
        history: before.map(|b| b.history.clone()).unwrap_or_default(),
        duplicate_signal: said_again(request.cause, request.now_ms),
    };
    record.history.extend(before.map(|b| PastIncident { cause: b.cause, started_ms: b.started_ms }));
    record.digests.extend(request.digest.clone());
    keep_newest(&mut record.history);
    keep_newest(&mut record.digests);
    record
}

fn take_over(record: &IncidentRecord, request: &ClaimRequest) -> IncidentRecord {
    let record = if is_duplicate_signal(record, request) { join(record, request) } else { known(record, request) };
    IncidentRecord { state: IncidentState::Working { until_ms: request.until_ms }, owner: request.owner.clone(), ..record }
}

/// The change that an incident has told of has now been told by Sentry's own word: soon, the same word is another change.
fn join(record: &IncidentRecord, request: &ClaimRequest) -> IncidentRecord {
    let (cause, echo) = (request.cause, said_again(request.cause, request.received_ms));
    IncidentRecord { cause, echo, ..known(record, request) }
}

/// The record that knows the delivery from now on.
fn known(record: &IncidentRecord, request: &ClaimRequest) -> IncidentRecord {
    let mut record = record.clone();
    record.digests.extend(request.digest.clone().filter(|digest| !record.digests.contains(digest)));
    keep_newest(&mut record.digests);
    record
}

/// How long a change that was told at this moment, in milliseconds since 1970, may be told again.
fn said_again(cause: ChangeKind, at_ms: u64) -> Option<DuplicateSignal> {
    let is_change = matches!(cause, ChangeKind::Regressed | ChangeKind::Escalating);
    is_change.then(|| DuplicateSignal { cause, until_ms: at_ms.saturating_add(SAME_CHANGE_MS) })
}

fn keep_newest<T>(list: &mut Vec<T>) {
    list.drain(..list.len().saturating_sub(REMEMBERED));
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: u64 = 3_600_000;

    fn request(cause: ChangeKind, digest: &str, now_ms: u64) -> ClaimRequest {
        ClaimRequest {
            cause,
            digest: Some(digest.to_owned()),
            owner: "me".to_owned(),
            now_ms,
            received_ms: now_ms,
            until_ms: now_ms + 60_000,
            cooldown_ms: 6 * HOUR,
            redelivered: false,
        }
    }

    fn begun(cause: ChangeKind, at: u64) -> IncidentRecord {
        match decide(None, &request(cause, "first", at)) {
            ClaimDecision::Begin(record) => record,
            other => panic!("{other:?}"),
        }
    }

    fn done(cause: ChangeKind, at: u64) -> IncidentRecord {
        IncidentRecord { state: IncidentState::Done, note: Some("7".to_owned()), ..begun(cause, at) }
    }

    /// An alert began it, and it has told of the issue in this substatus.
    fn told_by_alert(substatus: Substatus, at: u64) -> IncidentRecord {
        let mut record = done(ChangeKind::Seen, at);
        record.has_shown(Some(substatus));
        record
    }

    #[test]
    fn the_three_webhooks_of_one_new_issue_are_one_episode() {
        let running = begun(ChangeKind::Seen, 1_000);
        assert_eq!(decide(Some(&running), &request(ChangeKind::Seen, "second", 1_200)), ClaimDecision::Running);
        let finished = done(ChangeKind::Seen, 1_000);
        assert_eq!(decide(Some(&finished), &request(ChangeKind::Seen, "third", 5_000)), ClaimDecision::Finished);
        let later = decide(Some(&finished), &request(ChangeKind::Seen, "third", 7 * HOUR));
        assert!(matches!(later, ClaimDecision::Begin(record) if record.note.as_deref() == Some("7")));
    }

    #[test]
    fn a_replay_is_refused_for_ever() {
        let finished = done(ChangeKind::Regressed, 1_000);
        assert_eq!(
            decide(Some(&finished), &request(ChangeKind::Regressed, "first", 99 * HOUR)),
            ClaimDecision::Finished
        );
    }

    #[test]
    fn a_regression_begins_an_episode_within_the_cooldown_and_remembers_the_last() {
        let ClaimDecision::Begin(next) =
            decide(Some(&done(ChangeKind::Seen, 1_000)), &request(ChangeKind::Regressed, "r", 2_000))
        else {
            panic!("a new incident")
        };
        assert_eq!(next.history, [PastIncident { cause: ChangeKind::Seen, started_ms: 1_000 }]);
        assert_eq!((next.note.as_deref(), next.done.len()), (Some("7"), 0));
        let again = IncidentRecord { state: IncidentState::Done, ..next };
        let twin = decide(Some(&again), &request(ChangeKind::Regressed, "r2", 2_200));
        assert!(matches!(twin, ClaimDecision::Join(record) if record.digests.len() == 3));
        assert!(matches!(
            decide(Some(&again), &request(ChangeKind::Regressed, "r3", 60_000)),
            ClaimDecision::Begin(_)
        ));
    }

    #[test]
    fn the_own_webhook_of_what_an_alert_has_told_is_no_news() {
        let told = told_by_alert(Substatus::Regressed, 1_000);
        let ClaimDecision::Join(joined) = decide(Some(&told), &request(ChangeKind::Regressed, "r", 61_000)) else {
            panic!("another word for the same")
        };
        assert_eq!((joined.cause, joined.started_ms, &joined.state), (ChangeKind::Regressed, 1_000, &IncidentState::Done));
        assert!(joined.history.is_empty() && joined.note == told.note);
        // Sentry tries again what it thinks has not arrived, minutes later.
        assert_eq!(decide(Some(&joined), &request(ChangeKind::Regressed, "r", 361_000)), ClaimDecision::Finished);
        let twin = decide(Some(&joined), &request(ChangeKind::Regressed, "twin", 62_000));
        assert!(matches!(twin, ClaimDecision::Join(_)));
        let ClaimDecision::Begin(next) = decide(Some(&joined), &request(ChangeKind::Regressed, "next", 72_000)) else {
            panic!("it was told in both ways: this is the next one")
        };
        assert_eq!(next.history, [PastIncident { cause: ChangeKind::Regressed, started_ms: 1_000 }]);
    }

    #[test]
    fn a_change_that_nobody_has_told_of_is_news_right_after_an_alert() {
        let begins = |record: &IncidentRecord, cause: ChangeKind, at: u64| {
            matches!(decide(Some(record), &request(cause, "c", at)), ClaimDecision::Begin(_))
        };
        assert!(begins(&told_by_alert(Substatus::Ongoing, 1_000), ChangeKind::Regressed, 2_000));
        assert!(begins(&told_by_alert(Substatus::New, 1_000), ChangeKind::Escalating, 2_000));
        assert!(begins(&told_by_alert(Substatus::Regressed, 1_000), ChangeKind::Escalating, 2_000));
        // It was resolved after the message, and is back.
        for substatus in [Substatus::Regressed, Substatus::Escalating] {
            let cause = ChangeKind::change(substatus).expect("a change");
            let told = told_by_alert(substatus, 1_000);
            assert!(!begins(&told, cause, 90_999), "{cause:?}");
            assert!(begins(&told, cause, 91_000), "{cause:?}");
            // However long the queue had it: what counts is when it came.
            let late = ClaimRequest { received_ms: 301_000, redelivered: true, ..request(cause, "c", 900_000) };
            assert!(matches!(decide(Some(&told), &late), ClaimDecision::Begin(_)));
            let same = ClaimRequest { received_ms: 61_000, redelivered: true, ..request(cause, "c", 900_000) };
            assert!(matches!(decide(Some(&told), &same), ClaimDecision::Join(_)));
        }
    }

    #[test]
    fn what_is_left_of_a_told_change_is_taken_over_by_its_own_webhook() {
        let partial = IncidentRecord { state: IncidentState::Partial, ..told_by_alert(Substatus::Regressed, 1_000) };
        let taken = decide(Some(&partial), &request(ChangeKind::Regressed, "r", 30_000));
        let ClaimDecision::TakeOver(taken) = taken else { panic!("something is left of the same change") };
        assert_eq!((taken.cause, taken.digests.len()), (ChangeKind::Regressed, 2));
        // Both have told of it: from now on, the same word is another change.
        let mut finished = IncidentRecord { state: IncidentState::Done, ..taken };
        finished.has_shown(Some(Substatus::Regressed));
        let twin = decide(Some(&finished), &request(ChangeKind::Regressed, "twin", 39_999));
        assert!(matches!(twin, ClaimDecision::Join(_)));
        let next = decide(Some(&finished), &request(ChangeKind::Regressed, "next", 40_000));
        assert!(matches!(next, ClaimDecision::Begin(_)));
        let later = decide(Some(&partial), &request(ChangeKind::Regressed, "r", 300_000));
        assert!(matches!(later, ClaimDecision::Begin(_)));
    }

    #[test]
    fn a_record_from_before_the_echo_can_still_be_read() {
        let mut old = serde_json::to_value(done(ChangeKind::Regressed, 1_000)).expect("JSON");
        old.as_object_mut().expect("an object").remove("echo");
        assert_eq!(serde_json::from_value::<IncidentRecord>(old).expect("a record").duplicate_signal, None);
    }

    #[test]
    fn a_dead_owner_is_taken_over_with_what_it_had_done() {
        let mut dead = begun(ChangeKind::Seen, 1_000);
        dead.done.push(("telegram".to_owned(), Some("5".to_owned())));
        let late = request(ChangeKind::Seen, "first", 61_001);
        assert!(matches!(decide(Some(&dead), &late), ClaimDecision::TakeOver(record) if record == IncidentRecord {
            state: IncidentState::Working { until_ms: late.until_ms }, ..dead.clone()
        }));
        let other = request(ChangeKind::Seen, "other", 61_001);
        assert!(
            matches!(decide(Some(&dead), &other), ClaimDecision::TakeOver(record) if record.digests.len() == 2)
        );
        assert_eq!(decide(Some(&dead), &request(ChangeKind::Seen, "first", 60_999)), ClaimDecision::Running);
    }

    #[test]
    fn whoever_takes_over_is_known_from_then_on() {
        let partial = IncidentRecord { state: IncidentState::Partial, ..begun(ChangeKind::Regressed, 1_000) };
        let ClaimDecision::TakeOver(taken) = decide(Some(&partial), &request(ChangeKind::Regressed, "second", 2_000))
        else {
            panic!("the same change")
        };
        let finished = IncidentRecord { state: IncidentState::Done, ..taken };
        let late = request(ChangeKind::Regressed, "second", 99_000);
        assert_eq!(decide(Some(&finished), &late), ClaimDecision::Finished);
    }

    #[test]
    fn a_regression_is_news_to_an_episode_that_something_is_left_of() {
        for state in [IncidentState::Partial, IncidentState::Working { until_ms: 1_500 }] {
            let unfinished = IncidentRecord { state, ..begun(ChangeKind::Seen, 1_000) };
            let regressed = request(ChangeKind::Regressed, "r", 2_000);
            assert!(
                matches!(decide(Some(&unfinished), &regressed), ClaimDecision::Begin(next) if next.done.is_empty())
            );
        }
    }

    #[test]
    fn what_the_queue_hands_back_late_is_as_old_as_it_is() {
        // It lost the race for the claim by a moment, and nobody wrote down its digest.
        let lost =
            ClaimRequest { received_ms: 990, redelivered: true, ..request(ChangeKind::Regressed, "lost", 90_000) };
        let later = ClaimRequest { received_ms: 95_000, ..lost.clone() };
        for told in [done(ChangeKind::Regressed, 1_000), told_by_alert(Substatus::Regressed, 1_000)] {
            assert_eq!(decide(Some(&told), &lost), ClaimDecision::Finished);
            assert!(matches!(decide(Some(&told), &later), ClaimDecision::Begin(_)));
        }
        let seen = ClaimRequest { cause: ChangeKind::Seen, ..lost.clone() };
        assert_eq!(decide(Some(&done(ChangeKind::Seen, 1_000)), &seen), ClaimDecision::Finished);
        // The alert has won, and has not told of the change: nobody has.
        for record in [done(ChangeKind::Seen, 1_000), told_by_alert(Substatus::Escalating, 1_000)] {
            assert!(matches!(decide(Some(&record), &lost), ClaimDecision::Begin(_)));
        }
        // The change was told, and somebody has asked since.
        let ClaimDecision::Begin(asked) =
            decide(Some(&done(ChangeKind::Regressed, 1_000)), &request(ChangeKind::Asked, "asked", 60_000))
        else {
            panic!("a person's request")
        };
        assert_eq!(decide(Some(&IncidentRecord { state: IncidentState::Done, ..asked }), &lost), ClaimDecision::Finished);
    }

    #[test]
    fn a_record_forgets_the_oldest() {
        let mut record = done(ChangeKind::Seen, 0);
        for n in 1..50 {
            let asked = request(ChangeKind::Asked, &n.to_string(), n * HOUR);
            let ClaimDecision::Begin(next) = decide(Some(&record), &asked) else { panic!("an incident") };
            record = IncidentRecord { state: IncidentState::Done, ..next };
        }
        assert_eq!((record.history.len(), record.digests.len()), (REMEMBERED, REMEMBERED));
        assert_eq!(record.digests.last().map(String::as_str), Some("49"));
    }
}
