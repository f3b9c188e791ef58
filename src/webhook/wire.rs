//! Webhook JSON as Sentry writes it. Every member can be null, missing, unknown or of another type.

#![expect(clippy::struct_field_names, reason = "the fields are named as Sentry names them")]

use serde::Deserialize;

use crate::domain::lenient::{Entries, Flag, Int, List, Maybe, Pairs, Sketch, Text, Values};

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
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct RootCause {
    pub(super) one_line_description: Text,
    pub(super) five_whys: List<Text>,
    pub(super) reproduction_steps: List<Text>,
}

/// `data.issue`: camelCase, ids as text or number, `count` as text.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct Issue {
    pub(super) id: Text,
    pub(super) short_id: Text,
    pub(super) title: Text,
    pub(super) culprit: Text,
    pub(super) level: Text,
    pub(super) platform: Text,
    pub(super) project: Maybe<Project>,
    pub(super) status: Text,
    pub(super) substatus: Text,
    pub(super) priority: Text,
    pub(super) issue_category: Text,
    pub(super) first_seen: Text,
    pub(super) last_seen: Text,
    pub(super) count: Int,
    pub(super) user_count: Int,
    pub(super) url: Text,
    #[serde(rename = "web_url")]
    pub(super) web_url: Text,
    pub(super) permalink: Text,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Project {
    pub(super) slug: Text,
    pub(super) platform: Text,
}

/// `data.event` and `data.error`: the stored form, `snake_case`, with the interfaces' old names beside the new.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Event {
    pub(super) event_id: Text,
    pub(super) platform: Text,
    pub(super) sdk: Maybe<Named>,
    pub(super) message: Text,
    pub(super) logentry: Maybe<LogEntry>,
    pub(super) title: Text,
    pub(super) culprit: Text,
    pub(super) level: Text,
    pub(super) datetime: Text,
    pub(super) timestamp: Int,
    pub(super) release: Text,
    pub(super) environment: Text,
    pub(super) transaction: Text,
    pub(super) tags: Pairs,
    pub(super) request: Maybe<Request>,
    pub(super) exception: Values<Maybe<Exception>>,
    pub(super) threads: Values<Maybe<Thread>>,
    pub(super) stacktrace: Maybe<Stacktrace>,
    pub(super) breadcrumbs: Values<Maybe<Breadcrumb>>,
    pub(super) contexts: Maybe<Contexts>,
    pub(super) errors: List<Maybe<ProcessingError>>,
    pub(super) url: Text,
    pub(super) web_url: Text,
    pub(super) issue_url: Text,
    pub(super) issue_id: Text,
    pub(super) csp: Maybe<Csp>,
    pub(super) occurrence: Maybe<Occurrence>,

    #[serde(rename = "sentry.interfaces.Exception")]
    pub(super) old_exception: Values<Maybe<Exception>>,
    #[serde(rename = "sentry.interfaces.Stacktrace")]
    pub(super) old_stacktrace: Maybe<Stacktrace>,
    #[serde(rename = "sentry.interfaces.Breadcrumbs")]
    pub(super) old_breadcrumbs: Values<Maybe<Breadcrumb>>,
    #[serde(rename = "sentry.interfaces.Http")]
    pub(super) old_request: Maybe<Request>,
    #[serde(rename = "sentry.interfaces.Message")]
    pub(super) old_logentry: Maybe<LogEntry>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Named {
    pub(super) name: Text,
}

/// A browser's report on a content security policy.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Csp {
    pub(super) effective_directive: Text,
    pub(super) blocked_uri: Text,
    pub(super) document_uri: Text,
}

/// What one of Sentry's detectors found; errors have none.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct Occurrence {
    pub(super) subtitle: Text,
    pub(super) evidence_display: List<Maybe<Shown>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Shown {
    pub(super) name: Text,
    pub(super) value: Text,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct LogEntry {
    pub(super) formatted: Text,
    pub(super) message: Text,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Request {
    pub(super) method: Text,
    pub(super) url: Text,
}

/// Only whether Rust's context is there: it tells Rust from other `native` senders.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Contexts {
    pub(super) rust: Maybe<Named>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct ProcessingError {
    #[serde(rename = "type")]
    pub(super) kind: Text,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Exception {
    #[serde(rename = "type")]
    pub(super) kind: Text,
    pub(super) value: Text,
    pub(super) module: Text,
    pub(super) mechanism: Maybe<Mechanism>,
    pub(super) stacktrace: Maybe<Stacktrace>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Mechanism {
    pub(super) handled: Flag,
    pub(super) synthetic: Flag,
    pub(super) is_exception_group: Flag,
    pub(super) exception_id: Int,
    pub(super) parent_id: Int,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Stacktrace {
    pub(super) frames: List<Maybe<Frame>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Thread {
    pub(super) crashed: Flag,
    pub(super) current: Flag,
    pub(super) stacktrace: Maybe<Stacktrace>,
}

/// Frames are oldest first.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Frame {
    pub(super) function: Text,
    pub(super) module: Text,
    pub(super) filename: Text,
    pub(super) abs_path: Text,
    pub(super) package: Text,
    pub(super) lineno: Int,
    pub(super) colno: Int,
    pub(super) in_app: Flag,
    pub(super) context_line: Text,
    pub(super) pre_context: List<Text>,
    pub(super) post_context: List<Text>,
    pub(super) vars: Entries<Sketch>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Breadcrumb {
    pub(super) timestamp: Text,
    pub(super) category: Text,
    pub(super) level: Text,
    pub(super) message: Text,
    #[serde(rename = "data")]
    pub(super) details: Maybe<BreadcrumbDetails>,
}

/// What HTTP breadcrumbs carry instead of a message.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct BreadcrumbDetails {
    pub(super) method: Text,
    pub(super) url: Text,
    pub(super) status_code: Text,
}
