//! The same against two Telegrams that others wrote. `lo-bot-api-emulator` (from Python's index) refuses what it does not
//! know and pushes with the secret header; `telegram-test-api` (npm) shows what a person in the chat sees.
//!
//! Neither knows all of the Bot API. What is missing is put in by a door before it, and said here:
//!
//! - `lo-bot-api-emulator` knows no link previews: the door takes `link_preview_options` out of what goes to it;
//! - `telegram-test-api` knows no secret header: the door puts it into what comes from it. It answers `null` where the
//!   Bot API answers a message or `true`, which the door turns into `true`.

use std::net::Ipv4Addr;
use std::path::PathBuf;
use std::process::Command;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::extract::{Request, State};
use axum::response::Response;
use http_body_util::BodyExt as _;
use serde_json::{Value, json};
use sidenote::http::Http;
use sidenote_standins::Sentry;

use super::bed::{HOOK, SECRET, activity, orders};
use super::worlds::{APPROVERS, Case, cases};
use crate::support::fetched::{Tool, free_port, tool, tool_of_npm};
use crate::support::process::Process;
use crate::support::{AUTH_TOKEN, BOT_TOKEN, CHAT, CLIENT_SECRET, ISSUE, ORG, eventually};

/// Starts a Telegram that somebody else wrote, with these arguments and the port's.
async fn emulator(program: PathBuf, arguments: &[&str], port_option: &str) -> Tool {
    let port = free_port();
    let mut command = Command::new(program);
    command.args(arguments).args([port_option, &port.to_string()]);
    Tool::start(command, port).await
}

/// Calls it as a test's driver.
async fn drive(emulator: &Tool, path: &str, body: &Value) -> Value {
    let http = Http::new(None).expect("an HTTP client");
    let sent = http.client().post(format!("{}{path}", emulator.url())).json(body).send().await;
    let answer = sent.unwrap_or_else(|error| panic!("{path}: {error}; {}", emulator.logs()));
    let text = answer.text().await.expect("an answer");
    let answer: Value = serde_json::from_str(&text).unwrap_or_else(|_| panic!("{path}: {text}"));
    assert_eq!(answer["ok"], true, "{path}: {answer}");
    answer["result"].clone()
}

/// A call that went through a door.
#[derive(Clone, Debug)]
struct Call {
    method: String,
    request: Value,
    status: u16,
    answer: Value,
}

/// What a door changes on the way.
#[derive(Clone, Copy, Default)]
struct Changes {
    /// Of what goes in.
    without: Option<&'static str>,
    /// Of what comes out.
    null_is_true: bool,
    secret: Option<&'static str>,
}

/// A door before a server: it passes on what comes, with its changes, and writes it down.
#[derive(Clone)]
struct Door {
    to: String,
    changes: Changes,
    calls: Arc<Mutex<Vec<Call>>>,
    http: Http,
}

impl Door {
    async fn before(to: &str, changes: Changes) -> (Self, String) {
        let http = Http::new(None).expect("an HTTP client");
        let door = Self { to: to.to_owned(), changes, calls: Arc::default(), http };
        let listener = tokio::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("a port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let router = Router::new().fallback(Self::pass).with_state(door.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        (door, url)
    }

    async fn pass(State(door): State<Self>, request: Request) -> Response<String> {
        let path = request.uri().path().to_owned();
        let body = request.into_body().collect().await.expect("a body").to_bytes();
        let mut body: Value = serde_json::from_slice(&body).unwrap_or_default();
        if let (Some(name), Some(members)) = (door.changes.without, body.as_object_mut()) {
            members.remove(name);
        }
        let mut passed = door.http.client().post(format!("{}{path}", door.to)).json(&body);
        if let Some(secret) = door.changes.secret {
            passed = passed.header("x-telegram-bot-api-secret-token", secret);
        }
        let answer = passed.send().await.expect("an answer");
        let status = answer.status().as_u16();
        let text = answer.text().await.expect("a whole answer");
        let mut answer: Value = serde_json::from_str(&text).unwrap_or_default();
        if door.changes.null_is_true && answer["result"].is_null() && answer["ok"] == true {
            answer["result"] = json!(true);
        }
        let method = path.rsplit('/').next().unwrap_or_default().to_owned();
        let call = Call { method, request: body, status, answer: answer.clone() };
        door.calls.lock().expect("no holder panics").push(call);
        Response::builder()
            .status(status)
            .header("content-type", "application/json")
            .body(answer.to_string())
            .expect("a response")
    }

    fn calls(&self, method: &str) -> Vec<Call> {
        let calls = self.calls.lock().expect("no holder panics");
        calls.iter().filter(|call| call.method == method).cloned().collect()
    }

    fn assert_nothing_refused(&self) {
        let calls = self.calls.lock().expect("no holder panics");
        let refused: Vec<&Call> = calls.iter().filter(|call| call.status != 200).collect();
        assert!(refused.is_empty(), "{refused:#?}");
    }
}

/// The process between a Sentry and a Bot API.
async fn serve(sentry: &Sentry, api: &str) -> Process {
    let pairs = [
        ("SENTRY_BASE_URL", sentry.url()),
        ("SENTRY_ORG", ORG.to_owned()),
        ("SENTRY_AUTH_TOKEN", AUTH_TOKEN.to_owned()),
        ("SENTRY_CLIENT_SECRET", CLIENT_SECRET.to_owned()),
        ("TELEGRAM_API_BASE", api.to_owned()),
        ("TELEGRAM_BOT_TOKEN", BOT_TOKEN.to_owned()),
        ("TELEGRAM_CHAT_ID", CHAT.to_string()),
        ("TELEGRAM_WEBHOOK_SECRET", SECRET.to_owned()),
        ("TELEGRAM_APPROVERS", APPROVERS.to_owned()),
    ];
    Process::start(&pairs.map(|(name, value)| (name.to_owned(), value))).await
}

/// Delivers a case's webhook.
async fn deliver(process: &Process, case: &Case) {
    let (http, webhook) = (Http::new(None).expect("an HTTP client"), (case.webhook)());
    let url = format!("http://{}/api/v1/webhooks/sentry/error", process.address);
    let request = http.client().post(url).headers(webhook.headers()).body(webhook.body().clone());
    assert_eq!(request.send().await.expect("an answer").status().as_u16(), 202);
}

fn button(message: &Value, row: usize) -> Value {
    message["reply_markup"]["inline_keyboard"][row][0].clone()
}

fn kim() -> Value {
    json!({"id": 42, "is_bot": false, "first_name": "Kim", "username": "kim"})
}

/// What has to be so after the tap, whoever's Telegram it was.
async fn changed_once(case: &Case, sentry: &Sentry, process: &Process) {
    eventually("the note's line", || {
        let done =
            |line: &str| line.contains("Approved by `Kim (@kim) #42` on ") && line.ends_with(": done.");
        sentry.notes(ISSUE).iter().any(|note| note.text.lines().any(done))
    })
    .await;
    assert_eq!(orders(sentry), std::slice::from_ref(&case.order), "{}", process.stderr());
    assert_eq!(activity(sentry), [case.activity], "{}", case.name);
    assert!((case.is_done)(&sentry.issue(ISSUE).expect("the issue")), "{}", case.name);
    assert_eq!(sentry.violations(), Vec::<String>::new());
}

async fn against_lo(case: &Case, lo: &Tool) {
    // A bot of its own for each case, as the emulator keeps its bots apart by their tokens.
    let sentry = Sentry::start(case.sentry()).await;
    let changes = Changes { without: Some("link_preview_options"), ..Changes::default() };
    let (door, api) = Door::before(&lo.url(), changes).await;
    let process = serve(&sentry, &api).await;
    let hook = format!("http://{}{HOOK}", process.address);
    let set = json!({"url": hook, "secret_token": SECRET, "allowed_updates": ["callback_query"]});
    drive(lo, &format!("/bot{BOT_TOKEN}/setWebhook"), &set).await;
    deliver(&process, case).await;
    eventually("the message", || !door.calls("sendMessage").is_empty()).await;
    eventually("the question is written down", || process.stderr().contains("approval_asked")).await;
    let message = door.calls("sendMessage").remove(0).answer["result"].clone();
    assert_eq!(button(&message, 0)["text"], case.button);

    let query = json!({"id": "8001", "from": kim(), "message": message, "chat_instance": "1",
        "data": button(&message, 0)["callback_data"]});
    let update = json!({"token": BOT_TOKEN, "update": {"callback_query": query}});
    drive(lo, "/__fixture/updates", &update).await;
    changed_once(case, &sentry, &process).await;
    eventually("the edit", || !door.calls("editMessageText").is_empty()).await;
    let edit = door.calls("editMessageText").remove(0);
    let text = edit.answer["result"]["text"].as_str().unwrap_or_default().to_owned();
    assert!(
        text.contains("Approved by <code>Kim (@kim) #42</code> on ")
            || text.contains("Approved by Kim (@kim) #42 on "),
        "{text}"
    );
    assert_eq!(button(&edit.answer["result"], 0)["text"], "Open in Sentry", "{:?}", edit.request);
    eventually("the toast", || door.calls("answerCallbackQuery").len() == 1).await;
    let info = drive(lo, &format!("/bot{BOT_TOKEN}/getWebhookInfo"), &json!({})).await;
    assert_eq!(info["pending_update_count"], 0, "the push got its 200");
    door.assert_nothing_refused();
}

#[tokio::test]
async fn every_action_against_lo_bot_api_emulator() {
    let options = ["--enable-control", "--allow-insecure-loopback-webhooks"];
    let lo = emulator(tool("lo-bot-api-emulator"), &options, "--port").await;
    for case in cases() {
        against_lo(&case, &lo).await;
    }
}

async fn against_test_api(case: &Case, api: &Tool, token: &str) {
    let sentry = Sentry::start(case.sentry()).await;
    let (door, to_api) = Door::before(&api.url(), Changes { null_is_true: true, ..Changes::default() }).await;
    let process = serve(&sentry, &to_api).await;
    let secret = Changes { secret: Some(SECRET), ..Changes::default() };
    let (from_api, hook) = Door::before(&format!("http://{}", process.address), secret).await;
    drive(api, &format!("/bot{token}/setWebhook"), &json!({"url": format!("{hook}{HOOK}")})).await;
    deliver(&process, case).await;
    eventually("the question is written down", || process.stderr().contains("approval_asked")).await;

    // What the person sees.
    let seen = drive(api, "/getUpdates", &json!({"token": token, "chatId": CHAT})).await;
    let seen = seen.as_array().and_then(|all| all.last()).cloned().expect("a message");
    assert_eq!(button(&seen["message"], 0)["text"], case.button);
    let message_ref = json!({"message_id": seen["messageId"], "chat": {"id": CHAT, "type": "private"}});
    let tap = json!({"botToken": token, "from": kim(), "message": message_ref, "data": button(&seen["message"], 0)["callback_data"]});
    drive(api, "/sendCallback", &tap).await;
    changed_once(case, &sentry, &process).await;
    eventually("the edit", || !door.calls("editMessageText").is_empty()).await;
    eventually("the toast", || door.calls("answerCallbackQuery").len() == 1).await;
    assert_eq!(from_api.calls("telegram").iter().map(|call| call.status).collect::<Vec<_>>(), [200]);
    let history = drive(api, "/getUpdatesHistory", &json!({"token": token})).await;
    let mine = |it: &&Value| it["messageId"] == seen["messageId"] && it["message"]["text"].is_string();
    let after = history.as_array().into_iter().flatten().find(mine).cloned().expect("the message");
    assert!(after["message"]["text"].as_str().is_some_and(|text| text.contains("Approved by ")), "{after}");
    assert_eq!(button(&after["message"], 0)["text"], "Open in Sentry", "{after}");
    door.assert_nothing_refused();
}

#[tokio::test]
async fn every_action_against_telegram_test_api() {
    let Some(program) = tool_of_npm("telegram-test-api") else { return };
    let api = emulator(program, &[], "-p").await;
    for case in cases() {
        against_test_api(&case, &api, BOT_TOKEN).await;
    }
}
