//! Checks during each scheduled sweep whether Sentry's webhooks arrive. `domain::silence` contains the rules.

use std::sync::Arc;

use super::incidents::Incidents;
use crate::clock::unix_millis;
use crate::domain::ids::IssueId;
use crate::domain::issue::Issue;
use crate::domain::silence::{Change, Return, SilenceNews, UntoldNews, WebhookSilence, WebhookWatch};
use crate::notifiers::note::MARKER;
use crate::sentry::Sentry;
use crate::state::{Decision, Documents, StateError};

/// The key of the watch's record in the state store.
const KEY: &str = "webhooks#watch";
/// The time for which the record is kept after a check, in seconds.
const KEPT_SECONDS: u64 = 90 * 24 * 3600;

/// The watch over the arrival of webhooks. A clone shares the state store.
#[derive(Clone)]
pub(in crate::handler) struct Watch {
    documents: Documents,
    incidents: Arc<Incidents>,
    /// Whether the state outlives the process. Without such a state, this process does not know about the webhooks of
    /// other processes, and nothing is watched.
    is_durable: bool,
}

/// The result of a check whether webhooks arrive.
#[derive(Debug, Default)]
pub(super) struct Looked {
    /// The current period without webhooks, or the one that has just ended.
    pub(super) silence: Option<WebhookSilence>,
    /// The change since the last check, if there is one.
    pub(super) news: Option<SilenceNews>,
    /// The news that this sweep sends to people, if there is any.
    pub(super) untold: Option<UntoldNews>,
    /// The returns of issues whose webhook did not arrive and that are not handled yet.
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

    /// Returns the current period without webhooks, as the last check found it. `None` if webhooks arrive or are not
    /// watched.
    pub(in crate::handler) async fn silence(&self) -> Result<Option<WebhookSilence>, StateError> {
        if !self.is_durable {
            return Ok(None);
        }
        let watch = self.documents.get::<WebhookWatch>(KEY).await?;
        Ok(watch.and_then(|watch| watch.content.silence()))
    }

    /// Checks whether the webhooks of the recent issues arrived. Returns `None` if webhooks are not watched. The
    /// check must run before the sweep handles the issues, because the sweep writes records as a webhook does.
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
        let (mut next, news) = before.content.look(issues, &judged, now_ms);
        let untold = next.begin_telling(now_ms);
        let silence = next.silence().or_else(|| before.content.silence().filter(|_| news.is_some()));
        let returned = next.to_handle(issues);
        // If another sweep has made the same check in the meantime, that sweep reports the result.
        if !self.keep(Some(&before.content), next, now_ms).await? {
            return Ok(Looked::default());
        }
        Ok(Looked { silence, news, untold, returned })
    }

    /// Records which notifiers failed to send the news, so that the next sweep tries again with them.
    pub(super) async fn told(&self, told: &UntoldNews, failed: Vec<String>) {
        self.change("the next sweep may send the news once more", |standing| {
            standing.told(told, failed.clone())
        })
        .await;
    }

    /// Records that a completed incident has reported the return of an issue, so that no later sweep handles it.
    pub(super) async fn handled(&self, issue: &IssueId) {
        self.change("the next sweep handles the issue once more", |standing| {
            let mut next = standing.clone();
            next.unhandled.remove(issue);
            next
        })
        .await;
    }

    /// Changes the watch's record. A failure is logged with its consequence.
    async fn change(
        &self,
        consequence: &'static str,
        change: impl Fn(&WebhookWatch) -> WebhookWatch + Send + Sync,
    ) {
        let changed = self.documents.change(KEY, |standing: Option<&WebhookWatch>| {
            match standing.map(|standing| (standing, change(standing))) {
                Some((standing, next)) if next != *standing => {
                    Decision::Write { expires: expires(unix_millis()), next, result: () }
                }
                _ => Decision::Leave(()),
            }
        });
        if let Err(error) = changed.await {
            tracing::error!(error = %error, "state_unavailable: {consequence}");
        }
    }

    /// Stores the watch's record, unless the stored record is no longer `before`. Returns whether the record was
    /// stored.
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

/// Returns the time, in seconds since 1970, after which the watch's record may be deleted.
fn expires(now_ms: u64) -> u64 {
    now_ms / 1000 + KEPT_SECONDS
}

/// Whether the issue has a note of Sidenote. If the comments cannot be read, the result is `true`, because unread
/// comments are no reason for an alarm.
async fn has_note(sentry: &Sentry, issue: &Issue) -> bool {
    sentry.own_note(&issue.id, MARKER).await.map_or(true, |note| note.is_some())
}
