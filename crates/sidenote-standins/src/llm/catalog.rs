//! Replies of a model's API to `GET` requests: its health, its models, and a 405 for the path of completions. If the
//! endpoint `chatCompletions` of a gateway is off, every path below `/v1/` gets a 404.

use http::StatusCode;
use serde_json::{Value, json};

use super::super::exchange::{Recorded, Reply};
use super::super::server::locked;
use super::{Agent, Api, Dialect, answers, inspect};
use std::sync::atomic::Ordering;

/// Returns the reply to a `GET` request, or the 404 of a gateway whose endpoint is off. Returns `None` for any other
/// request.
pub(super) fn answer(api: &Api, request: &Recorded) -> Option<Reply> {
    let is_off = api.is_off.load(Ordering::Relaxed);
    if is_off && request.path.starts_with("/v1/") {
        return Some(Reply::text(StatusCode::NOT_FOUND, "text/plain", "Not Found"));
    }
    if request.method != http::Method::GET {
        return None;
    }
    let one = one_model(api);
    Some(match (api.dialect, request.path.as_str()) {
        (Dialect::OpenClaw, "/health") => {
            Reply::json(StatusCode::OK, &json!({"ok": true, "status": "live"}))
        }
        (Dialect::OpenClaw | Dialect::OpenAi, "/v1/chat/completions") => {
            Reply::text(StatusCode::METHOD_NOT_ALLOWED, "text/plain", "Method Not Allowed")
        }
        (Dialect::OpenClaw | Dialect::OpenAi, "/v1/models") => {
            api.wrong_key(request).unwrap_or_else(|| Reply::json(StatusCode::OK, &list(api)))
        }
        (Dialect::Anthropic, path) if path == one => api.wrong_key(request).unwrap_or_else(|| {
            let model = json!({"type": "model", "id": api.model, "display_name": "A model", "created_at": "2026-01-01T00:00:00Z"});
            Reply::json(StatusCode::OK, &model)
        }),
        _ => answers::error(api.dialect, 404, &[], "not_found_error", "no such path"),
    })
}

fn one_model(api: &Api) -> String {
    format!("/v1/models/{}", api.model)
}

/// Returns the list of models. A gateway also lists the two names of its default agent, and `openclaw/main` unless the
/// configured agent is its only one.
fn list(api: &Api) -> Value {
    let own: &[&str] = match (api.dialect, *locked(&api.agent)) {
        (Dialect::OpenClaw, Agent::Alone) => &["openclaw", "openclaw/default"],
        (Dialect::OpenClaw, _) => &["openclaw", "openclaw/default", "openclaw/main"],
        _ => &[],
    };
    let names = own.iter().copied().chain([api.model.as_str()]);
    let each = names.map(|id| json!({"id": id, "object": "model", "created": 0, "owned_by": "stand-in"}));
    json!({"object": "list", "data": each.collect::<Vec<_>>()})
}

/// Describes the violations of a `GET` request: mistakes that the real API may tolerate.
pub(super) fn violations(api: &Api, request: &Recorded) -> Vec<String> {
    let is_anthropic = api.dialect == Dialect::Anthropic;
    let known = match api.dialect {
        Dialect::Anthropic => request.path.starts_with("/v1/models/"),
        Dialect::OpenAi => ["/v1/models"].contains(&request.path.as_str()),
        Dialect::OpenClaw => {
            ["/health", "/v1/models", "/v1/chat/completions"].contains(&request.path.as_str())
        }
    };
    // The health of a gateway is public, so a client must not send its key there.
    let wants_key = request.path != "/health";
    let rules = [
        (known, "nothing that is there to be asked"),
        (request.query.is_empty(), "there is a query"),
        (request.body.is_empty(), "an ignored body"),
        (!request.path.contains(&api.key), "the key is in the path"),
        (inspect::key(api.dialect, request).is_some() == wants_key, "the key is missing, or out of place"),
        (
            request.header("anthropic-version").is_some() == is_anthropic,
            "anthropic-version is missing, or out of place",
        ),
    ];
    rules.into_iter().filter(|(holds, _)| !holds).map(|(_, what)| what.to_owned()).collect()
}
