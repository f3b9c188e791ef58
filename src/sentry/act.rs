//! What is done to an issue, once a person has approved it.

use http::Method;
use serde::Deserialize;
use serde_json::{Value, json};

use super::client::{Sentry, success};
use crate::domain::action::IssueAction;
use crate::domain::ids::IssueId;
use crate::domain::outcome::Failure;
use crate::json::{Flag, Lenient, Text};

/// An issue, as far as an action changes it.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Standing {
    status: Text,
    substatus: Text,
    priority: Text,
    assigned_to: Lenient<Actor>,
    status_details: Lenient<Details>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Actor {
    #[serde(rename = "type")]
    kind: Text,
    id: Text,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Details {
    in_next_release: Flag,
}

impl Sentry {
    /// Carries an action out, once. An action that may have been done already is looked for first; an answer that leaves
    /// it open is followed by a look.
    ///
    /// # Errors
    /// [`Failure`], if the issue is not as the action wants it, or that is not known.
    pub async fn carry_out(
        &self,
        issue: &IssueId,
        action: &IssueAction,
        may_be_done: bool,
    ) -> Result<(), Failure> {
        if may_be_done && self.is_carried_out(issue, action).await? {
            return Ok(());
        }
        let answer = self.once().call_of_issue(&Method::PUT, issue, &[""], Some(&body(action))).await;
        let outcome = answer.and_then(success).and_then(|answer| read(&answer.body));
        match outcome {
            Ok(standing) if contradicts(&standing, action) => Err(Failure::Refused(200)),
            Ok(_) => Ok(()),
            Err(why) if is_unclear(why) && self.is_carried_out(issue, action).await == Ok(true) => Ok(()),
            Err(why) => Err(why),
        }
    }

    async fn is_carried_out(&self, issue: &IssueId, action: &IssueAction) -> Result<bool, Failure> {
        let standing: Lenient<Standing> = self.get_of_issue(issue, "").await?;
        Ok(standing.0.is_some_and(|standing| is_as(&standing, action)))
    }
}

/// Reads the issue in an answer. A proxy's login page is a success, too, but no issue.
fn read(body: &[u8]) -> Result<Standing, Failure> {
    serde_json::from_slice::<Lenient<Standing>>(body).ok().and_then(|it| it.0).ok_or(Failure::Unreadable)
}

fn is_unclear(why: Failure) -> bool {
    use Failure::{Interrupted, ServerFailed, Timeout, Unreadable};
    matches!(why, Timeout | Interrupted | Unreadable | ServerFailed(_))
}

/// Whether the answer says that the issue is not as the action wants it. Versions differ in how much they answer.
fn contradicts(standing: &Standing, action: &IssueAction) -> bool {
    let is_other = |text: &Text, wanted: &str| text.as_deref().is_some_and(|it| it != wanted);
    match action {
        IssueAction::Assign(to) => {
            standing.assigned_to.0.as_ref().is_some_and(|it| is_other(&it.id, to.id.as_str()))
        }
        IssueAction::Priority(priority) => is_other(&standing.priority, priority.name()),
        IssueAction::ArchiveUntilEscalating => is_other(&standing.status, "ignored"),
        IssueAction::ResolveInNextRelease => is_other(&standing.status, "resolved"),
    }
}

fn body(action: &IssueAction) -> Value {
    match action {
        IssueAction::Assign(to) => json!({"assignedTo": format!("{}:{}", to.kind.name(), to.id)}),
        IssueAction::Priority(priority) => json!({"priority": priority.name()}),
        IssueAction::ArchiveUntilEscalating => {
            json!({"status": "ignored", "substatus": "archived_until_escalating", "statusDetails": {}})
        }
        IssueAction::ResolveInNextRelease => {
            json!({"status": "resolved", "statusDetails": {"inNextRelease": true}})
        }
    }
}

fn is_as(standing: &Standing, action: &IssueAction) -> bool {
    let is = |text: &Text, wanted: &str| text.as_deref() == Some(wanted);
    match action {
        IssueAction::Assign(to) => {
            let assigned = standing.assigned_to.0.as_ref();
            assigned.is_some_and(|it| is(&it.kind, to.kind.name()) && is(&it.id, to.id.as_str()))
        }
        IssueAction::Priority(priority) => is(&standing.priority, priority.name()),
        IssueAction::ArchiveUntilEscalating => {
            is(&standing.status, "ignored") && is(&standing.substatus, "archived_until_escalating")
        }
        IssueAction::ResolveInNextRelease => {
            let details = standing.status_details.0.as_ref();
            is(&standing.status, "resolved") && details.is_some_and(|it| it.in_next_release.0 == Some(true))
        }
    }
}
