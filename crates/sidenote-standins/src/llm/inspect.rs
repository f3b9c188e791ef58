//! Finds violations in requests to a model's API: mistakes of the client that some real servers tolerate.

use http::Method;
use serde_json::Value;

use super::{Api, Dialect};
use crate::exchange::Recorded;

/// The members that a chat-completions request may have. Sampling parameters, tools and streaming are not among them.
/// An older server rejects `response_format` or `max_completion_tokens`; see [`super::Llm::start_as`].
const CHAT: &[&str] = &["model", "messages", "max_completion_tokens", "max_tokens", "response_format"];
/// The members that a request to the Anthropic Messages API may have.
const MESSAGES: &[&str] = &["model", "messages", "max_tokens", "system", "output_config"];

/// Returns the path of completions in this API.
pub(super) fn path(dialect: Dialect) -> &'static str {
    match dialect {
        Dialect::OpenAi | Dialect::OpenClaw => "/v1/chat/completions",
        Dialect::Anthropic => "/v1/messages",
    }
}

/// Returns the key from the header that this API uses.
pub(super) fn key(dialect: Dialect, request: &Recorded) -> Option<&str> {
    match dialect {
        Dialect::OpenAi | Dialect::OpenClaw => request.header("authorization")?.strip_prefix("Bearer "),
        Dialect::Anthropic => request.header("x-api-key"),
    }
}

pub(super) fn violations(api: &Api, request: &Recorded) -> Vec<String> {
    if request.method == Method::GET {
        return super::catalog::violations(api, request);
    }
    if super::tools::is_invocation(api, request) {
        return super::tools::violations(request);
    }
    let mut found = Vec::new();
    let mut hold = |holds: bool, what: &str| {
        if !holds {
            found.push(what.to_owned());
        }
    };
    hold(request.method == Method::POST, "the method is not POST");
    hold(request.path == path(api.dialect), "the path is not the API's");
    hold(request.query.is_empty(), "there is a query");
    hold(request.header("content-type") == Some("application/json"), "the content type is not JSON");
    hold(
        request.header("user-agent").is_some_and(|agent| agent.starts_with("sidenote/")),
        "who asks is not said",
    );
    let is_anthropic = api.dialect == Dialect::Anthropic;
    let version = request.header("anthropic-version");
    hold(version.is_some() == is_anthropic, "anthropic-version is missing, or out of place");
    hold(request.header("x-api-key").is_none() || is_anthropic, "the key is in the wrong header");
    hold(request.header("authorization").is_none() || !is_anthropic, "the key is in the wrong header");
    let Some(body) = request.json() else {
        hold(false, "the body is not JSON");
        return found;
    };
    hold(!request.path.contains(&api.key), "the key is in the path");
    hold(!body.to_string().contains(&api.key), "the key is in the body");
    let members = if is_anthropic { MESSAGES } else { CHAT };
    for name in body.as_object().into_iter().flat_map(|body| body.keys()) {
        hold(members.contains(&name.as_str()), &format!("`{name}` is none of the request's members"));
    }
    let caps = ["max_completion_tokens", "max_tokens"].map(|cap| body[cap].as_u64().unwrap_or(0));
    hold(
        caps.iter().filter(|cap| (1..200_000).contains(*cap)).count() == 1,
        "there is not one cap on tokens",
    );
    hold(turns_alternate(&body, is_anthropic), "the turns are not system, user, assistant, user");
    hold(format_is_strict(&body), "the form that is asked for is no strict schema");
    found
}

fn turns_alternate(body: &Value, is_anthropic: bool) -> bool {
    let turns = body["messages"].as_array().map(Vec::as_slice).unwrap_or_default();
    let has_text = |turn: &Value| turn["content"].as_str().is_some_and(|text| !text.trim().is_empty());
    let first: &[&str] = if is_anthropic { &[] } else { &["system"] };
    let expected = first.iter().chain(["user", "assistant"].iter().cycle());
    let fits = turns.iter().zip(expected).all(|(turn, role)| turn["role"] == **role && has_text(turn));
    let is_told = !is_anthropic || body["system"].as_str().is_some_and(|text| !text.is_empty());
    let ends_with_user = turns.last().is_some_and(|turn| turn["role"] == "user");
    fits && is_told && ends_with_user
}

fn format_is_strict(body: &Value) -> bool {
    let asked = &body["response_format"];
    match asked["type"].as_str() {
        Some("json_schema") => {
            let form = &asked["json_schema"];
            let name = form["name"].as_str().unwrap_or_default();
            form["strict"] == true && !name.is_empty() && is_strict(&form["schema"])
        }
        Some("json_object") => asked.as_object().is_some_and(|asked| asked.len() == 1),
        _ if asked.is_null() => {
            let format = &body["output_config"]["format"];
            format.is_null() || (format["type"] == "json_schema" && is_strict(&format["schema"]))
        }
        _ => false,
    }
}

/// Whether a schema is in the subset of strict modes: every member is required and no other member is allowed.
fn is_strict(schema: &Value) -> bool {
    match schema["type"].as_str() {
        Some("object") => {
            let Some(members) = schema["properties"].as_object() else { return false };
            let required = schema["required"].as_array().map_or(0, Vec::len);
            schema["additionalProperties"] == false
                && required == members.len()
                && members.values().all(is_strict)
        }
        Some("array") => is_strict(&schema["items"]),
        Some("string" | "number" | "integer" | "boolean") => true,
        Some(_) => false,
        None => schema["type"].is_array(),
    }
}
