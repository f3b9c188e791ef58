//! A `sidenote serve` process between stand-ins, and the checks when the process ends.

use std::sync::Mutex;
use std::time::{Duration, Instant};

use http::Method;
use rustix::process::Signal;
use serde_json::Value;
use sidenote::domain::deadline::Deadline;
use sidenote::http::Http;
use sidenote_standins::{Message, NoteRecord, Sentry, Slack, Telegram};
use tempfile::TempDir;

use super::findings::{Findings, without_authorization, without_path};
use super::process::{Process, log_lines};
use super::waiting::TIME_LIMIT;
use super::webhook::{Answer, Webhook};
use super::wire::Wire;

/// Every response of `sidenote serve` to a test, as text.
pub(super) type Recorded = Mutex<Vec<String>>;

/// `sidenote serve` between stand-ins for Sentry, Telegram and Slack.
pub(crate) struct World {
    /// The stand-in for Sentry's API.
    pub(crate) sentry: Sentry,
    /// The stand-in for Telegram's Bot API.
    pub(crate) telegram: Telegram,
    /// The stand-in for Slack, which is off unless the setup turns it on.
    pub(crate) slack: Slack,
    pub(super) to_sentry: Option<Wire>,
    pub(super) process: Process,
    /// The environment variables of the process.
    pub(super) variables: Vec<(String, String)>,
    pub(super) secrets: TempDir,
    pub(super) http: Http,
    pub(super) canaries: Mutex<Vec<(&'static str, String)>>,
    pub(super) answers: Recorded,
    pub(super) ended: bool,
}

impl World {
    /// Delivers a webhook and returns the response.
    pub(crate) async fn deliver(&self, webhook: &Webhook) -> Answer {
        let url = format!("{}{}", self.url(), webhook.path());
        let request = self.http.client().request(webhook.method().clone(), url);
        let request = request.headers(webhook.headers()).body(webhook.body().clone());
        let sent = self.http.send(request, Deadline::after(Instant::now(), TIME_LIMIT)).await;
        let answer =
            Answer::from(sent.unwrap_or_else(|why| panic!("no answer: {why}; {}", self.process.stderr())));
        self.answers.lock().expect("no holder panics").push(format!("{answer:?}"));
        answer
    }

    /// Sends a `GET` request for a path and returns the response.
    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.deliver(&Webhook::request(Method::GET, path)).await
    }

    /// Delivers a webhook, waits until its work is complete, and returns the JSON of the outcome.
    pub(crate) async fn outcome(&self, webhook: &Webhook) -> Value {
        let answer = self.deliver(&webhook.clone().wait(25)).await;
        assert_eq!(answer.status, 200, "{answer:?}; {}", self.process.stderr());
        assert_eq!(answer.header("preference-applied"), Some("wait"), "{answer:?}");
        answer.json()
    }

    /// Returns the proxy in front of Sentry. The setup must be [`Setup::wired`](super::Setup::wired).
    pub(crate) fn to_sentry(&self) -> &Wire {
        self.to_sentry.as_ref().expect("a wired setup")
    }

    /// Returns the base URL of `sidenote serve`, such as `http://127.0.0.1:8080`.
    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.process.address)
    }

    /// Returns the log of `sidenote serve` so far.
    pub(crate) fn process_log(&self) -> String {
        self.process.stderr()
    }

    /// Returns the URL of the local page of `sidenote serve`, with the page's access key. `None` until `serve` has printed
    /// it; a container's output can come after its first answer.
    pub(crate) fn page(&self) -> Option<String> {
        self.process.page()
    }

    /// Returns the address on which `sidenote serve` listens.
    pub(crate) fn address(&self) -> std::net::SocketAddr {
        self.process.address
    }

    /// Waits until `found` returns a value. Panics after [`TIME_LIMIT`]; `what` describes the value.
    pub(crate) async fn eventually<T>(&self, what: &str, found: impl Fn(&Self) -> Option<T>) -> T {
        let limit = Instant::now() + TIME_LIMIT;
        loop {
            if let Some(found) = found(self) {
                return found;
            }
            assert!(Instant::now() < limit, "{what} does not come; {}", self.process.stderr());
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    /// Waits for the first note on an issue.
    pub(crate) async fn note(&self, issue: &str) -> NoteRecord {
        self.eventually("a note", |world| world.sentry.notes(issue).into_iter().next()).await
    }

    /// Waits for the first message in Telegram.
    pub(crate) async fn message(&self) -> Message {
        self.eventually("a message", |world| world.telegram.messages().into_iter().next()).await
    }

    /// Waits until the log has `count` lines whose message is `name`, and returns them.
    pub(crate) async fn logged(&self, name: &str, count: usize) -> Vec<Value> {
        self.eventually(name, |world| Some(world.log(name)).filter(|lines| lines.len() >= count)).await
    }

    /// Returns the log lines so far whose message is `name`.
    pub(crate) fn log(&self, name: &str) -> Vec<Value> {
        log_lines(&self.process.stderr(), name)
    }

    /// Replaces the secrets in the file from which the process reads them.
    pub(crate) fn rotate(&self, secrets: &[(&'static str, &str)]) {
        let members = secrets.iter().map(|(name, value)| ((*name).to_owned(), Value::from(*value)));
        self.write_secrets(&Value::Object(members.collect()).to_string());
        let mut canaries = self.canaries.lock().expect("no holder panics");
        canaries.extend(secrets.iter().map(|(name, value)| (*name, (*value).to_owned())));
    }

    /// Writes any text into the file from which the process reads its secrets.
    fn write_secrets(&self, text: &str) {
        std::fs::write(self.secrets.path().join("secrets.json"), text).expect("write the secrets");
    }

    /// Ends `sidenote serve` as systemd does, and starts it again with the same settings.
    pub(crate) async fn restart(&mut self) {
        self.process.signal(Signal::TERM);
        assert!(self.process.ended().await.is_some(), "serve does not end: {}", self.process.stderr());
        self.process = Process::start(&self.variables).await;
    }

    /// Sends a signal to `sidenote serve`.
    pub(crate) fn signal(&self, signal: Signal) {
        self.process.signal(signal);
    }

    /// Ends the process, and fails if [`World::findings`] returns a problem.
    pub(crate) async fn end(mut self) {
        let findings = self.findings().await;
        assert!(findings.is_empty(), "{findings:#?}; {}", self.process.stderr());
    }

    /// Ends the process. Returns every problem of its end, its log, its output and its requests to the stand-ins.
    pub(crate) async fn findings(&mut self) -> Vec<String> {
        self.ended = true;
        self.process.is_inspected = true;
        self.signal(Signal::TERM);
        let mut findings = Findings::default();
        match self.process.ended().await {
            Some(status) if status.success() => {}
            other => findings.add(format!("the process ends with {other:?}")),
        }
        let (log, stdout) = (self.process.stderr(), self.process.stdout());
        findings.panics(&log);
        let is_json = |line: &str| serde_json::from_str::<serde::de::IgnoredAny>(line).is_ok();
        if !log.lines().all(is_json) || !(stdout.is_empty() || self.process.page().is_some()) {
            findings
                .add(format!("the log is not JSON, or standard output says more than the page: {stdout}"));
        }
        findings.violations("to Sentry", self.sentry.violations());
        findings.violations("to Telegram", self.telegram.violations());
        findings.violations("to Slack", self.slack.violations());
        let seen = self.what_left_the_process(log, stdout);
        for (name, canary) in self.canaries.lock().expect("no holder panics").iter() {
            for (place, text) in &seen {
                findings.leaks([(*name, canary.as_str())], place, text);
            }
        }
        findings.into_problems()
    }

    /// Returns all output of the process, without the proper places of a secret.
    fn what_left_the_process(&self, log: String, stdout: String) -> Vec<(&'static str, String)> {
        let answers = self.answers.lock().expect("no holder panics").concat();
        vec![
            ("the log", log),
            ("standard output", stdout),
            ("an answer", answers),
            ("a request to Sentry", without_authorization(&self.sentry.requests())),
            ("a request to Telegram", without_path(&self.telegram.requests())),
            ("a request to Slack", without_authorization(&self.slack.requests())),
        ]
    }
}

impl Drop for World {
    fn drop(&mut self) {
        assert!(self.ended || std::thread::panicking(), "a test ends its world");
    }
}
