//! `PUT …/issues/{id}/` of the Sentry stand-in: the validation of each member, and its effect on the issue.

use serde_json::{Map, Value, json};

use http::StatusCode;

use super::super::exchange::Reply;
use super::answers;
use super::issue::Issue;
use super::stamp::stamp;
use super::state::{Call, State};
use super::world::Assignee;

/// The allowed values of a member of the request's body.
enum Shape {
    OneOf(&'static [&'static str]),
    Flag,
    Number,
    /// Any object. Unknown members of the object are ignored.
    Object,
    /// An assignee: `user:1`, `team:2`, a name or an e-mail address. The empty string unassigns the issue.
    Actor,
}

const MEMBERS: &[(&str, Shape)] = &[
    ("status", Shape::OneOf(&["resolved", "unresolved", "ignored", "resolvedInNextRelease"])),
    (
        "substatus",
        Shape::OneOf(&[
            "archived_until_escalating",
            "archived_until_condition_met",
            "archived_forever",
            "escalating",
            "ongoing",
            "regressed",
            "new",
        ]),
    ),
    ("statusDetails", Shape::Object),
    ("priority", Shape::OneOf(&["high", "medium", "low"])),
    ("assignedTo", Shape::Actor),
    ("hasSeen", Shape::Flag),
    ("isBookmarked", Shape::Flag),
    ("isSubscribed", Shape::Flag),
    ("isPublic", Shape::Flag),
    ("inbox", Shape::Flag),
    ("ignoreDuration", Shape::Number),
    ("ignoreCount", Shape::Number),
    ("ignoreWindow", Shape::Number),
    ("ignoreUserCount", Shape::Number),
    ("ignoreUserWindow", Shape::Number),
];

impl Shape {
    /// Returns the validation error for a value, or `None` if the value is valid.
    fn refusal(&self, value: &Value, assignees: &[Assignee]) -> Option<String> {
        let not_a_choice =
            || format!("\"{}\" is not a valid choice.", value.as_str().unwrap_or(&value.to_string()));
        match self {
            Self::OneOf(choices) => {
                (!value.as_str().is_some_and(|it| choices.contains(&it))).then(not_a_choice)
            }
            Self::Flag => (!value.is_boolean()).then(|| "Must be a valid boolean.".to_owned()),
            Self::Number => (!value.is_u64()).then(|| "A valid integer is required.".to_owned()),
            Self::Object => (!value.is_object()).then(|| "Invalid data. Expected a dictionary.".to_owned()),
            Self::Actor => match value.as_str() {
                Some("") => None,
                Some(actor) if find_actor(assignees, actor).is_some() => None,
                _ => Some("Unknown actor input".to_owned()),
            },
        }
    }
}

fn find_actor<'a>(assignees: &'a [Assignee], actor: &str) -> Option<&'a Assignee> {
    assignees.iter().find(|it| it.actor == actor || it.json["email"] == actor || it.json["name"] == actor)
}

/// Validates the whole body, then changes the issue. The reply is the issue without stats, tags, releases or activity.
pub(super) fn put(state: &mut State, call: &Call<'_>) -> Result<Reply, Reply> {
    let id = state.issue_id(call)?;
    let mut body = answers::json_object(call.request)?;
    if !state.world.has_priorities() {
        body.remove("priority");
    }
    check(&body, &state.world.assignees)?;
    let author = call
        .token
        .and_then(|token| token.identity.as_ref())
        .map(|who| json!({"id": who.id, "name": who.name}));
    let (activity_id, at) = (state.next_id().to_string(), stamp(state.now()));
    let assignees = state.world.assignees.clone();
    state.edit(&id, |issue| {
        for kind in change(issue, &body, &assignees) {
            issue.activity.push(json!({
                "id": activity_id, "user": author, "type": kind, "data": {}, "dateCreated": at,
            }));
        }
    });
    let issue = state.find(&id).ok_or_else(answers::not_found)?;
    Ok(answers::ok(&Value::Object(issue.summary(&state.view(issue)))))
}

fn check(body: &Map<String, Value>, assignees: &[Assignee]) -> Result<(), Reply> {
    let mut refused = Map::new();
    for (name, shape) in MEMBERS {
        let refusal = body.get(*name).and_then(|value| shape.refusal(value, assignees));
        refused.extend(refusal.map(|why| ((*name).to_owned(), json!([why]))));
    }
    if refused.is_empty() {
        Ok(())
    } else {
        Err(Reply::json(StatusCode::BAD_REQUEST, &Value::Object(refused)))
    }
}

/// Applies a valid body to an issue. Returns the names of the activities to record.
fn change(issue: &mut Issue, body: &Map<String, Value>, assignees: &[Assignee]) -> Vec<&'static str> {
    let text = |name: &str| body.get(name).and_then(Value::as_str);
    let mut activity = Vec::new();
    if let Some(status) = text("status") {
        activity.extend(change_status(issue, status, text("substatus"), body.get("statusDetails")));
    } else if let Some(substatus) = text("substatus") {
        issue.substatus = Some(substatus.to_owned());
    }
    if let Some(priority) = text("priority").filter(|it| *it != issue.priority) {
        priority.clone_into(&mut issue.priority);
        activity.push("set_priority");
    }
    if let Some(actor) = text("assignedTo") {
        issue.assigned_to = find_actor(assignees, actor).map(|it| it.actor.clone());
        activity.push(if issue.assigned_to.is_some() { "assigned" } else { "unassigned" });
    }
    for flag in ["hasSeen", "isBookmarked", "isSubscribed", "isPublic"] {
        if let Some(value) = body.get(flag) {
            issue.put(flag, value.clone());
        }
    }
    activity
}

/// Changes the status of an issue. Returns the activity to record; there is none if the status stays the same.
fn change_status(
    issue: &mut Issue,
    status: &str,
    substatus: Option<&str>,
    details: Option<&Value>,
) -> Option<&'static str> {
    let (status, default_substatus, activity) = match status {
        "resolved" | "resolvedInNextRelease" => ("resolved", None, "set_resolved"),
        "ignored" => ("ignored", Some("archived_forever"), "set_ignored"),
        other => (other, Some("ongoing"), "set_unresolved"),
    };
    let changed = issue.status != status;
    status.clone_into(&mut issue.status);
    issue.substatus = substatus.or(default_substatus).map(str::to_owned);
    issue.status_details = details.cloned().unwrap_or_else(|| json!({}));
    changed.then_some(activity)
}
