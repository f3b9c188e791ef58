//! Tests that no secret or personal data in any text of an event reaches the model, the note, the message or the log.
//!
//! The results are checked with this project's own list and with `detect-secrets`, which is an independent program.

use std::fs;
use std::path::Path;
use std::process::Command;

use serde::Deserialize;
use serde_json::{Value, json};
use sidenote_standins::{Dialect, Llm, Said};

use crate::bed::{Bed, ISSUE, KEY, event, good_answer, log};
use crate::fetched::tool;

/// A secret, and a text that contains it. The secret is stored in parts, so that scanners of this repository do not
/// report it.
#[derive(Debug, Deserialize)]
struct Secret {
    name: String,
    text: String,
    #[serde(rename = "secret")]
    parts: Vec<String>,
}

impl Secret {
    fn whole(&self) -> String {
        self.parts.concat()
    }

    fn in_text(&self) -> String {
        self.text.replace("{secret}", &self.whole())
    }
}

fn corpus() -> Vec<Secret> {
    serde_json::from_str(include_str!("corpus/secrets.json")).expect("the corpus")
}

/// The members of an event that must stay valid identifiers.
const IDENTIFIERS: &[&str] = &["event_id", "issue_id", "datetime"];

/// Appends `text` to every string in `value`.
pub(crate) fn add_everywhere(value: &mut Value, text: &str) {
    match value {
        Value::String(old) => *old = format!("{old} {text}"),
        Value::Array(items) => items.iter_mut().for_each(|item| add_everywhere(item, text)),
        Value::Object(members) => {
            for (name, member) in members.iter_mut() {
                if !IDENTIFIERS.contains(&name.as_str()) {
                    add_everywhere(member, text);
                }
            }
        }
        _ => {}
    }
}

/// Returns the event with `text` in every string, and as the value of a variable and of a tag.
fn spoiled(mut event: Value, text: &str) -> Value {
    event["logentry"] = json!({"formatted": text, "params": [text]});
    event["user"] = json!({"email": text, "ip_address": text, "username": text});
    if event["exception"].is_object() {
        let vars = &mut event["exception"]["values"][0]["stacktrace"]["frames"][1]["vars"];
        vars["row"] = json!(text);
        vars[text] = json!("0");
    }
    event["tags"].as_array_mut().expect("tags").push(json!(["custom", ""]));
    add_everywhere(&mut event, text);
    event
}

/// Returns an event with all members that Sentry may send.
fn full() -> Value {
    let mut event = event();
    let more = json!({
        "logger": "shop", "server_name": "web-1", "dist": "7", "fingerprint": ["{{ default }}"],
        "location": "shop/checkout.py", "transaction": "/checkout", "type": "error",
        "sdk": {"name": "sentry.python.django", "version": "2.29.1", "packages": [{"name": "pypi:x", "version": "1"}]},
        "modules": {"django": "5.1"}, "extra": {"note": "x", "deep": {"list": ["a", {"b": "c"}]}},
        "contexts": {"runtime": {"name": "CPython", "version": "3.13"}, "trace": {"op": "http", "description": "x"},
            "device": {"name": "x", "model": "y"}, "os": {"name": "Linux", "kernel_version": "6"}},
        "metadata": {"type": "ZeroDivisionError", "value": "x", "filename": "x.py", "function": "f"},
        "errors": [{"type": "js_no_source", "value": "x", "name": "y"}],
        "threads": {"values": [{"id": "1", "name": "main", "stacktrace": {"frames": [{"function": "run"}]}}]},
    });
    for (name, member) in more.as_object().expect("an object") {
        event[name] = member.clone();
    }
    event["request"] = json!({
        "method": "POST", "url": "https://shop.example/checkout", "query_string": [["a", "b"]], "fragment": "f",
        "cookies": [["c", "d"]], "headers": [["User-Agent", "x"], ["X-Forwarded-For", "y"]],
        "env": {"REMOTE_ADDR": "z"}, "data": {"form": "x"},
    });
    let exception = &mut event["exception"]["values"][0];
    exception["mechanism"] =
        json!({"type": "django", "handled": false, "data": {"x": "y"}, "description": "d"});
    exception["stacktrace"]["frames"][1]["abs_path"] = json!("/srv/shop/checkout.py");
    event["breadcrumbs"]["values"].as_array_mut().expect("breadcrumbs").push(json!({
        "timestamp": "2026-11-23T07:59:59Z", "type": "http", "category": "http", "level": "error", "event_id": "x",
        "data": {"method": "GET", "url": "https://stock.example/items?a=b", "status_code": 502, "reason": "no"}}));
    event
}

/// Returns an event that a browser reported. Such an event has no exception and is described by other members.
fn watched() -> Value {
    let mut event = full();
    for member in ["exception", "threads", "logentry"] {
        event[member] = Value::Null;
    }
    event["message"] = json!("Blocked 'script' from 'cdn.example'");
    event["csp"] = json!({"effective_directive": "script-src", "blocked_uri": "https://cdn.example/x.js",
        "document_uri": "https://shop.example/"});
    event
}

/// Returns an event from one of Sentry's detectors of performance problems.
fn detected() -> Value {
    let mut event = watched();
    event["csp"] = Value::Null;
    event["occurrence"] = json!({"issueTitle": "N+1 Query", "subtitle": "SELECT 1",
        "evidenceDisplay": [{"name": "Offending Spans", "value": "db - SELECT 1", "important": true}]});
    event
}

/// Delivers an event with this secret in all its texts. Returns the texts that leave the process, by name.
async fn what_leaves(secret: &Secret, event: Value) -> Vec<(&'static str, String)> {
    let text = secret.in_text();
    let mut answer = good_answer();
    // This model repeats a secret that the prompt must not contain.
    answer["root_cause"]["claim"] = json!(format!("It was this: {text}"));
    answer["missing"] = json!([text]);
    let llm = Llm::start(Dialect::OpenAi, KEY, "m", [Said::Answer(answer.to_string())]).await;
    let bed = Bed::with("openai", "m", &llm, &[]).await;
    let sent = bed.deliver(&spoiled(event, &text)).await;
    assert_eq!(llm.requests().len(), 1);
    let request = llm.requests().pop().and_then(|request| request.json()).expect("JSON");
    let texts = request["messages"].as_array().into_iter().flatten();
    let prompt: Vec<&str> = texts.filter_map(|message| message["content"].as_str()).collect();
    assert!(bed.sentry.notes(ISSUE).len() == 1);
    vec![
        ("the request to the model", prompt.join("\n")),
        ("the note", sent.note),
        ("the message", sent.message),
        ("the message's markup", sent.html),
        ("the answer", sent.answer.to_string()),
    ]
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_secret_leaks_by_our_corpus_or_by_detect_secrets() {
    let corpus = corpus();
    assert!(corpus.len() >= 60);
    let directory = tempfile::tempdir().expect("a directory");
    let mut leaks = Vec::new();
    let events: [fn() -> Value; 3] = [full, watched, detected];
    let all = corpus.iter().flat_map(|secret| events.map(|event| (secret, event())));
    for (at, (secret, event)) in all.enumerate() {
        for (place, text) in what_leaves(secret, event).await {
            // Neither the whole secret may be there, nor its last part, whose form does not identify it as secret.
            let rest = secret.parts.last().expect("a part");
            if text.contains(&secret.whole()) || (rest.len() > 5 && text.contains(rest.as_str())) {
                let around = text.find(rest.as_str()).unwrap_or(0);
                let line: String = text[..around].chars().rev().take(60).collect();
                leaks.push(format!(
                    "{} in {place}, after {:?}",
                    secret.name,
                    line.chars().rev().collect::<String>()
                ));
            }
            let file = format!("{at}-{}.txt", place.replace(' ', "-").replace('\'', ""));
            fs::write(directory.path().join(file), text).expect("write what left");
        }
    }
    let log = log();
    leaks
        .extend(corpus.iter().filter(|s| log.contains(&s.whole())).map(|s| format!("{} in the log", s.name)));
    assert!(leaks.is_empty(), "{} leaks: {leaks:#?}", leaks.len());

    let found = judged(directory.path());
    assert_eq!(found, Vec::<String>::new(), "detect-secrets finds them");
    let raw = tempfile::tempdir().expect("a directory");
    for (at, secret) in corpus.iter().enumerate() {
        fs::write(raw.path().join(format!("{at}.txt")), secret.in_text()).expect("write a secret");
    }
    let found = judged(raw.path()).len();
    assert!(found >= 20, "the judge sees secrets where there are some: {found}");
}

/// Returns the findings of `detect-secrets` in a directory: kind, file and line.
fn judged(directory: &Path) -> Vec<String> {
    let mut command = Command::new(tool("detect-secrets"));
    // The two entropy plugins report every hash, and ids are hashes.
    let plugins = ["Base64HighEntropyString", "HexHighEntropyString"];
    command.args(["scan", "--all-files", "--no-verify"]);
    for plugin in plugins {
        command.args(["--disable-plugin", plugin]);
    }
    let output = command.arg(".").current_dir(directory).output().expect("run detect-secrets");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let report: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    let files = report["results"].as_object().into_iter().flatten();
    files
        .flat_map(|(file, findings)| {
            let findings = findings.as_array().cloned().unwrap_or_default();
            findings
                .into_iter()
                .map(move |f| format!("{} in {file}:{}", f["type"].as_str().unwrap_or(""), f["line_number"]))
        })
        .collect()
}
