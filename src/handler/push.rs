//! What Telegram sends: somebody has pressed a button.
//!
//! Telegram repeats what it got no 2xx for, but no sooner than it gives up waiting. So the answer leaves at once when
//! something else keeps the tap: the queue. Where there is none, the work comes first, and Telegram's own repetition is
//! what survives a dead invocation.

use std::sync::Arc;

use ::http::{HeaderMap, Response};
use bytes::Bytes;
use futures_util::FutureExt as _;
use secrecy::SecretString;

use super::decide::tap;
use super::http::{self, Answer, Refusal};
use super::{Handler, Reply, Sight, journal, measure};
use crate::domain::approval::{Approval, Choice, Decider, Tap, Verdict};
use crate::domain::deadline::Deadline;
use crate::domain::parcel::Parcel;
use crate::domain::words::{Arg, Phrase, Sentence};
use crate::http::unix_millis;
use crate::metrics::Metrics;
use crate::redelivery::RedeliveryError;
use crate::state::{Tapped, Versioned};
use crate::telegram::{Callback, Keyboard, NotAnUpdate, Press, Update};
use crate::webhook::{self, Delivery, Keys, sign};

/// What a parcel names as its resource when it holds an update.
pub(super) const PARCEL: &str = "telegram";

/// An invocation is at this very tap: it has to come again, in case that one dies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Busy;

impl Handler {
    /// Answers an update.
    pub(super) async fn pushed(
        self: &Arc<Self>,
        headers: &HeaderMap,
        body: Bytes,
        deadline: Deadline,
    ) -> Reply {
        let (update, secret) = match self.update(headers, &body).await {
            Ok(read) => read,
            Err(refusal) => return Reply { response: refused(refusal, &self.metrics), work: None },
        };
        let Some(callback) = update.callback else { return Reply { response: http::taken(), work: None } };
        let press = Press::open(&callback.data, &secret);
        // What is not ours is not worth keeping.
        let is_kept = press.is_none() || self.keep_update(body, &secret, deadline).await;
        let handler = Arc::clone(self);
        let work = async move { handler.pressed(update.id, &callback, press, deadline).await };
        if is_kept {
            return Reply { response: http::taken(), work: Some(work.map(drop).boxed()) };
        }
        let response = match work.await {
            Ok(()) => http::taken(),
            Err(Busy) => refused(Refusal::Busy, &self.metrics),
        };
        Reply { response, work: None }
    }

    /// Works on an update that the queue has handed back. `Err` when it has to come once more.
    pub(super) async fn pushed_again(&self, parcel: &Parcel, deadline: Deadline) -> Result<(), &'static str> {
        let secret = self.button_key().await.ok_or("no webhook secret is configured")?;
        let (headers, body) = webhook::headers_of(parcel).ok_or("not a parcel")?;
        let delivery = Delivery::verify(&headers, body, &Keys::parse(&secret));
        let delivery = delivery.ok_or("the signature does not fit any more")?;
        let Some(Update { id, callback: Some(callback) }) = Update::kept(delivery.body()) else {
            return Ok(());
        };
        let press = Press::open(&callback.data, &secret);
        let worked = self.pressed(id, &callback, press, deadline).await;
        worked.map_err(|Busy| "somebody is working on it")
    }

    async fn update(&self, headers: &HeaderMap, body: &Bytes) -> Result<(Update, SecretString), Refusal> {
        http::check_form(headers, body.len(), self.config.max_body_bytes)?;
        let secrets = self.secrets.get().await.map_err(|error| {
            tracing::error!(error = %error, "secrets_unavailable");
            Refusal::NoSecrets
        })?;
        let secret = secrets.get("TELEGRAM_WEBHOOK_SECRET").ok_or(Refusal::NoWebhookSecret)?;
        match Update::read(headers, body, secret) {
            Ok(update) => Ok((update, secret.clone())),
            Err(NotAnUpdate::Secret) => Err(Refusal::WebhookSecret),
            Err(NotAnUpdate::Unreadable) => Err(Refusal::NotAnUpdate),
        }
    }

    /// Whether something brings the tap back if we die. What lives in this process's memory only dies with it anyway.
    async fn keep_update(&self, body: Bytes, secret: &SecretString, deadline: Deadline) -> bool {
        let Some(queue) = &self.redelivery else { return self.config.state_table.is_none() };
        let parcel = Parcel {
            resource: Some(PARCEL.to_owned()),
            signature: sign(secret, &body),
            received_ms: unix_millis(),
            body: body.into(),
        };
        let kept: Result<(), RedeliveryError> =
            queue.keep(&parcel, super::promise::until_dead(deadline)).await;
        if let Err(error) = &kept {
            tracing::error!(error = %error, "redelivery_unavailable: working before the answer");
        }
        kept.is_ok()
    }

    /// Works on a pressed button.
    async fn pressed(
        &self,
        update: i64,
        callback: &Callback,
        press: Option<Press>,
        deadline: Deadline,
    ) -> Result<(), Busy> {
        let Some(press) = press else {
            self.refuse(callback, "forged", |w| w.toast_forged, deadline).await;
            return Ok(());
        };
        if !self.may_decide(callback.from) {
            journal::tap_refused("not_an_approver", callback.from);
            let args = [Arg::Name(callback.from.to_string()), Arg::Name("TELEGRAM_APPROVERS".to_owned())];
            self.toast(callback, &Sentence::new(|w| w.toast_stranger, args), deadline).await;
            return Ok(());
        }
        let by = Decider::new(Some(callback.from), &callback.name, unix_millis());
        let (tap, until) = tap(press.choice, by, deadline);
        let is_at_home = callback.place.is_some_and(|place| self.is_home(place.chat));
        let tap = Tap { place: callback.place, is_at_home, update: Some(update), ..tap };
        let Tapped { verdict, approval } = match self.approvals.tap(&press.approval, &tap).await {
            Ok(Some(tapped)) => tapped,
            Ok(None) => {
                self.refuse(callback, "unknown", |w| w.toast_unknown, deadline).await;
                return Ok(());
            }
            Err(error) => {
                tracing::error!(error = %error, "state_unavailable");
                self.toast(callback, &Sentence::plain(|w| w.toast_state), deadline).await;
                return Err(Busy);
            }
        };
        match verdict {
            Verdict::Repeat => {}
            Verdict::Busy if approval.content.updates.contains(&update) => return Err(Busy),
            Verdict::Busy => self.refuse(callback, "busy", |w| w.toast_busy, deadline).await,
            Verdict::Closed => {
                self.refuse(callback, "closed", |w| w.toast_closed, deadline).await;
                self.without_buttons(callback, deadline).await;
            }
            Verdict::Elsewhere => self.refuse(callback, "elsewhere", |w| w.toast_elsewhere, deadline).await,
            Verdict::Unplaced => self.refuse(callback, "unplaced", |w| w.toast_unplaced, deadline).await,
            Verdict::Expire(_) => {
                self.saw(Sight::Decided(&approval.content));
                let toast = self.refuse(callback, "expired", |w| w.toast_expired, deadline);
                tokio::join!(toast, self.show(&approval.content, None, until));
            }
            Verdict::Take(_) | Verdict::Resume(_) => {
                let resumed = matches!(verdict, Verdict::Resume(_));
                Box::pin(self.answered(callback, approval, resumed, until)).await;
            }
        }
        Ok(())
    }

    /// Answers a tap that decides nothing.
    async fn refuse(&self, callback: &Callback, why: &'static str, toast: Phrase, deadline: Deadline) {
        journal::tap_refused(why, callback.from);
        self.toast(callback, &Sentence::plain(toast), deadline).await;
    }

    /// Answers the tap and sees to it, at the same time.
    async fn answered(
        &self,
        callback: &Callback,
        approval: Versioned<Approval>,
        resumed: bool,
        until: Deadline,
    ) {
        let toast: Phrase = match approval.content.state.choice() {
            Some(Choice::Reject) => |w| w.toast_rejected,
            Some(Choice::Again) => |w| w.toast_again,
            Some(Choice::Approve) | None => |w| w.toast_approved,
        };
        let toast = Sentence::plain(toast);
        tokio::join!(self.toast(callback, &toast, until), self.see_to(approval, resumed, until));
    }

    /// Whether somebody is among those who decide. Where nobody is named, nobody is.
    fn may_decide(&self, user: i64) -> bool {
        self.config.telegram.as_ref().is_some_and(|telegram| telegram.approvers.contains(&user))
    }

    /// Whether a chat is the one that we write to. A name is not compared: Telegram sends the number.
    fn is_home(&self, chat: i64) -> bool {
        let ours = self.config.telegram.as_ref().and_then(|telegram| telegram.chat.as_deref());
        ours.is_some_and(|ours| ours.parse().map_or(true, |ours: i64| ours == chat))
    }

    async fn toast(&self, callback: &Callback, text: &Sentence, deadline: Deadline) {
        let Some(bot) = self.bot(deadline).await else { return };
        let text = text.plain_text(self.config.language.words());
        if let Err(why) = bot.toast(&callback.query, &text).await {
            tracing::warn!(outcome = why.name(), "telegram_toast_failed");
        }
    }

    /// Takes the buttons away from a message that was decided: an edit of it has failed, or a client shows an old one.
    async fn without_buttons(&self, callback: &Callback, deadline: Deadline) {
        if let (Some(bot), Some(place)) = (self.bot(deadline).await, callback.place)
            && let Err(why) = bot.take_buttons(place, &Keyboard::new()).await
        {
            tracing::warn!(outcome = why.name(), "approval_not_shown");
        }
    }
}

fn refused(refusal: Refusal, metrics: &Metrics) -> Response<Bytes> {
    let answer = Answer::Refused(refusal);
    journal::answered(&answer);
    metrics.emit(&measure::answered(&answer, None), unix_millis());
    answer.into()
}
