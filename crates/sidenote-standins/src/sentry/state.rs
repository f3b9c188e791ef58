//! The state of a Sentry stand-in, and the context of one call to it.

use std::collections::HashMap;
use std::time::Duration;

use serde_json::Value;
use time::OffsetDateTime;

use super::super::exchange::{Recorded, Reply};
use super::answers;
use super::issue::{Issue, View};
use super::notes::StoredNote;
use super::routes::Found;
use super::token::Token;
use super::world::SentryWorld;

const FIRST_ID: u64 = 4_700_000_001;

/// The data of the stand-in: the initial data with every change by requests.
pub(super) struct State {
    pub(super) world: SentryWorld,
    /// The scheme, host and port of the stand-in, without the path prefix of `world`.
    pub(super) url: String,
    /// The comments on all issues, oldest first.
    pub(super) notes: Vec<StoredNote>,
    /// The time at which the stand-in started. All ages in the initial data are relative to it.
    pub(super) start: OffsetDateTime,
    /// The number of requests per token, method and endpoint, after the second in which they were counted. The rate
    /// limits need it.
    pub(super) spent: HashMap<String, (i64, u32)>,
    ahead: Duration,
    ids: u64,
}

/// One admitted request with the route that it matched, and its token if it has one.
pub(super) struct Call<'a> {
    pub(super) request: &'a Recorded,
    pub(super) found: &'a Found,
    pub(super) token: Option<&'a Token>,
    pub(super) pairs: Vec<(String, String)>,
}

impl Call<'_> {
    /// The first value of a query parameter.
    pub(super) fn query(&self, name: &str) -> Option<&str> {
        self.pairs.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// All values of a query parameter.
    pub(super) fn query_all(&self, name: &str) -> Vec<String> {
        self.pairs.iter().filter(|(known, _)| known == name).map(|(_, value)| value.clone()).collect()
    }
}

impl State {
    pub(super) fn new(world: SentryWorld, url: &str) -> Self {
        let start = world.fixed_now.unwrap_or_else(OffsetDateTime::now_utc);
        Self {
            world,
            url: url.to_owned(),
            notes: Vec::new(),
            start,
            spent: HashMap::new(),
            ahead: Duration::ZERO,
            ids: FIRST_ID,
        }
    }

    pub(super) fn now(&self) -> OffsetDateTime {
        self.world.fixed_now.unwrap_or_else(OffsetDateTime::now_utc) + self.ahead
    }

    pub(super) fn advance(&mut self, by: Duration) {
        self.ahead += by;
    }

    pub(super) fn next_id(&mut self) -> u64 {
        self.ids += 1;
        self.ids - 1
    }

    /// Looks up the numeric id of the issue of a call, as the real API does: short ids work only below an organization,
    /// a merged id leads to the surviving issue, and issues of other organizations are hidden or forbidden.
    pub(super) fn issue_id(&self, call: &Call<'_>) -> Result<String, Reply> {
        let wanted = call.found.capture("issue");
        // A short id leads nowhere without its organization, whether or not its issue was merged.
        let is_number = wanted.bytes().all(|byte| byte.is_ascii_digit());
        let mut merged = self.world.merged.iter().filter(|_| is_number || !call.found.bare);
        let merged = merged.find(|(gone, _)| gone.eq_ignore_ascii_case(wanted));
        let wanted = merged.map_or(wanted, |(_, survivor)| survivor);
        if call.found.bare && self.world.other_orgs.iter().any(|id| id == wanted) {
            return Err(answers::forbidden());
        }
        let same = |issue: &&Issue| {
            issue.id == wanted || (!call.found.bare && issue.short_id.eq_ignore_ascii_case(wanted))
        };
        self.world.issues.iter().find(same).map(|issue| issue.id.clone()).ok_or_else(answers::not_found)
    }

    /// Returns the issue that a call is about. The error is the reply 404 or 403.
    pub(super) fn issue(&self, call: &Call<'_>) -> Result<&Issue, Reply> {
        let id = self.issue_id(call)?;
        self.find(&id).ok_or_else(answers::not_found)
    }

    /// Finds an issue by its numeric id.
    pub(super) fn find(&self, id: &str) -> Option<&Issue> {
        self.world.issues.iter().find(|issue| issue.id == id)
    }

    /// Changes the issue with this numeric id, if there is one.
    pub(super) fn edit(&mut self, id: &str, change: impl FnOnce(&mut Issue)) {
        if let Some(issue) = self.world.issues.iter_mut().find(|issue| issue.id == id) {
            change(issue);
        }
    }

    /// Deletes an issue and its comments.
    ///
    /// # Panics
    ///
    /// Panics if there is no such issue.
    pub(super) fn delete(&mut self, id: &str) {
        drop(self.remove(id));
        self.notes.retain(|note| note.issue != id);
    }

    /// Merges the issue `gone` into the issue `survivor`: its events and comments move, and its id and short id lead to
    /// the survivor.
    ///
    /// # Panics
    ///
    /// Panics if one of the issues does not exist, or if both are the same issue.
    pub(super) fn merge(&mut self, gone: &str, survivor: &str) {
        assert!(gone != survivor && self.find(survivor).is_some(), "{gone} cannot be merged into {survivor}");
        let Issue { short_id, events, .. } = self.remove(gone);
        self.edit(survivor, |issue| issue.events.splice(..0, events).for_each(drop));
        for note in self.notes.iter_mut().filter(|note| note.issue == gone) {
            survivor.clone_into(&mut note.issue);
        }
        // An issue that was merged into `gone` before now leads to the survivor.
        for (_, leads_to) in self.world.merged.iter_mut().filter(|(_, leads_to)| leads_to == gone) {
            survivor.clone_into(leads_to);
        }
        self.world.merged.extend([gone, &short_id].map(|old| (old.to_owned(), survivor.to_owned())));
    }

    #[expect(clippy::expect_used, reason = "a test that deletes an issue that is not there is wrong")]
    fn remove(&mut self, id: &str) -> Issue {
        let at = self.world.issues.iter().position(|issue| issue.id == id);
        self.world.issues.remove(at.expect("the world has the issue"))
    }

    /// Returns the context that is needed to write an issue as JSON.
    pub(super) fn view(&self, issue: &Issue) -> View<'_> {
        let SentryWorld { projects, assignees, prefix, org, .. } = &self.world;
        let assigned = assignees.iter().find(|it| Some(&it.actor) == issue.assigned_to.as_ref());
        let project = projects.iter().find(|project| project.slug == issue.project);
        View {
            project: project.map_or(Value::Null, super::world::Project::json),
            assignee: assigned.map_or(&Value::Null, |assignee| &assignee.json),
            permalink: format!("{}{prefix}/organizations/{org}/issues/{}/", self.url, issue.id),
            has_priority: self.world.has_priorities(),
            start: self.start,
            now: self.now(),
        }
    }
}
