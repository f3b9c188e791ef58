//! The watch over Sentry's webhooks, which notices issues whose webhook never came.
//!
//! Each scheduled sweep looks at the recent issues of Sentry. The watch judges each change of an issue once, after the
//! webhook had time to arrive. Changes of one kind in one project form a *stream*. A stream is silent if more changes
//! in a row had no webhook than ever before, so an alert rule that selects issues causes no lasting alarm. A stream
//! that never had a webhook counts as silent only while no other stream ever had one, as in a new set-up.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::ids::IssueId;
use super::incident::{ChangeKind, IncidentRecord};
use super::issue::{Issue, Substatus};
use super::timestamp::Timestamp;

/// The time after a change in which its webhook has to arrive, in milliseconds.
pub const GRACE_MS: u64 = 5 * 60 * 1000;
/// The interval at which a lasting silence is reported again, in milliseconds.
const AGAIN_MS: u64 = 24 * 60 * 60 * 1000;
/// The time within which a sweep tells people the news, in milliseconds. Afterwards another sweep may try.
const TELLING_MS: u64 = 2 * 60 * 1000;
/// At most this many streams are stored.
const STREAMS: usize = 500;

/// The stored state of the watch.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WebhookWatch {
    /// The time up to which new issues were judged, in milliseconds since 1970. Issues from before the watch began
    /// count as judged.
    pub judged_until_ms: u64,
    /// The time when the sweep last looked at the issues, in milliseconds since 1970.
    pub looked_ms: u64,
    /// The issues that were regressed or escalating at the last look. The value is the earliest possible time of the
    /// change, in milliseconds since 1970, or `None` if the change was judged or is older than the watch.
    pub returned: BTreeMap<IssueId, Option<u64>>,
    /// The issues that returned without a webhook, and whose return is not handled yet. The value is the time of the
    /// look that has found the return, in milliseconds since 1970.
    #[serde(default)]
    pub unhandled: BTreeMap<IssueId, u64>,
    /// The streams. The key consists of the project and the kind of change.
    pub streams: BTreeMap<String, Stream>,
    /// The time when people were last told about the current silence, in milliseconds since 1970. `None` if there is no
    /// silence.
    pub reported_ms: Option<u64>,
    /// The news that some chats did not get yet. Each sweep tries again.
    #[serde(default)]
    pub untold: Option<UntoldNews>,
}

/// News about a silence that some chats did not get yet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UntoldNews {
    /// The news.
    pub news: SilenceNews,
    /// The silence that the news is about. It may be over.
    pub silence: WebhookSilence,
    /// The names of the notifiers that failed to send the news. `None` if the news is new, so that every notifier sends
    /// it.
    pub failed: Option<Vec<String>>,
    /// The time until which a sweep may be sending the news, in milliseconds since 1970.
    pub until_ms: u64,
}

/// The counters for the changes of one kind in one project.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stream {
    /// The slug of the project.
    pub project: String,
    /// Whether a webhook ever came for a change of this stream.
    pub is_known: bool,
    /// The number of changes without a webhook since the last change that had one.
    pub missed: u32,
    /// The time of the first change that `missed` counts, in milliseconds since 1970.
    pub missed_since_ms: u64,
    /// The largest number that `missed` had reached before a webhook came again.
    pub tolerated: u32,
}

/// A change of an issue whose webhook should have come by now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// The issue that changed.
    pub issue: Issue,
    /// The kind of the change.
    pub kind: ChangeKind,
    /// The earliest time at which the change can have happened, in milliseconds since 1970.
    pub since_ms: u64,
}

/// The return of an issue: a regression or an escalation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Return {
    /// The issue.
    pub issue: Issue,
    /// The substatus of the issue.
    pub substatus: Substatus,
    /// The time of the look that has found the return, in milliseconds since 1970. An incident that began later
    /// reports the return.
    pub found_ms: u64,
}

/// A silence: a time in which webhooks do not arrive.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WebhookSilence {
    /// The time of the first change without a webhook, in milliseconds since 1970.
    pub since_ms: u64,
    /// The number of changes of issues without a webhook.
    pub issues: u64,
    /// The slugs of the projects whose webhooks are missing.
    pub projects: Vec<String>,
}

/// The reason to tell people about a silence of webhooks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum SilenceNews {
    /// The silence began.
    Began,
    /// The silence has lasted for another day.
    Lasts,
    /// The silence is over.
    Over,
}

impl WebhookSilence {
    /// Returns the time of the first change without a webhook, or `None` if the time cannot be written as a date.
    #[must_use]
    pub fn since(&self) -> Option<Timestamp> {
        i64::try_from(self.since_ms / 1000).ok().and_then(Timestamp::from_unix)
    }
}

impl Change {
    /// Whether the webhook about this change came, according to the stored record of the issue. Without a record,
    /// `has_note` decides: the note on the issue then comes from a delivery that could not be recorded.
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
    /// Begins a watch at the time `now_ms`. Earlier changes are not judged, because Sidenote may not have been set up
    /// then.
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
            untold: None,
        }
    }

    /// Returns the changes of `issues` to judge at the time `now_ms`, the earliest first.
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

    /// Returns the state of the watch after a look at `issues`, and the news for people. `judged` contains the judged
    /// changes, each with whether its webhook came.
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
                next.unhandled.insert(change.issue.id.clone(), now_ms);
            }
        }
        let pending = |issue: &Issue| {
            let is_judged = judged.iter().any(|(change, _)| change.issue.id == issue.id);
            let known = self.returned.get(&issue.id).copied();
            let since_ms = known.unwrap_or(Some(self.looked_ms.saturating_sub(GRACE_MS)));
            (issue.id.clone(), since_ms.filter(|_| !is_judged))
        };
        next.returned.clear();
        next.returned.extend(issues.iter().filter(|issue| returned(issue).is_some()).map(pending));
        next.unhandled.retain(|id, _| next.returned.contains_key(id));
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
        let silence = next.silence().or_else(|| self.silence());
        if let Some((news, silence)) = news.zip(silence) {
            next.untold = Some(UntoldNews { news, silence, failed: None, until_ms: 0 });
        }
        (next, news)
    }

    /// Returns the news that a sweep has to send now, if there is any. Other sweeps leave the news to this one for two
    /// minutes.
    #[must_use]
    pub fn begin_telling(&mut self, now_ms: u64) -> Option<UntoldNews> {
        let silence = self.silence();
        let untold = self.untold.as_mut().filter(|untold| untold.until_ms <= now_ms)?;
        untold.until_ms = now_ms.saturating_add(TELLING_MS);
        untold.silence = silence.unwrap_or_else(|| untold.silence.clone());
        Some(untold.clone())
    }

    /// Returns the state of the watch after a sweep has tried to send `told`. `failed` contains the names of the
    /// notifiers that failed; later sweeps try again with them.
    #[must_use]
    pub fn told(&self, told: &UntoldNews, failed: Vec<String>) -> Self {
        let is_current = self.untold.as_ref().is_some_and(|it| it.until_ms == told.until_ms);
        let untold = match &self.untold {
            Some(_) if is_current && failed.is_empty() => None,
            Some(it) if is_current => Some(UntoldNews { failed: Some(failed), until_ms: 0, ..it.clone() }),
            newer => newer.clone(),
        };
        Self { untold, ..self.clone() }
    }

    /// Returns the regressions and escalations of `issues` that had no webhook and are not handled yet.
    #[must_use]
    pub fn to_handle(&self, issues: &[Issue]) -> Vec<Return> {
        let unhandled = |issue: &Issue| {
            let found_ms = *self.unhandled.get(&issue.id)?;
            Some(Return { substatus: issue.substatus?, issue: issue.clone(), found_ms })
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

    /// Returns the current silence, if a stream is silent.
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

/// Returns the kind of change that made an issue return, or `None` if it did not return.
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
