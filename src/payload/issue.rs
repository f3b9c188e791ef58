//! A Sentry issue. Webhooks and the API write an issue alike, because Sentry uses one serializer for both.

use serde::Deserialize;

use super::Named;
use super::feedback::Feedback;
use crate::domain::ids::{IssueId, Slug};
use crate::domain::issue::{self, Substatus};
use crate::domain::kind::Kind;
use crate::domain::text::Untrusted;
use crate::domain::timestamp::Timestamp;
use crate::json::{Int, Lenient, List, Text};

/// The JSON of an issue. Its id is a string or a number, and its `count` is a string.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(crate) struct Issue {
    pub(crate) id: Text,
    short_id: Text,
    title: Text,
    culprit: Text,
    level: Text,
    pub(crate) platform: Text,
    project: Lenient<Project>,
    pub(crate) status: Text,
    pub(crate) substatus: Text,
    priority: Text,
    #[serde(rename = "issueCategory")]
    category: Text,
    #[serde(rename = "issueType")]
    kind: Text,
    metadata: Lenient<Metadata>,
    first_seen: Text,
    last_seen: Text,
    count: Int,
    user_count: Int,
    pub(crate) permalink: Text,

    pub(crate) activity: List<Lenient<Activity>>,

    // Members that change often. Only the API's values are used, because Sidenote asks the API at the moment of the
    // analysis.
    pub(crate) assigned_to: Lenient<Named>,
    pub(crate) first_release: Lenient<Release>,
    pub(crate) last_release: Lenient<Release>,
    pub(crate) stats: Lenient<Stats>,

    // Members that only a webhook has.
    pub(crate) url: Text,
    #[serde(rename = "web_url")]
    pub(crate) web_url: Text,
}

/// The `metadata` of an issue: a detector's subtitle (`value`), or the parts of a person's feedback.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Metadata {
    value: Text,
    message: Text,
    name: Text,
    contact_email: Text,
    associated_event_id: Text,
}

impl Metadata {
    fn feedback(self) -> Feedback {
        Feedback {
            message: self.message,
            name: self.name,
            contact_email: self.contact_email,
            associated_event_id: self.associated_event_id,
            ..Feedback::default()
        }
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Project {
    pub(crate) slug: Text,
    pub(crate) platform: Text,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(crate) struct Release {
    pub(crate) short_version: Text,
    pub(crate) version: Text,
}

/// An entry of an issue's activity, such as a comment.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Activity {
    #[serde(rename = "type")]
    kind: Text,
    #[serde(rename = "data")]
    content: Lenient<ActivityContent>,
    #[serde(rename = "dateCreated")]
    at: Text,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct ActivityContent {
    text: Text,
}

/// At most this many comments are kept.
const COMMENTS: usize = 5;
/// The beginning of the marker that all versions of Sidenote write into their notes.
const OWN_MARK: &str = "<!-- sidenote:";

/// Returns the newest comments of people on the issue, in Sentry's order (newest first), without Sidenote's own notes.
fn comments(activity: List<Lenient<Activity>>) -> Vec<Untrusted> {
    let notes = activity.0.into_iter().filter_map(|activity| activity.0);
    let notes = notes.filter(|activity| activity.kind.as_deref() == Some("note"));
    let texts = notes.filter_map(|note| note.content.0?.text.into_option());
    texts.filter(|text| !text.contains(OWN_MARK)).take(COMMENTS).map(Untrusted::new).collect()
}

/// Sentry's names for the activities "the issue regressed" and "the issue escalates".
const RETURNS: [&str; 2] = ["set_regression", "set_escalating"];

/// Returns the time at which the issue last regressed or began to escalate.
fn returned_at(activity: &List<Lenient<Activity>>) -> Option<Timestamp> {
    let entries = activity.0.iter().filter_map(|activity| activity.0.as_ref());
    let returns = entries.filter(|entry| entry.kind.as_deref().is_some_and(|kind| RETURNS.contains(&kind)));
    returns.filter_map(|entry| Timestamp::parse(entry.at.as_deref()?)).max()
}

/// The number of events per hour of the last day and per day of the last month, as lists of `[second, events]`, oldest
/// first. `second` is the time in seconds since 1970.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Stats {
    #[serde(rename = "24h")]
    pub(crate) hours: Option<List<List<Int>>>,
    #[serde(rename = "30d")]
    pub(crate) days: Option<List<List<Int>>>,
}

impl Issue {
    /// Returns the domain's issue with the members that webhooks and the API have in common.
    pub(crate) fn of(self, id: IssueId) -> issue::Issue {
        let project = self.project.0.unwrap_or_default();
        let kind = Kind::parse(self.kind.as_deref(), self.category.as_deref());
        let mut metadata = self.metadata.0.unwrap_or_default();
        let is_feedback = kind == Some(Kind::Feedback);
        // The title of feedback can contain the person's name. The `value` of an error is already part of its title.
        let shown = |text: Text| text.untrusted().filter(|_| !is_feedback);
        issue::Issue {
            short_id: self.short_id.untrusted(),
            title: shown(self.title),
            culprit: shown(self.culprit),
            subtitle: shown(std::mem::take(&mut metadata.value)).filter(|_| kind.is_some()),
            feedback: is_feedback.then(|| metadata.feedback().read()),
            level: self.level.untrusted(),
            platform: self.platform.untrusted().or(project.platform.untrusted()),
            project: project.slug.as_deref().and_then(|slug| Slug::parse(slug).ok()),
            status: self.status.untrusted(),
            substatus: self.substatus.as_deref().and_then(Substatus::parse),
            priority: self.priority.untrusted(),
            kind,
            first_seen: self.first_seen.as_deref().and_then(Timestamp::parse),
            last_seen: self.last_seen.as_deref().and_then(Timestamp::parse),
            events: self.count.non_negative(),
            users: self.user_count.non_negative(),
            returned_at: returned_at(&self.activity),
            comments: comments(self.activity),
            ..issue::Issue::unknown(id)
        }
    }
}
