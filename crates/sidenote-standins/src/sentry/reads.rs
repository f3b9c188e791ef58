//! The reading endpoints of the Sentry stand-in: the organization, its projects, and everything about an issue.

use http::StatusCode;
use serde_json::{Value, json};

use super::super::exchange::Reply;
use super::event::Event;
use super::flag::Flag;
use super::issue::Issue;
use super::stamp::stamp;
use super::state::{Call, State};
use super::world::{Kind, Lookalike, Project};
use super::{answers, paging};

const NO_EVENT: &str =
    "Event not found. The event ID may be incorrect, or its age exceeded the retention period.";

/// Replies to `GET /api/0/` with the token's scopes and its user. Without a token, `auth` and `user` are null.
pub(super) fn root(state: &State, call: &Call<'_>) -> Reply {
    let auth = call.token.map(|token| json!({"scopes": token.scopes}));
    let identity = call.token.and_then(|token| token.identity.as_ref());
    let user = identity.filter(|_| !state.world.hides_users).map(|identity| {
        json!({"id": identity.id, "name": identity.name, "username": identity.username(), "email": ""})
    });
    answers::ok(&json!({"version": "0", "auth": auth, "user": user}))
}

/// Replies to `GET /api/client-config/`, a public page of Sentry.
pub(super) fn client_config(state: &State) -> Result<Reply, Reply> {
    match state.world.lookalike {
        None => {
            Ok(answers::ok(&json!({"version": {"current": state.world.version}, "isAuthenticated": false})))
        }
        Some(_) => Err(answers::not_found()),
    }
}

/// Replies to `GET /api/settings/`, a public page of `GlitchTip`.
pub(super) fn glitchtip_settings(state: &State) -> Result<Reply, Reply> {
    match state.world.lookalike {
        Some(Lookalike::GlitchTip) => {
            Ok(answers::ok(&json!({"version": "6.2.6", "iPaidForGlitchTip": false, "serverTimeZone": "UTC"})))
        }
        _ => Err(answers::not_found()),
    }
}

/// Replies to `GET /api/canonical/0/projects/`, a page of Bugsink that needs one of its own tokens.
pub(super) fn bugsink_projects(state: &State) -> Reply {
    match state.world.lookalike {
        Some(Lookalike::Bugsink) => answers::unauthorized("Invalid Bearer token."),
        _ => answers::not_found(),
    }
}

/// Replies to `GET /organizations/` with the organizations of the user. The proxy user of an integration has none.
pub(super) fn organizations(state: &State, call: &Call<'_>) -> Result<Reply, Reply> {
    let person = call.token.and_then(|token| token.identity.as_ref()).is_some_and(|who| who.app.is_none());
    let list = if person { vec![organization_json(state)] } else { Vec::new() };
    paging::page(state, call, &list)
}

/// Replies to `GET /organizations/{org}/` with the organization.
pub(super) fn organization(state: &State) -> Reply {
    answers::ok(&organization_json(state))
}

/// Replies to `GET /organizations/{org}/members/` with the people that issues can be assigned to. The first member has
/// not accepted the invitation and therefore has no user.
pub(super) fn members(state: &State, call: &Call<'_>) -> Result<Reply, Reply> {
    let invited =
        json!({"id": "1", "email": "invited@crumb.example", "name": "", "pending": true, "user": null});
    let people = state.world.assignees.iter().map(|it| &it.json).filter(|it| it["type"] == "user");
    let member = |it: &Value| {
        let user = json!({"id": it["id"], "name": it["name"], "username": it["email"], "email": it["email"]});
        json!({"id": format!("1{}", it["id"].as_str().unwrap_or_default()), "email": it["email"],
            "name": it["name"], "pending": false, "user": user})
    };
    let list: Vec<Value> = std::iter::once(invited).chain(people.map(member)).collect();
    paging::page(state, call, &list)
}

fn organization_json(state: &State) -> Value {
    let url = format!("{}{}", state.url, state.world.prefix);
    json!({
        "id": "2", "slug": state.world.org, "name": state.world.org, "dateCreated": stamp(state.start),
        "status": {"id": "active", "name": "active"}, "features": [], "isEarlyAdopter": false,
        "links": {"organizationUrl": url, "regionUrl": url},
    })
}

fn project_of<'a>(state: &'a State, call: &Call<'_>) -> Result<&'a Project, Reply> {
    let wanted = call.found.capture("project");
    let projects = &state.world.projects;
    projects.iter().find(|it| it.slug == wanted || it.id == wanted).ok_or_else(answers::not_found)
}

/// Replies to `GET /projects/{org}/{project}/` with the project.
pub(super) fn project(state: &State, call: &Call<'_>) -> Result<Reply, Reply> {
    let mut body = project_of(state, call)?.json();
    body["status"] = json!("active");
    body["dateCreated"] = json!(stamp(state.start));
    body["organization"] = json!({"id": "2", "slug": state.world.org, "name": state.world.org});
    Ok(answers::ok(&body))
}

/// Replies to `GET /organizations/{org}/shortids/{SHORT-ID}/` with the issue that has this short id.
pub(super) fn short_id(state: &State, call: &Call<'_>) -> Result<Reply, Reply> {
    // A number is no short id.
    let is_number = call.found.capture("issue").bytes().all(|byte| byte.is_ascii_digit());
    let issue = if is_number { Err(answers::not_found()) } else { state.issue(call) }?;
    Ok(answers::ok(&json!({
        "organizationSlug": state.world.org, "projectSlug": issue.project, "groupId": issue.id,
        "group": issue.summary(&state.view(issue)), "shortId": issue.short_id,
    })))
}

/// Replies to `GET …/issues/{id}/` with the details of the issue.
pub(super) fn issue(state: &State, call: &Call<'_>) -> Result<Reply, Reply> {
    let issue = state.issue(call)?;
    Ok(answers::ok(&issue.details(&state.view(issue), &call.query_all("collapse"))))
}

fn event_json(state: &State, issue: &Issue, event: &Event) -> Value {
    let view = state.view(issue);
    let project = view.project["id"].as_str().unwrap_or_default();
    event.json(&issue.id, project, &issue.title, state.start)
}

/// Replies to `GET …/issues/{id}/events/` with the events, newest first. With `full` the events are complete, and with
/// `sample` they have no defined order.
pub(super) fn events(state: &State, call: &Call<'_>) -> Result<Reply, Reply> {
    let issue = state.issue(call)?;
    let [full, sample] = [flag(call, "full")?, flag(call, "sample")?];
    let mut events: Vec<Value> =
        issue.events.iter().rev().map(|event| event_json(state, issue, event)).collect();
    if sample {
        // A sample has no defined order. The reverse order reveals a client that relies on the usual one.
        events.reverse();
    }
    if !full {
        events.iter_mut().for_each(abridge);
    }
    paging::page(state, call, &events)
}

/// Reads a boolean query parameter. Sentry accepts `true`, `1`, `false` and `0`, and rejects any other value.
fn flag(call: &Call<'_>, name: &str) -> Result<bool, Reply> {
    match call.query(name) {
        None | Some("false" | "0") => Ok(false),
        Some("true" | "1") => Ok(true),
        Some(_) => Err(answers::bad_request(&format!("Invalid {name} parameter."))),
    }
}

/// Removes the members that Sentry's list of events omits without `full`, such as `entries` and `contexts`.
fn abridge(event: &mut Value) {
    if let Value::Object(members) = event {
        for whole in ["entries", "contexts", "context", "packages", "sdk", "errors", "_meta", "occurrence"] {
            members.remove(whole);
        }
    }
}

/// Replies to `GET …/issues/{id}/events/{latest|recommended|oldest|event_id}/` with one event.
pub(super) fn event(state: &State, call: &Call<'_>) -> Result<Reply, Reply> {
    let issue = state.issue(call)?;
    let found = match call.found.capture("event") {
        "latest" | "recommended" => issue.events.last(),
        "oldest" => issue.events.first(),
        id => by_event_id(&issue.events, id),
    };
    found
        .map(|event| answers::ok(&event_json(state, issue, event)))
        .ok_or_else(|| answers::detail(StatusCode::NOT_FOUND, NO_EVENT))
}

/// Finds an event by its id, with or without dashes.
fn by_event_id<'a>(events: impl IntoIterator<Item = &'a Event>, id: &str) -> Option<&'a Event> {
    let id = id.replace('-', "").to_lowercase();
    events.into_iter().find(|event| event.id == id)
}

/// Replies to `GET …/issues/{id}/tags/` with the tags of the issue's events.
pub(super) fn tags(state: &State, call: &Call<'_>) -> Result<Reply, Reply> {
    let tags: Vec<Value> = state.issue(call)?.tags.iter().map(|tag| tag.details(state.start)).collect();
    Ok(answers::ok(&json!(tags)))
}

/// Replies to `GET …/issues/{id}/tags/{key}/` with the values of one tag.
pub(super) fn tag(state: &State, call: &Call<'_>) -> Result<Reply, Reply> {
    let wanted = call.found.capture("key");
    let tag = state.issue(call)?.tags.iter().find(|tag| tag.key == wanted).ok_or_else(answers::not_found)?;
    Ok(answers::ok(&tag.details(state.start)))
}

/// Replies to `GET …/issues/{id}/suspect/flags/` with the distributions over feature flags. Without this feature,
/// Sentry replies with an empty 404.
pub(super) fn suspect_flags(state: &State, call: &Call<'_>) -> Result<Reply, Reply> {
    let issue = state.issue(call)?;
    if issue.flags.is_empty() {
        return Err(Reply::empty(StatusCode::NOT_FOUND));
    }
    let flags: Vec<Value> = issue.flags.iter().map(Flag::json).collect();
    Ok(answers::ok(&json!({"data": flags})))
}

/// Replies to `GET /projects/{org}/{project}/events/{event_id}/committers/` with the suspect commits, or with 404 if
/// there are none.
pub(super) fn committers(state: &State, call: &Call<'_>) -> Result<Reply, Reply> {
    let project = project_of(state, call)?;
    let issues = state.world.issues.iter().filter(|issue| issue.project == project.slug);
    let event = by_event_id(issues.flat_map(|issue| &issue.events), call.found.capture("event"));
    let event = event.ok_or_else(|| answers::detail(StatusCode::NOT_FOUND, "Event not found"))?;
    if event.commits.is_empty() {
        let none = if state.world.kind == Kind::SelfHostedOld {
            "No Commits found for Event"
        } else {
            "No committers found"
        };
        return Err(answers::detail(StatusCode::NOT_FOUND, none));
    }
    let committers: Vec<Value> = event.commits.iter().map(|commit| commit.json(state.start)).collect();
    Ok(answers::ok(&json!({"committers": committers})))
}
