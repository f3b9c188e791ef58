//! The checks of a request to Slack's Web API: its method, its token, its arguments.

use std::collections::BTreeMap;

use http::Method;
use serde_json::Value;

use super::blocks;
use crate::exchange::Recorded;

/// Each method with its required and its optional arguments. The lists follow Slack's documentation, without arguments
/// that modern apps do not use.
const METHODS: &[(&str, &[&str], &[&str])] = &[
    ("auth.test", &[], &[]),
    ("conversations.info", &["channel"], &["include_locale", "include_num_members"]),
    ("conversations.join", &["channel"], &[]),
    ("users.info", &["user"], &["include_locale"]),
    (
        "chat.postMessage",
        &["channel", "text"],
        &[
            "blocks",
            "link_names",
            "metadata",
            "mrkdwn",
            "parse",
            "reply_broadcast",
            "thread_ts",
            "unfurl_links",
            "unfurl_media",
        ],
    ),
    // Slack's documentation has said both that an edit without `blocks` keeps the old ones and that it removes them. A
    // client has to send them.
    (
        "chat.update",
        &["blocks", "channel", "ts", "text"],
        &["link_names", "metadata", "parse", "reply_broadcast"],
    ),
    ("chat.postEphemeral", &["channel", "user", "text"], &["blocks", "link_names", "parse", "thread_ts"]),
];

/// The methods that only read. They accept no JSON.
const READS: [&str; 3] = ["auth.test", "conversations.info", "users.info"];

/// Returns the name of the method in a path such as `/api/chat.update`.
pub(super) fn method(path: &str) -> Option<&'static str> {
    let name = path.strip_prefix("/api/")?;
    METHODS.iter().map(|(known, ..)| *known).find(|known| *known == name)
}

/// Returns the arguments of a request, from its query and its JSON body.
pub(super) fn arguments(request: &Recorded) -> BTreeMap<String, Value> {
    let query = request.query_pairs().into_iter().map(|(name, value)| (name, Value::String(value)));
    let body = match request.json() {
        Some(Value::Object(members)) => members.into_iter().collect(),
        _ => Vec::new(),
    };
    query.chain(body).collect()
}

/// Describes the violations of a request, which are mistakes of the client.
pub(super) fn problems(request: &Recorded, token: &str) -> Vec<String> {
    let mut wrong = Vec::new();
    if request.header("authorization") != Some(format!("Bearer {token}").as_str()) {
        wrong.push("a token this world does not know".to_owned());
    }
    if request.query.contains("token=") {
        wrong.push("a token in the URL".to_owned());
    }
    let Some(name) = method(&request.path) else {
        wrong.push("no such method".to_owned());
        return wrong;
    };
    let reads = READS.contains(&name);
    if request.method != if reads { Method::GET } else { Method::POST } {
        wrong.push(format!("{} for {name}", request.method));
    }
    if !reads && request.header("content-type") != Some("application/json; charset=utf-8") {
        wrong.push("JSON without its charset".to_owned());
    }
    let given = arguments(request);
    wrong.extend(argument_problems(name, &given));
    if name.starts_with("chat.") {
        wrong.extend(text_problems(name, &given));
    }
    wrong
}

fn argument_problems(name: &str, given: &BTreeMap<String, Value>) -> Vec<String> {
    let Some((_, required, optional)) = METHODS.iter().find(|(known, ..)| *known == name) else {
        return Vec::new();
    };
    let unknown =
        given.keys().filter(|key| !required.contains(&key.as_str()) && !optional.contains(&key.as_str()));
    let missing = required.iter().filter(|key| !given.contains_key(**key));
    let unknown = unknown.map(|key| format!("an unknown argument: {key}"));
    unknown.chain(missing.map(|key| format!("a missing argument: {key}"))).collect()
}

/// Describes the violations in texts and blocks. Unfurled links and parsed names are among them, although Slack
/// tolerates both.
fn text_problems(name: &str, given: &BTreeMap<String, Value>) -> Vec<String> {
    let mut wrong = blocks::problems(given.get("blocks"));
    match given.get("text") {
        Some(Value::String(text)) => {
            wrong.extend(blocks::mrkdwn_problems(text));
            if text.trim().is_empty() || text.chars().count() > 4_000 {
                wrong.push(format!("a text of {} characters", text.chars().count()));
            }
        }
        other => wrong.push(format!("a text that is none: {other:?}")),
    }
    let is_off = |key: &str| given.get(key) == Some(&Value::Bool(false));
    if name == "chat.postMessage" && !(is_off("unfurl_links") && is_off("unfurl_media")) {
        wrong.push("links are unfurled".to_owned());
    }
    if name == "chat.postMessage" && !is_off("mrkdwn") {
        wrong.push("the fallback text has markup".to_owned());
    }
    if given.contains_key("reply_broadcast") && !given.contains_key("thread_ts") {
        wrong.push("a broadcast of no reply".to_owned());
    }
    if given.get("link_names").is_some_and(|it| it != &Value::Bool(false))
        || given.get("parse").is_some_and(|it| it != "none")
    {
        wrong.push("names are linked".to_owned());
    }
    wrong
}
