//! Tests that each kind of issue has a note of its own. `kinds/` holds one file of invented webhooks per kind, with the
//! texts that the note must contain and must not contain. `cases/` holds webhooks modelled on public reports.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use sidenote::domain::issue_update::UpdateKind;
use sidenote::domain::words::Language;
use sidenote::notifiers::{Notification, note, telegram};
use sidenote::webhook::Decoded;

use crate::delivery;

/// Texts that a note must not contain if the issue is not an error of the program.
const NEVER: &[&str] = &[
    "stack trace",
    "your own code",
    "frame",
    "Root cause undetermined",
    "No user was recorded",
    "set it when the SDK starts",
    "log message",
    "Repeat the request",
];
/// The files of `kinds/` about errors that the program itself reports.
const OF_PROGRAM: &[&str] = &["native", "hang", "standing"];

fn here(folder: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/texts").join(folder)
}

fn read(path: &Path) -> Value {
    serde_json::from_slice(&fs::read(path).expect("the file can be read")).expect("the file is JSON")
}

/// Returns the kinds of issues, each with the cases in its file in `kinds/`, in the order of their names.
fn by_kind() -> BTreeMap<String, Vec<Value>> {
    let kind = |path: PathBuf| {
        let kind = path.file_stem().expect("a name").to_string_lossy().into_owned();
        (kind, read(&path).as_array().cloned().expect("a list"))
    };
    let entries = fs::read_dir(here("kinds")).expect("the folder can be read");
    entries.map(|entry| kind(entry.expect("an entry").path())).collect()
}

/// Returns the name, the resource and the body of every webhook in `kinds/` and `cases/`.
pub(crate) fn all() -> Vec<(String, String, Value)> {
    let kinds = by_kind().into_iter().flat_map(|(kind, cases)| {
        cases.into_iter().map(move |mut case| {
            let name = format!("{kind}: {}", case["name"].as_str().expect("a name"));
            (name, case["resource"].as_str().expect("a resource").to_owned(), case["body"].take())
        })
    });
    let cases =
        CASES.iter().map(|(file, resource, ..)| ((*file).to_owned(), (*resource).to_owned(), report(file)));
    kinds.chain(cases).collect()
}

/// Returns the webhook of a file in `cases/`. A file that is a bare event becomes an alert about it.
fn report(file: &str) -> Value {
    let body = read(&here("cases").join(format!("{file}.json")));
    if body.get("data").is_some() {
        return body;
    }
    let mut event = body;
    event["issue_id"] = json!("1");
    json!({"action": "triggered", "data": {"event": event}})
}

/// Returns the note and the Telegram message about a webhook in one language.
fn rendered(resource: &str, body: &Value, language: Language) -> String {
    let body = body.to_string().into_bytes();
    let rendered = delivery::notification(Some(resource), body, |_| {}).expect("there is something to tell");
    let note = match &rendered {
        Notification::Issue(report) => note::render(report, language),
        Notification::Metric(_) => String::new(),
    };
    format!("{note}\n{}", telegram::render(&rendered, language).plain)
}

fn texts(value: &Value) -> Vec<&str> {
    value.as_array().into_iter().flatten().filter_map(Value::as_str).collect()
}

/// Returns the mistakes in the note about a webhook of `kinds/`: missing texts and forbidden texts.
fn complaints(kind: &str, case: &Value) -> Vec<String> {
    let resource = case["resource"].as_str().expect("a resource");
    let english = rendered(resource, &case["body"], Language::English);
    let chinese = rendered(resource, &case["body"], Language::TraditionalChinese);
    let common: &[&str] = if OF_PROGRAM.contains(&kind) { &[] } else { NEVER };
    let lacks = texts(&case["says"]).into_iter().filter(|says| !english.contains(says));
    let lacks = lacks.chain(texts(&case["zh"]).into_iter().filter(|says| !chinese.contains(says)));
    let never = texts(&case["never"]).into_iter().chain(common.iter().copied());
    let has = never.filter(|never| english.contains(never));
    let name = format!("{kind}, {}", case["name"]);
    let lacks = lacks.map(|says| format!("{name}: does not say {says:?}\n{english}\n{chinese}"));
    lacks.chain(has.map(|never| format!("{name}: says {never:?}\n{english}"))).collect()
}

#[test]
fn each_kind_of_issue_has_its_own_note() {
    let mut wrong = Vec::new();
    let kinds = by_kind();
    for (kind, cases) in &kinds {
        assert!(cases.len() >= 3, "{kind} has three inputs at least");
        wrong.extend(cases.iter().flat_map(|case| complaints(kind, case)));
    }
    assert_eq!(kinds.len(), 13, "every kind is looked at");
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n\n"));
}

/// The file of a webhook in `cases/`, its resource, the texts that its note contains, and the texts that it does not
/// contain.
type Case = (&'static str, &'static str, &'static [&'static str], &'static [&'static str]);

const CASES: &[Case] = &[
    (
        "ndk-unsymbolicated",
        "event_alert",
        &["libgame.so + 0xbbf9", "is missing"],
        &["with a stack trace", "no error object"],
    ),
    ("synthetic-native", "event_alert", &["main.cpp:36"], &["no error object"]),
    ("csp", "event_alert", &["The browser blocked `https://cdn.example.org/x.js`"], NEVER),
    ("nel-report", "event_alert", &["failed: `tcp.refused`"], NEVER),
    ("n-plus-one", "issue", &["`SELECT `authors`.`name` FROM", "in `/books/`"], NEVER),
    ("n-plus-one.event", "event_alert", &["ran 10 times in `/books/`", "took 150 ms, 70 percent"], NEVER),
    ("cron-missed", "issue", &["`nightly-backup` did not check in"], NEVER),
    ("uptime-down", "issue", &["`https://shop.example/health` failed"], NEVER),
    ("feedback", "issue", &["The checkout button doesn't work on mobile"], &["Jane", "Roe", "jane.roe"]),
    (
        "platform-exception",
        "event_alert",
        &[
            "FlutterLocalNotificationsPlugin.getMappedNotificationChannel",
            "`getNotificationChannelsError, Attempt to invoke",
        ],
        &["java.lang.NullPointerException: Attempt"],
    ),
];

#[test]
fn notes_on_public_reports_contain_the_expected_statements() {
    let mut wrong = Vec::new();
    for (file, resource, says, never) in CASES {
        let rendered = rendered(resource, &report(file), Language::English);
        let plain = |text: &str| text.replace('`', "");
        wrong.extend(
            says.iter()
                .filter(|it| !plain(&rendered).contains(&plain(it)))
                .map(|it| format!("{file} lacks {it}\n{rendered}")),
        );
        let headline_and_more = rendered.split("### Evidence").next().unwrap_or_default();
        wrong.extend(
            never
                .iter()
                .filter(|it| headline_and_more.contains(**it))
                .map(|it| format!("{file} says {it}\n{rendered}")),
        );
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

fn metric(title: &str, text: &str, rule: &Value) -> String {
    metric_in("critical", title, text, rule)
}

fn metric_in(action: &str, title: &str, text: &str, rule: &Value) -> String {
    let alert = json!({"id": "1", "title": title, "alert_rule": rule});
    let body = json!({"action": action, "data": {"metric_alert": alert, "description_title": title,
        "description_text": text, "web_url": "https://sentry.io/organizations/acme/alerts/rules/details/7/"}});
    rendered("metric_alert", &body, Language::English)
}

#[test]
fn the_title_of_a_metric_alert_has_its_state_once() {
    for (action, title, expected) in [
        ("critical", "Critical: Errors", "Critical: Errors\n"),
        ("warning", "Warning: p95 over 2 s", "Warning: p95 over 2 s\n"),
        ("resolved", "Resolved: Crash free rate", "Resolved: Crash free rate\n"),
        ("critical", "Errors", "Critical: Errors\n"),
    ] {
        let text = metric_in(action, title, "120 events", &json!({"id": "7"}));
        let state = expected.split(": ").next().unwrap_or_default();
        assert!(text.contains(expected) && text.matches(state).count() == 1, "{title}: {text}");
    }
}

#[test]
fn a_line_break_in_a_metric_alert_is_one_however_it_is_written() {
    for description in [
        "120 events\\nFilter: level:error",
        "120 events\nFilter: level:error",
        "120 events\\n\nFilter: level:error",
        "120 events\\n\\nFilter: level:error\\n",
    ] {
        let text = metric("Errors", description, &json!({"id": "7"}));
        assert!(text.contains("120 events\n") && text.contains("\nFilter: level:error\n"), "{text}");
        assert!(!text.contains('\\'), "{text}");
    }
}

#[test]
fn a_metric_alert_says_its_threshold() {
    let above = json!({"id": "7", "threshold_type": 0,
        "triggers": [{"label": "warning", "alert_threshold": 50}, {"label": "critical", "alert_threshold": 100.0}]});
    assert!(metric("Errors", "120 events", &above).contains("fires above 100"));
    let below =
        json!({"id": "7", "thresholdType": 1, "triggers": [{"label": "critical", "alertThreshold": 0.95}]});
    assert!(metric("Crash free rate", "0.9", &below).contains("fires below 0.95"));
    assert!(!metric("Errors", "x", &json!({"id": "7"})).contains("fires"), "nothing is known of a threshold");
}

#[test]
fn activity_alerts_on_closed_issues_are_updates_and_no_occurrences() {
    let closed = |activity: &str, status: &str| {
        let issue = json!({"id": "1", "title": "ValueError: x", "status": status});
        let body = json!({"action": "triggered", "data": {"issue": issue, "activity": {"type": activity}}});
        match delivery::decoded(Some("activity_alert"), body.to_string().into_bytes()).expect("readable") {
            Decoded::Update(update) => Some(update.kind),
            Decoded::Ignored(_) | Decoded::Occurrence(_) => None,
        }
    };
    assert_eq!(closed("set_resolved_in_release", "unresolved"), Some(UpdateKind::Resolved));
    assert_eq!(closed("note", "resolved"), Some(UpdateKind::Resolved));
    assert_eq!(closed("set_ignored", "ignored"), Some(UpdateKind::Archived));
    assert_eq!(closed("set_regression", "unresolved"), None);
    assert_eq!(closed("", ""), None);
}
