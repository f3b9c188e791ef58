//! The handling of button presses that is the same for Telegram and Slack: the way through the queue, the reaction to
//! the ruling on the press, and the answer to the person.

use std::panic::AssertUnwindSafe;
use std::time::Duration;

use ::http::Response;
use async_trait::async_trait;
use bytes::Bytes;
use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use secrecy::SecretString;

use super::decisions::{Decisions, RetryLater};
use crate::clock::pause;
use crate::domain::approval::{Approval, ApprovalState, Choice, Ruling, UserId};
use crate::domain::deadline::Deadline;
use crate::domain::outcome::Failure;
use crate::domain::queued_delivery::QueuedDelivery;
use crate::domain::words::{Phrase, Sentence};
use crate::handler::answer::{Answer, Refusal, taken};
use crate::handler::delivery::retry::RetryReason;
use crate::handler::observing::event::DeliveryEvent;
use crate::handler::observing::observers::Observers;
use crate::handler::reply::Reply;
use crate::state::{AttemptResult, StateError, Versioned};
use crate::webhook::{self, Delivery, Keys};

/// While the approval's record does not contain the reference of its message yet, the attempt to record a press is
/// repeated at most this many times.
const LOOKS: usize = 5;
/// The pause before each repeated attempt.
const LOOK: Duration = Duration::from_millis(300);

/// A person who has pressed a button in a chat.
#[async_trait]
pub(super) trait Presser: Sync {
    /// The id of the person.
    fn user(&self) -> UserId;

    /// The number of the press. A redelivery has the same number.
    fn number(&self) -> i64;

    /// Reports a press that decides nothing to the observers, unless the same press was reported before.
    fn report(&self, why: &'static str);

    /// Shows a text to the person, unless the same press was answered before.
    async fn answer(&self, text: &Sentence);

    /// Removes the buttons that can be pressed from the message, and keeps its text and its link.
    async fn remove_buttons(&self) -> Result<(), Failure>;
}

/// Returns the reply to a request with a button press. If the press is not in the queue, the work is done before the
/// answer.
pub(super) async fn reply(
    is_queued: bool,
    work: impl Future<Output = Result<(), RetryLater>> + Send + 'static,
    observers: &Observers,
) -> Reply {
    if is_queued {
        return Reply { response: taken(), work: Some(work.map(drop).boxed()) };
    }
    Reply::at_once(match work.await {
        Ok(()) => taken(),
        Err(RetryLater) => refused(Refusal::Busy, observers),
    })
}

/// Reports a refused request to the observers and returns its answer.
pub(super) fn refused(refusal: Refusal, observers: &Observers) -> Response<Bytes> {
    observers.emit(DeliveryEvent::UpdateRefused(&refusal));
    Answer::Refused(refusal).into()
}

/// Verifies the signature of a press that the queue has redelivered. Returns the verified press.
/// [`RetryReason::NotOurs`] means that the stored headers cannot be read, and [`RetryReason::Signature`] that the
/// signature is invalid.
pub(super) fn unpacked(queued: &QueuedDelivery, secret: &SecretString) -> Result<Delivery, RetryReason> {
    let (headers, body) = webhook::headers_of(queued).ok_or(RetryReason::NotOurs)?;
    Delivery::verify(&headers, body, &Keys::parse(secret)).ok_or(RetryReason::Signature)
}

/// Returns a future that handles a button press with the future `work`. A panic is caught and becomes an error, so the
/// queue redelivers the press until it is a dead letter.
pub(super) fn guarded<'w>(
    work: impl Future<Output = Result<(), RetryLater>> + Send + 'w,
) -> BoxFuture<'w, Result<(), RetryLater>> {
    let caught = AssertUnwindSafe(work).catch_unwind();
    caught
        .map(|ended| {
            ended.unwrap_or_else(|_| {
                tracing::error!(reason = "internal", "approval_failed");
                Err(RetryLater)
            })
        })
        .boxed()
}

/// Waits until an approval's record contains the reference of its message, which is recorded only after the message
/// was sent.
#[derive(Default)]
pub(super) struct Placing {
    looks: usize,
}

impl Placing {
    /// Waits a moment, and returns whether the press must be recorded once more.
    pub(super) async fn again(&mut self, verdict: &Ruling, deadline: Deadline) -> bool {
        self.looks += 1;
        *verdict == Ruling::Unplaced && self.looks <= LOOKS && pause(LOOK, deadline).await
    }
}

/// Reports a press that decides nothing, and answers the person.
pub(super) async fn refuse(presser: &dyn Presser, why: &'static str, toast: Phrase) {
    presser.report(why);
    presser.answer(&Sentence::plain(toast)).await;
}

impl Decisions {
    /// Executes or answers a press, by the result of recording it. `Ok(None)` means that there is no such approval or
    /// no record of the message's issue, so the buttons can never do anything.
    pub(super) async fn judged(
        &self,
        presser: &dyn Presser,
        tapped: Result<Option<(AttemptResult, Deadline)>, StateError>,
    ) -> Result<(), RetryLater> {
        match tapped {
            Ok(Some((tapped, until))) => self.follow(presser, tapped, until).await,
            Ok(None) => {
                let refused = refuse(presser, "unknown", |w| w.toast_unknown);
                if let ((), Err(why)) = tokio::join!(refused, presser.remove_buttons()) {
                    tracing::warn!(outcome = why.name(), "approval_not_shown");
                }
                Ok(())
            }
            Err(error) => {
                tracing::error!(error = %error, "state_unavailable");
                presser.answer(&Sentence::plain(|w| w.toast_state)).await;
                Err(RetryLater)
            }
        }
    }

    /// Executes the decision, or answers the person who pressed, as the ruling demands.
    pub(super) async fn follow(
        &self,
        presser: &dyn Presser,
        tapped: AttemptResult,
        until: Deadline,
    ) -> Result<(), RetryLater> {
        let AttemptResult { verdict, approval } = tapped;
        // Two presses of the menu can have the same goal, so the issue is read before it is changed.
        let may_be_done = approval.content.is_from_menu || matches!(verdict, Ruling::Resume(_));
        let (why, toast): (&'static str, Phrase) = match verdict {
            Ruling::Take(_) | Ruling::Resume(_) => {
                return self.take(presser, approval, may_be_done, until).await;
            }
            Ruling::Repeat => return Ok(()),
            Ruling::Busy if approval.content.updates.contains(&presser.number()) => return Err(RetryLater),
            Ruling::Busy => ("busy", |w| w.toast_busy),
            Ruling::Gone => ("gone", |w| w.toast_gone),
            Ruling::Elsewhere => ("elsewhere", |w| w.toast_elsewhere),
            Ruling::Unplaced => ("unplaced", |w| w.toast_unplaced),
            Ruling::Closed | Ruling::Close(_) => closed(&approval.content.state),
        };
        let shown = async {
            match verdict {
                Ruling::Close(_) => {
                    self.observers.emit(DeliveryEvent::Closed(&approval.content));
                    self.shown.show(&approval.content, None, until).await;
                }
                Ruling::Closed | Ruling::Gone => self.shown.mend_buttons(&approval.content, until).await,
                _ => {}
            }
        };
        tokio::join!(refuse(presser, why, toast), shown);
        Ok(())
    }

    /// Answers the person who pressed, and executes the decision at the same time.
    async fn take(
        &self,
        presser: &dyn Presser,
        approval: Versioned<Approval>,
        may_be_done: bool,
        until: Deadline,
    ) -> Result<(), RetryLater> {
        let toast: Phrase = match approval.content.state.choice() {
            Some(Choice::Reject) => |w| w.toast_rejected,
            Some(Choice::Again) => |w| w.toast_again,
            _ if approval.content.is_from_menu => |w| w.toast_menu,
            Some(Choice::Approve) | None => |w| w.toast_approved,
        };
        let toast = Sentence::plain(toast);
        let carried_out = Box::pin(self.execute(approval, may_be_done, until));
        let ((), ended) = tokio::join!(presser.answer(&toast), carried_out);
        ended.map(drop)
    }
}

/// Returns the reason why an approval in this state can no longer be decided: its name, and the text for the person.
fn closed(state: &ApprovalState) -> (&'static str, Phrase) {
    match state {
        ApprovalState::Expired => ("expired", |w| w.toast_expired),
        ApprovalState::Superseded => ("superseded", |w| w.toast_superseded),
        _ => ("closed", |w| w.toast_closed),
    }
}
