//! Polls Telegram for button presses, for an installation that Telegram cannot reach with a webhook.
//!
//! A lease in the state store lets one process poll at a time. A press that was made while no process ran is handled
//! after the next start. An update (a button press) is confirmed to Telegram only after it is in the queue or handled,
//! unless approvals are in memory only, because a repeated press would then not help.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use super::taps::Taps;
use crate::clock::{millis, unix_millis};
use crate::config::TelegramUpdates;
use crate::domain::deadline::Deadline;
use crate::domain::outcome::Failure;
use crate::handler::clients::Clients;
use crate::handler::{Handler, Work};
use crate::state::{Polling, StateError};
use crate::telegram::{Bot, BotError, is_hook_secret};

/// The duration of the lease with which a process may poll. The lease is renewed before each call. A call without
/// updates takes ten seconds.
const LEASE: Duration = Duration::from_secs(30);
/// The pause between two calls, for a server that does not hold a call open.
const PAUSE: Duration = Duration::from_millis(200);
/// The wait before the next call after a failed one.
const RETRY: Duration = Duration::from_secs(5);

/// The result of one call to Telegram.
pub struct Polled {
    /// The work that remains to be done for the received updates.
    pub work: Vec<Work>,
    /// The time to wait before the next call.
    pub wait: Duration,
}

/// The condition of polling, after the last call to Telegram.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::handler) enum Condition {
    /// The last call succeeded.
    Works,
    /// `TELEGRAM_WEBHOOK_SECRET`, which signs the buttons, is missing or too weak, so there are no buttons.
    NoSecret,
    /// Another process of this installation has the lease and polls.
    OtherProcess,
    /// Telegram rejected the call (409), because a webhook is set for the bot.
    Webhook,
    /// Telegram rejected the call (409), because another program polls with the same token.
    OtherProgram,
    /// The state store cannot be used, so a received update could get lost.
    NoState,
    /// The call to Telegram failed for another reason.
    Failed(Failure),
}

impl fmt::Display for Condition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Works => f.write_str("polling"),
            Self::NoSecret => f.write_str("off: TELEGRAM_WEBHOOK_SECRET is not set"),
            Self::OtherProcess => f.write_str("another process polls"),
            Self::Webhook => f.write_str(
                "a webhook is set: remove it with `sidenote telegram connect --remove`, or set TELEGRAM_UPDATES=webhook",
            ),
            Self::OtherProgram => f.write_str("another program polls with this bot's token"),
            Self::NoState => f.write_str("the state cannot be used; the log says why"),
            Self::Failed(why) => write!(f, "getUpdates: {why}"),
        }
    }
}

/// Polls Telegram for updates.
pub(in crate::handler) struct Poller {
    taps: Arc<Taps>,
    polling: Polling,
    clients: Clients,
    owner: String,
    /// The condition after the last call. A change of it is logged.
    condition: Mutex<Option<Condition>>,
}

impl Poller {
    pub(in crate::handler) fn new(taps: Arc<Taps>, polling: Polling, clients: Clients) -> Self {
        let owner = format!("{:016x}", fastrand::u64(..));
        Self { taps, polling, clients, owner, condition: Mutex::default() }
    }

    /// Returns the condition after the last call; `None` before the first call.
    pub(in crate::handler) fn condition(&self) -> Option<Condition> {
        *self.condition.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn poll(&self, deadline: Deadline) -> Polled {
        let (condition, taken) = match self.updates(deadline).await {
            Ok(taken) => (Condition::Works, taken),
            Err(condition) => (condition, Taken { work: Vec::new(), is_all: false }),
        };
        let before = self.condition.lock().unwrap_or_else(PoisonError::into_inner).replace(condition);
        if before != Some(condition) {
            tracing::info!(condition = %condition, "telegram_updates");
        }
        Polled { work: taken.work, wait: if taken.is_all { PAUSE } else { RETRY } }
    }

    /// Waits for updates from Telegram and begins to handle them. Returns the work for the updates, or the condition
    /// that prevents polling.
    async fn updates(&self, deadline: Deadline) -> Result<Taken, Condition> {
        let secrets = self.clients.secrets().await;
        if !secrets.get("TELEGRAM_WEBHOOK_SECRET").is_some_and(is_hook_secret) {
            return Err(Condition::NoSecret);
        }
        let bot = self.clients.bot(&secrets, deadline).map_err(Condition::Failed)?;
        let now_ms = unix_millis();
        let turn = self.polling.take(&self.owner, now_ms, now_ms + millis(LEASE)).await;
        let turn = turn.map_err(|error| no_state(&error))?.ok_or(Condition::OtherProcess)?;
        let polled = match bot.poll(turn.next).await {
            Ok(polled) => polled,
            Err(why) => {
                if why.failure() == Failure::Unauthorized {
                    self.clients.secrets.refreshed(&secrets).await;
                }
                return Err(conflict(&bot, why).await);
            }
        };
        let mut taken = Taken { work: Vec::new(), is_all: true };
        for update in polled {
            let begun = self.taps.polled(update.body, deadline).await;
            // An update that was not taken remains at Telegram, and so do all updates after it.
            let Ok(begun) = begun else {
                taken.is_all = false;
                break;
            };
            taken.work.extend(begun);
            self.polling
                .advance(&self.owner, update.id + 1, unix_millis())
                .await
                .map_err(|error| no_state(&error))?;
        }
        Ok(taken)
    }
}

/// The updates that one call has returned, and the work for them.
struct Taken {
    work: Vec<Work>,
    /// Whether all updates were taken. Telegram returns the others again at the next call.
    is_all: bool,
}

fn no_state(error: &StateError) -> Condition {
    tracing::error!(error = %error, "state_unavailable");
    Condition::NoState
}

/// Returns the condition after a failed call. A rejection with 409 has one of two causes, which need different
/// remedies.
async fn conflict(bot: &Bot, why: BotError) -> Condition {
    match why.failure() {
        Failure::Refused(409) => match bot.webhook_info().await {
            Ok(info) if info.url.as_deref().is_some() => Condition::Webhook,
            _ => Condition::OtherProgram,
        },
        why => Condition::Failed(why),
    }
}

impl Handler {
    /// Waits for button presses at Telegram for some seconds. Returns the work for the presses, and the time to wait
    /// before the next call. The caller must call this only if [`polls_telegram`] is true.
    ///
    /// [`polls_telegram`]: crate::config::Config::polls_telegram
    pub async fn poll(&self, deadline: Deadline) -> Polled {
        self.poller.poll(deadline).await
    }

    /// Returns a text about the condition of polling, and whether the condition is no problem. `None` if this process
    /// has not polled yet.
    pub(in crate::handler) fn polling(&self) -> Option<(String, bool)> {
        let condition = self.poller.condition()?;
        let is_wanted = self.config.telegram.updates == Some(TelegramUpdates::Poll);
        let is_well = match condition {
            Condition::Works | Condition::OtherProcess | Condition::NoSecret => true,
            // Without `TELEGRAM_UPDATES`, a webhook is used if one is set.
            Condition::Webhook => !is_wanted,
            Condition::OtherProgram | Condition::NoState | Condition::Failed(_) => false,
        };
        Some((condition.to_string(), is_well))
    }
}
