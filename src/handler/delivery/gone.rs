//! Issues that were deleted or merged before their delivery was handled.

use crate::domain::deadline::Deadline;
use crate::domain::evidence::{Gap, Wanted};
use crate::domain::ids::{IssueId, Slug};
use crate::domain::issue::IssueGone;
use crate::domain::outcome::{Failure, Processed, Step};
use crate::handler::clients::Clients;
use crate::notifiers::Notification;
use crate::notifiers::note::Note;
use crate::sentry::{IssueLookup, Sentry, merged};

/// Returns that the issue was deleted or merged, if the read of the issue has shown this. A missing issue is looked for a
/// second time first. If it is gone, a note that could not be written is not needed any more.
pub(super) async fn confirmed_gone(
    clients: &Clients,
    processed: &mut Processed,
    org: Option<&Slug>,
    deadline: Deadline,
) -> Option<IssueGone> {
    let (issue, gone) = (processed.issue.clone()?, processed.gone.clone()?);
    let gone = match gone {
        IssueGone::MergedInto(_) => gone,
        IssueGone::Unknown => missing(clients, &issue, org, deadline).await?,
    };
    let is_note = |name: &str, step: &Step| name == Note::NAME && *step == Step::Failed(Failure::NotFound);
    if let Some((_, note)) = processed.steps.iter_mut().find(|(name, step)| is_note(name, step)) {
        *note = Step::Obsolete(Failure::NoSuchIssue);
    }
    Some(gone)
}

async fn missing(
    clients: &Clients,
    issue: &IssueId,
    org: Option<&Slug>,
    deadline: Deadline,
) -> Option<IssueGone> {
    let look = |sentry: Sentry| async move { sentry.second_look(issue).await };
    match clients.with_sentry(org, deadline, look).await {
        Ok(IssueLookup::Gone(gone)) => Some(gone),
        Ok(IssueLookup::Here(_)) | Err(_) => None,
    }
}

/// Returns that the issue was merged, if Sentry returned the surviving issue instead.
pub(super) fn read_as_merged(issue: &IssueId, notification: &Notification) -> Option<IssueGone> {
    let found = &notification.report()?.evidence.issue;
    merged(issue, Some(found.id.as_str()), || found.short_id.clone())
}

/// Returns that the issue may have been deleted, if Sentry did not find it. An issue that `may_be_new` may only be
/// not readable yet.
pub(super) fn read_as_missing(may_be_new: bool, notification: &Notification) -> Option<IssueGone> {
    let gaps = &notification.report()?.evidence.gaps;
    let is_missing = gaps.contains(&Gap { what: Wanted::IssueDetails, why: Failure::NotFound });
    (is_missing && !may_be_new).then_some(IssueGone::Unknown)
}
