//! The sweep: finds recent issues without a note of Sidenote and handles them. The webhook of such an issue may never
//! have arrived.

use std::time::Duration;

use serde_json::{Value, json};

use super::deliveries::Deliveries;
use crate::clock::{millis, time_left, unix_seconds};
use crate::config::Sweep;
use crate::domain::deadline::{Deadline, RESERVE};
use crate::domain::ids::IssueId;
use crate::domain::incident::{ChangeKind, ClaimRequest};
use crate::domain::issue::Issue;
use crate::domain::occurrence::{IssueOccurrence, Occurrence};
use crate::domain::outcome::{DeliveryStatus, Failure};
use crate::domain::timestamp::Timestamp;
use crate::notifiers::note::MARKER;
use crate::sentry::Sentry;

/// The result of a sweep, which handles recent issues without a note.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Swept {
    /// The number of recent issues that were examined.
    pub seen: usize,
    /// The number of issues that have a note of Sidenote, or whose incident another invocation is handling or has
    /// handled.
    pub had_note: usize,
    /// The issues that were handled, with their outcomes.
    pub worked: Vec<(IssueId, DeliveryStatus)>,
    /// The issues that are left for the next run.
    pub left: Vec<IssueId>,
}

impl Deliveries {
    /// Finds recent issues without a note of Sidenote, and handles them. Returns the handled issues and the issues that
    /// are left.
    ///
    /// # Errors
    ///
    /// [`Failure`] if the issues cannot be listed.
    pub(in crate::handler) async fn sweep(
        &self,
        sweep: &Sweep,
        deadline: Deadline,
    ) -> Result<Swept, Failure> {
        let (issues, sentry) = self.recent(sweep, deadline).await?;
        Ok(self.sweep_issues(issues, &sentry, (sweep, Swept::default()), deadline).await)
    }

    /// Returns the recent issues, and the Sentry client that has listed them.
    pub(super) async fn recent(
        &self,
        sweep: &Sweep,
        deadline: Deadline,
    ) -> Result<(Vec<Issue>, Sentry), Failure> {
        let list = |sentry: Sentry| async move { Ok((recent(&sentry, sweep).await?, sentry)) };
        self.clients.with_sentry(None, deadline, list).await
    }

    /// Handles those of the issues that have no note. `swept` contains the result of this sweep so far. Returns the
    /// whole result.
    pub(super) async fn sweep_issues(
        &self,
        issues: Vec<Issue>,
        sentry: &Sentry,
        (sweep, mut swept): (&Sweep, Swept),
        deadline: Deadline,
    ) -> Swept {
        for issue in issues {
            swept.seen += 1;
            let found = if is_late(deadline) {
                Err(Failure::OutOfTime)
            } else {
                sentry.own_note(&issue.id, MARKER).await
            };
            match found {
                Ok(Some(_)) => swept.had_note += 1,
                Ok(None) if !sweep.dry_run && swept.worked.len() < sweep.limit => {
                    self.backfill(issue, sweep.window, deadline, &mut swept).await;
                }
                // An issue whose comments could not be read is left for the next run.
                Ok(None) | Err(_) => swept.left.push(issue.id),
            }
        }
        swept
    }

    /// Handles an issue as if its webhook had arrived, unless another invocation is handling it or has handled it
    /// within `window`.
    async fn backfill(&self, issue: Issue, window: Duration, deadline: Deadline, swept: &mut Swept) {
        let id = issue.id.clone();
        let occurrence = Occurrence::Issue(Box::new(IssueOccurrence::asked(issue, None)));
        // A person may have deleted the note of an issue that was handled. The note is not written again.
        let (key, request) = self.incidents.request(&occurrence, None, deadline, None);
        let request = ClaimRequest { change: ChangeKind::Seen, cooldown_ms: millis(window), ..request };
        match self.incidents.job(occurrence, (key, request), None).await {
            Ok(job) => swept.worked.push((id, self.process(job, deadline).await.status())),
            Err(_) => swept.had_note += 1,
        }
    }
}

/// Whether the time until the deadline is too short for handling another issue.
pub(super) fn is_late(deadline: Deadline) -> bool {
    time_left(deadline) <= RESERVE * 2
}

impl Swept {
    /// Returns the result of the sweep as JSON.
    #[must_use]
    pub fn to_json(&self) -> Value {
        let worked: Vec<Value> = self
            .worked
            .iter()
            .map(|(id, status)| json!({"issue_id": id.as_str(), "status": status.name()}))
            .collect();
        let left: Vec<&str> = self.left.iter().map(IssueId::as_str).collect();
        json!({"status": "swept", "seen": self.seen, "had_note": self.had_note, "worked": worked, "left": left})
    }
}

async fn recent(sentry: &Sentry, sweep: &Sweep) -> Result<Vec<Issue>, Failure> {
    let now = i64::try_from(unix_seconds()).unwrap_or(i64::MAX);
    let window = i64::try_from(sweep.window.as_secs()).unwrap_or(i64::MAX);
    let since = Timestamp::from_unix(now.saturating_sub(window)).ok_or(Failure::Internal)?;
    if sweep.projects.is_empty() {
        return sentry.recent_issues(None, since).await;
    }
    let mut issues = Vec::new();
    for project in &sweep.projects {
        issues.extend(sentry.recent_issues(Some(project), since).await?);
    }
    Ok(issues)
}
