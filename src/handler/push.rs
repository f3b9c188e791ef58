//! What Telegram sends: somebody has pressed a button.
//!
//! Telegram repeats what it got no 2xx for, but no sooner than it gives up waiting. So the answer leaves at once when
//! something else keeps the tap: the queue. Where there is none, the work comes first, and Telegram's own repetition is
//! what survives a dead invocation.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use ::http::{HeaderMap, Response};
use bytes::Bytes;
use futures_util::FutureExt as _;
use secrecy::SecretString;

use super::decide::RetryLater;
use super::http::{self, Answer, Refusal};
use super::request::hook_secret;
use super::{DeliveryEvent, Handler, Reply, journal, measure};
use crate::domain::approval::{
    Approval, ApprovalState, ApprovalSubject, Choice, Decider, DecisionSource, MessageRef, Ruling,
};
use crate::domain::deadline::Deadline;
use crate::domain::queued_delivery::QueuedDelivery;
use crate::domain::words::{Arg, Phrase, Sentence};
use crate::http::{pause, unix_millis};
use crate::state::{AttemptResult, StateError, Versioned};
use crate::telegram::{ButtonPress, Callback, NotAnUpdate, Update};
use crate::webhook::{self, Delivery, Keys, sign};

/// What a queued delivery names as its resource when it holds an update.
pub(super) const UPDATE_RESOURCE: &str = "telegram";
/// How often, and how long in between, a tap waits until its message's place is written down.
const LOOKS: usize = 5;
const LOOK: Duration = Duration::from_millis(300);

/// A pressed button.
struct Pressed {
    update: i64,
    callback: Callback,
    /// What it says, if it is ours.
    press: Option<ButtonPress>,
    /// When it reached us first, in milliseconds since 1970.
    received_ms: u64,
    /// Whether the queue has brought it back: then whoever tapped was answered before.
    is_again: bool,
}

impl Handler {
    /// Answers an update.
    pub(super) async fn pushed(
        self: &Arc<Self>,
        headers: &HeaderMap,
        body: Bytes,
        deadline: Deadline,
    ) -> Reply {
        let (update, secret) = match self.update(headers, &body).await {
            Ok(Some(read)) => read,
            Ok(None) => return Reply { response: http::taken(), work: None },
            Err(refusal) => return Reply { response: self.refused(refusal), work: None },
        };
        let Some(callback) = update.callback else { return Reply { response: http::taken(), work: None } };
        let (press, received_ms) = (ButtonPress::open(&callback.data, &secret), unix_millis());
        // What decides nothing is not worth keeping.
        let counts = press.is_some() && self.may_decide(callback.from);
        let is_queued = !counts || self.enqueue_update(body, &secret, deadline).await;
        let pressed = Pressed { update: update.id, callback, press, received_ms, is_again: false };
        let handler = Arc::clone(self);
        let work = async move { handler.pressed(&pressed, deadline).await };
        if is_queued {
            return Reply { response: http::taken(), work: Some(work.map(drop).boxed()) };
        }
        let response = match work.await {
            Ok(()) => http::taken(),
            Err(RetryLater) => self.refused(Refusal::Busy),
        };
        Reply { response, work: None }
    }

    /// Works on an update that the queue has handed back. `Err` when it has to come once more.
    pub(super) async fn pushed_again(
        &self,
        queued: &QueuedDelivery,
        deadline: Deadline,
    ) -> Result<(), &'static str> {
        let secret = self.button_key().await.ok_or("no webhook secret can be read")?;
        let (headers, body) = webhook::headers_of(queued).ok_or("not a queued delivery")?;
        let delivery = Delivery::verify(&headers, body, &Keys::parse(&secret));
        let delivery = delivery.ok_or("the signature does not fit any more")?;
        let Some(Update { id, callback: Some(callback) }) = Update::kept(delivery.body()) else {
            return Ok(());
        };
        let press = ButtonPress::open(&callback.data, &secret);
        let received_ms = queued.received_ms;
        let pressed = Pressed { update: id, callback, press, received_ms, is_again: true };
        self.pressed(&pressed, deadline).await.map_err(|RetryLater| "it is not seen to the end")
    }

    /// Reads an update. `None` for what Telegram would only repeat if it were refused.
    async fn update(
        &self,
        headers: &HeaderMap,
        body: &Bytes,
    ) -> Result<Option<(Update, SecretString)>, Refusal> {
        http::check_form(headers, body.len(), self.config.max_body_bytes)?;
        self.checked(|secrets| {
            let secret = hook_secret(secrets).ok_or(Refusal::NoWebhookSecret)?;
            match Update::read(headers, body, secret) {
                Ok(update) => Ok(Some((update, secret.clone()))),
                Err(NotAnUpdate::Secret) => Err(Refusal::WebhookSecret),
                Err(NotAnUpdate::Unreadable) => {
                    tracing::warn!("telegram_update_unreadable");
                    Ok(None)
                }
            }
        })
        .await
    }

    /// Whether something brings the tap back if we die. What lives in this process's memory only dies with it anyway.
    async fn enqueue_update(&self, body: Bytes, secret: &SecretString, deadline: Deadline) -> bool {
        let Some(queue) = &self.redelivery else { return self.config.state_table.is_none() };
        let queued = QueuedDelivery {
            resource: Some(UPDATE_RESOURCE.to_owned()),
            signature: sign(secret, &body),
            received_ms: unix_millis(),
            body: body.into(),
        };
        let kept = queue.enqueue(&queued, super::intake::until_dead(deadline)).await;
        if let Err(error) = &kept {
            tracing::error!(error = %error, "redelivery_unavailable: working before the answer");
        }
        kept.is_ok()
    }

    /// Works on a pressed button. Never panics: a bug comes again, and ends as a dead letter.
    async fn pressed(&self, pressed: &Pressed, deadline: Deadline) -> Result<(), RetryLater> {
        let work = Box::pin(self.judged(pressed, deadline));
        AssertUnwindSafe(work).catch_unwind().await.unwrap_or_else(|_| {
            tracing::error!(reason = "internal", "approval_failed");
            Err(RetryLater)
        })
    }

    async fn judged(&self, pressed: &Pressed, deadline: Deadline) -> Result<(), RetryLater> {
        let user = pressed.callback.from;
        let Some(press) = &pressed.press else {
            self.refuse(pressed, "forged", |w| w.toast_forged, deadline).await;
            return Ok(());
        };
        if !self.may_decide(user) {
            journal::tap_refused("not_an_approver", user);
            let args = [Arg::Name(user.to_string()), Arg::Name("TELEGRAM_APPROVERS".to_owned())];
            self.toast(pressed, &Sentence::new(|w| w.toast_stranger, args), deadline).await;
            return Ok(());
        }
        let Some(message_ref) = pressed.callback.message_ref else {
            self.refuse(pressed, "elsewhere", |w| w.toast_elsewhere, deadline).await;
            return Ok(());
        };
        match self.tapped(pressed, press, message_ref, deadline).await {
            Ok(Some((tapped, until))) => self.follow(pressed, tapped, until).await,
            Ok(None) => {
                self.refuse(pressed, "unknown", |w| w.toast_unknown, deadline).await;
                Ok(())
            }
            Err(error) => {
                tracing::error!(error = %error, "state_unavailable");
                self.toast(pressed, &Sentence::plain(|w| w.toast_state), deadline).await;
                Err(RetryLater)
            }
        }
    }

    /// Takes the tap, when its message's place is written down. `None` if there is no such approval.
    async fn tapped(
        &self,
        pressed: &Pressed,
        press: &ButtonPress,
        message_ref: MessageRef,
        deadline: Deadline,
    ) -> Result<Option<(AttemptResult, Deadline)>, StateError> {
        let by = Decider::new(Some(pressed.callback.from), &pressed.callback.name, pressed.received_ms);
        let (is_home, update) = (self.is_home(message_ref.chat), pressed.update);
        let (mut has_moved, mut looks) = (false, 0);
        loop {
            let Some(found) = self.approvals.get(&press.approval).await? else { return Ok(None) };
            let asked_in = found.content.message_ref.map(|own| own.chat);
            let origin = DecisionSource::Button { message_ref, is_home, has_moved, update };
            let tapped = self.tap(found, press.choice, by.clone(), origin, deadline).await?;
            if tapped.0.verdict == Ruling::Elsewhere && !has_moved {
                has_moved = self.has_become(asked_in, message_ref.chat, deadline).await;
                if has_moved {
                    continue;
                }
            }
            looks += 1;
            if tapped.0.verdict != Ruling::Unplaced || looks > LOOKS || !pause(LOOK, deadline).await {
                return Ok(Some(tapped));
            }
        }
    }

    /// Does what a verdict asks for.
    async fn follow(
        &self,
        pressed: &Pressed,
        tapped: AttemptResult,
        until: Deadline,
    ) -> Result<(), RetryLater> {
        let AttemptResult { verdict, approval } = tapped;
        let may_be_done = matches!(verdict, Ruling::Resume(_));
        let (why, toast): (&'static str, Phrase) = match verdict {
            Ruling::Take(_) | Ruling::Resume(_) => {
                return self.take(pressed, approval, may_be_done, until).await;
            }
            Ruling::Repeat => return Ok(()),
            Ruling::Busy if approval.content.updates.contains(&pressed.update) => return Err(RetryLater),
            Ruling::Busy => ("busy", |w| w.toast_busy),
            Ruling::Elsewhere => ("elsewhere", |w| w.toast_elsewhere),
            Ruling::Unplaced => ("unplaced", |w| w.toast_unplaced),
            Ruling::Closed | Ruling::Close(_) => closed(&approval.content.state),
        };
        let shown = async {
            match verdict {
                Ruling::Close(_) => {
                    self.emit(DeliveryEvent::Decided(&approval.content));
                    self.show(&approval.content, None, until).await;
                }
                Ruling::Closed => self.mend_buttons(&approval.content, until).await,
                _ => {}
            }
        };
        tokio::join!(self.refuse(pressed, why, toast, until), shown);
        Ok(())
    }

    /// Answers the tap and sees to it, at the same time.
    async fn take(
        &self,
        pressed: &Pressed,
        approval: Versioned<Approval>,
        may_be_done: bool,
        until: Deadline,
    ) -> Result<(), RetryLater> {
        let toast: Phrase = match approval.content.state.choice() {
            Some(Choice::Reject) => |w| w.toast_rejected,
            Some(Choice::Again) => |w| w.toast_again,
            Some(Choice::Approve) | None => |w| w.toast_approved,
        };
        let toast = Sentence::plain(toast);
        let seen_to = Box::pin(self.execute(approval, may_be_done, until));
        let ((), ended) = tokio::join!(self.toast(pressed, &toast, until), seen_to);
        ended.map(drop)
    }

    /// Whether somebody is among those who decide. Where nobody is named, nobody is.
    fn may_decide(&self, user: i64) -> bool {
        self.config.telegram.approvers.contains(&user)
    }

    /// Answers a tap that decides nothing.
    async fn refuse(&self, pressed: &Pressed, why: &'static str, toast: Phrase, deadline: Deadline) {
        if !pressed.is_again {
            journal::tap_refused(why, pressed.callback.from);
        }
        self.toast(pressed, &Sentence::plain(toast), deadline).await;
    }

    /// Answers a tap, unless it was answered when it came first.
    async fn toast(&self, pressed: &Pressed, text: &Sentence, deadline: Deadline) {
        if pressed.is_again {
            return;
        }
        let (query, text) = (&pressed.callback.query, &text.plain_text(self.config.language.words()));
        if let Err(why) = self.with_bot(deadline, |bot| async move { bot.toast(query, text).await }).await {
            tracing::warn!(outcome = why.name(), "telegram_toast_failed");
        }
    }

    /// Takes buttons away that nobody should have seen any more: the edit of the message has failed.
    async fn mend_buttons(&self, approval: &Approval, deadline: Deadline) {
        // Under a note that was posted stand the buttons of the next question.
        let (Some(message_ref), ApprovalSubject::Act(_)) = (approval.message_ref, &approval.subject) else {
            return;
        };
        let buttons = &self.buttons(approval).await;
        let mended =
            self.with_bot(deadline, |bot| async move { bot.edit_buttons(message_ref, buttons).await }).await;
        if let Err(why) = mended {
            tracing::warn!(approval_id = approval.id, outcome = why.name(), "approval_not_shown");
        }
    }

    fn refused(&self, refusal: Refusal) -> Response<Bytes> {
        let answer = Answer::Refused(refusal);
        journal::answered(&answer);
        self.metrics.emit(&measure::answered(&answer, None), unix_millis());
        answer.into()
    }
}

/// Why a tap decides nothing any more.
fn closed(state: &ApprovalState) -> (&'static str, Phrase) {
    match state {
        ApprovalState::Expired => ("expired", |w| w.toast_expired),
        ApprovalState::Superseded => ("superseded", |w| w.toast_superseded),
        _ => ("closed", |w| w.toast_closed),
    }
}
