//! Tests that a secret which only the structure of an event identifies reaches neither the prompt nor the note.

use serde_json::{Value, json};

use crate::readings::{evidence, note, prompt};

/// A secret that looks like a word. Only its key or its neighbours in a structure show that it is a secret.
const SECRET: &str = "hunter2blue";

/// Returns JSON structures with the secret inside.
fn structures() -> Vec<Value> {
    vec![
        json!({"argv": ["mysql", "--password", SECRET]}),
        json!({"argv": ["mysql", format!("-p{SECRET}")]}),
        json!({"argv": ["curl", "-u", format!("kim:{SECRET}")]}),
        json!({"argv": ["curl", format!("--user=kim:{SECRET}")]}),
        json!({"setting": {"name": "password", "value": SECRET}}),
        json!({"setting": {"value": SECRET, "key": "DB_PASSWORD"}}),
        json!({"header": ["X-Auth-Token", SECRET]}),
        json!({"password": {"old": SECRET, "new": SECRET}}),
        json!({"password": [SECRET, SECRET]}),
        json!({"api": {"key": SECRET}}),
        json!({"cmd": format!("mysql -p{SECRET} shop")}),
        json!({"cmd": format!("curl -u kim:{SECRET} https://shop.example")}),
        json!({"dump": format!("{{\"password\": {{\"old\": \"{SECRET}\", \"length\": 7}}}}")}),
        json!({"dump": format!("[{{\"value\": \"{SECRET}\", \"name\": \"client_secret\"}}]")}),
    ]
}

/// Returns an event with the structure at each place where a program's own values can be, and with its members as
/// texts. The key of a text is not known there, so a member `api` is left out of the texts.
fn event(structure: &Value) -> Value {
    let texts: serde_json::Map<String, Value> = structure
        .as_object()
        .into_iter()
        .flatten()
        .filter(|(name, _)| *name != "api")
        .map(|(name, value)| (name.clone(), json!(value.to_string())))
        .collect();
    json!({
        "event_id": "7ca573c0f4814912aaa9bdc77d1a7d51", "platform": "python",
        "exception": {"values": [{"type": "ValueError", "value": "no rate", "stacktrace": {"frames": [
            {"filename": "shop/rates.py", "function": "rate", "lineno": 3, "in_app": true,
             "context_line": "return rates[key]", "vars": structure}]}}]},
        "extra": {"state": structure}, "contexts": {"state": structure},
        "request": {"url": "https://shop.example/", "method": "POST", "data": structure},
        "breadcrumbs": {"values": [{"category": "subprocess", "message": "call", "data": structure},
            {"category": "subprocess", "message": "call", "data": texts}]},
    })
}

#[tokio::test]
async fn a_value_is_hidden_by_the_structure_around_it() {
    for structure in structures() {
        let event = event(&structure);
        let prompt = prompt(&evidence(&event), 12_000).await;
        assert!(!prompt.contains(SECRET), "{structure}: {prompt}");
        let note = note(&event, None).await;
        assert!(!note.contains(SECRET), "{structure}: {note}");
    }
}

#[tokio::test]
async fn a_value_beside_a_secret_is_shown() {
    for (structure, shown) in [
        (json!({"argv": ["mysql", "--host", "db-primary", "--password", SECRET]}), "db-primary"),
        (json!({"setting": {"name": "colour", "value": "dark-green"}}), "dark-green"),
        (json!({"password": {"length": 4711, "old": SECRET}}), "4711"),
        (json!({"header": ["Accept", "text/turtle"]}), "text/turtle"),
    ] {
        let prompt = prompt(&evidence(&event(&structure)), 12_000).await;
        assert!(prompt.contains(shown) && !prompt.contains(SECRET), "{structure}: {prompt}");
    }
}
