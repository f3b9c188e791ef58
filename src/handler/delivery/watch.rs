//! The watch over Sentry's webhooks, as a part of the scheduled sweep. `domain::silence` contains the rules.

use std::sync::Arc;

use super::incidents::Incidents;
use crate::clock::unix_millis;
use crate::domain::ids::IssueId;
use crate::domain::issue::Issue;
use crate::domain::silence::{Change, Return, SilenceNews, WebhookSilence, WebhookWatch};
use crate::notifiers::note::MARKER;
use crate::sentry::Sentry;
use crate::state::{Decision, Documents, StateError};

/// The key of the watch's document.
const KEY: &str = "webhooks#watch";
/// The time for which the document is kept after a look, in seconds.
const KEPT_SECONDS: u64 = 90 * 24 * 3600;

/// Watches the webhooks. Cloning shares the store.
#[derive(Clone)]
pub(in crate::handler) struct Watch {
    documents: Documents,
    incidents: Arc<Incidents>,
    /// Whether the state outlives the process. Otherwise nothing is known about deliveries to other processes.
    is_durable: bool,
}

/// The result of a look.
#[derive(Debug, Default)]
pub(super) struct Looked {
    /// The silence now, or the one that is over.
    pub(super) silence: Option<WebhookSilence>,
    /// The reason to tell people.
    pub(super) news: Option<SilenceNews>,
    /// The returns of issues whose webhook did not come, and which are not handled yet.
    pub(super) returned: Vec<Return>,
}

impl Watch {
    pub(in crate::handler) fn new(
        documents: &Documents,
        incidents: &Arc<Incidents>,
        is_durable: bool,
    ) -> Self {
        Self { documents: documents.clone(), incidents: Arc::clone(incidents), is_durable }
    }

    /// The current silence, as the last look found it. `None` without a silence, and if nothing is watched.
    pub(in crate::handler) async fn silence(&self) -> Result<Option<WebhookSilence>, StateError> {
        if !self.is_durable {
            return Ok(None);
        }
        let watch = self.documents.get::<WebhookWatch>(KEY).await?;
        Ok(watch.and_then(|watch| watch.content.silence()))
    }

    /// Judges the recent issues. `None` if nothing is watched. It runs before the sweep handles them, because the
    /// handling writes records.
    pub(super) async fn look(&self, issues: &[Issue], sentry: &Sentry) -> Option<Looked> {
        if !self.is_durable {
            return None;
        }
        let looked = self.judge(issues, sentry).await;
        looked
            .inspect_err(
                |error| tracing::error!(error = %error, "state_unavailable: webhooks are not watched"),
            )
            .ok()
    }

    async fn judge(&self, issues: &[Issue], sentry: &Sentry) -> Result<Looked, StateError> {
        let now_ms = unix_millis();
        let Some(before) = self.documents.get::<WebhookWatch>(KEY).await? else {
            self.keep(None, WebhookWatch::begin(issues, now_ms), now_ms).await?;
            return Ok(Looked::default());
        };
        let mut judged: Vec<(Change, bool)> = Vec::new();
        for change in before.content.due(issues, now_ms) {
            let record = self.incidents.record(&change.issue.id).await?;
            let is_noted = record.is_none() && has_note(sentry, &change.issue).await;
            let is_delivered = change.was_delivered(record.as_ref(), is_noted);
            judged.push((change, is_delivered));
        }
        let (next, news) = before.content.look(issues, &judged, now_ms);
        let silence = next.silence().or_else(|| before.content.silence().filter(|_| news.is_some()));
        let returned = next.to_handle(issues);
        // Another sweep that looked at the same time reports what it found.
        if !self.keep(Some(&before.content), next, now_ms).await? {
            return Ok(Looked::default());
        }
        Ok(Looked { silence, news, returned })
    }

    /// Records that the return of an issue is handled.
    pub(super) async fn handled(&self, issue: &IssueId) {
        let handled = self.documents.change(KEY, |standing: Option<&WebhookWatch>| {
            let Some(standing) = standing.filter(|watch| watch.unhandled.contains_key(issue)) else {
                return Decision::Leave(());
            };
            let mut next = standing.clone();
            next.unhandled.remove(issue);
            Decision::Write { expires: expires(unix_millis()), next, result: () }
        });
        if let Err(error) = handled.await {
            tracing::error!(error = %error, "state_unavailable: the next sweep handles the issue once more");
        }
    }

    /// Stores the record, unless another one than `before` is stored by now. Returns whether it was stored.
    async fn keep(
        &self,
        before: Option<&WebhookWatch>,
        next: WebhookWatch,
        now_ms: u64,
    ) -> Result<bool, StateError> {
        let changed = self.documents.change(KEY, |standing: Option<&WebhookWatch>| {
            if standing != before {
                return Decision::Leave(false);
            }
            Decision::Write { next: next.clone(), expires: expires(now_ms), result: true }
        });
        Ok(changed.await?.result)
    }
}

/// The time in seconds since 1970 after which the watch's document may be deleted.
fn expires(now_ms: u64) -> u64 {
    now_ms / 1000 + KEPT_SECONDS
}

/// Whether the issue has a note of ours. If the comments cannot be read, it counts as noted, because that is no reason
/// for an alarm.
async fn has_note(sentry: &Sentry, issue: &Issue) -> bool {
    sentry.own_note(&issue.id, MARKER).await.map_or(true, |note| note.is_some())
}
