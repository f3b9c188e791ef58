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
                Trigger::Unresolved(Substatus::Regressed) => Self::Regressed,
                Trigger::Unresolved(Substatus::Escalating) => Self::Escalating,
                // Seer's analysis is news on an issue that may have had its note.
                Trigger::Asked | Trigger::SeerFinished => Self::Asked,
                _ => Self::Seen,
            },
            Occurrence::Metric(_) => Self::Asked,
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
    /// What began it.
    pub cause: Cause,
    /// When it began, in milliseconds since 1970.
    pub started_ms: u64,
    /// The invocation that works on it.
    pub owner: String,
    /// Digests of the bodies that began this and earlier episodes, newest last.
    pub digests: Vec<String>,
    /// The note on the issue. It outlives the episode: the next one edits it.
    pub note: Option<String>,
    /// What this episode has done already, by notifier, with the third party's id.
    pub done: Vec<(String, Option<String>)>,
    /// What earlier episodes were about, newest last.
    #[serde(default)]
    pub history: Vec<Past>,
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
}

/// Decides what is to become of a delivery, given the issue's record.
#[must_use]
pub fn decide(existing: Option<&Record>, claimant: &Claimant) -> Decision {
    let Some(record) = existing else { return Decision::Begin(begin(None, claimant)) };
    match record.state {
        State::Working { until_ms } if claimant.now_ms < until_ms => Decision::Running,
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
    if claimant.digest.as_ref().is_some_and(|digest| record.digests.contains(digest)) {
        return true;
    }
    let age = claimant.received_ms.saturating_sub(record.started_ms);
    // Had it been told apart from the episode when it came, it would have found that one running.
    if claimant.redelivered && age < SAME_CHANGE_MS {
        return true;
    }
    match claimant.cause {
        Cause::Asked => false,
        Cause::Regressed | Cause::Escalating => record.cause == claimant.cause && age < SAME_CHANGE_MS,
        Cause::Seen => age < claimant.cooldown_ms,
    }
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
    };
    record.history.extend(before.map(|b| Past { cause: b.cause, started_ms: b.started_ms }));
    record.digests.extend(claimant.digest.clone());
    keep_newest(&mut record.history);
    keep_newest(&mut record.digests);
    record
}

fn take_over(record: &Record, claimant: &Claimant) -> Record {
    let mut record = Record {
        state: State::Working { until_ms: claimant.until_ms },
        owner: claimant.owner.clone(),
        ..record.clone()
    };
    record.digests.extend(claimant.digest.clone().filter(|digest| !record.digests.contains(digest)));
    keep_newest(&mut record.digests);
    record
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
        assert_eq!(decide(Some(&again), &claimant(Cause::Regressed, "r2", 2_200)), Decision::Finished);
        assert!(matches!(
            decide(Some(&again), &claimant(Cause::Regressed, "r3", 60_000)),
            Decision::Begin(_)
        ));
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
        let finished = done(Cause::Seen, 1_000);
        // It lost the race for the claim by a moment, and nobody wrote down its digest.
        let lost =
            Claimant { received_ms: 990, redelivered: true, ..claimant(Cause::Regressed, "lost", 90_000) };
        assert_eq!(decide(Some(&finished), &lost), Decision::Finished);
        let later = Claimant { received_ms: 30_000, ..lost };
        assert!(matches!(decide(Some(&finished), &later), Decision::Begin(_)));
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
