//! Finds out whether an issue still exists under its id. Sentry sends no webhook about a merged issue, so only a read
//! shows it.

use super::client::Sentry;
use crate::domain::ids::IssueId;
use crate::domain::issue::{Issue, IssueGone};
use crate::domain::outcome::Failure;
use crate::domain::text::Untrusted;

/// The result of looking for an issue under its id.
#[derive(Debug)]
pub enum IssueLookup {
    /// The issue exists.
    Here(Box<Issue>),
    /// The issue was deleted or merged into another one.
    Gone(IssueGone),
}

impl Sentry {
    /// Looks for an issue under its id.
    ///
    /// # Errors
    ///
    /// [`Failure`] if the issue cannot be read and may still exist.
    pub async fn find(&self, id: &IssueId) -> Result<IssueLookup, Failure> {
        let issue = match self.details(id).await {
            Ok(issue) => issue,
            Err(why) => return self.gone(why).await.map(IssueLookup::Gone),
        };
        Ok(match merged(id, Some(issue.id.as_str()), || issue.short_id.clone()) {
            Some(gone) => IssueLookup::Gone(gone),
            None => IssueLookup::Here(Box::new(issue)),
        })
    }

    /// Returns that the issue was deleted or merged if this is the reason why it could not be read (`why`). After a 404
    /// the organization's issues are listed, because a token that cannot see the organization also gets 404.
    ///
    /// # Errors
    ///
    /// [`Failure`] if the issue may still exist. The error is `why`.
    pub async fn gone(&self, why: Failure) -> Result<IssueGone, Failure> {
        let is_gone = why == Failure::NotFound && self.see_issues().await.is_ok();
        if is_gone { Ok(IssueGone::Unknown) } else { Err(why) }
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
