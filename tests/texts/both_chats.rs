//! Messages as both chats show them: their first lines for human review, and all messages through the chats' own
//! libraries, which Telegram and Slack wrote.

use std::fs;
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

use insta::assert_snapshot;
use serde_json::{Value, json};
use sidenote::domain::words::{LANGUAGES, Language};
use sidenote::notifiers::Notification;

use crate::chat::{Chat, Shown};
use crate::crashes::Crash;
use crate::fetched;
use crate::{delivery, kinds, snapshots};

/// Returns every message that the files in `tests/texts` lead to, with a name for each.
pub(crate) fn all() -> Vec<(String, Notification)> {
    let events = snapshots::all().map(|(name, resource, body)| {
        let notification = delivery::notification(resource, body, |_| {});
        (name.to_owned(), notification.expect("there is something to tell"))
    });
    let kinds = kinds::all().into_iter().filter_map(|(name, resource, body)| {
        let notification = delivery::notification(Some(&resource), body.to_string().into_bytes(), |_| {})?;
        Some((name, notification))
    });
    let crashes = Crash::all()
        .into_iter()
        .map(|crash| (crash.id.clone(), Notification::Issue(Box::new(delivery::report(crash.evidence())))));
    events.chain(kinds).chain(crashes).collect()
}

/// Returns every message that the webhooks in `../shared` lead to, which are not in this repository. None without them.
pub(crate) fn of_the_fixtures() -> Vec<(String, Notification)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/fixtures/webhooks");
    let files = fs::read_dir(folder).into_iter().flatten().flatten().map(|file| file.path());
    let mut files: Vec<_> = files.filter(|file| file.extension().is_some_and(|it| it == "json")).collect();
    files.sort();
    let read = files.into_iter().filter_map(|file| {
        let fixture: Value = serde_json::from_slice(&fs::read(&file).ok()?).ok()?;
        let name = file.file_stem()?.to_string_lossy().into_owned();
        let resource = name.split('.').next()?.to_owned();
        let body = fixture.get("body").unwrap_or(&fixture).to_string().into_bytes();
        Some((name, delivery::notification(Some(&resource), body, |_| {})?))
    });
    read.collect()
}

fn told(chat: &Chat, notification: &Notification, language: Language) -> Shown {
    chat.tell(notification, language).unwrap_or_else(|why| panic!("{why}"))
}

#[test]
fn the_first_line_says_what_broke_and_where() {
    let chat = Chat::open();
    for (code, language, _) in LANGUAGES {
        let lines = all().into_iter().map(|(name, notification)| {
            let shown = told(&chat, &notification, *language);
            let first = shown.telegram.text_visible.lines().next().unwrap_or_default().to_owned();
            let push = shown.slack.text.lines().next().unwrap_or_default();
            assert!(first.encode_utf16().count() <= 200, "{name}: {first}");
            format!("{name}\n  Telegram: {first}\n  Slack:    {push}\n")
        });
        let lines: String = lines.collect();
        insta::with_settings!({ prepend_module_to_snapshot => false, omit_expression => true }, {
            assert_snapshot!(format!("first_lines.{code}"), lines);
        });
    }
}

#[test]
fn the_chats_own_libraries_read_every_message_as_the_stand_ins_do() {
    let chat = Chat::open();
    for (_, notification) in all().into_iter().chain(of_the_fixtures()) {
        for (_, language, _) in LANGUAGES {
            told(&chat, &notification, *language);
        }
    }
    check_by_their_libraries(&chat);
}

/// Checks all messages of `chat` with `TDLib` and with Slack's library, if `make tools` has fetched them.
pub(crate) fn check_by_their_libraries(chat: &Chat) {
    let messages: Vec<Value> = chat.sent().iter().flat_map(Shown::lines).collect();
    if let Err(problems) = checked(&messages) {
        panic!("{problems}");
    }
}

/// Returns the output of `tools/check-chats.py` about messages. It is an error if the program found a problem.
fn checked(messages: &[Value]) -> Result<String, String> {
    let Some(python) = fetched::found("venv/chat-readers/bin/python") else {
        fetched::skipped(
            "TDLib and Slack's library are not fetched, so no message was read with them: run `make tools`",
        );
        return Ok("skipped".to_owned());
    };
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tools/check-chats.py");
    let mut program = Command::new(python)
        .arg(script)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("Python starts");
    let mut input = program.stdin.take().expect("its input");
    for message in messages {
        writeln!(input, "{message}").expect("it reads");
    }
    drop(input);
    let output = program.wait_with_output().expect("it ends");
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    if output.status.success() { Ok(text) } else { Err(text) }
}

#[test]
fn a_message_that_is_not_valid_is_found() {
    let good = [
        json!({"telegram": "<b>a</b>", "visible": "a", "entities": [["bold", 0, 1, null]]}),
        json!({"slack": [{"type": "section", "text": {"type": "mrkdwn", "text": "a"}}], "text": "a"}),
    ];
    let Ok(said) = checked(&good) else { panic!("the good messages are refused") };
    if said == "skipped" {
        return;
    }
    let long = "a".repeat(3_001);
    for bad in [
        json!({"telegram": "<b>a</i>", "visible": "a", "entities": []}),
        json!({"telegram": "<b>a</b>", "visible": "b", "entities": [["bold", 0, 1, null]]}),
        json!({"telegram": "<b>a</b>", "visible": "a", "entities": []}),
        json!({"telegram": "a".repeat(4_097), "visible": "a".repeat(4_097), "entities": []}),
        json!({"slack": [{"type": "section", "text": {"type": "mrkdwn", "text": long}}], "text": "a"}),
        json!({"slack": [{"type": "sections"}], "text": "a"}),
        json!({"slack": [], "text": "a"}),
    ] {
        assert!(checked(&[&good[..], std::slice::from_ref(&bad)].concat()).is_err(), "{bad}");
    }
}
