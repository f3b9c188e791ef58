//! Handles button presses (taps), which Telegram sends as updates to the webhook.
//!
//! Telegram repeats an update that got no 2xx, but only after its own timeout. The answer therefore leaves at once if
//! the queue has the tap. Without a queue the work comes before the answer, and Telegram's repetition covers a dead
//! invocation.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use ::http::{HeaderMap, Response};
use bytes::Bytes;
use futures_util::FutureExt as _;
use secrecy::{ExposeSecret as _, SecretString};

use super::can_decide::hook_secret;
use super::chats::Chats;
use super::decisions::{Decisions, RetryLater};
use super::menu::{Meaning, MenuTap, Menus};
use super::questions::Questions;
use crate::clock::{pause, unix_millis};
use crate::config::Config;
use crate::domain::approval::{Approval, ApprovalState, Choice, Decider, DecisionSource, MessageRef, Ruling};
use crate::domain::deadline::Deadline;
use crate::domain::ids::{ApprovalId, IssueId};
use crate::domain::message::{ButtonPress, IssueMessage, MenuAction, MenuView};
use crate::domain::queued_delivery::QueuedDelivery;
use crate::domain::words::{Arg, Phrase, Sentence};
use crate::handler::answer::{Answer, Refusal, taken};
use crate::handler::clients::Clients;
use crate::handler::delivery::queue::Queue;
use crate::handler::delivery::retry::RetryReason;
use crate::handler::door::Door;
use crate::handler::messages::Messages;
use crate::handler::observing::event::DeliveryEvent;
use crate::handler::observing::observers::Observers;
use crate::handler::reply::{Reply, Work};
use crate::state::{AttemptResult, StateError, Versioned};
use crate::telegram::{Callback, NotAnUpdate, Update};
use crate::webhook::{self, Delivery, Keys};

/// The number of reads, with pauses, while the record does not contain the message's reference yet.
const LOOKS: usize = 5;
const LOOK: Duration = Duration::from_millis(300);

/// A button press.
struct Pressed {
    update: i64,
    callback: Callback,
    /// The content of the button. `None` if the button is not ours.
    press: Option<ButtonPress>,
    /// The time when it was first received, in milliseconds since 1970.
    received_ms: u64,
    /// Whether the queue has redelivered it. The user was then answered before.
    is_again: bool,
}

/// Handles button presses.
pub(in crate::handler) struct Taps {
    config: Arc<Config>,
    door: Arc<Door>,
    queue: Queue,
    decisions: Arc<Decisions>,
    questions: Arc<Questions>,
    menus: Menus,
    messages: Arc<Messages>,
    chats: Arc<Chats>,
    clients: Clients,
    observers: Observers,
}

impl Taps {
    pub(in crate::handler) fn new(
        config: Arc<Config>,
        (door, queue): (Arc<Door>, Queue),
        decisions: Arc<Decisions>,
        (questions, chats): (Arc<Questions>, Arc<Chats>),
        (menus, messages): (Menus, Arc<Messages>),
        (clients, observers): (Clients, Observers),
    ) -> Self {
        Self { config, door, queue, decisions, questions, menus, messages, chats, clients, observers }
    }

    /// Answers an update.
    pub(in crate::handler) async fn pushed(
        self: &Arc<Self>,
        headers: &HeaderMap,
        body: Bytes,
        deadline: Deadline,
    ) -> Reply {
        match self.update(headers, &body).await {
            Ok(Some((update, secret))) => self.begin(update, body, &secret, deadline).await,
            Ok(None) => Reply::at_once(taken()),
            Err(refusal) => Reply::at_once(self.refused(refusal)),
        }
    }

    /// Takes an update that was polled. Returns the remaining work. `Err` if it must be polled once more.
    pub(super) async fn polled(
        self: &Arc<Self>,
        body: Bytes,
        deadline: Deadline,
    ) -> Result<Option<Work>, RetryLater> {
        let secret = self.questions.button_key().await.ok_or(RetryLater)?;
        let Some(update) = Update::kept(&body) else { return Ok(None) };
        let reply = self.begin(update, body, &secret, deadline).await;
        if reply.response.status().is_success() { Ok(reply.work) } else { Err(RetryLater) }
    }

    /// Queues an update and answers it. Without a queue the work comes before the answer.
    async fn begin(
        self: &Arc<Self>,
        update: Update,
        body: Bytes,
        secret: &SecretString,
        deadline: Deadline,
    ) -> Reply {
        let Some(callback) = update.callback else { return Reply::at_once(taken()) };
        let (press, received_ms) = (open(&callback, secret), unix_millis());
        // A tap that cannot decide anything is not queued.
        let counts = press.is_some() && self.may_decide(callback.from);
        let is_queued = !counts || self.enqueue_update(body, secret, deadline).await;
        let pressed = Pressed { update: update.id, callback, press, received_ms, is_again: false };
        let taps = Arc::clone(self);
        let work = async move { taps.pressed(&pressed, deadline).await };
        if is_queued {
            return Reply { response: taken(), work: Some(work.map(drop).boxed()) };
        }
        Reply::at_once(match work.await {
            Ok(()) => taken(),
            Err(RetryLater) => self.refused(Refusal::Busy),
        })
    }

    /// Handles an update that the queue has redelivered. `Err` if it must be redelivered once more.
    pub(in crate::handler) async fn redelivered(
        &self,
        queued: &QueuedDelivery,
        deadline: Deadline,
    ) -> Result<(), RetryReason> {
        let secret = self.questions.button_key().await.ok_or(RetryReason::NoWebhookSecret)?;
        let (headers, body) = webhook::headers_of(queued).ok_or(RetryReason::NotOurs)?;
        let delivery = Delivery::verify(&headers, body, &Keys::parse(&secret));
        let delivery = delivery.ok_or(RetryReason::Signature)?;
        let Some(Update { id, callback: Some(callback) }) = Update::kept(delivery.body()) else {
            return Ok(());
        };
        let press = open(&callback, &secret);
        let received_ms = queued.received_ms;
        let pressed = Pressed { update: id, callback, press, received_ms, is_again: true };
        self.pressed(&pressed, deadline).await.map_err(|RetryLater| RetryReason::Unfinished)
    }

    /// Reads an update. `None` for an unreadable one, which Telegram would repeat if it were refused.
    async fn update(
        &self,
        headers: &HeaderMap,
        body: &Bytes,
    ) -> Result<Option<(Update, SecretString)>, Refusal> {
        self.door.check_form(headers, body.len())?;
        self.door
            .checked(|secrets| {
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

    /// Whether the answer may leave before the work. Without a table the approval is in this process's memory, so a
    /// redelivery would not help.
    async fn enqueue_update(&self, body: Bytes, secret: &SecretString, deadline: Deadline) -> bool {
        let kept = self.queue.enqueue_update(body.into(), secret, deadline).await;
        kept.unwrap_or(!self.config.is_durable())
    }

    /// Handles a button press. A panic is caught and the tap is redelivered, until it becomes a dead letter.
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
            self.tap_refused("not_an_approver", user);
            let args = [Arg::Name(user.to_string()), Arg::Name("TELEGRAM_APPROVERS".to_owned())];
            self.toast(pressed, &Sentence::new(|w| w.toast_stranger, args), deadline).await;
            return Ok(());
        }
        let Some(message_ref) = pressed.callback.message_ref else {
            self.refuse(pressed, "elsewhere", |w| w.toast_elsewhere, deadline).await;
            return Ok(());
        };
        let (choice, approval) = match press {
            ButtonPress::Decide { choice, approval } => (*choice, approval),
            ButtonPress::Menu { action, issue } => {
                return self.menu(pressed, (*action, issue), message_ref, deadline).await;
            }
        };
        match self.tapped(pressed, (choice, approval), message_ref, deadline).await {
            Ok(Some((tapped, until))) => self.follow(pressed, tapped, until).await,
            Ok(None) => {
                self.refuse(pressed, "unknown", |w| w.toast_unknown, deadline).await;
                Ok(())
            }
            Err(error) => Err(self.unavailable(pressed, &error, deadline).await),
        }
    }

    /// Records the tap, once the record contains the message's reference. `None` if there is no such approval.
    async fn tapped(
        &self,
        pressed: &Pressed,
        (choice, approval): (Choice, &ApprovalId),
        message_ref: MessageRef,
        deadline: Deadline,
    ) -> Result<Option<(AttemptResult, Deadline)>, StateError> {
        let by = Decider::new(Some(pressed.callback.from), &pressed.callback.name, pressed.received_ms);
        let (is_home, update) = (self.chats.is_home(message_ref.chat), pressed.update);
        let (mut has_moved, mut looks) = (false, 0);
        loop {
            let Some(found) = self.decisions.approvals.get(approval).await? else { return Ok(None) };
            let asked_in = found.content.message_ref.map(|own| own.chat);
            let origin = DecisionSource::Button { message_ref, is_home, has_moved, update };
            let tapped = self.decisions.tap(found, choice, by.clone(), origin, deadline).await?;
            if tapped.0.verdict == Ruling::Elsewhere && !has_moved {
                has_moved = self.chats.has_become(asked_in, message_ref.chat, deadline).await;
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

    /// Handles a press of the menu.
    async fn menu(
        &self,
        pressed: &Pressed,
        (action, issue): (MenuAction, &IssueId),
        message_ref: MessageRef,
        deadline: Deadline,
    ) -> Result<(), RetryLater> {
        let Callback { from, name, .. } = &pressed.callback;
        let (from, update, at_ms) = ((*from, name), pressed.update, pressed.received_ms);
        let tap = MenuTap { action, issue, from, message_ref, update, at_ms };
        let meaning = match self.menus.meaning(&tap).await {
            Ok(meaning) => meaning,
            Err(error) => return Err(self.unavailable(pressed, &error, deadline).await),
        };
        let (why, toast): (&'static str, Phrase) = match meaning {
            Meaning::Act(asked) => return self.act(pressed, *asked, deadline).await,
            Meaning::Again(message) => return self.again(pressed, issue, &message, deadline).await,
            Meaning::Show(message) => {
                let view =
                    if action == MenuAction::Priorities { MenuView::Priorities } else { MenuView::Actions };
                let shown = self.messages.show(issue, &message, view, deadline);
                let toast = Sentence::plain(|w| w.toast_choose);
                let (_, ()) = tokio::join!(shown, self.toast(pressed, &toast, deadline));
                return Ok(());
            }
            Meaning::NoMember => {
                self.tap_refused("no_member", pressed.callback.from);
                let args = [Arg::Name(pressed.callback.from.to_string()), Arg::Name("PEOPLE".to_owned())];
                self.toast(pressed, &Sentence::new(|w| w.toast_no_member, args), deadline).await;
                return Ok(());
            }
            Meaning::Repeat => return Ok(()),
            Meaning::Unplaced => ("unplaced", |w| w.toast_unplaced),
            Meaning::Elsewhere => ("elsewhere", |w| w.toast_elsewhere),
            Meaning::Already => ("already", |w| w.toast_already),
            Meaning::TooLate => ("too_late", |w| w.toast_undo_late),
        };
        self.refuse(pressed, why, toast, deadline).await;
        Ok(())
    }

    /// Decides the approval of a press of the menu, and carries it out.
    async fn act(
        &self,
        pressed: &Pressed,
        asked: Versioned<Approval>,
        deadline: Deadline,
    ) -> Result<(), RetryLater> {
        let by = Decider::new(Some(pressed.callback.from), &pressed.callback.name, pressed.received_ms);
        let Some(message_ref) = asked.content.message_ref else { return Ok(()) };
        let update = pressed.update;
        let origin = DecisionSource::Button { message_ref, is_home: true, has_moved: false, update };
        match self.decisions.tap(asked, Choice::Approve, by, origin, deadline).await {
            Ok((tapped, until)) => self.follow(pressed, tapped, until).await,
            Err(error) => Err(self.unavailable(pressed, &error, deadline).await),
        }
    }

    /// Analyses the issue again. The message shows who asked for it.
    async fn again(
        &self,
        pressed: &Pressed,
        issue: &IssueId,
        message: &IssueMessage,
        deadline: Deadline,
    ) -> Result<(), RetryLater> {
        let toast = Sentence::plain(|w| w.toast_again);
        let received_ms = pressed.is_again.then_some(pressed.received_ms);
        let again = self.decisions.analyse_again(issue, message.org.as_ref(), received_ms, deadline);
        let ((), ended) = tokio::join!(self.toast(pressed, &toast, deadline), Box::pin(again));
        ended
    }

    /// Reports that the store is unavailable.
    async fn unavailable(&self, pressed: &Pressed, error: &StateError, deadline: Deadline) -> RetryLater {
        tracing::error!(error = %error, "state_unavailable");
        self.toast(pressed, &Sentence::plain(|w| w.toast_state), deadline).await;
        RetryLater
    }

    /// Executes the decision, or answers the tap, as the ruling demands.
    async fn follow(
        &self,
        pressed: &Pressed,
        tapped: AttemptResult,
        until: Deadline,
    ) -> Result<(), RetryLater> {
        let AttemptResult { verdict, approval } = tapped;
        // Two presses of the menu can want the same, so the issue is read before it is changed.
        let may_be_done = approval.content.is_from_menu || matches!(verdict, Ruling::Resume(_));
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
                    self.observers.emit(DeliveryEvent::Closed(&approval.content));
                    self.decisions.shown.show(&approval.content, None, until).await;
                }
                Ruling::Closed => self.decisions.shown.mend_buttons(&approval.content, until).await,
                _ => {}
            }
        };
        tokio::join!(self.refuse(pressed, why, toast, until), shown);
        Ok(())
    }

    /// Answers the tap and executes the decision at the same time.
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
            _ if approval.content.is_from_menu => |w| w.toast_menu,
            Some(Choice::Approve) | None => |w| w.toast_approved,
        };
        let toast = Sentence::plain(toast);
        let carried_out = Box::pin(self.decisions.execute(approval, may_be_done, until));
        let ((), ended) = tokio::join!(self.toast(pressed, &toast, until), carried_out);
        ended.map(drop)
    }

    /// Whether `TELEGRAM_APPROVERS` contains the user.
    fn may_decide(&self, user: i64) -> bool {
        self.config.telegram.approvers.contains(&user)
    }

    /// Answers a tap that decides nothing.
    async fn refuse(&self, pressed: &Pressed, why: &'static str, toast: Phrase, deadline: Deadline) {
        if !pressed.is_again {
            self.tap_refused(why, pressed.callback.from);
        }
        self.toast(pressed, &Sentence::plain(toast), deadline).await;
    }

    /// Answers a tap, unless an earlier delivery of it was answered.
    async fn toast(&self, pressed: &Pressed, text: &Sentence, deadline: Deadline) {
        if pressed.is_again {
            return;
        }
        let (query, text) = (&pressed.callback.query, &text.plain_text(self.config.language.words()));
        if let Err(why) =
            self.clients.with_bot(deadline, |bot| async move { bot.toast(query, text).await }).await
        {
            tracing::warn!(outcome = why.name(), "telegram_toast_failed");
        }
    }

    fn tap_refused(&self, why: &'static str, user: i64) {
        self.observers.emit(DeliveryEvent::TapRefused { why, user });
    }

    fn refused(&self, refusal: Refusal) -> Response<Bytes> {
        self.observers.emit(DeliveryEvent::UpdateRefused(&refusal));
        Answer::Refused(refusal).into()
    }
}

/// The content of the pressed button. `None` if the button is not ours.
fn open(callback: &Callback, secret: &SecretString) -> Option<ButtonPress> {
    ButtonPress::open(&callback.data, secret.expose_secret().as_bytes())
}

/// The reason why the approval can no longer be decided.
fn closed(state: &ApprovalState) -> (&'static str, Phrase) {
    match state {
        ApprovalState::Expired => ("expired", |w| w.toast_expired),
        ApprovalState::Superseded => ("superseded", |w| w.toast_superseded),
        _ => ("closed", |w| w.toast_closed),
    }
}
