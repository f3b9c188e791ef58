//! Handles button presses in Telegram. Telegram sends each press as an update, to the webhook or as the reply to a
//! poll.
//!
//! Telegram repeats an update that got no 2xx, but only after its own timeout. The answer therefore leaves at once if
//! the queue has the press. If the queue does not have the press, the work comes before the answer, and Telegram's
//! repetition replaces the work of a dead invocation. Without a queue and with approvals in memory only, the answer
//! leaves at once.

use std::sync::Arc;

use ::http::HeaderMap;
use async_trait::async_trait;
use bytes::Bytes;
use secrecy::{ExposeSecret as _, SecretString};

use super::can_decide::hook_secret;
use super::chats::Chats;
use super::decisions::{Decisions, RetryLater, deciding};
use super::menu::MenuTap;
use super::menu_presses::MenuPresses;
use super::presses::{Placing, Presser, guarded, refuse, refused, reply, unpacked};
use super::questions::Questions;
use crate::clock::unix_millis;
use crate::config::Config;
use crate::domain::approval::{Choice, Decider, DecisionSource, MessageRef, Ruling, UserId};
use crate::domain::deadline::Deadline;
use crate::domain::ids::{ApprovalId, IssueId};
use crate::domain::message::{ButtonPress, MenuAction};
use crate::domain::outcome::Failure;
use crate::domain::queued_delivery::QueuedDelivery;
use crate::domain::words::{Arg, Sentence};
use crate::handler::answer::{Refusal, taken};
use crate::handler::clients::Clients;
use crate::handler::delivery::queue::{Queue, UPDATE_RESOURCE};
use crate::handler::delivery::retry::RetryReason;
use crate::handler::door::Door;
use crate::handler::observing::event::DeliveryEvent;
use crate::handler::observing::observers::Observers;
use crate::handler::reply::{Reply, Work};
use crate::state::{AttemptResult, StateError};
use crate::telegram::{Bot, Callback, NotAnUpdate, Update};

/// A button press in Telegram.
struct Pressed {
    update: i64,
    callback: Callback,
    /// The content of the pressed button. `None` if Sidenote did not sign it.
    press: Option<ButtonPress>,
    /// The time when the press was first received, in milliseconds since 1970 (UTC).
    received_ms: u64,
    /// Whether the queue has redelivered the press. The person was then answered before.
    is_again: bool,
}

impl Pressed {
    fn decider(&self) -> Decider {
        let Callback { from, name, .. } = &self.callback;
        Decider::new(Some(UserId::Telegram(*from)), name, self.received_ms)
    }
}

/// Handles button presses.
pub(in crate::handler) struct Taps {
    config: Arc<Config>,
    door: Arc<Door>,
    queue: Queue,
    decisions: Arc<Decisions>,
    questions: Arc<Questions>,
    menus: Arc<MenuPresses>,
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
        menus: Arc<MenuPresses>,
        (clients, observers): (Clients, Observers),
    ) -> Self {
        Self { config, door, queue, decisions, questions, menus, chats, clients, observers }
    }

    /// Verifies an update that Telegram sent to the webhook, and returns the reply.
    pub(in crate::handler) async fn pushed(
        self: &Arc<Self>,
        headers: &HeaderMap,
        body: Bytes,
        deadline: Deadline,
    ) -> Reply {
        match self.update(headers, &body).await {
            Ok(Some((update, secret))) => self.begin(update, body, &secret, deadline).await,
            Ok(None) => Reply::at_once(taken()),
            Err(refusal) => Reply::at_once(refused(refusal, &self.observers)),
        }
    }

    /// Handles an update that was polled, and returns the remaining work. `Err` means that Telegram must return the
    /// update once more.
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

    /// Queues a button press and returns the reply to the request. If the press is not in the queue, the work is done
    /// before the answer.
    async fn begin(
        self: &Arc<Self>,
        update: Update,
        body: Bytes,
        secret: &SecretString,
        deadline: Deadline,
    ) -> Reply {
        let Some(callback) = update.callback else { return Reply::at_once(taken()) };
        let (press, received_ms) = (open(&callback, secret), unix_millis());
        // A press that cannot decide anything is not queued.
        let counts = press.is_some() && self.may_decide(callback.from);
        let (item, is_durable) = ((UPDATE_RESOURCE, body.into()), self.config.is_durable());
        let is_queued = !counts || self.queue.enqueue_press(item, secret, is_durable, deadline).await;
        let pressed = Pressed { update: update.id, callback, press, received_ms, is_again: false };
        let taps = Arc::clone(self);
        let work = async move { guarded(taps.judged(&pressed, deadline)).await };
        reply(is_queued, work, &self.observers).await
    }

    /// Handles a press that the queue has redelivered. `Err` means that the queue must redeliver it once more.
    pub(in crate::handler) async fn redelivered(
        &self,
        queued: &QueuedDelivery,
        deadline: Deadline,
    ) -> Result<(), RetryReason> {
        let secret = self.questions.button_key().await.ok_or(RetryReason::NoWebhookSecret)?;
        let delivery = unpacked(queued, &secret)?;
        let Some(Update { id, callback: Some(callback) }) = Update::kept(delivery.body()) else {
            return Ok(());
        };
        let press = open(&callback, &secret);
        let received_ms = queued.received_ms;
        let pressed = Pressed { update: id, callback, press, received_ms, is_again: true };
        guarded(self.judged(&pressed, deadline)).await.map_err(|RetryLater| RetryReason::Unfinished)
    }

    /// Verifies and parses an update. Returns `None` for an unreadable update: a refusal would make Telegram repeat
    /// it.
    async fn update(
        &self,
        headers: &HeaderMap,
        body: &Bytes,
    ) -> Result<Option<(Update, SecretString)>, Refusal> {
        self.door.check_form(headers, body.len())?;
        // A request without the secret header must not cause a read of the secrets.
        if !Update::has_secret(headers) {
            return Err(Refusal::WebhookSecret);
        }
        self.door
            .checked(|secrets| async move {
                let secret = hook_secret(&secrets).ok_or(Refusal::NoWebhookSecret)?;
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

    /// Checks who pressed which button, and then decides the approval or handles the press of the menu.
    async fn judged(&self, pressed: &Pressed, deadline: Deadline) -> Result<(), RetryLater> {
        let user = pressed.callback.from;
        let person = User { taps: self, pressed, deadline };
        let Some(press) = &pressed.press else {
            refuse(&person, "forged", |w| w.toast_forged).await;
            return Ok(());
        };
        if !self.may_decide(user) {
            self.tap_refused("not_an_approver", user);
            let args = [Arg::Name(user.to_string()), Arg::Name("TELEGRAM_APPROVERS".to_owned())];
            self.toast(pressed, &Sentence::new(|w| w.toast_stranger, args), deadline).await;
            return Ok(());
        }
        let Some(message_ref) = pressed.callback.message_ref else {
            refuse(&person, "elsewhere", |w| w.toast_elsewhere).await;
            return Ok(());
        };
        let (choice, approval) = match press {
            ButtonPress::Decide { choice, approval } => (*choice, approval),
            ButtonPress::Menu { action, issue } => {
                return self.menu(pressed, (*action, issue), message_ref, deadline).await;
            }
        };
        let tapped = self.tapped(pressed, (choice, approval), message_ref, deadline).await;
        self.decided(pressed, tapped, choice, deadline).await
    }

    /// Records the press in its approval. Waits a moment if the approval's record does not contain the reference of
    /// its message yet. Returns `None` if there is no such approval.
    async fn tapped(
        &self,
        pressed: &Pressed,
        (choice, approval): (Choice, &ApprovalId),
        message_ref: MessageRef,
        deadline: Deadline,
    ) -> Result<Option<(AttemptResult, Deadline)>, StateError> {
        let by = pressed.decider();
        let (is_home, update) = (self.chats.is_home(message_ref.chat), pressed.update);
        let (mut has_moved, mut placing) = (false, Placing::default());
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
            if !placing.again(&tapped.0.verdict, deadline).await {
                return Ok(Some(tapped));
            }
        }
    }

    /// Handles a press of the menu under an issue's message.
    async fn menu(
        &self,
        pressed: &Pressed,
        (action, issue): (MenuAction, &IssueId),
        message_ref: MessageRef,
        deadline: Deadline,
    ) -> Result<(), RetryLater> {
        let (by, update) = (pressed.decider(), pressed.update);
        let source = DecisionSource::Button { message_ref, is_home: true, has_moved: false, update };
        let (name, is_again) = (&pressed.callback.name, pressed.is_again);
        let tap = MenuTap { action, issue, by, name, source, is_again };
        let person = User { taps: self, pressed, deadline: deciding(Choice::Approve, deadline) };
        self.menus.handle(&person, &tap, deadline).await
    }

    /// Executes or answers a press, by the result of recording it. `deadline` is shortened to the deadline of the
    /// decision.
    async fn decided(
        &self,
        pressed: &Pressed,
        tapped: Result<Option<(AttemptResult, Deadline)>, StateError>,
        choice: Choice,
        deadline: Deadline,
    ) -> Result<(), RetryLater> {
        let person = User { taps: self, pressed, deadline: deciding(choice, deadline) };
        self.decisions.judged(&person, tapped).await
    }

    /// Whether `TELEGRAM_APPROVERS` contains the user.
    fn may_decide(&self, user: i64) -> bool {
        self.config.telegram.approvers.contains(&user)
    }

    /// Shows a short text to the person who pressed, unless the same press was answered before.
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
        self.observers.emit(DeliveryEvent::TapRefused { why, user: &UserId::Telegram(user) });
    }
}

/// Returns the content of the pressed button. `None` if Sidenote did not sign it.
fn open(callback: &Callback, secret: &SecretString) -> Option<ButtonPress> {
    ButtonPress::open(&callback.data, secret.expose_secret().as_bytes())
}

/// The person who pressed a button in Telegram.
struct User<'p> {
    taps: &'p Taps,
    pressed: &'p Pressed,
    deadline: Deadline,
}

#[async_trait]
impl Presser for User<'_> {
    fn user(&self) -> UserId {
        UserId::Telegram(self.pressed.callback.from)
    }

    fn number(&self) -> i64 {
        self.pressed.update
    }

    fn report(&self, why: &'static str) {
        if !self.pressed.is_again {
            self.taps.tap_refused(why, self.pressed.callback.from);
        }
    }

    async fn answer(&self, text: &Sentence) {
        self.taps.toast(self.pressed, text, self.deadline).await;
    }

    async fn remove_buttons(&self) -> Result<(), Failure> {
        let Callback { message_ref: Some(message), links, .. } = &self.pressed.callback else {
            return Ok(());
        };
        let edit = |bot: Bot| async move { bot.edit_buttons(*message, links).await };
        self.taps.clients.with_bot(self.deadline, edit).await
    }
}
