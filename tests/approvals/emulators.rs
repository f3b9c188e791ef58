//! Tests an approval, from the webhook to the changed issue, with two independent Telegram emulators.
//! `lo-bot-api-emulator` (from `PyPI`) rejects unknown parameters and sends the secret header. `telegram-test-api`
//! (npm) shows the messages that a person in the chat sees.
//!
//! Neither emulates the whole Bot API. A proxy in front of each emulator adds the missing parts:
//!
//! - `lo-bot-api-emulator` does not know link previews: the proxy removes `link_preview_options` from requests;
//! - `telegram-test-api` does not know the secret header: the proxy adds it to updates. The emulator also replies
//!   `null` where the Bot API replies a message or `true`; the proxy replaces it by `true`.

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

/// Starts an emulator with these arguments and a free port, which is the value of the option `port_option`.
async fn emulator(program: PathBuf, arguments: &[&str], port_option: &str) -> Tool {
    let port = free_port();
    let mut command = Command::new(program);
    command.args(arguments).args([port_option, &port.to_string()]);
    Tool::start(command, port).await
}

/// Calls the emulator's own interface for tests.
pub(super) async fn drive(emulator: &Tool, path: &str, body: &Value) -> Value {
    let http = Http::new(None).expect("an HTTP client");
    let sent = http.client().post(format!("{}{path}", emulator.url())).json(body).send().await;
    let answer = sent.unwrap_or_else(|error| panic!("{path}: {error}; {}", emulator.logs()));
    let text = answer.text().await.expect("an answer");
    let answer: Value = serde_json::from_str(&text).unwrap_or_else(|_| panic!("{path}: {text}"));
    assert_eq!(answer["ok"], true, "{path}: {answer}");
    answer["result"].clone()
}

/// A call that passed through a proxy.
#[derive(Clone, Debug)]
pub(super) struct Call {
    method: String,
    pub(super) request: Value,
    status: u16,
    pub(super) answer: Value,
}

/// The changes that a proxy in front of an emulator makes.
#[derive(Clone, Copy, Default)]
struct Changes {
    /// The member to remove from requests.
    without: Option<&'static str>,
    /// Whether `null` in a response becomes `true`.
    null_is_true: bool,
    secret: Option<&'static str>,
}

/// A proxy in front of an emulator. It changes requests and responses, and records every call.
#[derive(Clone)]
pub(super) struct Door {
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

    pub(super) fn calls(&self, method: &str) -> Vec<Call> {
        let calls = self.calls.lock().expect("no holder panics");
        calls.iter().filter(|call| call.method == method).cloned().collect()
    }

    fn assert_nothing_refused(&self) {
        let calls = self.calls.lock().expect("no holder panics");
        let refused: Vec<&Call> = calls.iter().filter(|call| call.status != 200).collect();
        assert!(refused.is_empty(), "{refused:#?}");
    }
}

/// The environment variables of `sidenote serve` between a Sentry stand-in and a Telegram emulator. `api` is the URL of
/// the emulator's proxy.
pub(super) fn variables(sentry: &Sentry, api: &str) -> Vec<(String, String)> {
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
    pairs.map(|(name, value)| (name.to_owned(), value)).into()
}

async fn serve(sentry: &Sentry, api: &str) -> Process {
    Process::start(&variables(sentry, api)).await
}

/// Starts `lo-bot-api-emulator`.
pub(super) async fn start_lo() -> Tool {
    let options = ["--enable-control", "--allow-insecure-loopback-webhooks"];
    emulator(tool("lo-bot-api-emulator"), &options, "--port").await
}

/// Starts `telegram-test-api`. Without npm it returns `None` and prints a message.
pub(super) async fn start_test_api() -> Option<Tool> {
    Some(emulator(tool_of_npm("telegram-test-api")?, &[], "-p").await)
}

/// Starts the proxy in front of `telegram-test-api`. Returns it with its URL.
pub(super) async fn before_test_api(api: &Tool) -> (Door, String) {
    Door::before(&api.url(), Changes { null_is_true: true, ..Changes::default() }).await
}

/// Starts the proxy in front of `lo-bot-api-emulator`. Returns it with its URL.
pub(super) async fn before_lo(lo: &Tool) -> (Door, String) {
    Door::before(&lo.url(), Changes { without: Some("link_preview_options"), ..Changes::default() }).await
}

/// Delivers the webhook of a case.
pub(super) async fn deliver(process: &Process, case: &Case) {
    assert_eq!(process.deliver(&(case.webhook)()).await.0, 202);
}

pub(super) fn button(message: &Value, row: usize) -> Value {
    message["reply_markup"]["inline_keyboard"][row][0].clone()
}

pub(super) fn kim() -> Value {
    json!({"id": 42, "is_bot": false, "first_name": "Kim", "username": "kim"})
}

/// Asserts that a press has changed the Sentry issue once, and that the note says so.
pub(super) async fn changed_once(case: &Case, sentry: &Sentry, process: &Process) {
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
    // Each case has its own bot, because the emulator separates bots by their tokens.
    let sentry = Sentry::start(case.sentry()).await;
    let (door, api) = before_lo(lo).await;
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
    assert_ne!(button(&edit.answer["result"], 0)["text"], case.button, "{:?}", edit.request);
    eventually("the toast", || door.calls("answerCallbackQuery").len() == 1).await;
    let info = drive(lo, &format!("/bot{BOT_TOKEN}/getWebhookInfo"), &json!({})).await;
    assert_eq!(info["pending_update_count"], 0, "the push got its 200");
    door.assert_nothing_refused();
}

#[tokio::test]
async fn every_action_against_lo_bot_api_emulator() {
    let lo = start_lo().await;
    for case in cases() {
        against_lo(&case, &lo).await;
    }
}

async fn against_test_api(case: &Case, api: &Tool, token: &str) {
    let sentry = Sentry::start(case.sentry()).await;
    let (door, to_api) = before_test_api(api).await;
    let process = serve(&sentry, &to_api).await;
    let secret = Changes { secret: Some(SECRET), ..Changes::default() };
    let (from_api, hook) = Door::before(&format!("http://{}", process.address), secret).await;
    drive(api, &format!("/bot{token}/setWebhook"), &json!({"url": format!("{hook}{HOOK}")})).await;
    deliver(&process, case).await;
    eventually("the question is written down", || process.stderr().contains("approval_asked")).await;

    // The messages that the person sees.
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
    assert_ne!(button(&after["message"], 0)["text"], case.button, "{after}");
    door.assert_nothing_refused();
}

#[tokio::test]
async fn every_action_against_telegram_test_api() {
    let Some(api) = start_test_api().await else { return };
    for case in cases() {
        against_test_api(&case, &api, BOT_TOKEN).await;
    }
}
