//! The watch over Sentry's webhooks: it notices issues whose webhook never came.
//!
//! Each look of the sweep gives it the recent issues. It judges each change of an issue once, after the webhook had
//! time to arrive. Changes of one kind in one project form a *stream*. A stream is silent if more changes in a row had
//! no webhook than ever before, so an alert rule that selects issues causes no lasting alarm. A stream that never had a
//! webhook is expected to have them only while no stream ever had one: that is a new set-up.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::ids::IssueId;
use super::incident::{ChangeKind, IncidentRecord};
use super::issue::{Issue, Substatus};
use super::timestamp::Timestamp;

/// The time that a webhook has to arrive, in milliseconds.
pub const GRACE_MS: u64 = 5 * 60 * 1000;
/// The interval at which a lasting silence is reported again, in milliseconds.
const AGAIN_MS: u64 = 24 * 60 * 60 * 1000;
/// The largest number of streams in a record.
const STREAMS: usize = 500;

/// The record of the watch.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WebhookWatch {
    /// New issues up to this time, in milliseconds since 1970, were judged, or are older than the watch.
    pub judged_until_ms: u64,
    /// The time of the last look, in milliseconds since 1970.
    pub looked_ms: u64,
    /// The issues that were regressed or escalating at the last look. The value is the time of the look before the
    /// change if the change is not judged yet.
    pub returned: BTreeMap<IssueId, Option<u64>>,
    /// The issues that returned without a webhook, and whose return is not handled yet. The value is the earliest time of
    /// the return, in milliseconds since 1970.
    #[serde(default)]
    pub unhandled: BTreeMap<IssueId, u64>,
    /// The streams, by project and kind of change.
    pub streams: BTreeMap<String, Stream>,
    /// The time of the last report of the current silence, in milliseconds since 1970. `None` if there is no silence.
    pub reported_ms: Option<u64>,
}

/// The changes of one kind in one project.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stream {
    /// The project.
    pub project: String,
    /// Whether a change ever had its webhook.
    pub is_known: bool,
    /// The number of changes without a webhook since the last one that had one.
    pub missed: u32,
    /// The time of the first of them, in milliseconds since 1970.
    pub missed_since_ms: u64,
    /// The largest such number before.
    pub tolerated: u32,
}

/// A change of an issue that is to be judged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// The issue.
    pub issue: Issue,
    /// The kind.
    pub kind: ChangeKind,
    /// The earliest time at which it can have happened, in milliseconds since 1970.
    pub since_ms: u64,
}

/// The return of an issue: a regression or an escalation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Return {
    /// The issue.
    pub issue: Issue,
    /// Its substatus.
    pub substatus: Substatus,
    /// The earliest time at which it can have happened, in milliseconds since 1970.
    pub since_ms: u64,
}

/// Webhooks that do not arrive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WebhookSilence {
    /// The time of the first change without a webhook, in milliseconds since 1970.
    pub since_ms: u64,
    /// The number of changes without a webhook.
    pub issues: u64,
    /// The projects.
    pub projects: Vec<String>,
}

/// The reason to tell people about a silence.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SilenceNews {
    /// It began.
    Began,
    /// It has lasted for another day.
    Lasts,
    /// It is over.
    Over,
}

impl WebhookSilence {
    /// The time of the first change without a webhook.
    #[must_use]
    pub fn since(&self) -> Option<Timestamp> {
        i64::try_from(self.since_ms / 1000).ok().and_then(Timestamp::from_unix)
    }
}

impl Change {
    /// Whether a delivery about this change came, according to the issue's record. Without a record, `has_note` decides:
    /// the note then is of a delivery that could not be recorded.
    #[must_use]
    pub fn was_delivered(&self, record: Option<&IncidentRecord>, has_note: bool) -> bool {
        let Some(record) = record else { return has_note };
        let is_of_now = self.kind == ChangeKind::Seen || record.has_begun_since(self.since_ms);
        is_of_now && record.had_webhook()
    }

    fn stream(&self) -> (String, String) {
        let project = self.issue.project.as_ref().map_or("?", |project| project.as_str()).to_owned();
        (format!("{project} {:?}", self.kind).to_lowercase(), project)
    }
}

impl WebhookWatch {
    /// Begins a watch. Earlier changes are not judged, because Sidenote may not have been set up then.
    #[must_use]
    pub fn begin(issues: &[Issue], now_ms: u64) -> Self {
        let returned = issues.iter().filter(|issue| returned(issue).is_some());
        Self {
            judged_until_ms: now_ms,
            looked_ms: now_ms,
            returned: returned.map(|issue| (issue.id.clone(), None)).collect(),
            unhandled: BTreeMap::new(),
            streams: BTreeMap::new(),
            reported_ms: None,
        }
    }

    /// The changes to judge now, the earliest first.
    #[must_use]
    pub fn due(&self, issues: &[Issue], now_ms: u64) -> Vec<Change> {
        let mut due: Vec<Change> = issues.iter().filter_map(|issue| self.change(issue, now_ms)).collect();
        due.sort_by_key(|change| change.since_ms);
        due
    }

    fn change(&self, issue: &Issue, now_ms: u64) -> Option<Change> {
        let change = |kind, since_ms| Some(Change { issue: issue.clone(), kind, since_ms });
        let had_time = |at_ms: u64| at_ms.saturating_add(GRACE_MS) <= now_ms;
        let Some(kind) = returned(issue) else {
            let first_ms = millis(issue.first_seen)?;
            let is_due = first_ms > self.judged_until_ms && had_time(first_ms);
            return if is_due { change(ChangeKind::Seen, first_ms) } else { None };
        };
        match self.returned.get(&issue.id) {
            Some(Some(since_ms)) => change(kind, *since_ms),
            None if had_time(millis(issue.last_seen)?) => {
                change(kind, self.looked_ms.saturating_sub(GRACE_MS))
            }
            Some(None) | None => None,
        }
    }

    /// Returns the record after a look at `issues`, of which `judged` were judged: each change with whether its
    /// webhook came. Also returns what to tell people.
    #[must_use]
    pub fn look(
        &self,
        issues: &[Issue],
        judged: &[(Change, bool)],
        now_ms: u64,
    ) -> (Self, Option<SilenceNews>) {
        let mut next = self.clone();
        for (change, is_delivered) in judged {
            next.judge(change, *is_delivered);
            if !is_delivered && change.kind != ChangeKind::Seen {
                next.unhandled.insert(change.issue.id.clone(), change.since_ms);
            }
        }
        next.unhandled
            .retain(|id, _| issues.iter().any(|issue| issue.id == *id && returned(issue).is_some()));
        let pending = |issue: &Issue| {
            let is_judged = judged.iter().any(|(change, _)| change.issue.id == issue.id);
            let known = self.returned.get(&issue.id).copied();
            let since_ms = known.unwrap_or(Some(self.looked_ms.saturating_sub(GRACE_MS)));
            (issue.id.clone(), since_ms.filter(|_| !is_judged))
        };
        next.returned = issues.iter().filter(|issue| returned(issue).is_some()).map(pending).collect();
        next.judged_until_ms = self.judged_until_ms.max(now_ms.saturating_sub(GRACE_MS));
        next.looked_ms = now_ms;
        let news = match (next.silence().is_some(), self.reported_ms) {
            (true, None) => Some(SilenceNews::Began),
            (true, Some(told_ms)) if told_ms.saturating_add(AGAIN_MS) <= now_ms => Some(SilenceNews::Lasts),
            (false, Some(_)) => Some(SilenceNews::Over),
            _ => None,
        };
        next.reported_ms = match news {
            Some(SilenceNews::Began | SilenceNews::Lasts) => Some(now_ms),
            Some(SilenceNews::Over) => None,
            None => self.reported_ms,
        };
        (next, news)
    }

    /// The returns of `issues` that had no webhook and are not handled yet.
    #[must_use]
    pub fn to_handle(&self, issues: &[Issue]) -> Vec<Return> {
        let unhandled = |issue: &Issue| {
            let since_ms = *self.unhandled.get(&issue.id)?;
            Some(Return { substatus: issue.substatus?, issue: issue.clone(), since_ms })
        };
        issues.iter().filter_map(unhandled).collect()
    }

    fn judge(&mut self, change: &Change, is_delivered: bool) {
        let (key, project) = change.stream();
        if self.streams.len() >= STREAMS && !self.streams.contains_key(&key) {
            return;
        }
        let stream = self.streams.entry(key).or_default();
        stream.project = project;
        if is_delivered {
            stream.is_known = true;
            stream.tolerated = stream.tolerated.max(stream.missed);
            stream.missed = 0;
        } else {
            if stream.missed == 0 {
                stream.missed_since_ms = change.since_ms;
            }
            stream.missed = stream.missed.saturating_add(1);
        }
    }

    /// The current silence.
    #[must_use]
    pub fn silence(&self) -> Option<WebhookSilence> {
        let is_new_set_up = !self.streams.values().any(|stream| stream.is_known);
        let is_silent =
            |stream: &&Stream| (stream.is_known || is_new_set_up) && stream.missed > stream.tolerated;
        let silent: Vec<&Stream> = self.streams.values().filter(is_silent).collect();
        let mut projects: Vec<String> = silent.iter().map(|stream| stream.project.clone()).collect();
        projects.dedup();
        Some(WebhookSilence {
            since_ms: silent.iter().map(|stream| stream.missed_since_ms).min()?,
            issues: silent.iter().map(|stream| u64::from(stream.missed)).sum(),
            projects,
        })
    }
}

/// The kind of change that made an issue return.
fn returned(issue: &Issue) -> Option<ChangeKind> {
    match issue.substatus? {
        Substatus::Regressed => Some(ChangeKind::Regressed),
        Substatus::Escalating => Some(ChangeKind::Escalating),
        Substatus::New | Substatus::Ongoing => None,
    }
}

fn millis(at: Option<Timestamp>) -> Option<u64> {
    u64::try_from(at?.unix()).ok()?.checked_mul(1000)
}

#[cfg(test)]
mod tests;
