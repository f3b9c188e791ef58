//! Receives updates by long polling, for an installation that Telegram cannot call.

use std::time::Duration;

use bytes::Bytes;
use serde::Deserialize;
use serde_json::json;
use serde_json::value::RawValue;

use super::client::{Bot, BotError};
use super::hook::KINDS;
use crate::json::Int;

/// The time for which Telegram holds a call open while there is no update. It is shorter than the time limit of a call.
const HELD: Duration = Duration::from_secs(10);

/// An update that was received by polling.
#[derive(Debug)]
pub struct PolledUpdate {
    /// Telegram's id of the update.
    pub id: i64,
    /// The update as JSON, like the body of the webhook.
    pub body: Bytes,
}

#[derive(Deserialize)]
struct Numbered {
    update_id: Int,
}

impl Bot {
    /// Waits up to ten seconds for updates with the id `next` or a later one. The call also confirms all updates before
    /// `next`, which Telegram then deletes. Without `next`, the oldest updates are returned and none is confirmed.
    ///
    /// # Errors
    ///
    /// [`BotError`] if the call failed. Telegram reports a conflict (409) if a webhook is set or another program polls.
    pub async fn poll(&self, next: Option<i64>) -> Result<Vec<PolledUpdate>, BotError> {
        let mut request = json!({"timeout": HELD.as_secs(), "allowed_updates": KINDS});
        if let Some(next) = next {
            request["offset"] = next.into();
        }
        let updates: Vec<Box<RawValue>> = self.call("getUpdates", &request).await?;
        let polled = |update: Box<RawValue>| {
            let id = serde_json::from_slice::<Numbered>(update.get().as_bytes()).ok()?.update_id.0?;
            Some(PolledUpdate { id, body: Bytes::from(String::from(Box::<str>::from(update))) })
        };
        Ok(updates.into_iter().filter_map(polled).collect())
    }
}
