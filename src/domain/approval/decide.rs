//! The rule: what is to become of a tap.

use super::{Approval, Choice, Decider, Place, State};

/// Updates that a record remembers, so that one that is delivered again does nothing.
const UPDATES: usize = 20;

/// Where a decision comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// A command, whose user could do anything else as well.
    Command,
    /// A button under this message.
    Button {
        /// The message.
        place: Place,
        /// Whether it is in the chat that we write to.
        is_home: bool,
        /// Whether the chat that was asked has become this one: Telegram itself has said so.
        has_moved: bool,
        /// Telegram's number of the tap.
        update: i64,
    },
}

/// Somebody has chosen.
#[derive(Debug, Clone)]
pub struct Tap {
    /// What.
    pub choice: Choice,
    /// Who; and when the choice reached us first, however often it was delivered since.
    pub by: Decider,
    /// Where.
    pub origin: Origin,
    /// When the issue's newest episode began, in milliseconds since 1970; `None` if nobody knows.
    pub newest_episode_ms: Option<u64>,
    /// Now, in milliseconds since 1970.
    pub now_ms: u64,
    /// When the invocation that works on it will be dead.
    pub until_ms: u64,
}

/// What is to become of a tap.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// It decides: write this record, then see to it.
    Take(Box<Approval>),
    /// It was decided before, and how far that came is not known: write this record, then see to the rest.
    Resume(Box<Approval>),
    /// It can be decided no longer: write this record.
    Close(Box<Approval>),
    /// This very update was worked on before.
    Repeat,
    /// An invocation is at it right now.
    Busy,
    /// It was decided before.
    Closed,
    /// The button was in another message.
    Elsewhere,
    /// The message is so new that nobody has written down where it is.
    Unplaced,
}

/// Decides what is to become of a tap, given the record.
#[must_use]
pub fn decide(approval: &Approval, tap: &Tap) -> Verdict {
    let update = match tap.origin {
        Origin::Command => None,
        Origin::Button { place, is_home, has_moved, update } => {
            match approval.place {
                // What a message's number is in the chat that its chat became, only Telegram knows.
                Some(own) if own.chat != place.chat && has_moved => {}
                Some(own) if own != place => return Verdict::Elsewhere,
                None if !is_home && !has_moved => return Verdict::Elsewhere,
                None if tap.now_ms < approval.placed_by_ms => return Verdict::Unplaced,
                None | Some(_) => {}
            }
            Some((place, update))
        }
    };
    let is_repeat = update.is_some_and(|(_, update)| approval.updates.contains(&update));
    match &approval.state {
        State::Working { until_ms, .. } if tap.now_ms < *until_ms => Verdict::Busy,
        // Whether it was carried out is not known: it is seen to, whoever asks, and in the name of who decided.
        State::Working { choice, by, .. } => {
            let working = State::Working { choice: *choice, by: by.clone(), until_ms: tap.until_ms };
            Verdict::Resume(Box::new(with(approval, working, update)))
        }
        State::Done { .. } | State::Expired | State::Superseded | State::Failed { .. } if is_repeat => {
            Verdict::Repeat
        }
        State::Done { .. } | State::Expired | State::Superseded => Verdict::Closed,
        // Whoever tapped while it was being done was told so, and has not seen that it failed.
        State::Failed { at_ms, .. } if tap.by.at_ms < *at_ms => Verdict::Closed,
        State::Pending | State::Failed { .. } => open(approval, tap, update),
    }
}

/// What is to become of a tap on what can still be decided.
fn open(approval: &Approval, tap: &Tap, update: Option<(Place, i64)>) -> Verdict {
    let close = |state| Verdict::Close(Box::new(with(approval, state, update)));
    if tap.newest_episode_ms.is_some_and(|newest| newest > approval.episode_ms) {
        return close(State::Superseded);
    }
    if tap.by.at_ms >= approval.expires_ms {
        return close(State::Expired);
    }
    let working = State::Working { choice: tap.choice, by: tap.by.clone(), until_ms: tap.until_ms };
    let next = Box::new(with(approval, working, update));
    // What failed may have been done all the same.
    if approval.state == State::Pending { Verdict::Take(next) } else { Verdict::Resume(next) }
}

/// The record in another state, with the tap's place and number.
fn with(approval: &Approval, state: State, tapped: Option<(Place, i64)>) -> Approval {
    let mut next = Approval { state, ..approval.clone() };
    if let Some((place, update)) = tapped {
        next.place = Some(place);
        if !next.updates.contains(&update) {
            next.updates.push(update);
        }
    }
    let excess = next.updates.len().saturating_sub(UPDATES);
    next.updates.drain(..excess);
    next
}

#[cfg(test)]
mod tests {
    use super::super::{Ask, Order, Shown, id_of};
    use super::*;
    use crate::domain::ids::IssueId;
    use crate::domain::text::Untrusted;

    const HERE: Place = Place { chat: -1, message: 7 };

    fn approval(state: State) -> Approval {
        let ask = Ask::Act(Order::ArchiveUntilEscalating);
        let id = id_of("issue#x#1", 500, &ask).expect("an id");
        let issue = IssueId::parse("1").expect("an id");
        let asked = Approval::new(&id, &issue, None, ask, Shown::default());
        Approval { state, place: Some(HERE), ..asked.open(1_000, 9_000).asked_by(500, 2_000) }
    }

    fn by(name: &str, at_ms: u64) -> Decider {
        Decider::new(Some(1), &Untrusted::new(name), at_ms)
    }

    fn button(place: Place, update: i64) -> Origin {
        Origin::Button { place, is_home: true, has_moved: false, update }
    }

    fn tap(choice: Choice, now_ms: u64, update: i64) -> Tap {
        let (by, origin) = (by("Kim", now_ms), button(HERE, update));
        Tap { choice, by, origin, newest_episode_ms: Some(500), now_ms, until_ms: now_ms + 100 }
    }

    fn taken(verdict: Verdict) -> Approval {
        match verdict {
            Verdict::Take(next) | Verdict::Resume(next) | Verdict::Close(next) => *next,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn the_first_of_two_wins_and_the_other_is_told() {
        let first = taken(decide(&approval(State::Pending), &tap(Choice::Approve, 2_000, 1)));
        assert_eq!(first.state.name(), "approved");
        assert_eq!(decide(&first, &tap(Choice::Reject, 2_050, 2)), Verdict::Busy);
        let done = Approval { state: State::Done { choice: Choice::Approve, by: by("Kim", 2_000) }, ..first };
        assert_eq!(decide(&done, &tap(Choice::Reject, 2_200, 2)), Verdict::Closed);
        assert_eq!(decide(&done, &tap(Choice::Approve, 2_200, 1)), Verdict::Repeat);
    }

    #[test]
    fn what_a_dead_invocation_began_is_resumed_in_the_name_of_who_decided() {
        let first = taken(decide(&approval(State::Pending), &tap(Choice::Approve, 2_000, 1)));
        let other = Tap { by: by("Lee", 2_100), ..tap(Choice::Reject, 2_100, 2) };
        let Verdict::Resume(resumed) = decide(&first, &other) else { panic!("not resumed") };
        assert_eq!(resumed.state.name(), "approved");
        assert_eq!(resumed.state.by().map(|by| by.name.as_str()), Some("Kim #1"));
        assert_eq!(resumed.updates, [1, 2]);
    }

    #[test]
    fn a_refused_tap_does_not_count_when_it_is_delivered_again_after_the_failure() {
        let failed = State::Failed { by: by("Kim", 2_000), why: "timeout".to_owned(), at_ms: 2_500 };
        let refused = Tap { by: by("Lee", 2_100), ..tap(Choice::Reject, 5_000, 2) };
        assert_eq!(decide(&approval(failed.clone()), &refused), Verdict::Closed);
        let later = decide(&approval(failed), &tap(Choice::Approve, 5_000, 3));
        assert!(matches!(later, Verdict::Resume(_)), "what failed is looked at before it is tried again");
    }

    #[test]
    fn it_expires_by_when_the_tap_reached_us_first() {
        let at = |received_ms: u64| {
            let late = Tap { by: by("Kim", received_ms), ..tap(Choice::Approve, 20_000, 1) };
            taken(decide(&approval(State::Pending), &late)).state.name()
        };
        assert_eq!((at(9_999), at(10_000)), ("approved", "expired"));
        let asked = approval(State::Pending);
        assert_eq!((asked.state_at(9_999).name(), asked.state_at(10_000).name()), ("pending", "expired"));
    }

    #[test]
    fn a_newer_episode_supersedes_it() {
        let newer = Tap { newest_episode_ms: Some(501), ..tap(Choice::Approve, 2_000, 1) };
        assert_eq!(taken(decide(&approval(State::Pending), &newer)).state, State::Superseded);
        let unknown = Tap { newest_episode_ms: None, ..newer };
        assert_eq!(taken(decide(&approval(State::Pending), &unknown)).state.name(), "approved");
    }

    #[test]
    fn a_button_works_in_its_own_message_only() {
        let asked = approval(State::Pending);
        for place in [Place { chat: -2, ..HERE }, Place { message: 8, ..HERE }] {
            let elsewhere = Tap { origin: button(place, 1), ..tap(Choice::Approve, 2_000, 1) };
            assert_eq!(decide(&asked, &elsewhere), Verdict::Elsewhere);
        }
        let unplaced = Approval { place: None, ..asked.clone() };
        assert_eq!(decide(&unplaced, &tap(Choice::Approve, 1_999, 1)), Verdict::Unplaced);
        assert_eq!(taken(decide(&unplaced, &tap(Choice::Approve, 2_000, 1))).place, Some(HERE));
        let foreign = Origin::Button { place: HERE, is_home: false, has_moved: false, update: 1 };
        let foreign = Tap { origin: foreign, ..tap(Choice::Approve, 2_000, 1) };
        assert_eq!(decide(&unplaced, &foreign), Verdict::Elsewhere);
        let moved = |place| Tap {
            origin: Origin::Button { place, is_home: false, has_moved: true, update: 1 },
            ..tap(Choice::Approve, 2_000, 1)
        };
        let there = Place { chat: -100, message: 3 };
        assert_eq!(taken(decide(&asked, &moved(there))).place, Some(there), "its chat has become that one");
        assert_eq!(taken(decide(&unplaced, &moved(there))).place, Some(there));
        assert_eq!(decide(&asked, &moved(Place { message: 8, ..HERE })), Verdict::Elsewhere);
        let command = Tap { origin: Origin::Command, ..tap(Choice::Approve, 1_999, 1) };
        assert_eq!(taken(decide(&unplaced, &command)).place, None);
    }
}
