//! Finds out whether an issue still exists under its id. Sentry sends no webhook about a merged issue, so only a read
//! shows it.

use std::time::Duration;

use super::client::Sentry;
use crate::clock::pause;
use crate::domain::ids::IssueId;
use crate::domain::issue::{Issue, IssueGone};
use crate::domain::outcome::Failure;
use crate::domain::text::Untrusted;

/// The pause before the second look for an issue that Sentry did not find.
const SECOND_LOOK: Duration = Duration::from_secs(1);

/// The result of looking for an issue under its id.
#[derive(Debug)]
pub enum IssueLookup {
    /// The issue exists.
    Here(Box<Issue>),
    /// The issue was deleted or merged into another one.
    Gone(IssueGone),
}

impl Sentry {
    /// Looks for an issue under its id. If Sentry does not find it, looks a second time; see [`Self::second_look`].
    ///
    /// # Errors
    ///
    /// [`Failure`] if the issue cannot be read and may still exist.
    pub async fn find(&self, id: &IssueId) -> Result<IssueLookup, Failure> {
        match self.look(id).await {
            Err(Failure::NotFound) => self.second_look(id).await,
            looked => looked,
        }
    }

    /// Looks for an issue under its id once.
    ///
    /// # Errors
    ///
    /// [`Failure`] if the issue cannot be read. [`Failure::NotFound`] is no evidence that the issue was deleted.
    pub async fn look(&self, id: &IssueId) -> Result<IssueLookup, Failure> {
        let issue = self.details(id).await?;
        Ok(match merged(id, Some(issue.id.as_str()), || issue.short_id.clone()) {
            Some(gone) => IssueLookup::Gone(gone),
            None => IssueLookup::Here(Box::new(issue)),
        })
    }

    /// Looks once more for an issue that Sentry did not find (404). The first 404 may be wrong, for example while Sentry
    /// is updated, so the second look follows after a second. The organization's issues are listed too, because a token
    /// that cannot see the organization also gets 404.
    ///
    /// # Errors
    ///
    /// [`Failure`] if the issue cannot be read and may still exist.
    pub async fn second_look(&self, id: &IssueId) -> Result<IssueLookup, Failure> {
        let sees_others = self.see_issues().await.is_ok();
        if !sees_others || !pause(SECOND_LOOK, self.deadline()).await {
            return Err(Failure::NotFound);
        }
        match self.look(id).await {
            Err(Failure::NotFound) => Ok(IssueLookup::Gone(IssueGone::Unknown)),
            looked => looked,
        }
    }
}

/// Whether the reply to a request for the issue `asked` shows that the issue was merged. Sentry then replies with the
/// surviving issue, which has another number (`id`). A request by short id shows nothing.
#[must_use]
pub fn merged(
    asked: &IssueId,
    id: Option<&str>,
    short_id: impl FnOnce() -> Option<Untrusted>,
) -> Option<IssueGone> {
    let is_number = asked.as_str().bytes().all(|byte| byte.is_ascii_digit());
    let is_other = is_number && id.is_some_and(|id| id != asked.as_str());
    is_other.then(|| short_id().map_or(IssueGone::Unknown, IssueGone::MergedInto))
}
