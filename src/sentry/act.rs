//! What is done to an issue, once a person has approved it.

use http::Method;
use serde::Deserialize;
use serde_json::{Value, json};

use super::client::{Sentry, success};
use crate::domain::approval::Order;
use crate::domain::ids::IssueId;
use crate::domain::outcome::Failure;
use crate::json::{Flag, Lenient, Text};

/// An issue, as far as an order changes it.
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
    /// Carries an order out, once. What may have been done already is looked at first; and what ends without a clear
    /// answer is looked at afterwards.
    ///
    /// # Errors
    /// [`Failure`], if the issue is not as the order wants it, or nobody knows.
    pub async fn carry_out(&self, issue: &IssueId, order: &Order, may_be_done: bool) -> Result<(), Failure> {
        if may_be_done && self.is_carried_out(issue, order).await? {
            return Ok(());
        }
        let answer = self.once().call_of_issue(&Method::PUT, issue, &[""], Some(&body(order))).await;
        let outcome = answer.and_then(success).and_then(|answer| read(&answer.body));
        match outcome {
            Ok(standing) if contradicts(&standing, order) => Err(Failure::Refused(200)),
            Ok(_) => Ok(()),
            Err(why) if is_unclear(why) && self.is_carried_out(issue, order).await == Ok(true) => Ok(()),
            Err(why) => Err(why),
        }
    }

    async fn is_carried_out(&self, issue: &IssueId, order: &Order) -> Result<bool, Failure> {
        let standing: Lenient<Standing> = self.get_of_issue(issue, "").await?;
        Ok(standing.0.is_some_and(|standing| is_as(&standing, order)))
    }
}

/// A proxy's login page is a success, too, but no issue.
fn read(body: &[u8]) -> Result<Standing, Failure> {
    serde_json::from_slice::<Lenient<Standing>>(body).ok().and_then(|it| it.0).ok_or(Failure::Unreadable)
}

fn is_unclear(why: Failure) -> bool {
    use Failure::{Interrupted, ServerFailed, Timeout, Unreadable};
    matches!(why, Timeout | Interrupted | Unreadable | ServerFailed(_))
}

/// Whether the answer says that it is not as ordered. Versions differ in how much they answer.
fn contradicts(standing: &Standing, order: &Order) -> bool {
    let is_other = |text: &Text, wanted: &str| text.as_deref().is_some_and(|it| it != wanted);
    match order {
        Order::AssignUser { id, .. } | Order::AssignTeam { id, .. } => {
            standing.assigned_to.0.as_ref().is_some_and(|to| is_other(&to.id, id))
        }
        Order::PriorityHigh => is_other(&standing.priority, "high"),
        Order::PriorityMedium => is_other(&standing.priority, "medium"),
        Order::PriorityLow => is_other(&standing.priority, "low"),
        Order::ArchiveUntilEscalating => is_other(&standing.status, "ignored"),
        Order::ResolveInNextRelease => is_other(&standing.status, "resolved"),
    }
}

fn body(order: &Order) -> Value {
    match order {
        Order::AssignUser { id, .. } => json!({"assignedTo": format!("user:{id}")}),
        Order::AssignTeam { id, .. } => json!({"assignedTo": format!("team:{id}")}),
        Order::PriorityHigh => json!({"priority": "high"}),
        Order::PriorityMedium => json!({"priority": "medium"}),
        Order::PriorityLow => json!({"priority": "low"}),
        Order::ArchiveUntilEscalating => {
            json!({"status": "ignored", "substatus": "archived_until_escalating", "statusDetails": {}})
        }
        Order::ResolveInNextRelease => {
            json!({"status": "resolved", "statusDetails": {"inNextRelease": true}})
        }
    }
}

fn is_as(standing: &Standing, order: &Order) -> bool {
    let is = |text: &Text, wanted: &str| text.as_deref() == Some(wanted);
    let assigned = |kind: &str, wanted: &str| {
        standing.assigned_to.0.as_ref().is_some_and(|to| is(&to.kind, kind) && is(&to.id, wanted))
    };
    match order {
        Order::AssignUser { id, .. } => assigned("user", id),
        Order::AssignTeam { id, .. } => assigned("team", id),
        Order::PriorityHigh => is(&standing.priority, "high"),
        Order::PriorityMedium => is(&standing.priority, "medium"),
        Order::PriorityLow => is(&standing.priority, "low"),
        Order::ArchiveUntilEscalating => {
            is(&standing.status, "ignored") && is(&standing.substatus, "archived_until_escalating")
        }
        Order::ResolveInNextRelease => {
            let details = standing.status_details.0.as_ref();
            is(&standing.status, "resolved") && details.is_some_and(|it| it.in_next_release.0 == Some(true))
        }
    }
}
