//! Executes an action on an issue after a person has approved it.

use std::time::Duration;

use http::Method;
use serde::Deserialize;
use serde_json::{Value, json};

use super::client::{Sentry, success};
use super::found::{IssueLookup, merged};
use crate::clock::at_most;
use crate::domain::action::{Actor, IssueAction};
use crate::domain::ids::IssueId;
use crate::domain::issue::IssueGone;
use crate::domain::outcome::{Failure, IgnoredField};
use crate::json::{Flag, Lenient, Text};

/// The longest time for the read of an issue before it is changed.
const LOOK: Duration = Duration::from_secs(5);

/// The ids of an issue and the members that an approved action can change, in Sentry's JSON.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Standing {
    id: Text,
    short_id: Text,
    status: Text,
    substatus: Text,
    priority: Text,
    assigned_to: Lenient<AssignedTo>,
    status_details: Lenient<Details>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct AssignedTo {
    #[serde(rename = "type")]
    kind: Text,
    id: Text,
    email: Text,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Details {
    in_next_release: Flag,
    /// The name of the release. Sentry returns it for projects with semantic versions.
    in_release: Text,
}

/// Whether the issue in a reply of Sentry has the state that an approved action asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Agreement {
    Yes,
    No,
    /// The reply does not contain the field that the action changes. Versions of Sentry differ in the fields that
    /// they return.
    Unsaid,
}

impl Sentry {
    /// Executes an approved action once, and verifies that the issue is in the state that the action asks for. The
    /// issue is read first: nothing is changed if it was merged, because the change would be made on the surviving
    /// issue. If `may_be_done` is true, because an earlier attempt may have succeeded, nothing is changed either if the
    /// issue is already in that state. If the reply leaves the result open, the issue is read once more.
    ///
    /// Returns `Some` if the issue was deleted or merged, and `None` if the action was executed.
    ///
    /// # Errors
    ///
    /// [`Failure`] if the issue is not in that state, or if its state is unknown. [`Failure::Ignored`] if Sentry
    /// replied with 2xx and the issue does not show the change.
    pub async fn carry_out(
        &self,
        issue: &IssueId,
        action: &IssueAction,
        may_be_done: bool,
    ) -> Result<Option<IssueGone>, Failure> {
        let standing = match self.until(at_most(self.deadline(), LOOK)).standing(issue).await {
            Ok(standing) => standing,
            // A slow read does not prevent an action that nobody has performed yet.
            Err(why) if is_unclear(why) && !may_be_done => Standing::default(),
            Err(Failure::NotFound) => match self.second_look(issue).await? {
                IssueLookup::Gone(gone) => return Ok(Some(gone)),
                IssueLookup::Here(_) => self.standing(issue).await?,
            },
            Err(why) => return Err(why),
        };
        if let Some(gone) = merged(issue, standing.id.as_deref(), || standing.short_id.clone().untrusted()) {
            return Ok(Some(gone));
        }
        if may_be_done && agreement(&standing, action) == Agreement::Yes {
            return Ok(None);
        }
        let answer = self.once().call_of_issue(&Method::PUT, issue, &[""], Some(&body(action))).await;
        let outcome = answer.and_then(success).and_then(|answer| read(&answer.body));
        let agreement = match outcome {
            Ok(standing) => match agreement(&standing, action) {
                Agreement::Unsaid => self.agreement(issue, action).await?,
                said => said,
            },
            // The server may have made the change although it replied with an error.
            Err(why) if is_unclear(why) => match self.agreement(issue, action).await {
                Ok(Agreement::Yes) => Agreement::Yes,
                _ => return Err(why),
            },
            Err(why) => return Err(why),
        };
        if agreement == Agreement::Yes { Ok(None) } else { Err(Failure::Ignored(field(action))) }
    }

    async fn agreement(&self, issue: &IssueId, action: &IssueAction) -> Result<Agreement, Failure> {
        Ok(agreement(&self.standing(issue).await?, action))
    }

    async fn standing(&self, issue: &IssueId) -> Result<Standing, Failure> {
        let standing: Lenient<Standing> = self.get_of_issue(issue, "").await?;
        Ok(standing.0.unwrap_or_default())
    }
}

/// Reads the issue in a reply. A proxy's login page is also a 2xx, so a body that is no issue is a failure.
fn read(body: &[u8]) -> Result<Standing, Failure> {
    serde_json::from_slice::<Lenient<Standing>>(body).ok().and_then(|it| it.0).ok_or(Failure::Unreadable)
}

fn is_unclear(why: Failure) -> bool {
    use Failure::{Interrupted, ServerFailed, Timeout, Unreadable};
    matches!(why, Timeout | Interrupted | Unreadable | ServerFailed(_))
}

fn agreement(standing: &Standing, action: &IssueAction) -> Agreement {
    match action {
        IssueAction::Assign(to) => match &standing.assigned_to.0 {
            Some(standing) => assigned(standing, &to.actor),
            None => Agreement::Unsaid,
        },
        IssueAction::Unassign => match &standing.assigned_to.0 {
            Some(_) => Agreement::No,
            None if standing.status.as_deref().is_some() => Agreement::Yes,
            None => Agreement::Unsaid,
        },
        IssueAction::Priority(priority) => compared(&standing.priority, priority.name()),
        IssueAction::Resolve => compared(&standing.status, "resolved"),
        IssueAction::Reopen => compared(&standing.status, "unresolved"),
        IssueAction::ArchiveUntilEscalating => match compared(&standing.status, "ignored") {
            Agreement::Yes => compared(&standing.substatus, "archived_until_escalating"),
            other => other,
        },
        IssueAction::ResolveInNextRelease => match compared(&standing.status, "resolved") {
            Agreement::Yes => in_a_release(standing.status_details.0.as_ref()),
            other => other,
        },
    }
}

/// Whether the assignee in a reply is the wanted one. E-mail addresses are compared without regard to ASCII case.
fn assigned(standing: &AssignedTo, wanted: &Actor) -> Agreement {
    match (wanted, standing.kind.as_deref()) {
        (Actor::User(id), Some("user")) | (Actor::Team(id), Some("team")) => {
            compared(&standing.id, id.as_str())
        }
        (Actor::Email(email), Some("user")) => match standing.email.as_deref() {
            Some(it) if it.eq_ignore_ascii_case(email.as_str()) => Agreement::Yes,
            Some(_) => Agreement::No,
            None => Agreement::Unsaid,
        },
        _ => Agreement::No,
    }
}

fn in_a_release(details: Option<&Details>) -> Agreement {
    match details {
        Some(it) if it.in_next_release.0 == Some(true) || it.in_release.as_deref().is_some() => {
            Agreement::Yes
        }
        Some(_) => Agreement::No,
        None => Agreement::Unsaid,
    }
}

fn compared(text: &Text, wanted: &str) -> Agreement {
    match text.as_deref() {
        Some(it) if it == wanted => Agreement::Yes,
        Some(_) => Agreement::No,
        None => Agreement::Unsaid,
    }
}

/// The field that Sentry leaves unchanged when it ignores an action.
fn field(action: &IssueAction) -> IgnoredField {
    match action {
        IssueAction::Assign(_) | IssueAction::Unassign => IgnoredField::Assignee,
        IssueAction::Resolve | IssueAction::Reopen => IgnoredField::Status,
        IssueAction::Priority(_) => IgnoredField::Priority,
        IssueAction::ArchiveUntilEscalating => IgnoredField::UntilEscalating,
        IssueAction::ResolveInNextRelease => IgnoredField::NextRelease,
    }
}

fn body(action: &IssueAction) -> Value {
    match action {
        IssueAction::Assign(to) => json!({"assignedTo": match &to.actor {
            Actor::User(id) => format!("user:{id}"),
            Actor::Team(id) => format!("team:{id}"),
            Actor::Email(email) => email.as_str().to_owned(),
        }}),
        IssueAction::Unassign => json!({"assignedTo": ""}),
        IssueAction::Priority(priority) => json!({"priority": priority.name()}),
        IssueAction::Resolve => json!({"status": "resolved"}),
        IssueAction::Reopen => json!({"status": "unresolved"}),
        IssueAction::ArchiveUntilEscalating => {
            json!({"status": "ignored", "substatus": "archived_until_escalating", "statusDetails": {}})
        }
        IssueAction::ResolveInNextRelease => {
            json!({"status": "resolved", "statusDetails": {"inNextRelease": true}})
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::action::{Assignee, Priority};
    use crate::domain::ids::{EmailAddress, MemberId};
    use crate::domain::text::Untrusted;

    fn judged(action: &IssueAction, issue: &str) -> Agreement {
        agreement(&read(issue.as_bytes()).expect("an issue"), action)
    }

    #[test]
    fn an_issue_is_compared_with_the_action_in_every_form_that_sentry_gives_it() {
        use Agreement::{No, Unsaid, Yes};
        let (high, archive, resolve) = (
            IssueAction::Priority(Priority::High),
            IssueAction::ArchiveUntilEscalating,
            IssueAction::ResolveInNextRelease,
        );
        let rows = [
            (&high, r#"{"priority": "high"}"#, Yes),
            (&high, r#"{"priority": "medium"}"#, No),
            // Sentry 23.7.1 has no priorities and still answers 200.
            (&high, r#"{"status": "unresolved"}"#, Unsaid),
            (&archive, r#"{"status": "ignored", "substatus": "archived_until_escalating"}"#, Yes),
            (&archive, r#"{"status": "ignored", "substatus": "archived_forever"}"#, No),
            (&archive, r#"{"status": "unresolved", "substatus": "ongoing"}"#, No),
            (&resolve, r#"{"status": "resolved", "statusDetails": {"inNextRelease": true}}"#, Yes),
            (&resolve, r#"{"status": "resolved", "statusDetails": {"inRelease": "shop@1.4.2"}}"#, Yes),
            (&resolve, r#"{"status": "resolved", "statusDetails": {}}"#, No),
            (&resolve, r#"{"status": "unresolved", "statusDetails": {}}"#, No),
            (&IssueAction::Resolve, r#"{"status": "resolved", "statusDetails": {}}"#, Yes),
            (&IssueAction::Reopen, r#"{"status": "resolved"}"#, No),
            (&IssueAction::Unassign, r#"{"status": "unresolved", "assignedTo": null}"#, Yes),
            (&IssueAction::Unassign, r#"{"assignedTo": {"type": "user", "id": "7"}}"#, No),
            (&IssueAction::Unassign, "{}", Unsaid),
        ];
        for (action, issue, expected) in rows {
            assert_eq!(judged(action, issue), expected, "{action:?} {issue}");
        }
    }

    #[test]
    fn an_assignee_is_compared_by_id_or_by_e_mail_address() {
        use Agreement::{No, Unsaid, Yes};
        let assign = |actor| IssueAction::Assign(Assignee { actor, name: Untrusted::new("Kim") });
        let member = assign(Actor::User(MemberId::parse("7").expect("an id")));
        let email = assign(Actor::Email(EmailAddress::parse("kim@crumb.example").expect("an address")));
        assert_eq!(body(&member), json!({"assignedTo": "user:7"}));
        assert_eq!(body(&email), json!({"assignedTo": "kim@crumb.example"}));
        let (user, other, team) = (
            r#"{"assignedTo": {"type": "user", "id": "7", "email": "Kim@Crumb.example"}}"#,
            r#"{"assignedTo": {"type": "user", "id": "8", "email": "noor@crumb.example"}}"#,
            r#"{"assignedTo": {"type": "team", "id": "7", "email": "kim@crumb.example"}}"#,
        );
        let bare = r#"{"assignedTo": {"type": "user"}}"#;
        for (issue, expected) in [(user, Yes), (other, No), (team, No), (bare, Unsaid), ("{}", Unsaid)] {
            assert_eq!(judged(&member, issue), expected, "{issue}");
            assert_eq!(judged(&email, issue), expected, "{issue}");
        }
    }
}
