//! Secrets and personal data in every text of an event: none reaches the model, the note, the message or the log.
//!
//! Judged by our own list, and by `detect-secrets`, which does not know our rules.

use std::fs;
use std::path::Path;
use std::process::Command;

use serde::Deserialize;
use serde_json::{Value, json};
use sidenote::standins::{Dialect, Llm, Said};

use crate::bed::{Bed, ISSUE, KEY, event, good_answer, log};
use crate::tools::tool;

/// A secret, in parts so that no scanner of this repository takes it for one, and a text that it stands in.
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

/// Members whose text is an identifier, which an event without them would not be one.
const IDENTIFIERS: &[&str] = &["event_id", "issue_id", "datetime"];

/// Adds `text` to every text in `value`.
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

/// An event with `text` in every text, alone and behind others, and as the value of a variable and of a tag.
fn spoiled(text: &str) -> Value {
    let mut event = event();
    event["logentry"] = json!({"formatted": text});
    event["user"] = json!({"email": text, "ip_address": text, "username": text});
    event["exception"]["values"][0]["stacktrace"]["frames"][1]["vars"]["row"] = json!(text);
    event["tags"].as_array_mut().expect("tags").push(json!(["custom", ""]));
    add_everywhere(&mut event, text);
    event
}

/// Everything that leaves, by its name.
async fn what_leaves(secret: &Secret) -> Vec<(&'static str, String)> {
    let text = secret.in_text();
    let mut answer = good_answer();
    // A model that repeats what it should not know.
    answer["root_cause"]["claim"] = json!(format!("It was this: {text}"));
    answer["missing"] = json!([text]);
    let llm = Llm::start(Dialect::OpenAi, KEY, "m", [Said::Answer(answer.to_string())]).await;
    let bed = Bed::with("openai", "m", &llm, &[]).await;
    let told = bed.deliver(&spoiled(&text)).await;
    assert_eq!(llm.requests().len(), 1);
    let request = llm.requests().pop().and_then(|request| request.json()).expect("JSON");
    let texts = request["messages"].as_array().into_iter().flatten();
    let prompt: Vec<&str> = texts.filter_map(|message| message["content"].as_str()).collect();
    assert!(bed.sentry.notes(ISSUE).len() == 1);
    vec![
        ("the request to the model", prompt.join("\n")),
        ("the note", told.note),
        ("the message", told.message),
        ("the message's markup", told.html),
        ("the answer", told.answer.to_string()),
    ]
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn none_leaves_by_our_own_list_nor_by_an_independent_judge() {
    let corpus = corpus();
    assert!(corpus.len() >= 60);
    let directory = tempfile::tempdir().expect("a directory");
    let mut leaks = Vec::new();
    for (at, secret) in corpus.iter().enumerate() {
        for (place, text) in what_leaves(secret).await {
            // The whole, and the half that says nothing about its kind.
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

/// What `detect-secrets` finds below a directory: kind, file and line.
fn judged(directory: &Path) -> Vec<String> {
    let mut command = Command::new(tool("detect-secrets"));
    // The two judges of entropy take every hash for a secret, and ids are hashes.
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
