//! The JSON forms that Sentry's API uses and Sentry's webhooks do not. Most names are in camelCase, and the interfaces
//! of an event are a list of entries. Every member can be null or missing.

#![expect(clippy::struct_field_names, reason = "the fields are named as Sentry names them")]

use serde::Deserialize;

use crate::json::{Content, Entries, Flag, Int, Lenient, List, Pairs, Text};
use crate::payload::{
    self, Contexts, Deep, Interface, Named, Occurrence, ProcessingError, Release, SpanEntry,
};

/// An event, as `GET …/issues/{id}/events/{event}/` returns it.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct Event {
    #[serde(rename = "eventID")]
    pub(super) event_id: Text,
    pub(super) platform: Text,
    pub(super) sdk: Lenient<Named>,
    pub(super) message: Text,
    pub(super) date_created: Text,
    pub(super) release: Lenient<Release>,
    pub(super) tags: Pairs,
    pub(super) entries: List<Lenient<Entry>>,
    pub(super) user: Lenient<payload::User>,
    pub(super) contexts: Lenient<Contexts>,
    /// Values that the monitored program added to the event. Webhooks call this member `extra`.
    pub(super) context: Entries<Deep>,
    pub(super) packages: Entries<Text>,
    pub(super) errors: List<Lenient<ProcessingError>>,
    pub(super) occurrence: Lenient<Occurrence>,
    #[serde(rename = "type")]
    pub(super) kind: Text,
    pub(super) start_timestamp: Text,
    pub(super) end_timestamp: Text,
}

/// One entry of an event: the name of a Sentry interface, such as `exception`, and its content. The content of
/// `spans` is a list.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Entry {
    #[serde(rename = "type")]
    pub(super) kind: Text,
    #[serde(rename = "data")]
    pub(super) content: Content<Interface, Lenient<SpanEntry>>,
}

/// A tag of an issue with its most frequent values, as an element of `GET …/issues/{id}/tags/`.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct Tag {
    pub(super) key: Text,
    pub(super) total_values: Int,
    pub(super) top_values: List<Lenient<TagValue>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct TagValue {
    pub(super) value: Text,
    pub(super) count: Int,
}

/// The distributions of errors over feature flags, as `GET …/issues/{id}/suspect/flags/` returns them.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct SuspectFlags {
    #[serde(rename = "data")]
    pub(super) flags: List<Lenient<SuspectFlag>>,
}

/// The distribution of errors over one feature flag. Sentry marks a flag as filtered if its values in the issue do not
/// differ from those elsewhere.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct SuspectFlag {
    pub(super) flag: Text,
    pub(super) is_filtered: Flag,
    pub(super) distribution: Lenient<Distribution>,
}

/// The numbers of errors by the value of a flag: in the issue (`outliers`), and in the project (`baseline`).
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Distribution {
    pub(super) outliers: Entries<Int>,
    pub(super) baseline: Entries<Int>,
}

/// The authors of the suspect commits of an event, as `GET …/events/{id}/committers/` returns them.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Committers {
    pub(super) committers: List<Lenient<Committer>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Committer {
    pub(super) author: Lenient<Author>,
    pub(super) commits: List<Lenient<Commit>>,
}

/// The author of a commit. The `id` is present if Sentry knows the author as one of its users.
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
    pub(super) patch_set: List<Lenient<Patch>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Patch {
    pub(super) path: Text,
}

/// A comment on an issue, as the API returns it.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Comment {
    pub(super) id: Text,
    pub(super) user: Lenient<User>,
    #[serde(rename = "data")]
    pub(super) content: Lenient<CommentContent>,
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
    pub(super) name: Text,
    pub(super) username: Text,
}
