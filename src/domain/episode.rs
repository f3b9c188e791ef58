//! Who works on what: an issue's *episode* is what one note, one message and one analysis are about.
//!
//! One [`Record`] per issue says how far its episode is. [`decide`] is the whole rule; the stores only keep the record
//! and see to it that two writers do not both win.

use serde::{Deserialize, Serialize};

use super::issue::Substatus;
use super::occurrence::{Occurrence, Trigger};

/// Episodes that a record remembers, for the note's history and against replays.
const REMEMBERED: usize = 20;
/// Sentry sends one change as several webhooks: the same change again within this time is one of them.
const SAME_CHANGE_MS: u64 = 10_000;
/// Sentry tells of one regression or escalation by an alert and by a webhook of its own, in any order and up to a minute
/// apart. When the alert came first and its episode has told of the change, the other one comes within this time after
/// the episode's beginning.
const AFTER_ALERT_MS: u64 = 90_000;

/// What a delivery says has happened to an issue.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Cause {
    /// It is new, or an alert fired, or one more event came.
    Seen,
    /// It was resolved and is back.
    Regressed,
    /// It occurs much more often than before.
    Escalating,
    /// A person asked.
    Asked,
}

impl Cause {
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

    /// The occurrence as one of this cause: an episode is about what began it, whoever takes it over.
    #[must_use]
    pub fn lent_to(self, mut occurrence: Occurrence) -> Occurrence {
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

/// How far an issue's episode is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Record {
    /// Where it stands.
    pub state: State,
    /// What began it; or the change that it turned out to be about, when Sentry's own word of that came.
    pub cause: Cause,
    /// When it began, in milliseconds since 1970.
    pub started_ms: u64,
    /// The invocation that works on it.
    pub owner: String,
    /// Digests of the bodies that began this and earlier episodes or said the same once more, newest last.
    pub digests: Vec<String>,
    /// The note on the issue. It outlives the episode: the next one edits it.
    pub note: Option<String>,
    /// What this episode has done already, by notifier, with the third party's id.
    pub done: Vec<(String, Option<String>)>,
    /// What earlier episodes were about, newest last.
    #[serde(default)]
    pub history: Vec<Past>,
    /// What it tells of, as long as Sentry may say that once more.
    #[serde(default)]
    pub echo: Option<Echo>,
}

impl Record {
    /// Takes in that the episode has told of an issue in this substatus, whatever began it.
    pub fn has_shown(&mut self, substatus: Option<Substatus>) {
        let until_ms = self.started_ms.saturating_add(AFTER_ALERT_MS);
        self.echo = self.echo.or_else(|| Some(Echo { cause: Cause::change(substatus?)?, until_ms }));
    }
}

/// A change that Sentry may tell of once more, by another webhook: then that is no news.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Echo {
    /// The change.
    pub cause: Cause,
    /// Until when, in milliseconds since 1970; after it, the same words mean another change.
    pub until_ms: u64,
}

/// Where an episode stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
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

/// An episode that is over.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Past {
    /// What began it.
    pub cause: Cause,
    /// When it began, in milliseconds since 1970.
    pub started_ms: u64,
}

/// A delivery that asks to be worked on.
#[derive(Debug, Clone)]
pub struct Claimant {
    /// What it says has happened.
    pub cause: Cause,
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
    /// How long an episode takes in everything that merely happens again.
    pub cooldown_ms: u64,
    /// Whether it comes out of the queue, because its invocation may have died.
    pub redelivered: bool,
}

/// What is to become of a delivery.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Decision {
    /// It begins an episode; this is the record to store.
    Begin(Record),
    /// It takes over an episode whose invocation died or left something undone; this is the record to store.
    TakeOver(Record),
    /// It belongs to an episode that is worked on right now.
    Running,
    /// It belongs to an episode that is done.
    Finished,
    /// It is another word for the change that a done episode has told of; this is the record to store, so that it is known
    /// from then on.
    Join(Record),
}

/// Decides what is to become of a delivery, given the issue's record.
#[must_use]
pub fn decide(existing: Option<&Record>, claimant: &Claimant) -> Decision {
    let Some(record) = existing else { return Decision::Begin(begin(None, claimant)) };
    match record.state {
        State::Working { until_ms } if claimant.now_ms < until_ms => Decision::Running,
        State::Done if is_known(record, claimant) => Decision::Finished,
        State::Done if is_echo(record, claimant) => Decision::Join(join(record, claimant)),
        State::Done if is_repeat(record, claimant) => Decision::Finished,
        State::Working { .. } | State::Partial if !is_news(record, claimant) => {
            Decision::TakeOver(take_over(record, claimant))
        }
        State::Working { .. } | State::Partial | State::Done => {
            Decision::Begin(begin(Some(record), claimant))
        }
    }
}

/// Whether a delivery says something that an unfinished episode is not about.
fn is_news(record: &Record, claimant: &Claimant) -> bool {
    claimant.cause != Cause::Seen && !is_repeat(record, claimant)
}

/// Whether a delivery says nothing that the episode does not cover.
fn is_repeat(record: &Record, claimant: &Claimant) -> bool {
    match claimant.cause {
        _ if is_known(record, claimant) || is_echo(record, claimant) => true,
        Cause::Asked | Cause::Regressed | Cause::Escalating => false,
        Cause::Seen => age(record, claimant) < claimant.cooldown_ms,
    }
}

/// Whether a delivery itself was there before.
fn is_known(record: &Record, claimant: &Claimant) -> bool {
    let is_replay = claimant.digest.as_ref().is_some_and(|digest| record.digests.contains(digest));
    is_replay || claimant.redelivered && was_covered(record, claimant)
}

/// Whether what comes out of the queue was covered when it came, or soon after: an episode that began then is about what
/// it says. Had it been told apart from that one, it would have found it running.
fn was_covered(record: &Record, claimant: &Claimant) -> bool {
    let is_near = |started_ms: u64| claimant.received_ms.saturating_sub(started_ms) < SAME_CHANGE_MS;
    let is_told = claimant.cause == Cause::Seen || record.echo.is_some_and(|it| it.cause == claimant.cause);
    let mut began = record.history.iter().map(|past| (past.cause, past.started_ms));
    is_near(record.started_ms) && (is_told || record.cause == claimant.cause)
        || began.any(|(cause, started_ms)| cause == claimant.cause && is_near(started_ms))
}

/// Whether a delivery is another word for the change that the episode tells of.
fn is_echo(record: &Record, claimant: &Claimant) -> bool {
    record.echo.is_some_and(|echo| echo.cause == claimant.cause && claimant.received_ms < echo.until_ms)
}

/// By our own clock, from the episode's beginning until the delivery came: Sentry's words about time are the clocks of
/// whoever sent the events.
fn age(record: &Record, claimant: &Claimant) -> u64 {
    claimant.received_ms.saturating_sub(record.started_ms)
}

fn begin(before: Option<&Record>, claimant: &Claimant) -> Record {
    let mut record = Record {
        state: State::Working { until_ms: claimant.until_ms },
        cause: claimant.cause,
        started_ms: claimant.now_ms,
        owner: claimant.owner.clone(),
        digests: before.map(|b| b.digests.clone()).unwrap_or_default(),
        note: before.and_then(|b| b.note.clone()),
        done: Vec::new(),
        history: before.map(|b| b.history.clone()).unwrap_or_default(),
        echo: said_again(claimant.cause, claimant.now_ms),
    };
    record.history.extend(before.map(|b| Past { cause: b.cause, started_ms: b.started_ms }));
    record.digests.extend(claimant.digest.clone());
    keep_newest(&mut record.history);
    keep_newest(&mut record.digests);
    record
}

fn take_over(record: &Record, claimant: &Claimant) -> Record {
    let record = if is_echo(record, claimant) { join(record, claimant) } else { known(record, claimant) };
    Record { state: State::Working { until_ms: claimant.until_ms }, owner: claimant.owner.clone(), ..record }
}

/// The change that an episode has told of has now been told by Sentry's own word: soon, the same word is another change.
fn join(record: &Record, claimant: &Claimant) -> Record {
    let (cause, echo) = (claimant.cause, said_again(claimant.cause, claimant.received_ms));
    Record { cause, echo, ..known(record, claimant) }
}

/// The record that knows the delivery from now on.
fn known(record: &Record, claimant: &Claimant) -> Record {
    let mut record = record.clone();
    record.digests.extend(claimant.digest.clone().filter(|digest| !record.digests.contains(digest)));
    keep_newest(&mut record.digests);
    record
}

/// How long a change that was told at this moment, in milliseconds since 1970, may be told again.
fn said_again(cause: Cause, at_ms: u64) -> Option<Echo> {
    let is_change = matches!(cause, Cause::Regressed | Cause::Escalating);
    is_change.then(|| Echo { cause, until_ms: at_ms.saturating_add(SAME_CHANGE_MS) })
}

fn keep_newest<T>(list: &mut Vec<T>) {
    list.drain(..list.len().saturating_sub(REMEMBERED));
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: u64 = 3_600_000;

    fn claimant(cause: Cause, digest: &str, now_ms: u64) -> Claimant {
        Claimant {
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

    fn begun(cause: Cause, at: u64) -> Record {
        match decide(None, &claimant(cause, "first", at)) {
            Decision::Begin(record) => record,
            other => panic!("{other:?}"),
        }
    }

    fn done(cause: Cause, at: u64) -> Record {
        Record { state: State::Done, note: Some("7".to_owned()), ..begun(cause, at) }
    }

    /// An alert began it, and it has told of the issue in this substatus.
    fn told_by_alert(substatus: Substatus, at: u64) -> Record {
        let mut record = done(Cause::Seen, at);
        record.has_shown(Some(substatus));
        record
    }

    #[test]
    fn the_three_webhooks_of_one_new_issue_are_one_episode() {
        let running = begun(Cause::Seen, 1_000);
        assert_eq!(decide(Some(&running), &claimant(Cause::Seen, "second", 1_200)), Decision::Running);
        let finished = done(Cause::Seen, 1_000);
        assert_eq!(decide(Some(&finished), &claimant(Cause::Seen, "third", 5_000)), Decision::Finished);
        let later = decide(Some(&finished), &claimant(Cause::Seen, "third", 7 * HOUR));
        assert!(matches!(later, Decision::Begin(record) if record.note.as_deref() == Some("7")));
    }

    #[test]
    fn a_replay_is_refused_for_ever() {
        let finished = done(Cause::Regressed, 1_000);
        assert_eq!(
            decide(Some(&finished), &claimant(Cause::Regressed, "first", 99 * HOUR)),
            Decision::Finished
        );
    }

    #[test]
    fn a_regression_begins_an_episode_within_the_cooldown_and_remembers_the_last() {
        let Decision::Begin(next) =
            decide(Some(&done(Cause::Seen, 1_000)), &claimant(Cause::Regressed, "r", 2_000))
        else {
            panic!("a new episode")
        };
        assert_eq!(next.history, [Past { cause: Cause::Seen, started_ms: 1_000 }]);
        assert_eq!((next.note.as_deref(), next.done.len()), (Some("7"), 0));
        let again = Record { state: State::Done, ..next };
        let twin = decide(Some(&again), &claimant(Cause::Regressed, "r2", 2_200));
        assert!(matches!(twin, Decision::Join(record) if record.digests.len() == 3));
        assert!(matches!(
            decide(Some(&again), &claimant(Cause::Regressed, "r3", 60_000)),
            Decision::Begin(_)
        ));
    }

    #[test]
    fn the_own_webhook_of_what_an_alert_has_told_is_no_news() {
        let told = told_by_alert(Substatus::Regressed, 1_000);
        let Decision::Join(joined) = decide(Some(&told), &claimant(Cause::Regressed, "r", 61_000)) else {
            panic!("another word for the same")
        };
        assert_eq!((joined.cause, joined.started_ms, &joined.state), (Cause::Regressed, 1_000, &State::Done));
        assert!(joined.history.is_empty() && joined.note == told.note);
        // Sentry tries again what it thinks has not arrived, minutes later.
        assert_eq!(decide(Some(&joined), &claimant(Cause::Regressed, "r", 361_000)), Decision::Finished);
        let twin = decide(Some(&joined), &claimant(Cause::Regressed, "twin", 62_000));
        assert!(matches!(twin, Decision::Join(_)));
        let Decision::Begin(next) = decide(Some(&joined), &claimant(Cause::Regressed, "next", 72_000)) else {
            panic!("it was told in both ways: this is the next one")
        };
        assert_eq!(next.history, [Past { cause: Cause::Regressed, started_ms: 1_000 }]);
    }

    #[test]
    fn a_change_that_nobody_has_told_of_is_news_right_after_an_alert() {
        let begins = |record: &Record, cause: Cause, at: u64| {
            matches!(decide(Some(record), &claimant(cause, "c", at)), Decision::Begin(_))
        };
        assert!(begins(&told_by_alert(Substatus::Ongoing, 1_000), Cause::Regressed, 2_000));
        assert!(begins(&told_by_alert(Substatus::New, 1_000), Cause::Escalating, 2_000));
        assert!(begins(&told_by_alert(Substatus::Regressed, 1_000), Cause::Escalating, 2_000));
        // It was resolved after the message, and is back.
        for substatus in [Substatus::Regressed, Substatus::Escalating] {
            let cause = Cause::change(substatus).expect("a change");
            let told = told_by_alert(substatus, 1_000);
            assert!(!begins(&told, cause, 90_999), "{cause:?}");
            assert!(begins(&told, cause, 91_000), "{cause:?}");
            // However long the queue had it: what counts is when it came.
            let late = Claimant { received_ms: 301_000, redelivered: true, ..claimant(cause, "c", 900_000) };
            assert!(matches!(decide(Some(&told), &late), Decision::Begin(_)));
            let same = Claimant { received_ms: 61_000, redelivered: true, ..claimant(cause, "c", 900_000) };
            assert!(matches!(decide(Some(&told), &same), Decision::Join(_)));
        }
    }

    #[test]
    fn what_is_left_of_a_told_change_is_taken_over_by_its_own_webhook() {
        let partial = Record { state: State::Partial, ..told_by_alert(Substatus::Regressed, 1_000) };
        let taken = decide(Some(&partial), &claimant(Cause::Regressed, "r", 30_000));
        let Decision::TakeOver(taken) = taken else { panic!("something is left of the same change") };
        assert_eq!((taken.cause, taken.digests.len()), (Cause::Regressed, 2));
        // Both have told of it: from now on, the same word is another change.
        let mut finished = Record { state: State::Done, ..taken };
        finished.has_shown(Some(Substatus::Regressed));
        let twin = decide(Some(&finished), &claimant(Cause::Regressed, "twin", 39_999));
        assert!(matches!(twin, Decision::Join(_)));
        let next = decide(Some(&finished), &claimant(Cause::Regressed, "next", 40_000));
        assert!(matches!(next, Decision::Begin(_)));
        let later = decide(Some(&partial), &claimant(Cause::Regressed, "r", 300_000));
        assert!(matches!(later, Decision::Begin(_)));
    }

    #[test]
    fn a_record_from_before_the_echo_can_still_be_read() {
        let mut old = serde_json::to_value(done(Cause::Regressed, 1_000)).expect("JSON");
        old.as_object_mut().expect("an object").remove("echo");
        assert_eq!(serde_json::from_value::<Record>(old).expect("a record").echo, None);
    }

    #[test]
    fn a_dead_owner_is_taken_over_with_what_it_had_done() {
        let mut dead = begun(Cause::Seen, 1_000);
        dead.done.push(("telegram".to_owned(), Some("5".to_owned())));
        let late = claimant(Cause::Seen, "first", 61_001);
        assert!(matches!(decide(Some(&dead), &late), Decision::TakeOver(record) if record == Record {
            state: State::Working { until_ms: late.until_ms }, ..dead.clone()
        }));
        let other = claimant(Cause::Seen, "other", 61_001);
        assert!(
            matches!(decide(Some(&dead), &other), Decision::TakeOver(record) if record.digests.len() == 2)
        );
        assert_eq!(decide(Some(&dead), &claimant(Cause::Seen, "first", 60_999)), Decision::Running);
    }

    #[test]
    fn whoever_takes_over_is_known_from_then_on() {
        let partial = Record { state: State::Partial, ..begun(Cause::Regressed, 1_000) };
        let Decision::TakeOver(taken) = decide(Some(&partial), &claimant(Cause::Regressed, "second", 2_000))
        else {
            panic!("the same change")
        };
        let finished = Record { state: State::Done, ..taken };
        let late = claimant(Cause::Regressed, "second", 99_000);
        assert_eq!(decide(Some(&finished), &late), Decision::Finished);
    }

    #[test]
    fn a_regression_is_news_to_an_episode_that_something_is_left_of() {
        for state in [State::Partial, State::Working { until_ms: 1_500 }] {
            let unfinished = Record { state, ..begun(Cause::Seen, 1_000) };
            let regressed = claimant(Cause::Regressed, "r", 2_000);
            assert!(
                matches!(decide(Some(&unfinished), &regressed), Decision::Begin(next) if next.done.is_empty())
            );
        }
    }

    #[test]
    fn what_the_queue_hands_back_late_is_as_old_as_it_is() {
        // It lost the race for the claim by a moment, and nobody wrote down its digest.
        let lost =
            Claimant { received_ms: 990, redelivered: true, ..claimant(Cause::Regressed, "lost", 90_000) };
        let later = Claimant { received_ms: 95_000, ..lost.clone() };
        for told in [done(Cause::Regressed, 1_000), told_by_alert(Substatus::Regressed, 1_000)] {
            assert_eq!(decide(Some(&told), &lost), Decision::Finished);
            assert!(matches!(decide(Some(&told), &later), Decision::Begin(_)));
        }
        let seen = Claimant { cause: Cause::Seen, ..lost.clone() };
        assert_eq!(decide(Some(&done(Cause::Seen, 1_000)), &seen), Decision::Finished);
        // The alert has won, and has not told of the change: nobody has.
        for record in [done(Cause::Seen, 1_000), told_by_alert(Substatus::Escalating, 1_000)] {
            assert!(matches!(decide(Some(&record), &lost), Decision::Begin(_)));
        }
        // The change was told, and somebody has asked since.
        let Decision::Begin(asked) =
            decide(Some(&done(Cause::Regressed, 1_000)), &claimant(Cause::Asked, "asked", 60_000))
        else {
            panic!("a person's request")
        };
        assert_eq!(decide(Some(&Record { state: State::Done, ..asked }), &lost), Decision::Finished);
    }

    #[test]
    fn a_record_forgets_the_oldest() {
        let mut record = done(Cause::Seen, 0);
        for n in 1..50 {
            let asked = claimant(Cause::Asked, &n.to_string(), n * HOUR);
            let Decision::Begin(next) = decide(Some(&record), &asked) else { panic!("an episode") };
            record = Record { state: State::Done, ..next };
        }
        assert_eq!((record.history.len(), record.digests.len()), (REMEMBERED, REMEMBERED));
        assert_eq!(record.digests.last().map(String::as_str), Some("49"));
    }
}
