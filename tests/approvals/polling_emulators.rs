//! Tests long polling with the two Telegram emulators of [`emulators`](super::emulators).
//!
//! - `lo-bot-api-emulator` holds a `getUpdates` open, confirms updates with `offset`, and replies 409 to a second poller
//!   and while a webhook is set.
//! - `telegram-test-api` ignores `offset` and `timeout`: it gives each update once, at once, and knows no 409. Only a
//!   press while `serve` was down is tested with it.

use std::time::Duration;

use rustix::process::Signal;
use serde_json::{Value, json};
use sidenote::http::Http;
use sidenote_standins::Sentry;
use tempfile::TempDir;

use super::bed::{activity, orders};
use super::emulators::{
    Door, before_lo, before_test_api, button, changed_once, deliver, drive, kim, start_lo, start_test_api,
    variables,
};
use super::worlds::{Case, high};
use crate::support::fetched::Tool;
use crate::support::process::Process;
use crate::support::{BOT_TOKEN, CHAT, changed, eventually};

/// `sidenote serve` with its state in a file, between a Sentry stand-in and an emulator.
struct Installation {
    case: Case,
    sentry: Sentry,
    door: Door,
    api: String,
    folder: TempDir,
}

impl Installation {
    /// Creates an installation whose proxy in front of the emulator is `door`, with the URL `api`.
    async fn new((door, api): (Door, String)) -> Self {
        let case = high();
        let sentry = Sentry::start(case.sentry()).await;
        Self { case, sentry, door, api, folder: tempfile::tempdir().expect("a folder") }
    }

    async fn serve(&self, more: &[(&str, &str)]) -> Process {
        let file = self.folder.path().join("sidenote.db").display().to_string();
        let env = changed(variables(&self.sentry, &self.api), &[("STATE_PATH", &file)]);
        Process::start(&changed(env, more)).await
    }

    /// Starts `serve` and lets it ask for an approval. Returns the process and the message with the buttons.
    async fn asked(&self, more: &[(&str, &str)]) -> (Process, Value) {
        let process = self.serve(more).await;
        deliver(&process, &self.case).await;
        eventually("the end of the work", || process.stderr().contains("delivery_processed")).await;
        let sent = self.door.calls("sendMessage").pop().expect("a message");
        (process, sent.answer["result"].clone())
    }

    /// The parameter `offset` of the last answered `getUpdates`.
    fn offset(&self) -> Option<i64> {
        self.door.calls("getUpdates").last().and_then(|call| call.request["offset"].as_i64())
    }

    async fn done_once(&self, process: &Process) {
        changed_once(&self.case, &self.sentry, process).await;
    }

    /// Starts `serve` once more and lets it poll. Asserts that the press is not handled a second time.
    async fn not_done_again(&self) {
        let polls = self.door.calls("getUpdates").len();
        let process = self.serve(&[]).await;
        eventually("another poll", || self.door.calls("getUpdates").len() > polls).await;
        assert_eq!(
            (orders(&self.sentry).len(), activity(&self.sentry).len()),
            (1, 1),
            "{}",
            process.stderr()
        );
    }
}

async fn killed(mut process: Process) {
    process.signal(Signal::KILL);
    process.ended().await.expect("it is dead");
}

/// Presses the first button of a message in `lo-bot-api-emulator`.
async fn press(lo: &Tool, message: &Value) {
    let query = json!({"id": "8001", "from": kim(), "message": message, "chat_instance": "1",
        "data": button(message, 0)["callback_data"]});
    let update = json!({"token": BOT_TOKEN, "update": {"callback_query": query}});
    drive(lo, "/__fixture/updates", &update).await;
}

#[tokio::test]
async fn with_lo_bot_api_emulator_a_press_while_serve_was_down_is_done_once() {
    let lo = start_lo().await;
    let installation = Installation::new(before_lo(&lo).await).await;
    let (process, message) = installation.asked(&[]).await;
    killed(process).await;
    press(&lo, &message).await;
    let process = installation.serve(&[]).await;
    installation.done_once(&process).await;
    eventually("the confirmation of the update", || installation.offset().is_some()).await;
    killed(process).await;
    installation.not_done_again().await;
}

#[tokio::test]
async fn with_lo_bot_api_emulator_another_program_that_polls_is_reported() {
    let lo = start_lo().await;
    let installation = Installation::new(before_lo(&lo).await).await;
    let (process, message) = installation.asked(&[]).await;
    let url = format!("{}/bot{BOT_TOKEN}/getUpdates", lo.url());
    let other = tokio::spawn(async move {
        let http = Http::new(None).expect("an HTTP client");
        // Refused while `serve` polls, and then held open.
        loop {
            let polled = http.client().post(&url).json(&json!({"timeout": 50, "offset": 0})).send().await;
            polled.expect("an answer");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    });
    let says = |what: &str| process.stderr().contains(what);
    eventually("the conflict", || says("another program polls with this bot's token")).await;
    other.abort();
    press(&lo, &message).await;
    installation.done_once(&process).await;
}

#[tokio::test]
async fn with_lo_bot_api_emulator_a_webhook_that_is_set_is_reported_and_kept() {
    let lo = start_lo().await;
    let set = json!({"url": "https://elsewhere.example/hook", "allowed_updates": ["callback_query"]});
    drive(&lo, &format!("/bot{BOT_TOKEN}/setWebhook"), &set).await;
    let installation = Installation::new(before_lo(&lo).await).await;
    let (process, message) = installation.asked(&[("TELEGRAM_UPDATES", "poll")]).await;
    let says = |what: &str| process.stderr().contains(what);
    eventually("the conflict", || says("a webhook is set: remove it with")).await;
    assert!(installation.door.calls("deleteWebhook").is_empty());
    drive(&lo, &format!("/bot{BOT_TOKEN}/deleteWebhook"), &json!({})).await;
    press(&lo, &message).await;
    installation.done_once(&process).await;
}

#[tokio::test]
async fn with_telegram_test_api_a_press_while_serve_was_down_is_done_once() {
    let Some(api) = start_test_api().await else { return };
    let installation = Installation::new(before_test_api(&api).await).await;
    let (process, _) = installation.asked(&[]).await;
    killed(process).await;
    let seen = drive(&api, "/getUpdates", &json!({"token": BOT_TOKEN, "chatId": CHAT})).await;
    let seen = seen.as_array().and_then(|all| all.last()).cloned().expect("a message");
    let message = json!({"message_id": seen["messageId"], "chat": {"id": CHAT, "type": "private"}});
    let data = &button(&seen["message"], 0)["callback_data"];
    let tap = json!({"botToken": BOT_TOKEN, "from": kim(), "message": message, "data": data});
    drive(&api, "/sendCallback", &tap).await;
    let process = installation.serve(&[]).await;
    installation.done_once(&process).await;
    killed(process).await;
    installation.not_done_again().await;
}
