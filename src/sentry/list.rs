//! Lists the issues that the sweep examines: unresolved issues that are new or reopened within a time window.

use super::client::{PAGE, Sentry};
use super::issue;
use crate::domain::ids::{IssueId, Slug};
use crate::domain::issue::{Issue, Substatus};
use crate::domain::outcome::Failure;
use crate::domain::timestamp::Timestamp;
use crate::json::{Lenient, List};
use crate::payload;

impl Sentry {
    /// Returns the unresolved issues that were first seen since `since`, and those that were reopened or escalated
    /// and last seen since `since`. At most 100 issues are read, the most recently seen first.
    ///
    /// # Errors
    ///
    /// [`Failure`] if the issues cannot be listed.
    pub async fn recent_issues(
        &self,
        project: Option<&Slug>,
        since: Timestamp,
    ) -> Result<Vec<Issue>, Failure> {
        let org = self.own_org()?;
        let project = project.map(|slug| format!("+project:{slug}")).unwrap_or_default();
        let path = format!("organizations/{org}/issues/?query=is:unresolved{project}&sort=date&limit={PAGE}");
        let listed: List<Lenient<payload::Issue>> = self.get(&path).await?;
        let issues = listed.0.into_iter().filter_map(|wire| {
            let wire = wire.0?;
            let id = IssueId::parse(wire.id.as_deref()?).ok()?;
            Some(issue::issue(wire, &id))
        });
        Ok(issues.filter(|issue| is_recent(issue, since)).collect())
    }
}

fn is_recent(issue: &Issue, since: Timestamp) -> bool {
    let is_back = matches!(issue.substatus, Some(Substatus::Regressed | Substatus::Escalating));
    let counts = if is_back { issue.last_seen } else { issue.first_seen };
    counts.is_some_and(|at| at >= since)
}
