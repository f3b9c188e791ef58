//! The JSON that only webhooks send, not the API. Every member can be null, missing, unknown or of another type.
//!
//! Events and interfaces are boxed. They are large, and each value is moved several times while the body is decoded.

#![expect(clippy::struct_field_names, reason = "the fields are named as Sentry names them")]

use serde::Deserialize;

use crate::json::{Entries, Int, Lenient, List, Pairs, Text, Values};
use crate::payload::{
    self, Contexts, Deep, Interface, Issue, Named, Occurrence, ProcessingError, SpanEntry, Stacktrace, Value,
};

/// The whole body of a webhook. The type has the members of the Sentry app platform's envelope and those of the legacy
/// plugin's flat body.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Body {
    pub(super) action: Text,
    pub(super) actor: Lenient<Actor>,
    pub(super) data: Lenient<Content>,

    // The members of the legacy plugin's flat body.
    pub(super) id: Text,
    pub(super) project_slug: Text,
    pub(super) culprit: Text,
    pub(super) message: Text,
    pub(super) level: Text,
    pub(super) url: Text,
    pub(super) triggering_rules: List<Text>,
    pub(super) event: Lenient<Box<Event>>,
}

/// The author of a change, or the assignee of an issue: a person, an app, or Sentry itself.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Actor {
    #[serde(rename = "type")]
    pub(super) kind: Text,
    pub(super) id: Text,
    pub(super) name: Text,
}

/// The member `data` of the envelope.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Content {
    pub(super) issue: Lenient<Issue>,
    pub(super) assignee: Lenient<Actor>,
    pub(super) event: Lenient<Box<Event>>,
    pub(super) error: Lenient<Box<Event>>,
    pub(super) triggered_rule: Text,
    pub(super) alert: Lenient<Titled>,
    pub(super) activity: Lenient<Activity>,
    pub(super) metric_alert: Lenient<MetricAlert>,
    pub(super) description_title: Text,
    pub(super) description_text: Text,
    pub(super) web_url: Text,
    pub(super) group_id: Text,
    pub(super) root_cause: Lenient<RootCause>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Titled {
    pub(super) title: Text,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct MetricAlert {
    pub(super) title: Text,
    pub(super) alert_rule: Lenient<AlertRule>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct AlertRule {
    pub(super) id: Text,
    pub(super) name: Text,
    pub(super) triggers: List<Lenient<Trigger>>,
    pub(super) threshold_type: Int,
    #[serde(rename = "thresholdType")]
    pub(super) old_threshold_type: Int,
}

/// The value at which an alert rule triggers. Sentry uses both spellings of `alert_threshold`.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Trigger {
    pub(super) label: Text,
    pub(super) alert_threshold: Text,
    #[serde(rename = "alertThreshold")]
    pub(super) old_alert_threshold: Text,
}

/// An entry of an issue's activity. Only webhooks of alerts about activity contain one.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Activity {
    #[serde(rename = "type")]
    pub(super) kind: Text,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct RootCause {
    pub(super) one_line_description: Text,
    pub(super) five_whys: List<Text>,
    pub(super) reproduction_steps: List<Text>,
}

/// An event in Sentry's stored form, in `data.event` or `data.error`. The interfaces have new names, or old ones such
/// as `sentry.interfaces.Http`.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Event {
    pub(super) event_id: Text,
    pub(super) platform: Text,
    pub(super) sdk: Lenient<Named>,
    pub(super) message: Text,
    pub(super) logentry: Lenient<Box<Interface>>,
    pub(super) title: Text,
    pub(super) culprit: Text,
    pub(super) level: Text,
    pub(super) datetime: Text,
    pub(super) timestamp: Text,
    pub(super) release: Text,
    pub(super) environment: Text,
    pub(super) transaction: Text,
    pub(super) tags: Pairs,
    pub(super) request: Lenient<Box<Interface>>,
    pub(super) user: Lenient<payload::User>,
    pub(super) exception: Values<Lenient<Value>>,
    pub(super) threads: Values<Lenient<Value>>,
    pub(super) stacktrace: Lenient<Stacktrace>,
    pub(super) breadcrumbs: Values<Lenient<Value>>,
    pub(super) contexts: Lenient<Contexts>,
    pub(super) extra: Entries<Deep>,
    pub(super) modules: Entries<Text>,
    pub(super) errors: List<Lenient<ProcessingError>>,
    pub(super) url: Text,
    pub(super) web_url: Text,
    pub(super) issue_url: Text,
    pub(super) issue_id: Text,
    pub(super) occurrence: Lenient<Occurrence>,

    // Members that only some kinds of event have.
    pub(super) csp: Lenient<Box<Interface>>,
    pub(super) hpkp: Lenient<Box<Interface>>,
    pub(super) expectct: Lenient<Box<Interface>>,
    pub(super) expectstaple: Lenient<Box<Interface>>,
    pub(super) nel: Lenient<Box<Interface>>,
    #[serde(rename = "type")]
    pub(super) kind: Text,
    pub(super) spans: List<Lenient<SpanEntry>>,
    pub(super) start_timestamp: Text,
    pub(super) debug_meta: Lenient<Box<Interface>>,

    #[serde(rename = "sentry.interfaces.Exception")]
    pub(super) old_exception: Values<Lenient<Value>>,
    #[serde(rename = "sentry.interfaces.Stacktrace")]
    pub(super) old_stacktrace: Lenient<Stacktrace>,
    #[serde(rename = "sentry.interfaces.Breadcrumbs")]
    pub(super) old_breadcrumbs: Values<Lenient<Value>>,
    #[serde(rename = "sentry.interfaces.Http")]
    pub(super) old_request: Lenient<Box<Interface>>,
    #[serde(rename = "sentry.interfaces.Message")]
    pub(super) old_logentry: Lenient<Box<Interface>>,
    #[serde(rename = "sentry.interfaces.Csp")]
    pub(super) old_csp: Lenient<Box<Interface>>,
    #[serde(rename = "sentry.interfaces.Hpkp")]
    pub(super) old_hpkp: Lenient<Box<Interface>>,
    #[serde(rename = "sentry.interfaces.ExpectCT")]
    pub(super) old_expectct: Lenient<Box<Interface>>,
    #[serde(rename = "sentry.interfaces.ExpectStaple")]
    pub(super) old_expectstaple: Lenient<Box<Interface>>,
}
