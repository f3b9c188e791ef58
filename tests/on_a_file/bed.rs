//! The services of a test, and a folder with the SQLite file that one `sidenote serve` process after the other uses.

use std::path::PathBuf;
use std::process::Output;
use std::time::Duration;

use serde_json::{Value, json};
use sidenote::http::Http;
use sidenote_standins::{DuplicateCheck, Event, Exception, Frame, Issue, Sentry, SentryWorld, Telegram};
use tempfile::TempDir;

use crate::support::findings::check_standins;
use crate::support::process::Process;
use crate::support::{
    AUTH_TOKEN, BOT_TOKEN, CHAT, CLIENT_SECRET, EVENT, ORG, PATH, Webhook, changed, envelope, eventually,
    issue_payload, sentry, telegram,
};

/// The stand-ins for Sentry and Telegram, and the folder with the SQLite file.
pub(crate) struct Bed {
    pub(crate) sentry: Sentry,
    pub(crate) telegram: Telegram,
    folder: TempDir,
    http: Http,
}

impl Bed {
    /// Creates a bed whose Sentry delays each reply by `latency`, has these issues with an event each, and accepts
    /// repeated comments.
    pub(crate) async fn new(issues: &[String], latency: Duration) -> Self {
        let frame = Frame::new("orders/prices.py", "price_of", 12);
        let event = Event::new(EVENT).exception(Exception::new("KeyError", "'rye'").frame(frame));
        let issue = |id: &String| {
            Issue::new(id, &format!("ORDERS-{id}"), "KeyError: 'rye'").project("orders").event(event.clone())
        };
        let world = sentry().duplicates(DuplicateCheck::Off).latency(latency);
        Self::of(issues.iter().map(issue).fold(world, SentryWorld::issue)).await
    }

    /// Creates a bed with this Sentry.
    pub(crate) async fn of(world: SentryWorld) -> Self {
        Self {
            sentry: Sentry::start(world).await,
            telegram: Telegram::start(telegram()).await,
            folder: tempfile::tempdir().expect("a folder"),
            http: Http::new(None).expect("an HTTP client"),
        }
    }

    /// The path of the SQLite file.
    pub(crate) fn path(&self) -> PathBuf {
        self.folder.path().join("sidenote.db")
    }

    /// The environment variables of a process: the stand-ins, the secrets, the SQLite file, and `more`.
    pub(crate) fn env(&self, more: &[(&str, &str)]) -> Vec<(String, String)> {
        let pairs = [
            ("SENTRY_BASE_URL", self.sentry.url()),
            ("SENTRY_ORG", ORG.to_owned()),
            ("SENTRY_AUTH_TOKEN", AUTH_TOKEN.to_owned()),
            ("SENTRY_CLIENT_SECRET", CLIENT_SECRET.to_owned()),
            ("TELEGRAM_API_BASE", self.telegram.url()),
            ("TELEGRAM_BOT_TOKEN", BOT_TOKEN.to_owned()),
            ("TELEGRAM_CHAT_ID", CHAT.to_string()),
            ("STATE_PATH", self.path().display().to_string()),
            ("SWEEP_EVERY", "off".to_owned()),
        ];
        changed(pairs.map(|(name, value)| (name.to_owned(), value)).into(), more)
    }

    /// Starts `sidenote serve` with the SQLite file.
    pub(crate) async fn serve(&self) -> Process {
        Process::start(&self.env(&[])).await
    }

    /// Delivers a webhook to a process. Returns the status of the response, or `None` without a response.
    pub(crate) async fn deliver(&self, process: &Process, webhook: &Webhook) -> Option<u16> {
        let url = format!("http://{}{PATH}", process.address);
        let sent =
            self.http.client().post(url).headers(webhook.headers()).body(webhook.body().clone()).send();
        sent.await.ok().map(|answer| answer.status().as_u16())
    }

    /// Requests a path of a process. Returns the status and the JSON of the response.
    pub(crate) async fn get(&self, process: &Process, path: &str) -> (u16, Value) {
        let answer = self.http.client().get(format!("http://{}{path}", process.address)).send().await;
        let answer = answer.expect("an answer");
        let (status, text) = (answer.status().as_u16(), answer.text().await.expect("a body"));
        (status, serde_json::from_str(&text).expect("JSON"))
    }

    /// Runs a `sidenote` command with the SQLite file.
    pub(crate) async fn command(&self, arguments: &[&str], more: &[(&str, &str)]) -> Output {
        let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_sidenote"));
        command.args(arguments).env_clear().envs(self.env(more)).current_dir(self.folder.path());
        let run = tokio::task::spawn_blocking(move || command.output()).await;
        run.expect("the thread does not panic").expect("run sidenote")
    }

    /// The number of notes on an issue.
    pub(crate) fn notes(&self, issue: &str) -> usize {
        self.sentry.notes(issue).len()
    }

    /// The number of deliveries in the queue whose `dead_ms` is so: `IS NULL` if they wait, `IS NOT NULL` for dead
    /// letters.
    pub(crate) fn queued(&self, dead: &str) -> usize {
        let query = format!("SELECT count(*) FROM deliveries WHERE dead_ms {dead}");
        self.file().query_row(&query, [], |row| row.get(0)).expect("the queue")
    }

    /// Opens the SQLite file like another program.
    pub(crate) fn file(&self) -> rusqlite::Connection {
        rusqlite::Connection::open(self.path()).expect("the file")
    }

    /// Makes every delivery due that waits for its next attempt, as if the time had passed.
    pub(crate) fn make_due(&self) {
        let update = "UPDATE deliveries SET due_ms = 0 WHERE dead_ms IS NULL AND taken = 0";
        self.file().execute(update, []).expect("the queue");
    }

    /// Waits like [`Self::drained`], but lets the attempts follow each other at once.
    pub(crate) async fn redelivered(&self) -> usize {
        eventually("the end of the deliveries", || {
            self.make_due();
            self.queued("IS NULL") == 0
        })
        .await;
        self.queued("IS NOT NULL")
    }

    /// Waits until the queue in the SQLite file contains only dead letters. The time limit applies to each delivery.
    /// Returns the number of dead letters.
    pub(crate) async fn drained(&self) -> usize {
        loop {
            let left = self.queued("IS NULL");
            if left == 0 {
                return self.queued("IS NOT NULL");
            }
            eventually("the end of a delivery", || self.queued("IS NULL") < left).await;
        }
    }
}

/// The end of a test fails if Sidenote sent a request that Sentry or Telegram would reject as malformed, or one with a
/// secret in a place where it does not belong.
impl Drop for Bed {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            check_standins(&self.sentry, &self.telegram).assert_none("");
        }
    }
}

/// Creates a webhook `issue.created` about an issue.
pub(crate) fn created(issue: &str) -> Webhook {
    let body = envelope("created", &json!({"issue": issue_payload("new")})).to_string();
    Webhook::of("issue", &serde_json::from_str(&body.replace(crate::support::ISSUE, issue)).expect("JSON"))
}

/// Creates a webhook like [`created`], but with a body that fills many pages of the SQLite file.
pub(crate) fn large(issue: &str) -> Webhook {
    let mut body: Value = serde_json::from_slice(created(issue).body()).expect("JSON");
    body["padding"] = json!("x".repeat(40_000));
    Webhook::of("issue", &body)
}

/// Returns the standard error of a command.
pub(crate) fn complaint(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}
