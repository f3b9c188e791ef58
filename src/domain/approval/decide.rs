//! The rules for decisions on approvals. An *approval* is a record in the state store: Sidenote's question to people
//! whether it may execute an action on an issue or write a note.
//!
//! An approval belongs to an *incident*: the period of an issue that one note and one message cover. An *invocation* is
//! the handling of one request by Sidenote. An invocation that executes a decision has a *lease*: until the lease ends,
//! no other invocation executes the same decision.

use super::{Approval, ApprovalState, Choice, Decider, MessageRef, SlackRef};

/// An approval's record stores the numbers of at most this many button presses, so that a repeated press has no effect.
const UPDATES: usize = 20;

/// The way by which a person's decision reached Sidenote.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DecisionSource {
    /// The command `sidenote approve`. A user of the command line may decide everything.
    Command,
    /// A button below a message in Telegram.
    Button {
        /// The message with the button.
        message_ref: MessageRef,
        /// Whether the message is in a configured chat.
        is_home: bool,
        /// Whether Telegram confirmed that the chat of the approval's message has become the chat of the button (a
        /// group that became a supergroup).
        has_moved: bool,
        /// Telegram's number of the button press.
        update: i64,
    },
    /// A button below a message in Slack.
    Slack {
        /// The message with the button.
        message: SlackRef,
        /// Whether the message is in the configured channel.
        is_home: bool,
        /// The number of the button press.
        number: i64,
    },
}

impl DecisionSource {
    /// Returns the references of the message with the button, in Telegram and in Slack. At most one of them is set.
    #[must_use]
    pub fn message(&self) -> (Option<&MessageRef>, Option<&SlackRef>) {
        match self {
            Self::Command => (None, None),
            Self::Button { message_ref, .. } => (Some(message_ref), None),
            Self::Slack { message, .. } => (None, Some(message)),
        }
    }

    /// Returns the number of the button press. A command has none.
    #[must_use]
    pub fn number(&self) -> Option<i64> {
        match self {
            Self::Command => None,
            Self::Button { update: number, .. } | Self::Slack { number, .. } => Some(*number),
        }
    }
}

/// A person's attempt to decide on an approval, with the times that the ruling depends on.
#[derive(Debug, Clone)]
pub struct DecisionAttempt {
    /// The person's choice.
    pub choice: Choice,
    /// The person, and the time when the choice was first received. A redelivered choice has the same time.
    pub by: Decider,
    /// The way by which the choice reached Sidenote.
    pub origin: DecisionSource,
    /// The time when the issue's newest incident began, in milliseconds since 1970. `None` if it is unknown.
    pub newest_incident_ms: Option<u64>,
    /// Whether the issue's message shows that the issue was deleted or merged.
    pub is_gone: bool,
    /// The current time, in milliseconds since 1970.
    pub now_ms: u64,
    /// The time when the lease ends if this invocation executes the decision, in milliseconds since 1970.
    pub until_ms: u64,
}

/// The ruling on a person's attempt to decide. If a variant contains an approval, the caller must store this approval
/// in place of the earlier record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ruling {
    /// The attempt decides the approval. The caller executes the decision next.
    Take(Box<Approval>),
    /// The approval was decided before, but its execution failed, or the lease of the invocation ended without a
    /// result. The decision may be partly executed: the caller executes the rest. After a failure, the decision is that
    /// of this attempt; otherwise it is the earlier one.
    Resume(Box<Approval>),
    /// This attempt comes after the expiry of the approval, or after a newer incident of the issue began. The approval
    /// in the variant has the state [`ApprovalState::Expired`] or [`ApprovalState::Superseded`].
    Close(Box<Approval>),
    /// The approval's record already contains the number of this button press.
    Repeat,
    /// Another invocation holds the lease and is executing a decision on this approval.
    Busy,
    /// No decision is possible any more: a decision was executed, or the approval is recorded as expired or superseded.
    /// The ruling is the same for a choice that was received before the execution of an earlier decision failed,
    /// because the person has not seen the failure.
    Closed,
    /// The button is in the message of an issue that was deleted or merged.
    Gone,
    /// The button is not in the approval's message, or, if the record contains no message, not in a configured chat.
    Elsewhere,
    /// The record does not contain the message's id yet, because the message was sent a moment ago.
    Unplaced,
}

/// Returns the ruling on an attempt. `approval` is the stored record. The function reads no clock: all times are in
/// `attempt`.
#[must_use]
pub fn decide(approval: &Approval, attempt: &DecisionAttempt) -> Ruling {
    if let Some(refused) = misplaced(approval, attempt) {
        return refused;
    }
    let is_repeat = attempt.origin.number().is_some_and(|number| approval.updates.contains(&number));
    match &approval.state {
        ApprovalState::Working { until_ms, .. } if attempt.now_ms < *until_ms => Ruling::Busy,
        // The decision may or may not have been executed. Any later attempt resumes it in the name of the first
        // decider.
        ApprovalState::Working { choice, by, .. } => {
            let working =
                ApprovalState::Working { choice: *choice, by: by.clone(), until_ms: attempt.until_ms };
            Ruling::Resume(Box::new(with(approval, working, &attempt.origin)))
        }
        ApprovalState::Done { .. }
        | ApprovalState::Expired
        | ApprovalState::Superseded
        | ApprovalState::Failed { .. }
            if is_repeat =>
        {
            Ruling::Repeat
        }
        ApprovalState::Done { .. } | ApprovalState::Expired | ApprovalState::Superseded => Ruling::Closed,
        // A person who pressed the button before the failure was told that the decision was in progress, and has not
        // seen the failure.
        ApprovalState::Failed { at_ms, .. } if attempt.by.at_ms < *at_ms => Ruling::Closed,
        ApprovalState::Pending | ApprovalState::Failed { .. } => open(approval, attempt),
    }
}

/// Returns the ruling on an attempt for an approval that is pending, or whose decision could not be executed.
fn open(approval: &Approval, attempt: &DecisionAttempt) -> Ruling {
    // A command may try again, because Sentry decides whether the issue exists.
    if attempt.is_gone && attempt.origin.number().is_some() {
        return Ruling::Gone;
    }
    let close = |state| Ruling::Close(Box::new(with(approval, state, &attempt.origin)));
    if attempt.newest_incident_ms.is_some_and(|newest| newest > approval.incident_ms) {
        return close(ApprovalState::Superseded);
    }
    if attempt.by.at_ms >= approval.expires_ms {
        return close(ApprovalState::Expired);
    }
    let working =
        ApprovalState::Working { choice: attempt.choice, by: attempt.by.clone(), until_ms: attempt.until_ms };
    let next = Box::new(with(approval, working, &attempt.origin));
    // A failed action may still have taken effect.
    if approval.state == ApprovalState::Pending { Ruling::Take(next) } else { Ruling::Resume(next) }
}

/// Returns the ruling on an attempt by a button that is not in the approval's message, or of an approval whose message
/// is not recorded yet. Returns `None` for every other attempt.
fn misplaced(approval: &Approval, attempt: &DecisionAttempt) -> Option<Ruling> {
    let (is_elsewhere, is_known) = match &attempt.origin {
        DecisionSource::Command => return None,
        DecisionSource::Button { message_ref, is_home, has_moved, .. } => match approval.message_ref {
            // A message has another id after its group became a supergroup, so only the confirmed conversion counts.
            Some(own) if own.chat != message_ref.chat && *has_moved => (false, true),
            Some(own) => (own != *message_ref, true),
            None => (!is_home && !has_moved, false),
        },
        DecisionSource::Slack { message, is_home, .. } => match &approval.slack_ref {
            Some(own) => (own != message, true),
            None => (!is_home, false),
        },
    };
    let is_early = !is_known && attempt.now_ms < approval.placed_by_ms;
    match (is_elsewhere, is_early) {
        (true, _) => Some(Ruling::Elsewhere),
        (false, true) => Some(Ruling::Unplaced),
        (false, false) => None,
    }
}

/// Returns the record in the given state. If the choice came from a button, the record also gets the reference of the
/// button's message and the number of the press.
fn with(approval: &Approval, state: ApprovalState, origin: &DecisionSource) -> Approval {
    let mut next = Approval { state, ..approval.clone() };
    match origin {
        DecisionSource::Command => {}
        DecisionSource::Button { message_ref, .. } => next.message_ref = Some(*message_ref),
        DecisionSource::Slack { message, .. } => next.slack_ref = Some(message.clone()),
    }
    if let Some(number) = origin.number().filter(|number| !next.updates.contains(number)) {
        next.updates.push(number);
    }
    let excess = next.updates.len().saturating_sub(UPDATES);
    next.updates.drain(..excess);
    next
}

#[cfg(test)]
mod tests {
    use super::super::{ApprovalSubject, ShownMessage, UserId, id_of};
    use super::*;
    use crate::domain::action::IssueAction;
    use crate::domain::ids::IssueId;
    use crate::domain::text::Untrusted;

    const HERE: MessageRef = MessageRef { chat: -1, message: 7 };

    fn approval(state: ApprovalState) -> Approval {
        let ask = ApprovalSubject::Act(IssueAction::ArchiveUntilEscalating);
        let id = id_of("issue#x#1", 500, &ask).expect("an id");
        let issue = IssueId::parse("1").expect("an id");
        let asked = Approval::new(&id, &issue, None, ask, ShownMessage::default());
        Approval { state, message_ref: Some(HERE), ..asked.open(1_000, 9_000).asked_by(500, 2_000) }
    }

    fn by(name: &str, at_ms: u64) -> Decider {
        Decider::new(Some(UserId::Telegram(1)), &Untrusted::new(name), at_ms)
    }

    fn button(message_ref: MessageRef, update: i64) -> DecisionSource {
        DecisionSource::Button { message_ref, is_home: true, has_moved: false, update }
    }

    fn attempt(choice: Choice, now_ms: u64, update: i64) -> DecisionAttempt {
        let (by, origin) = (by("Kim", now_ms), button(HERE, update));
        let (newest_incident_ms, until_ms) = (Some(500), now_ms + 100);
        DecisionAttempt { choice, by, origin, newest_incident_ms, is_gone: false, now_ms, until_ms }
    }

    fn taken(verdict: Ruling) -> Approval {
        match verdict {
            Ruling::Take(next) | Ruling::Resume(next) | Ruling::Close(next) => *next,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn the_first_of_two_decisions_counts_and_the_second_is_refused() {
        let first = taken(decide(&approval(ApprovalState::Pending), &attempt(Choice::Approve, 2_000, 1)));
        assert_eq!(first.state.name(), "approved");
        assert_eq!(decide(&first, &attempt(Choice::Reject, 2_050, 2)), Ruling::Busy);
        let done = Approval {
            state: ApprovalState::Done { choice: Choice::Approve, by: by("Kim", 2_000) },
            ..first
        };
        assert_eq!(decide(&done, &attempt(Choice::Reject, 2_200, 2)), Ruling::Closed);
        assert_eq!(decide(&done, &attempt(Choice::Approve, 2_200, 1)), Ruling::Repeat);
    }

    #[test]
    fn an_interrupted_decision_is_resumed_for_the_person_who_made_it() {
        let first = taken(decide(&approval(ApprovalState::Pending), &attempt(Choice::Approve, 2_000, 1)));
        let other = DecisionAttempt { by: by("Lee", 2_100), ..attempt(Choice::Reject, 2_100, 2) };
        let Ruling::Resume(resumed) = decide(&first, &other) else { panic!("not resumed") };
        assert_eq!(resumed.state.name(), "approved");
        assert_eq!(resumed.state.by().map(|by| by.name.as_str()), Some("Kim #1"));
        assert_eq!(resumed.updates, [1, 2]);
    }

    #[test]
    fn a_redelivered_refused_press_does_not_retry_a_failed_action() {
        let failed = ApprovalState::Failed { by: by("Kim", 2_000), why: "timeout".to_owned(), at_ms: 2_500 };
        let refused = DecisionAttempt { by: by("Lee", 2_100), ..attempt(Choice::Reject, 5_000, 2) };
        assert_eq!(decide(&approval(failed.clone()), &refused), Ruling::Closed);
        let later = decide(&approval(failed), &attempt(Choice::Approve, 5_000, 3));
        assert!(matches!(later, Ruling::Resume(_)), "what failed is looked at before it is tried again");
    }

    #[test]
    fn expiry_is_judged_by_the_time_of_first_receipt() {
        let at = |received_ms: u64| {
            let late = DecisionAttempt { by: by("Kim", received_ms), ..attempt(Choice::Approve, 20_000, 1) };
            taken(decide(&approval(ApprovalState::Pending), &late)).state.name()
        };
        assert_eq!((at(9_999), at(10_000)), ("approved", "expired"));
        let asked = approval(ApprovalState::Pending);
        assert_eq!((asked.state_at(9_999).name(), asked.state_at(10_000).name()), ("pending", "expired"));
    }

    #[test]
    fn a_newer_incident_supersedes_a_pending_approval() {
        let newer = DecisionAttempt { newest_incident_ms: Some(501), ..attempt(Choice::Approve, 2_000, 1) };
        assert_eq!(taken(decide(&approval(ApprovalState::Pending), &newer)).state, ApprovalState::Superseded);
        let unknown = DecisionAttempt { newest_incident_ms: None, ..newer };
        assert_eq!(taken(decide(&approval(ApprovalState::Pending), &unknown)).state.name(), "approved");
    }

    #[test]
    fn a_button_of_a_gone_issue_decides_nothing_and_a_begun_decision_is_resumed() {
        let gone = |now_ms| DecisionAttempt { is_gone: true, ..attempt(Choice::Approve, now_ms, 2) };
        let failed = ApprovalState::Failed { by: by("Kim", 2_000), why: "timeout".to_owned(), at_ms: 2_500 };
        for state in [ApprovalState::Pending, failed] {
            assert_eq!(decide(&approval(state.clone()), &gone(3_000)), Ruling::Gone, "{state:?}");
            let command = DecisionAttempt { origin: DecisionSource::Command, ..gone(3_000) };
            assert_eq!(taken(decide(&approval(state), &command)).state.name(), "approved");
        }
        let begun = taken(decide(&approval(ApprovalState::Pending), &attempt(Choice::Approve, 2_000, 1)));
        assert!(matches!(decide(&begun, &gone(3_000)), Ruling::Resume(_)));
    }

    #[test]
    fn a_button_works_in_its_own_message_only() {
        let asked = approval(ApprovalState::Pending);
        for message_ref in [MessageRef { chat: -2, ..HERE }, MessageRef { message: 8, ..HERE }] {
            let elsewhere =
                DecisionAttempt { origin: button(message_ref, 1), ..attempt(Choice::Approve, 2_000, 1) };
            assert_eq!(decide(&asked, &elsewhere), Ruling::Elsewhere);
        }
        let unplaced = Approval { message_ref: None, ..asked.clone() };
        assert_eq!(decide(&unplaced, &attempt(Choice::Approve, 1_999, 1)), Ruling::Unplaced);
        assert_eq!(taken(decide(&unplaced, &attempt(Choice::Approve, 2_000, 1))).message_ref, Some(HERE));
        let elsewhere =
            DecisionSource::Button { message_ref: HERE, is_home: false, has_moved: false, update: 1 };
        let elsewhere = DecisionAttempt { origin: elsewhere, ..attempt(Choice::Approve, 2_000, 1) };
        assert_eq!(decide(&unplaced, &elsewhere), Ruling::Elsewhere);
        let moved = |message_ref| DecisionAttempt {
            origin: DecisionSource::Button { message_ref, is_home: false, has_moved: true, update: 1 },
            ..attempt(Choice::Approve, 2_000, 1)
        };
        let there = MessageRef { chat: -100, message: 3 };
        assert_eq!(
            taken(decide(&asked, &moved(there))).message_ref,
            Some(there),
            "its chat has become that one"
        );
        assert_eq!(taken(decide(&unplaced, &moved(there))).message_ref, Some(there));
        assert_eq!(decide(&asked, &moved(MessageRef { message: 8, ..HERE })), Ruling::Elsewhere);
        let there = |channel: &str| SlackRef { channel: channel.to_owned(), ts: "1.1".to_owned() };
        let slack = |message, is_home| DecisionAttempt {
            origin: DecisionSource::Slack { message, is_home, number: 4 },
            ..attempt(Choice::Approve, 2_000, 1)
        };
        let in_slack = Approval { slack_ref: Some(there("C1")), ..asked.clone() };
        assert_eq!(decide(&in_slack, &slack(there("C2"), true)), Ruling::Elsewhere);
        assert_eq!(decide(&asked, &slack(there("C1"), false)), Ruling::Elsewhere);
        assert_eq!(taken(decide(&in_slack, &slack(there("C1"), true))).updates, [4]);
        assert_eq!(taken(decide(&asked, &slack(there("C1"), true))).slack_ref, Some(there("C1")));
        let command =
            DecisionAttempt { origin: DecisionSource::Command, ..attempt(Choice::Approve, 1_999, 1) };
        assert_eq!(taken(decide(&unplaced, &command)).message_ref, None);
    }
}
