//! Replies of an OpenClaw gateway to `POST /tools/invoke`, which runs one tool as an agent.

use http::{Method, StatusCode};
use serde_json::{Map, json};

use super::super::exchange::{Recorded, Reply};
use super::super::server::locked;
use super::{Agent, Api, Dialect};

const PATH: &str = "/tools/invoke";

/// Whether a request invokes a tool of a gateway.
pub(super) fn is_invocation(api: &Api, request: &Recorded) -> bool {
    api.dialect == Dialect::OpenClaw && request.method == Method::POST && request.path == PATH
}

/// Returns the reply to the invocation of a tool. Returns `None` for any other request. A gateway always has this
/// endpoint.
pub(super) fn answer(api: &Api, request: &Recorded) -> Option<Reply> {
    if !is_invocation(api, request) {
        return None;
    }
    if let Some(refused) = api.wrong_key(request) {
        return Some(refused);
    }
    let body = request.json().unwrap_or_default();
    let is_known = body["agentId"].as_str().is_some_and(|agent| format!("openclaw/{agent}") == api.model);
    let error = |status, kind: &str, text: &str| {
        Reply::json(status, &json!({"ok": false, "error": {"type": kind, "message": text}}))
    };
    Some(match (is_known, *locked(&api.agent)) {
        (false, _) => error(StatusCode::BAD_REQUEST, "invalid_request", "Unknown agent id"),
        (true, Agent::Unlocked) if body["tool"] == "session_status" => {
            Reply::json(StatusCode::OK, &json!({"ok": true, "result": {"content": []}}))
        }
        (true, _) => error(StatusCode::NOT_FOUND, "not_found", "Tool not available: session_status"),
    })
}

/// Describes the violations of an invocation: only the harmless tool `session_status` may be invoked, without
/// arguments, and the agent's id must have no slash.
pub(super) fn violations(request: &Recorded) -> Vec<String> {
    let body = request.json().unwrap_or_default();
    let rules = [
        (body["tool"] == "session_status", "a tool that is not harmless"),
        (body.as_object().map(Map::len) == Some(2), "other members than tool and agentId"),
        (body["agentId"].as_str().is_some_and(|agent| !agent.contains('/')), "the agent's id has a slash"),
    ];
    let wrong = rules.into_iter().filter(|(holds, _)| !holds).map(|(_, what)| what.to_owned());
    wrong.collect()
}
