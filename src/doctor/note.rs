//! Checks that the Sentry token may write comments on issues: by its scopes, or with a test note. The test note is
//! edited at once, so that its text says that it was only a test.

use super::Visit;
use super::finding::CheckResult;
use super::scopes::{PERMISSIONS, may};
use crate::domain::ids::IssueId;
use crate::domain::outcome::Failure;
use crate::sentry::{Noted, Sentry};

pub(super) const NAME: &str = "sentry.comment";

/// Posts a test note on the issue of the option `--write`. Without the option, only the token's scopes are checked.
pub(super) async fn check(visit: &Visit<'_>, sentry: &Sentry, scopes: &[String]) -> CheckResult {
    if !may(scopes, "event", "write") {
        return CheckResult::skipped(NAME, "see sentry.scopes");
    }
    match &visit.scope.write {
        Some(issue) => write(sentry, issue).await,
        None => {
            CheckResult::ok(NAME, "the token has the permission; not tested: --write ISSUE posts a test note")
        }
    }
}

async fn write(sentry: &Sentry, issue: &IssueId) -> CheckResult {
    // Sentry rejects a text that the same author has posted within the last hour.
    let mark = hex::encode(fastrand::u32(..).to_be_bytes());
    let posted = sentry.post_note(issue, &format!("Test note `{mark}` of `sidenote doctor`.")).await;
    let note = match posted {
        Ok(Noted::Posted(Some(note))) => note,
        Ok(_) => return CheckResult::ok(NAME, format!("a test note `{mark}` was posted on {issue}")),
        Err(why) => return CheckResult::failed(NAME, format!("no test note on {issue}: {why}"), cure(why)),
    };
    let text = format!(
        "`sidenote doctor` posted and edited this note to test its permissions. It is only a test. `{mark}`"
    );
    match sentry.edit_note(issue, &note, &text).await {
        Ok(Noted::Posted(Some(edited))) if edited == note => CheckResult::ok(
            NAME,
            format!("test note {note} on {issue} was posted, and edited to say that it was a test"),
        ),
        Ok(_) => CheckResult::warning(
            NAME,
            format!("test note {note} was posted on {issue}, but could not be edited"),
            "a later incident of an issue will get a new note instead of an edited one; delete the test note by hand",
        ),
        Err(why) => CheckResult::warning(
            NAME,
            format!("test note {note} was posted on {issue}, but could not be edited: {why}"),
            "delete the test note by hand, and try again",
        ),
    }
}

fn cure(why: Failure) -> String {
    match why {
        Failure::NotFound => {
            "use the id in the issue's address, …/issues/ID/; the token's organization must own the issue"
                .to_owned()
        }
        Failure::Forbidden | Failure::Unauthorized => PERMISSIONS.to_owned(),
        Failure::NotConfigured(variable) => format!("set {variable}"),
        _ => "try again; if the error persists, check Sentry's status page or its log".to_owned(),
    }
}
