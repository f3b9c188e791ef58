//! How the store and the queue stand, for health; and whether this process may get deliveries at all.

use ::http::StatusCode;
use serde_json::json;

use super::Handler;
use super::http::{self, Health};
use crate::webhook::Keys;

/// How the store and the queue stand.
#[derive(Debug)]
pub(super) struct Standing {
    /// Of the store: `ok`, or what it does not promise.
    pub(super) state: String,
    /// Of the queue, in the same way.
    pub(super) redelivery: String,
    /// The size of the file.
    pub(super) bytes: Option<u64>,
    /// Whether neither needs a person.
    pub(super) is_well: bool,
}

impl Handler {
    /// What is configured, and what is missing. Asks no third party.
    pub(super) async fn health(&self) -> Health {
        let secrets = self.secrets.get().await.map_err(|error| {
            tracing::warn!(error = %error, "health_degraded");
        });
        http::health(&self.config, secrets.as_deref().ok(), &self.standing().await)
    }

    async fn standing(&self) -> Standing {
        let (size, dead) = (self.documents.size().await, self.dead().await);
        let state = match &size {
            Err(error) => {
                tracing::error!(error = %error, "state_unavailable");
                "cannot be read; the log says why"
            }
            Ok(_) if self.config.is_durable() => "ok",
            Ok(_) => "memory: one process at a time",
        };
        let redelivery = match dead {
            _ if self.redelivery.is_none() => "none: a dead invocation loses its delivery".to_owned(),
            None => "cannot be read; the log says why".to_owned(),
            Some(0) => "ok".to_owned(),
            Some(count) => format!("{count} dead letters: see `sidenote dead-letters`"),
        };
        let is_well = size.is_ok() && dead == Some(0);
        Standing { state: state.to_owned(), redelivery, bytes: size.ok().flatten(), is_well }
    }

    /// How many dead letters the queue itself keeps; `None` if it cannot be read.
    async fn dead(&self) -> Option<usize> {
        let Some(queue) = &self.redelivery else { return Some(0) };
        queue.dead().await.inspect_err(|error| tracing::error!(error = %error, "redelivery_unavailable")).ok()
    }

    /// Whether an accepted delivery could be worked on: there is a client secret, and the store can be read. What else is
    /// missing makes health `degraded`, and keeps no delivery away.
    pub(super) async fn ready(&self) -> Health {
        let secrets = self.secrets.get().await;
        let has_key = |secrets: &crate::secrets::Secrets| {
            secrets.get("SENTRY_CLIENT_SECRET").is_some_and(|secret| !Keys::parse(secret).is_empty())
        };
        let why = match secrets {
            _ if self.documents.size().await.is_err() => Some("the state cannot be read"),
            _ if self.local_key.is_some() => None,
            Err(_) => Some("the secrets cannot be read"),
            Ok(secrets) if !has_key(&secrets) => Some("SENTRY_CLIENT_SECRET is not set"),
            Ok(_) => None,
        };
        match why {
            None => Health { status: StatusCode::OK, body: json!({"status": "ready"}) },
            Some(why) => Health {
                status: StatusCode::SERVICE_UNAVAILABLE,
                body: json!({"status": "not ready", "reason": why}),
            },
        }
    }
}

/// The process answers.
pub(super) fn live() -> Health {
    Health { status: StatusCode::OK, body: json!({"status": "live"}) }
}
