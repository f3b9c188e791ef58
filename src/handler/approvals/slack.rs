//! Requests of Slack: button presses.
//!
//! Slack waits three seconds for the answer and does not repeat a press. The answer therefore leaves at once if the
//! queue has the press, and the queue redelivers it if its invocation dies. If the queue does not have the press, the
//! work comes before the answer. Without a queue and with approvals in memory only, the answer leaves at once.

use std::sync::Arc;

use ::http::HeaderMap;
use async_trait::async_trait;
use bytes::Bytes;
use secrecy::{ExposeSecret as _, SecretString};

use super::can_decide::signing_secret;
use super::decisions::{Decisions, RetryLater};
use super::menu::MenuTap;
use super::menu_presses::MenuPresses;
use super::presses::{Placing, Presser, guarded, refuse, refused, reply, unpacked};
use crate::clock::{unix_millis, unix_seconds};
use crate::config::Config;
use crate::domain::approval::{Choice, Decider, DecisionSource, SlackRef, UserId};
use crate::domain::deadline::Deadline;
use crate::domain::ids::ApprovalId;
use crate::domain::message::ButtonPress;
use crate::domain::outcome::Failure;
use crate::domain::queued_delivery::QueuedDelivery;
use crate::domain::words::{Arg, Sentence};
use crate::handler::answer::{Refusal, taken};
use crate::handler::clients::Clients;
use crate::handler::delivery::queue::{Queue, SLACK_RESOURCE};
use crate::handler::delivery::retry::RetryReason;
use crate::handler::door::Door;
use crate::handler::observing::event::DeliveryEvent;
use crate::handler::observing::observers::Observers;
use crate::handler::reply::Reply;
use crate::slack::{Interaction, NotSlack, SlackApi, is_signed, verify};
use crate::state::{AttemptResult, StateError};

/// Handles button presses in Slack.
pub(in crate::handler) struct SlackPresses {
    pub(in crate::handler) config: Arc<Config>,
    pub(in crate::handler) door: Arc<Door>,
    pub(in crate::handler) queue: Queue,
    pub(in crate::handler) decisions: Arc<Decisions>,
    pub(in crate::handler) menus: Arc<MenuPresses>,
    pub(in crate::handler) clients: Clients,
    pub(in crate::handler) observers: Observers,
}

/// A button press.
struct Pressed {
    interaction: Interaction,
    /// The content of the button. `None` if Sidenote did not sign it.
    press: Option<ButtonPress>,
    /// The time when it was first received, in milliseconds since 1970.
    received_ms: u64,
    /// Whether the queue has redelivered it. The person was then answered before.
    is_again: bool,
}

impl Pressed {
    fn new(interaction: Interaction, secret: &SecretString, received_ms: u64, is_again: bool) -> Self {
        let press = ButtonPress::open(&interaction.value, secret.expose_secret().as_bytes());
        Self { interaction, press, received_ms, is_again }
    }

    fn user(&self) -> UserId {
        UserId::Slack(self.interaction.user.clone())
    }

    fn decider(&self) -> Decider {
        Decider::new(Some(self.user()), &self.interaction.name, self.received_ms)
    }
}

impl SlackPresses {
    /// Returns the reply to a request from Slack.
    pub(in crate::handler) async fn pushed(
        self: &Arc<Self>,
        headers: &HeaderMap,
        body: Bytes,
        deadline: Deadline,
    ) -> Reply {
        let secret = match self.verified(headers, &body).await {
            Ok(secret) => secret,
            Err(refusal) => return Reply::at_once(refused(refusal, &self.observers)),
        };
        let Some(interaction) = Interaction::read(&body) else { return Reply::at_once(taken()) };
        let pressed = Pressed::new(interaction, &secret, unix_millis(), false);
        // A press that cannot decide anything is not queued.
        let counts = pressed.press.is_some() && self.may_decide(&pressed);
        let (item, is_durable) = ((SLACK_RESOURCE, body.into()), self.config.is_durable());
        let is_queued = !counts || self.queue.enqueue_press(item, &secret, is_durable, deadline).await;
        let handler = Arc::clone(self);
        let work = async move { guarded(handler.judged(&pressed, deadline)).await };
        reply(is_queued, work, &self.observers).await
    }

    /// Handles a press that the queue has redelivered. `Err` if it must be redelivered once more.
    pub(in crate::handler) async fn redelivered(
        &self,
        queued: &QueuedDelivery,
        deadline: Deadline,
    ) -> Result<(), RetryReason> {
        let secrets = self.clients.secrets().await;
        let secret = signing_secret(&secrets).ok_or(RetryReason::NoWebhookSecret)?;
        let delivery = unpacked(queued, secret)?;
        let Some(interaction) = Interaction::read(delivery.body()) else { return Ok(()) };
        let pressed = Pressed::new(interaction, secret, queued.received_ms, true);
        guarded(self.judged(&pressed, deadline)).await.map_err(|RetryLater| RetryReason::Unfinished)
    }

    /// Checks size and signature. Returns the secret that Slack has signed with.
    async fn verified(&self, headers: &HeaderMap, body: &Bytes) -> Result<SecretString, Refusal> {
        self.door.check_size(body.len())?;
        // An unsigned request must not cause a read of the secrets.
        if !is_signed(headers) {
            return Err(Refusal::Unsigned);
        }
        self.door
            .checked(|secrets| async move {
                let secret = signing_secret(&secrets).ok_or(Refusal::NoWebhookSecret)?;
                match verify(headers, body, secret, unix_seconds()) {
                    Ok(()) => Ok(secret.clone()),
                    Err(NotSlack::Unsigned) => Err(Refusal::Unsigned),
                    Err(NotSlack::Signature) => Err(Refusal::Signature),
                    Err(NotSlack::Stale) => Err(Refusal::Stale),
                }
            })
            .await
    }

    /// Handles a button press.
    async fn judged(&self, pressed: &Pressed, deadline: Deadline) -> Result<(), RetryLater> {
        let person = Person { presses: self, pressed, deadline };
        let Some(press) = &pressed.press else {
            refuse(&person, "forged", |w| w.toast_forged).await;
            return Ok(());
        };
        if !self.may_decide(pressed) {
            person.report("not_an_approver");
            let args = [Arg::Name(pressed.interaction.user.clone()), Arg::Name("SLACK_APPROVERS".to_owned())];
            person.answer(&Sentence::new(|w| w.toast_stranger, args)).await;
            return Ok(());
        }
        let Some(message) = &pressed.interaction.message else {
            refuse(&person, "elsewhere", |w| w.toast_elsewhere).await;
            return Ok(());
        };
        match press {
            ButtonPress::Decide { choice, approval } => {
                let tapped = self.tapped(pressed, (*choice, approval), message, deadline).await;
                self.decisions.judged(&person, tapped).await
            }
            ButtonPress::Menu { action, issue } => {
                let tap = MenuTap {
                    action: *action,
                    issue,
                    by: pressed.decider(),
                    name: &pressed.interaction.name,
                    source: self.source(pressed, message),
                    is_again: pressed.is_again,
                };
                self.menus.handle(&person, &tap, deadline).await
            }
        }
    }

    /// Returns the message with the button, and the number of the press.
    fn source(&self, pressed: &Pressed, message: &SlackRef) -> DecisionSource {
        let is_home = self.config.slack.channels().any(|channel| channel == message.channel);
        DecisionSource::Slack { message: message.clone(), is_home, number: pressed.interaction.press }
    }

    /// Records the press, once the record contains the message's reference. Returns the ruling on the press and the
    /// deadline for executing it. Returns `None` if there is no such approval.
    async fn tapped(
        &self,
        pressed: &Pressed,
        (choice, approval): (Choice, &ApprovalId),
        message: &SlackRef,
        deadline: Deadline,
    ) -> Result<Option<(AttemptResult, Deadline)>, StateError> {
        let (by, source) = (pressed.decider(), self.source(pressed, message));
        let mut placing = Placing::default();
        loop {
            let Some(found) = self.decisions.approvals.get(approval).await? else { return Ok(None) };
            let tapped = self.decisions.tap(found, choice, by.clone(), source.clone(), deadline).await?;
            if !placing.again(&tapped.0.verdict, deadline).await {
                return Ok(Some(tapped));
            }
        }
    }

    /// Whether `SLACK_APPROVERS` contains the person.
    fn may_decide(&self, pressed: &Pressed) -> bool {
        self.config.slack.approvers.contains(&pressed.interaction.user)
    }
}

/// The person who has pressed. The answer is a message that only this person sees.
struct Person<'p> {
    presses: &'p SlackPresses,
    pressed: &'p Pressed,
    deadline: Deadline,
}

#[async_trait]
impl Presser for Person<'_> {
    fn user(&self) -> UserId {
        self.pressed.user()
    }

    fn number(&self) -> i64 {
        self.pressed.interaction.press
    }

    fn report(&self, why: &'static str) {
        if !self.pressed.is_again {
            let user = &self.pressed.user();
            self.presses.observers.emit(DeliveryEvent::TapRefused { why, user });
        }
    }

    async fn answer(&self, text: &Sentence) {
        let Some(message) = self.pressed.interaction.message.as_ref().filter(|_| !self.pressed.is_again)
        else {
            return;
        };
        let text = &text.plain_text(self.presses.config.language.words());
        let user = &self.pressed.interaction.user;
        let whisper = |slack: SlackApi| async move { slack.whisper(&message.channel, user, text).await };
        if let Err(why) = self.presses.clients.with_slack(self.deadline, whisper).await {
            tracing::warn!(outcome = why.name(), "slack_answer_failed");
        }
    }

    async fn remove_buttons(&self) -> Result<(), Failure> {
        let Interaction { message: Some(message), shown, .. } = &self.pressed.interaction else {
            return Ok(());
        };
        let edit = |slack: SlackApi| async move { slack.edit(message, shown).await };
        self.presses.clients.with_slack(self.deadline, edit).await
    }
}
