//! What only webhooks write. Every member can be null, missing, unknown or of another type.

#![expect(clippy::struct_field_names, reason = "the fields are named as Sentry names them")]

use serde::Deserialize;

use crate::domain::lenient::{Int, List, Maybe, Pairs, Text, Values};
use crate::payload::{
    Contexts, Interface, Issue, Named, Occurrence, ProcessingError, SpanEntry, Stacktrace, Value,
};

/// The whole body: the app platform's envelope, and beside it the flat body of the legacy plugin.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Body {
    pub(super) action: Text,
    pub(super) data: Maybe<Content>,

    // The legacy plugin's flat members.
    pub(super) id: Text,
    pub(super) project_slug: Text,
    pub(super) culprit: Text,
    pub(super) message: Text,
    pub(super) level: Text,
    pub(super) url: Text,
    pub(super) triggering_rules: List<Text>,
    pub(super) event: Maybe<Event>,
}

/// The envelope's `data`.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Content {
    pub(super) issue: Maybe<Issue>,
    pub(super) event: Maybe<Event>,
    pub(super) error: Maybe<Event>,
    pub(super) triggered_rule: Text,
    pub(super) alert: Maybe<Titled>,
    pub(super) activity: Maybe<Activity>,
    pub(super) metric_alert: Maybe<MetricAlert>,
    pub(super) description_title: Text,
    pub(super) description_text: Text,
    pub(super) web_url: Text,
    pub(super) group_id: Text,
    pub(super) root_cause: Maybe<RootCause>,
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
    pub(super) alert_rule: Maybe<AlertRule>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct AlertRule {
    pub(super) id: Text,
    pub(super) name: Text,
    pub(super) triggers: List<Maybe<Trigger>>,
    pub(super) threshold_type: Int,
    #[serde(rename = "thresholdType")]
    pub(super) old_threshold_type: Int,
}

/// At which value an alert rule speaks up. Both spellings occur.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Trigger {
    pub(super) label: Text,
    pub(super) alert_threshold: Text,
    #[serde(rename = "alertThreshold")]
    pub(super) old_alert_threshold: Text,
}

/// What happened to an issue, of alerts on that.
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

/// `data.event` and `data.error`: the stored form, `snake_case`, with the interfaces' old names beside the new.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Event {
    pub(super) event_id: Text,
    pub(super) platform: Text,
    pub(super) sdk: Maybe<Named>,
    pub(super) message: Text,
    pub(super) logentry: Maybe<Interface>,
    pub(super) title: Text,
    pub(super) culprit: Text,
    pub(super) level: Text,
    pub(super) datetime: Text,
    pub(super) timestamp: Text,
    pub(super) release: Text,
    pub(super) environment: Text,
    pub(super) transaction: Text,
    pub(super) tags: Pairs,
    pub(super) request: Maybe<Interface>,
    pub(super) exception: Values<Maybe<Value>>,
    pub(super) threads: Values<Maybe<Value>>,
    pub(super) stacktrace: Maybe<Stacktrace>,
    pub(super) breadcrumbs: Values<Maybe<Value>>,
    pub(super) contexts: Maybe<Contexts>,
    pub(super) errors: List<Maybe<ProcessingError>>,
    pub(super) url: Text,
    pub(super) web_url: Text,
    pub(super) issue_url: Text,
    pub(super) issue_id: Text,
    pub(super) occurrence: Maybe<Occurrence>,

    // What only some kinds have.
    pub(super) csp: Maybe<Interface>,
    pub(super) hpkp: Maybe<Interface>,
    pub(super) expectct: Maybe<Interface>,
    pub(super) expectstaple: Maybe<Interface>,
    pub(super) nel: Maybe<Interface>,
    #[serde(rename = "type")]
    pub(super) kind: Text,
    pub(super) spans: List<Maybe<SpanEntry>>,
    pub(super) start_timestamp: Text,
    pub(super) debug_meta: Maybe<Interface>,

    #[serde(rename = "sentry.interfaces.Exception")]
    pub(super) old_exception: Values<Maybe<Value>>,
    #[serde(rename = "sentry.interfaces.Stacktrace")]
    pub(super) old_stacktrace: Maybe<Stacktrace>,
    #[serde(rename = "sentry.interfaces.Breadcrumbs")]
    pub(super) old_breadcrumbs: Values<Maybe<Value>>,
    #[serde(rename = "sentry.interfaces.Http")]
    pub(super) old_request: Maybe<Interface>,
    #[serde(rename = "sentry.interfaces.Message")]
    pub(super) old_logentry: Maybe<Interface>,
    #[serde(rename = "sentry.interfaces.Csp")]
    pub(super) old_csp: Maybe<Interface>,
    #[serde(rename = "sentry.interfaces.Hpkp")]
    pub(super) old_hpkp: Maybe<Interface>,
    #[serde(rename = "sentry.interfaces.ExpectCT")]
    pub(super) old_expectct: Maybe<Interface>,
    #[serde(rename = "sentry.interfaces.ExpectStaple")]
    pub(super) old_expectstaple: Maybe<Interface>,
}
