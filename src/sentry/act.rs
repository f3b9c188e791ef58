//! What is done to an issue, once a person has approved it.

use http::Method;
use serde::Deserialize;
use serde_json::{Value, json};

use super::client::{Sentry, success};
use crate::domain::approval::Order;
use crate::domain::ids::IssueId;
use crate::domain::lenient::{Flag, Maybe, Text};
use crate::domain::outcome::Failure;

/// An issue, as far as an order changes it.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Standing {
    status: Text,
    substatus: Text,
    priority: Text,
    assigned_to: Maybe<Actor>,
    status_details: Maybe<Details>,
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
    /// Carries an order out.
    ///
    /// # Errors
    /// [`Failure`], if Sentry did not say that it is done.
    pub async fn carry_out(&self, issue: &IssueId, order: &Order) -> Result<(), Failure> {
        let answer =
            self.call_of_issue(&Method::PUT, issue, &[""], Some(&body(order))).await.and_then(success)?;
        // A proxy's login page is a success, too, but no issue.
        serde_json::from_slice::<Value>(&answer.body).map(drop).map_err(|_| Failure::Unreadable)
    }

    /// Whether the issue already is as the order wants it: a dead invocation may have carried it out.
    ///
    /// # Errors
    /// [`Failure`], if Sentry cannot be asked.
    pub async fn is_carried_out(&self, issue: &IssueId, order: &Order) -> Result<bool, Failure> {
        let standing: Maybe<Standing> = self.get_of_issue(issue, "").await?;
        Ok(standing.0.is_some_and(|standing| is_as(&standing, order)))
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
