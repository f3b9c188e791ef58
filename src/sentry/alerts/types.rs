//! An integration, the alerts that notify it, and the webhooks that it was sent.

use crate::domain::ids::Slug;
use crate::domain::text::Untrusted;
use crate::domain::timestamp::Timestamp;
use crate::json::Text;

/// An internal integration of the organization.
#[derive(Debug, Clone)]
pub struct Integration {
    /// The slug, as in the address of the integration's settings.
    pub slug: Slug,
    /// Whether alerts can notify the integration. In its settings this is "Alert Rule Action".
    pub is_alertable: bool,
    pub(super) resources: Vec<Text>,
    pub(super) name: Text,
}

impl Integration {
    /// Whether the integration gets the webhooks of a resource such as `issue`.
    #[must_use]
    pub fn is_subscribed_to(&self, resource: &str) -> bool {
        self.resources.iter().any(|it| it.as_deref() == Some(resource))
    }
}

/// A project that the token's user can see.
#[derive(Debug, Clone)]
pub struct Project {
    /// The slug.
    pub slug: Slug,
    pub(super) id: Slug,
}

/// An alert, or a rule, that notifies an integration.
#[derive(Debug, Clone)]
pub struct Alert {
    /// The name.
    pub name: Untrusted,
    /// Whether the alert is enabled, and not muted for everyone.
    pub is_enabled: bool,
    /// The last time at which the alert fired.
    pub last_fired: Option<Timestamp>,
}

/// The alerts of a project that notify an integration.
#[derive(Debug, Clone)]
pub enum Alerts {
    /// The alerts of a current Sentry.
    Current(Vec<Alert>),
    /// The rules of a Sentry that has no alerts yet.
    Rules(Vec<Alert>),
}

/// A webhook in Sentry's own log.
#[derive(Debug, Clone, Copy)]
pub struct SentWebhook {
    /// The status of the reply; 0 if there was none.
    pub status: i64,
    /// The time at which Sentry sent the webhook.
    pub at: Option<Timestamp>,
}

impl SentWebhook {
    /// Whether the webhook failed. For Sentry a redirect is a success.
    #[must_use]
    pub fn has_failed(&self) -> bool {
        self.status == 0 || self.status >= 400
    }
}
