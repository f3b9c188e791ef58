//! A `sidenote serve` process between stand-ins, and the checks when the process ends.

use std::sync::Mutex;
use std::time::{Duration, Instant};

use http::Method;
use rustix::process::Signal;
use serde_json::Value;
use sidenote::domain::deadline::Deadline;
use sidenote::http::Http;
use sidenote_standins::{Message, NoteRecord, Recorded as Request, Sentry, Slack, Telegram};
use tempfile::TempDir;

use super::canary::leaks;
use super::process::{Process, log_lines};
use super::waiting::TIME_LIMIT;
use super::webhook::{Answer, Webhook};

/// Every response of `sidenote serve` to a test, as text.
pub(super) type Recorded = Mutex<Vec<String>>;

/// `sidenote serve` between stand-ins for Sentry, Telegram and Slack.
pub(crate) struct TestBed {
    /// The stand-in for Sentry's API.
    pub(crate) sentry: Sentry,
    /// The stand-in for Telegram's Bot API.
    pub(crate) telegram: Telegram,
    /// The stand-in for Slack, which is off unless the setup turns it on.
    pub(crate) slack: Slack,
    pub(super) process: Process,
    pub(super) secrets: TempDir,
    pub(super) http: Http,
    pub(super) canaries: Vec<(&'static str, String)>,
    pub(super) answers: Recorded,
    pub(super) ended: bool,
}

impl TestBed {
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

    /// Returns the base URL of `sidenote serve`, such as `http://127.0.0.1:8080`.
    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.process.address)
    }

    /// Returns the log of `sidenote serve` so far.
    pub(crate) fn process_log(&self) -> String {
        self.process.stderr()
    }

    /// Returns the URL of the local page of `sidenote serve`, with the page's access key.
    pub(crate) fn page(&self) -> String {
        self.process.page().expect("serve says where the page is")
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
        self.eventually("a note", |bed| bed.sentry.notes(issue).into_iter().next()).await
    }

    /// Waits for the first message in Telegram.
    pub(crate) async fn message(&self) -> Message {
        self.eventually("a message", |bed| bed.telegram.messages().into_iter().next()).await
    }

    /// Waits until the log has `count` lines whose message is `name`, and returns them.
    pub(crate) async fn logged(&self, name: &str, count: usize) -> Vec<Value> {
        self.eventually(name, |bed| Some(bed.log(name)).filter(|lines| lines.len() >= count)).await
    }

    /// Returns the log lines so far whose message is `name`.
    pub(crate) fn log(&self, name: &str) -> Vec<Value> {
        log_lines(&self.process.stderr(), name)
    }

    /// Replaces the secrets in the file from which the process reads them.
    pub(crate) fn rotate(&mut self, secrets: &[(&'static str, &str)]) {
        let members = secrets.iter().map(|(name, value)| ((*name).to_owned(), Value::from(*value)));
        self.write_secrets(&Value::Object(members.collect()).to_string());
        self.canaries.extend(secrets.iter().map(|(name, value)| (*name, (*value).to_owned())));
    }

    /// Writes any text into the file from which the process reads its secrets.
    fn write_secrets(&self, text: &str) {
        std::fs::write(self.secrets.path().join("secrets.json"), text).expect("write the secrets");
    }

    /// Sends a signal to `sidenote serve`.
    pub(crate) fn signal(&self, signal: Signal) {
        self.process.signal(signal);
    }

    /// Ends the process, and fails if [`TestBed::findings`] returns a problem.
    pub(crate) async fn end(mut self) {
        let findings = self.findings().await;
        assert!(findings.is_empty(), "{findings:#?}; {}", self.process.stderr());
    }

    /// Ends the process. Returns every problem of its end, its log, its output and its requests to the stand-ins.
    pub(crate) async fn findings(&mut self) -> Vec<String> {
        self.ended = true;
        self.signal(Signal::TERM);
        let mut findings = Vec::new();
        match self.process.ended().await {
            Some(status) if status.success() => {}
            other => findings.push(format!("the process ends with {other:?}")),
        }
        let (log, stdout) = (self.process.stderr(), self.process.stdout());
        if log.contains("panicked") {
            findings.push("the process panicked".to_owned());
        }
        let is_json = |line: &str| serde_json::from_str::<serde::de::IgnoredAny>(line).is_ok();
        if !log.lines().all(is_json) || !(stdout.is_empty() || self.process.page().is_some()) {
            findings
                .push(format!("the log is not JSON, or standard output says more than the page: {stdout}"));
        }
        findings.extend(self.sentry.violations().into_iter().map(|what| format!("to Sentry: {what}")));
        findings.extend(self.telegram.violations().into_iter().map(|what| format!("to Telegram: {what}")));
        findings.extend(self.slack.violations().into_iter().map(|what| format!("to Slack: {what}")));
        let seen = self.what_left_the_process(log, stdout);
        for (name, canary) in &self.canaries {
            for (place, text) in &seen {
                let found = leaks(canary, text);
                findings.extend(found.into_iter().map(|form| format!("{name} in {place}, as {form}")));
            }
        }
        findings
    }

    /// Returns all output of the process, without the proper places of a secret: the header `Authorization` of requests
    /// to Sentry and Slack, and the path of requests to Telegram.
    fn what_left_the_process(&self, log: String, stdout: String) -> Vec<(&'static str, String)> {
        let requests = |of: Vec<Request>, keep: &dyn Fn(&Request) -> Request| {
            of.iter().map(|request| format!("{:?}", keep(request))).collect::<Vec<_>>().concat()
        };
        let without_header = |request: &Request| {
            let mut request = request.clone();
            request.headers.remove("authorization");
            request
        };
        let to_sentry = requests(self.sentry.requests(), &without_header);
        let to_slack = requests(self.slack.requests(), &without_header);
        let to_telegram = requests(self.telegram.requests(), &|request| {
            let method = request.path.rsplit('/').next().unwrap_or_default().to_owned();
            Request { path: method, ..request.clone() }
        });
        let answers = self.answers.lock().expect("no holder panics").concat();
        vec![
            ("the log", log),
            ("standard output", stdout),
            ("an answer", answers),
            ("a request to Sentry", to_sentry),
            ("a request to Telegram", to_telegram),
            ("a request to Slack", to_slack),
        ]
    }
}

impl Drop for TestBed {
    fn drop(&mut self) {
        assert!(self.ended || std::thread::panicking(), "a test ends its test bed");
    }
}
