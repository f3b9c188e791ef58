//! The issues of the Sentry stand-in, and their JSON.

use std::time::Duration;

use serde_json::{Map, Value, json};
use time::OffsetDateTime;

use super::event::Event;
use super::flag::Flag;
use super::stamp::{seconds, stamp};
use super::tag::Tag;

const HOUR: i64 = 3600;
const DAY: i64 = 24 * HOUR;

/// A Sentry issue. Requests to the stand-in can change its public fields, except for the two ids.
#[derive(Clone, Debug)]
#[must_use]
pub struct Issue {
    /// The numeric id of the issue.
    pub id: String,
    /// The short id: the project and a number, as in `PROJECT-1A`.
    pub short_id: String,
    /// The status: `resolved`, `unresolved` or `ignored`.
    pub status: String,
    /// The substatus: `new`, `ongoing`, `escalating`, `regressed` or `archived_…`; `None` when resolved.
    pub substatus: Option<String>,
    /// An object with the way in which the issue was resolved, or the time until which it is ignored.
    pub status_details: Value,
    /// The priority: `high`, `medium` or `low`.
    pub priority: String,
    /// The assignee: a user such as `user:1`, or a team such as `team:2`. `None` without an assignee.
    pub assigned_to: Option<String>,
    /// The number of comments on the issue.
    pub num_comments: u64,
    pub(super) title: String,
    pub(super) project: String,
    pub(super) platform: String,
    pub(super) level: String,
    pub(super) tags: Vec<Tag>,
    pub(super) flags: Vec<Flag>,
    pub(super) events: Vec<Event>,
    /// The activities of the issue, oldest first.
    pub(super) activity: Vec<Value>,
    first_ago: Duration,
    last_ago: Duration,
    releases: [Option<String>; 2],
    hourly: Vec<u64>,
    daily: Vec<u64>,
    members: Map<String, Value>,
}

impl Issue {
    /// Creates an unresolved error that began a day ago. Its project is the short id without the number, in lower case.
    pub fn new(id: &str, short_id: &str, title: &str) -> Self {
        let project = short_id.rsplit_once('-').map_or(short_id, |(project, _)| project);
        Self {
            id: id.to_owned(),
            short_id: short_id.to_owned(),
            status: "unresolved".to_owned(),
            substatus: Some("ongoing".to_owned()),
            status_details: json!({}),
            priority: "medium".to_owned(),
            assigned_to: None,
            num_comments: 0,
            title: title.to_owned(),
            project: project.to_lowercase(),
            platform: "other".to_owned(),
            level: "error".to_owned(),
            tags: Vec::new(),
            flags: Vec::new(),
            events: Vec::new(),
            activity: Vec::new(),
            first_ago: Duration::from_hours(24),
            last_ago: Duration::from_mins(1),
            releases: [None, None],
            hourly: vec![1],
            daily: vec![1],
            members: steady_members(title),
        }
    }

    /// Moves the issue into another project.
    pub fn project(mut self, slug: &str) -> Self {
        slug.clone_into(&mut self.project);
        self
    }

    /// Sets the platform: `python`, `rust`, `javascript` …
    pub fn platform(mut self, platform: &str) -> Self {
        platform.clone_into(&mut self.platform);
        self
    }

    /// Sets the level: `fatal`, `error`, `warning` …
    pub fn level(mut self, level: &str) -> Self {
        level.clone_into(&mut self.level);
        self
    }

    /// Sets the status and substatus, for example `unresolved` and `regressed`.
    pub fn status(mut self, status: &str, substatus: Option<&str>) -> Self {
        status.clone_into(&mut self.status);
        self.substatus = substatus.map(str::to_owned);
        self
    }

    /// Sets the total numbers of events and users.
    pub fn counts(self, events: u64, users: u64) -> Self {
        self.set("count", json!(events.to_string())).set("userCount", json!(users))
    }

    /// Sets the ages of the first and the last event of the issue at the start of the stand-in.
    pub fn seen(mut self, first_ago: Duration, last_ago: Duration) -> Self {
        (self.first_ago, self.last_ago) = (first_ago, last_ago);
        self
    }

    /// Sets the number of events in each hour, oldest first. The last number is that of the current, partial hour.
    pub fn hourly(mut self, events: &[u64]) -> Self {
        self.hourly = events.to_vec();
        self
    }

    /// Sets the number of events on each day, oldest first. The last number is that of today.
    pub fn daily(mut self, events: &[u64]) -> Self {
        self.daily = events.to_vec();
        self
    }

    /// Sets the releases in which the issue was first and last seen.
    pub fn releases(mut self, first: &str, last: &str) -> Self {
        self.releases = [Some(first.to_owned()), Some(last.to_owned())];
        self
    }

    /// Adds a tag with the number of events for each of its values.
    pub fn tag(mut self, key: &str, values: &[(&str, u64)]) -> Self {
        self.tags.push(Tag::new(key, values));
        self
    }

    /// Adds a feature flag with the numbers of errors by its values: in the issue, and in the whole project. Without a
    /// flag, this Sentry has no suspect flags.
    pub fn flag(mut self, name: &str, issue: &[(&str, u64)], project: &[(&str, u64)]) -> Self {
        self.flags.push(Flag::new(name, issue, project));
        self
    }

    /// Assigns the issue to `user:1` or `team:2`, which must be in the initial data.
    pub fn assigned_to(mut self, actor: &str) -> Self {
        self.assigned_to = Some(actor.to_owned());
        self
    }

    /// Adds an event. The last event is the latest one of the issue.
    pub fn event(mut self, event: Event) -> Self {
        self.events.push(event);
        self
    }

    /// Sets any other member of the issue (`culprit`, `isUnhandled`, `metadata` …), even to an invalid value.
    pub fn set(mut self, member: &str, value: Value) -> Self {
        self.members.insert(member.to_owned(), value);
        self
    }

    /// The activities of the issue, oldest first, in the API's form.
    #[must_use]
    pub fn activity(&self) -> &[Value] {
        &self.activity
    }

    /// Changes a member of the issue's JSON that has no field in this type.
    pub(super) fn put(&mut self, member: &str, value: Value) {
        self.members.insert(member.to_owned(), value);
    }

    /// The members of the issue that a list of issues contains and that an update returns.
    pub(super) fn summary(&self, view: &View<'_>) -> Map<String, Value> {
        let mut issue = self.members.clone();
        let state = json!({
            "id": self.id, "shortId": self.short_id, "title": self.title, "level": self.level,
            "platform": self.platform, "project": view.project, "permalink": view.permalink,
            "status": self.status, "substatus": self.substatus, "statusDetails": self.status_details,
            "priority": self.priority, "assignedTo": view.assignee, "numComments": self.num_comments,
            "firstSeen": stamp(view.start - self.first_ago), "lastSeen": seconds(view.start - self.last_ago),
        });
        if let Value::Object(mut state) = state {
            if !view.has_priority {
                state.remove("priority");
            }
            // Members that the test set explicitly take precedence.
            for (member, value) in state {
                issue.entry(member).or_insert(value);
            }
        }
        issue
    }

    /// The complete issue as JSON, without the groups of members (`stats`, `tags`, `release`) that the query parameter
    /// `collapse` names.
    pub(super) fn details(&self, view: &View<'_>, collapse: &[String]) -> Value {
        let mut issue = self.summary(view);
        let [first, last] = self.releases.clone().map(|version| version.map(|it| release(&it, view.start)));
        let tags: Vec<Value> = self.tags.iter().map(Tag::summary).collect();
        let groups = [
            ("stats", json!({"stats": self.stats(view.now)})),
            ("tags", json!({"tags": tags})),
            ("release", json!({"firstRelease": first, "lastRelease": last})),
            (
                "",
                json!({"activity": self.activity_newest_first(view), "seenBy": [], "participants": [],
                "pluginActions": [], "pluginIssues": [], "pluginContexts": [], "userReportCount": 0}),
            ),
        ];
        for (name, members) in groups {
            if let Value::Object(members) = members
                && !collapse.iter().any(|collapsed| collapsed == name)
            {
                for (member, value) in members {
                    issue.entry(member).or_insert(value);
                }
            }
        }
        Value::Object(issue)
    }

    /// The numbers of events in 25 hours and on 31 days. The last number of each list is that of the current hour or
    /// day.
    pub(super) fn stats(&self, now: OffsetDateTime) -> Value {
        let buckets = |counts: &[u64], width: i64, number: i64| -> Vec<(i64, u64)> {
            let current = now.unix_timestamp().div_euclid(width) * width;
            (0..number).rev().map(|back| (current - back * width, count_back(counts, back))).collect()
        };
        json!({"24h": buckets(&self.hourly, HOUR, 25), "30d": buckets(&self.daily, DAY, 31)})
    }

    fn activity_newest_first(&self, view: &View<'_>) -> Vec<Value> {
        let first_seen = json!({
            "id": "0", "user": null, "type": "first_seen", "data": {"priority": self.priority},
            "dateCreated": stamp(view.start - self.first_ago),
        });
        std::iter::once(&first_seen).chain(&self.activity).rev().cloned().collect()
    }
}

/// The context that is needed to write an issue as JSON.
pub(super) struct View<'a> {
    pub(super) project: Value,
    pub(super) assignee: &'a Value,
    pub(super) permalink: String,
    /// Whether this version of Sentry knows priorities.
    pub(super) has_priority: bool,
    pub(super) start: OffsetDateTime,
    pub(super) now: OffsetDateTime,
}

/// The members of an issue's JSON that have no field in [`Issue`], with the values of an ordinary error.
fn steady_members(title: &str) -> Map<String, Value> {
    let (kind, value) = title.split_once(": ").unwrap_or(("Error", title));
    let members = json!({
        "shareId": null, "culprit": null, "logger": null, "isPublic": false, "type": "error",
        "metadata": {"type": kind, "value": value, "title": title}, "isBookmarked": false, "isSubscribed": false,
        "subscriptionDetails": null, "hasSeen": false, "annotations": [], "issueType": "error",
        "issueCategory": "error", "priorityLockedAt": null, "isUnhandled": true, "count": "1", "userCount": 0,
        "seerFixabilityScore": null,
    });
    if let Value::Object(members) = members { members } else { Map::new() }
}

fn count_back(counts: &[u64], back: i64) -> u64 {
    usize::try_from(back).ok().and_then(|back| counts.iter().rev().nth(back)).copied().unwrap_or(0)
}

fn release(version: &str, start: OffsetDateTime) -> Value {
    let without_package = version.rsplit('@').next().unwrap_or(version);
    let hash = without_package.len() == 40 && without_package.bytes().all(|byte| byte.is_ascii_hexdigit());
    let short = if hash { &without_package[..12] } else { without_package };
    json!({
        "version": version, "shortVersion": short, "dateCreated": stamp(start), "dateReleased": null,
        "ref": null, "url": null,
    })
}
