//! API JSON as Sentry writes it: camelCase, and events as a list of entries. Everything can be null or missing.

#![expect(clippy::struct_field_names, reason = "the fields are named as Sentry names them")]

use serde::Deserialize;

use crate::domain::lenient::{Entries, Flag, Int, List, Maybe, Pairs, Sketch, Text, Values};

/// `GET …/issues/{id}/`.
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
    pub(super) assigned_to: Maybe<Named>,
    pub(super) first_seen: Text,
    pub(super) last_seen: Text,
    pub(super) count: Int,
    pub(super) user_count: Int,
    pub(super) first_release: Maybe<Release>,
    pub(super) last_release: Maybe<Release>,
    pub(super) stats: Maybe<Stats>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Project {
    pub(super) slug: Text,
    pub(super) platform: Text,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Named {
    pub(super) name: Text,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct Release {
    pub(super) short_version: Text,
    pub(super) version: Text,
}

/// Lists of `[second, events]`, oldest first.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Stats {
    #[serde(rename = "24h")]
    pub(super) hours: Option<List<List<Int>>>,
    #[serde(rename = "30d")]
    pub(super) days: Option<List<List<Int>>>,
}

/// `GET …/issues/{id}/events/{event}/`.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct Event {
    #[serde(rename = "eventID")]
    pub(super) event_id: Text,
    pub(super) platform: Text,
    pub(super) sdk: Maybe<Named>,
    pub(super) message: Text,
    pub(super) date_created: Text,
    pub(super) release: Maybe<Release>,
    pub(super) tags: Pairs,
    pub(super) entries: List<Maybe<Entry>>,
    pub(super) contexts: Maybe<Contexts>,
    pub(super) errors: List<Maybe<ProcessingError>>,
    pub(super) occurrence: Maybe<Occurrence>,
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

/// One entry. Its `data` has another shape for each type; the members of all are read side by side.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Entry {
    #[serde(rename = "type")]
    pub(super) kind: Text,
    #[serde(rename = "data")]
    pub(super) content: Maybe<EntryContent>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct EntryContent {
    /// Of `exception`, `threads` and `breadcrumbs`.
    pub(super) values: Values<Maybe<EntryValue>>,
    /// Of `stacktrace`.
    pub(super) frames: List<Maybe<Frame>>,
    /// Of `message`.
    pub(super) formatted: Text,
    /// Of `request`.
    pub(super) method: Text,
    /// Of `request`.
    pub(super) url: Text,
    /// Of `csp`.
    pub(super) effective_directive: Text,
    /// Of `csp`.
    pub(super) blocked_uri: Text,
    /// Of `csp`.
    pub(super) document_uri: Text,
}

/// A value of `exception`, `threads` or `breadcrumbs`.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct EntryValue {
    #[serde(rename = "type")]
    pub(super) kind: Text,
    pub(super) value: Text,
    pub(super) module: Text,
    pub(super) mechanism: Maybe<Mechanism>,
    pub(super) stacktrace: Maybe<Stacktrace>,
    pub(super) crashed: Flag,
    pub(super) current: Flag,
    pub(super) timestamp: Text,
    pub(super) category: Text,
    pub(super) level: Text,
    pub(super) message: Text,
    /// Of `breadcrumbs`.
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

/// Frames are oldest first.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct Frame {
    pub(super) function: Text,
    pub(super) module: Text,
    pub(super) filename: Text,
    pub(super) abs_path: Text,
    pub(super) package: Text,
    pub(super) line_no: Int,
    pub(super) col_no: Int,
    pub(super) in_app: Flag,
    /// `[line number, source]` of the lines around.
    pub(super) context: List<List<Text>>,
    pub(super) vars: Entries<Sketch>,
}

/// `GET …/issues/{id}/tags/`: one of them.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct Tag {
    pub(super) key: Text,
    pub(super) total_values: Int,
    pub(super) top_values: List<Maybe<TagValue>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct TagValue {
    pub(super) value: Text,
    pub(super) count: Int,
}

/// `GET …/events/{id}/committers/`.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Committers {
    pub(super) committers: List<Maybe<Committer>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Committer {
    pub(super) author: Maybe<Author>,
    pub(super) commits: List<Maybe<Commit>>,
}

/// `id` is there when Sentry knows the author as one of its users.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Author {
    pub(super) id: Text,
    pub(super) name: Text,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct Commit {
    pub(super) id: Text,
    pub(super) message: Text,
    pub(super) suspect_commit_type: Text,
    pub(super) patch_set: List<Maybe<Patch>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Patch {
    pub(super) path: Text,
}

/// A comment.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Comment {
    pub(super) id: Text,
    pub(super) user: Maybe<User>,
    #[serde(rename = "data")]
    pub(super) content: Maybe<CommentContent>,
    #[serde(rename = "dateCreated")]
    pub(super) date_created: Text,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct CommentContent {
    pub(super) text: Text,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct User {
    pub(super) id: Text,
}
