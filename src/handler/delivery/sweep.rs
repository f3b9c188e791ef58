//! The sweep: finds recent issues without a note of Sidenote and handles them. The webhook of such an issue may never
//! have arrived.

use std::time::Duration;

use serde_json::{Value, json};

use super::deliveries::Deliveries;
use crate::clock::{at_most, millis, time_left, unix_seconds};
use crate::config::Sweep;
use crate::domain::deadline::{Deadline, RESERVE};
use crate::domain::ids::IssueId;
use crate::domain::issue::Issue;
use crate::domain::occurrence::{IssueOccurrence, Occurrence};
use crate::domain::outcome::{DeliveryStatus, Failure};
use crate::domain::timestamp::Timestamp;
use crate::notifiers::note::MARKER;
use crate::sentry::Sentry;

/// The result of a sweep, which handles recent issues without a note.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Swept {
    /// The number of recent issues, including those that were not reached.
    pub seen: usize,
    /// The number of issues that have a note of Sidenote, or whose incident another invocation is handling or has
    /// handled.
    pub had_note: usize,
    /// The issues that were handled, with their outcomes.
    pub worked: Vec<(IssueId, DeliveryStatus)>,
    /// The issues that are left for the next run.
    pub left: Vec<IssueId>,
    /// The issues that were not examined, because the time was over.
    pub not_reached: Vec<IssueId>,
}

/// The time limits of a sweep.
#[derive(Debug, Clone, Copy)]
pub struct SweepTime {
    /// The deadline of the sweep.
    pub all: Deadline,
    /// The time limit of the work on one issue, so that one slow issue does not take the time of the others.
    pub each: Duration,
}

impl SweepTime {
    /// The deadline of the work on an issue that begins now.
    fn next(self) -> Deadline {
        at_most(self.all, self.each)
    }
}

impl Deliveries {
    /// Finds recent issues without a note of Sidenote, and handles them. Returns the handled issues and the issues that
    /// are left.
    ///
    /// # Errors
    ///
    /// [`Failure`] if the issues cannot be listed.
    pub(in crate::handler) async fn sweep(&self, sweep: &Sweep, time: SweepTime) -> Result<Swept, Failure> {
        let (issues, sentry) = self.recent(sweep, time.next()).await?;
        Ok(self.sweep_issues(issues, &sentry, (sweep, Swept::default()), time).await)
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
        time: SweepTime,
    ) -> Swept {
        for issue in issues {
            swept.seen += 1;
            if is_late(time.all) {
                swept.not_reached.push(issue.id);
                continue;
            }
            match sentry.until(time.next()).own_note(&issue.id, MARKER).await {
                Ok(Some(_)) => swept.had_note += 1,
                Ok(None) if !sweep.dry_run && swept.worked.len() < sweep.limit => {
                    self.backfill(issue, sweep.window, time.next(), &mut swept).await;
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
        let request = request.completing(millis(window));
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
        let ids = |issues: &[IssueId]| issues.iter().map(|id| Value::from(id.as_str())).collect::<Vec<_>>();
        json!({"status": "swept", "seen": self.seen, "had_note": self.had_note, "worked": worked,
            "left": ids(&self.left), "not_reached": ids(&self.not_reached)})
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
