//! The types for an integration, the alerts that notify the integration, and the webhooks that Sentry sent to it.

use crate::domain::ids::Slug;
use crate::domain::text::Untrusted;
use crate::domain::timestamp::Timestamp;
use crate::json::Text;

/// An internal integration of a Sentry organization.
#[derive(Debug, Clone)]
pub struct Integration {
    /// The slug, as in the address of the integration's settings.
    pub slug: Slug,
    /// Whether alerts can notify the integration. The setting is called "Alert Rule Action" on the integration's
    /// page.
    pub is_alertable: bool,
    pub(super) resources: Vec<Text>,
    pub(super) name: Text,
}

impl Integration {
    /// Whether the integration is subscribed to the webhooks of a resource such as `issue`.
    #[must_use]
    pub fn is_subscribed_to(&self, resource: &str) -> bool {
        self.resources.iter().any(|it| it.as_deref() == Some(resource))
    }
}

/// A project that the token's user can see.
#[derive(Debug, Clone)]
pub struct Project {
    /// The slug, as in the address of the project.
    pub slug: Slug,
    pub(super) id: Slug,
}

/// An alert of a current Sentry, or a rule of an older Sentry, that notifies an integration.
#[derive(Debug, Clone)]
pub struct Alert {
    /// The name that a person gave to the alert.
    pub name: Untrusted,
    /// Whether the alert is enabled, and not muted for everyone.
    pub is_enabled: bool,
    /// The last time when the alert fired; `None` if it never fired.
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

/// A webhook in Sentry's own log of sent webhooks.
#[derive(Debug, Clone, Copy)]
pub struct SentWebhook {
    /// The HTTP status of the reply to the webhook; 0 if there was no reply.
    pub status: i64,
    /// The time at which Sentry sent the webhook.
    pub at: Option<Timestamp>,
}

impl SentWebhook {
    /// Whether the webhook failed: no reply, or a status of 400 or more. Like Sentry, this counts a redirect as a
    /// success.
    #[must_use]
    pub fn has_failed(&self) -> bool {
        self.status == 0 || self.status >= 400
    }
}
