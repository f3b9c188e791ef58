//! Polls Telegram for button presses, for an installation that Telegram cannot call.
//!
//! One process polls at a time, by a lease in the store. An update is confirmed to Telegram only after it is in the
//! queue or done, so a press that was made while no process ran is handled after the next start.

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

/// The lease of a polling process. It is renewed before each call, which takes ten seconds without updates.
const LEASE: Duration = Duration::from_secs(30);
/// The pause between two calls, for a server that does not hold a call open.
const PAUSE: Duration = Duration::from_millis(200);
/// The wait after a failure.
const RETRY: Duration = Duration::from_secs(5);

/// The result of one call to Telegram.
pub struct Polled {
    /// The remaining work of the updates.
    pub work: Vec<Work>,
    /// The wait before the next call.
    pub wait: Duration,
}

/// The condition of the polling.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::handler) enum Condition {
    /// Updates arrive.
    Works,
    /// The webhook's secret, which signs the buttons, is missing or too weak, so there are no buttons.
    NoSecret,
    /// Another process has the lease.
    OtherProcess,
    /// A webhook is set (409).
    Webhook,
    /// Another program polls with the same token (409).
    OtherProgram,
    /// The store cannot be used, so an update could not be kept.
    NoState,
    /// The call failed.
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

/// Polls for updates.
pub(in crate::handler) struct Poller {
    taps: Arc<Taps>,
    polling: Polling,
    clients: Clients,
    owner: String,
    /// The last condition, which is logged when it changes.
    condition: Mutex<Option<Condition>>,
}

impl Poller {
    pub(in crate::handler) fn new(taps: Arc<Taps>, polling: Polling, clients: Clients) -> Self {
        let owner = format!("{:016x}", fastrand::u64(..));
        Self { taps, polling, clients, owner, condition: Mutex::default() }
    }

    /// The last condition. `None` before the first call.
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

    /// Waits for updates and begins their work.
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
            // An update that was not taken stays with Telegram, and so do all after it.
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

/// The updates of one call.
struct Taken {
    work: Vec<Work>,
    /// Whether all of them were taken. Telegram returns the others again.
    is_all: bool,
}

fn no_state(error: &StateError) -> Condition {
    tracing::error!(error = %error, "state_unavailable");
    Condition::NoState
}

/// The condition after a failed call. A conflict has one of two causes, and each has its own remedy.
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
    /// Waits for button presses at Telegram for some seconds. Correct only if [`polls_telegram`] is true.
    ///
    /// [`polls_telegram`]: crate::config::Config::polls_telegram
    pub async fn poll(&self, deadline: Deadline) -> Polled {
        self.poller.poll(deadline).await
    }

    /// The condition of the polling, and whether it is in order. `None` if this process does not poll.
    pub(in crate::handler) fn polling(&self) -> Option<(String, bool)> {
        let condition = self.poller.condition()?;
        let is_wanted = self.config.telegram.updates == Some(TelegramUpdates::Poll);
        let is_well = match condition {
            Condition::Works | Condition::OtherProcess | Condition::NoSecret => true,
            // Without a setting, the webhook is used if there is one.
            Condition::Webhook => !is_wanted,
            Condition::OtherProgram | Condition::NoState | Condition::Failed(_) => false,
        };
        Some((condition.to_string(), is_well))
    }
}
