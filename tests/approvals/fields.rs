//! Checks requests to Telegram against a description of the Bot API in JSON: names, types, required fields, and nested
//! objects. `make test` makes the description from aiogram's source code, with `tools/bot-api.py`.

use serde_json::{Map, Value, json};
use sidenote_standins::Recorded;

use super::bed::{asked, data, message_saying, toasts};
use super::worlds::{high, kim, noor, stranger};
use crate::support::fetched::tool;

fn description() -> Value {
    let text = std::fs::read_to_string(tool("bot-api.json")).expect("read the description");
    serde_json::from_str(&text).expect("JSON")
}

/// Adds the problems of the members of an object in a request to `wrong`. `fields` describes the members.
fn object(spec: &Value, path: &str, fields: &Value, given: &Map<String, Value>, wrong: &mut Vec<String>) {
    let fields = fields.as_array().cloned().unwrap_or_default();
    for (name, value) in given {
        match fields.iter().find(|field| field["name"] == *name) {
            None => wrong.push(format!("{path}.{name}: no such field")),
            Some(field) => {
                let types = field["types"].as_array().into_iter().flatten().filter_map(Value::as_str);
                // If there are several types, one has to match; the problems of the first are the most useful.
                let tries: Vec<Vec<String>> = types
                    .map(|kind| {
                        let mut complaints = Vec::new();
                        one(spec, &format!("{path}.{name}"), kind, value, &mut complaints);
                        complaints
                    })
                    .collect();
                if tries.iter().all(|complaints| !complaints.is_empty()) {
                    wrong.extend(tries.into_iter().next().unwrap_or_default());
                }
            }
        }
    }
    let missing = fields.iter().filter(|field| field["required"] == true);
    let missing =
        missing.filter_map(|field| field["name"].as_str()).filter(|name| !given.contains_key(*name));
    wrong.extend(missing.map(|name| format!("{path}.{name}: missing")));
}

fn one(spec: &Value, path: &str, kind: &str, value: &Value, wrong: &mut Vec<String>) {
    if let Some(inner) = kind.strip_prefix("Array of ") {
        match value.as_array() {
            None => wrong.push(format!("{path}: not a list")),
            Some(items) => items.iter().for_each(|item| one(spec, path, inner, item, wrong)),
        }
        return;
    }
    let fits = match kind {
        "String" => value.is_string(),
        "Integer" => value.is_i64(),
        "Float" => value.is_number(),
        "Boolean" | "True" => value.is_boolean(),
        _ => match value.as_object() {
            Some(members) => return object(spec, path, &spec["types"][kind]["fields"], members, wrong),
            None => false,
        },
    };
    if !fits {
        wrong.push(format!("{path}: not of type {kind}: {value}"));
    }
}

/// Returns the problems of a call of the Bot API.
fn call(spec: &Value, method: &str, params: &Value) -> Vec<String> {
    let found = &spec["methods"][method];
    let Some(given) = params.as_object().filter(|_| found.is_object()) else {
        return vec![format!("{method}: no such method, or no object")];
    };
    let mut wrong = Vec::new();
    object(spec, method, &found["fields"], given, &mut wrong);
    wrong
}

/// Returns the problems of all requests to the Bot API, and the methods that were called.
pub(crate) fn check(requests: &[Recorded]) -> (Vec<String>, Vec<String>) {
    let spec = description();
    let method = |request: &Recorded| request.path.rsplit('/').next().unwrap_or_default().to_owned();
    let wrong =
        requests.iter().flat_map(|it| call(&spec, &method(it), &it.json().unwrap_or_default())).collect();
    let mut methods: Vec<String> = requests.iter().map(method).collect();
    methods.sort();
    methods.dedup();
    (wrong, methods)
}

#[tokio::test]
async fn every_request_of_a_decision_keeps_the_bot_apis_rules() {
    let (bed, message) = asked(&high(), &[]).await;
    bed.telegram.tap(message.message_id, "Priority high", &stranger());
    toasts(&bed.telegram, &stranger(), 1).await;
    bed.telegram.tap(message.message_id, "Priority high", &kim());
    message_saying(&bed, "Approved by Kim (@kim) #42 on ").await;
    bed.logged("approval_decided", 1).await;
    let late = bed.telegram.callback(message.message_id, &data(&message, "Reject"), &noor());
    bed.telegram.update(late);
    toasts(&bed.telegram, &noor(), 1).await;
    bed.logged("approval_tap_refused", 2).await;
    bed.eventually("the buttons are taken away once more", |bed| {
        let takes = |it: &Recorded| it.path.ends_with("/editMessageReplyMarkup");
        bed.telegram.requests().iter().any(takes).then_some(())
    })
    .await;
    let (wrong, methods) = check(&bed.telegram.requests());
    assert_eq!(wrong, Vec::<String>::new());
    assert_eq!(methods, ["answerCallbackQuery", "editMessageReplyMarkup", "editMessageText", "sendMessage"]);
    bed.end().await;
}

#[test]
fn invalid_parameters_of_the_bot_api_are_found() {
    let spec = description();
    let rows = [
        (json!({"chat_id": 1, "text": "x"}), vec![]),
        (json!({"chat_id": "@a", "text": "x"}), vec![]),
        (json!({"chat_id": 1}), vec!["sendMessage.text: missing"]),
        (json!({"chat_id": 1.5, "text": "x"}), vec!["sendMessage.chat_id: not of type Integer: 1.5"]),
        (
            json!({"chat_id": 1, "text": "x", "disable_web_page_preview": true}),
            vec!["sendMessage.disable_web_page_preview: no such field"],
        ),
        (
            json!({"chat_id": 1, "text": "x", "link_preview_options": {"disabled": true}}),
            vec!["sendMessage.link_preview_options.disabled: no such field"],
        ),
        (
            json!({"chat_id": 1, "text": "x", "reply_parameters": {"message_id": "1"}}),
            vec!["sendMessage.reply_parameters.message_id: not of type Integer: \"1\""],
        ),
        (
            json!({"chat_id": 1, "text": "x", "reply_markup": {"inline_keyboard": [[{"url": 5}]]}}),
            vec![
                "sendMessage.reply_markup.inline_keyboard.url: not of type String: 5",
                "sendMessage.reply_markup.inline_keyboard.text: missing",
            ],
        ),
    ];
    for (params, expected) in rows {
        assert_eq!(call(&spec, "sendMessage", &params), expected, "{params}");
    }
    assert_eq!(call(&spec, "sendPigeon", &json!({})).len(), 1);
}
