//! `sidenote serve` as a child process: its address, its output and its end.

use std::ffi::OsString;
use std::fs::{self, File};
use std::net::SocketAddr;
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use sidenote::domain::deadline::Deadline;
use sidenote::http::Http;
use tempfile::TempDir;

use super::canary::CANARIES;
use super::findings::Findings;
use super::waiting::TIME_LIMIT;
use super::webhook::Webhook;

/// A running `sidenote serve`. Dropping it kills the process, and fails on a panic or a canary in the process's output.
pub(crate) struct Process {
    child: Child,
    /// The exit status of the process, after it has ended.
    status: Option<ExitStatus>,
    /// Whether a world has reported the problems in the output.
    pub(super) is_inspected: bool,
    /// The working directory of the process, which contains its output.
    directory: TempDir,
    /// The address on which the process listens.
    pub(crate) address: SocketAddr,
}

impl Process {
    /// Starts `sidenote serve` with only these environment variables, and waits until it listens.
    pub(crate) async fn start(variables: &[(String, String)]) -> Self {
        Self::start_as(program().as_ref(), variables).await
    }

    /// Starts `program` like [`Self::start`].
    pub(crate) async fn start_as(program: &Path, variables: &[(String, String)]) -> Self {
        let directory = tempfile::tempdir().expect("a directory for the output");
        let log = |name: &str| File::create(directory.path().join(name)).expect("a file for the output");
        let child = Command::new(program)
            .args(["serve", "--listen", "127.0.0.1:0"])
            .env_clear()
            // A test that needs the SQLite file or the sweep sets these variables itself.
            .envs([("STATE_PATH", ":memory:"), ("SWEEP_EVERY", "off"), super::PATIENT])
            .envs(variables.iter().map(|(name, value)| (name, value)))
            .current_dir(directory.path())
            .stdin(Stdio::null())
            .stdout(log("stdout"))
            .stderr(log("stderr"))
            .process_group(0)
            .spawn()
            .expect("start sidenote");
        let mut process =
            Self { child, status: None, is_inspected: false, directory, address: ([127, 0, 0, 1], 0).into() };
        process.address = process.listening().await;
        process
    }

    /// Delivers a webhook to the process. Returns the HTTP status and the member `status` of the JSON answer.
    pub(crate) async fn deliver(&self, webhook: &Webhook) -> (u16, String) {
        let http = Http::new(None).expect("an HTTP client");
        let url = format!("http://{}{}", self.address, webhook.path());
        let request = http.client().post(url).headers(webhook.headers()).body(webhook.body().clone());
        // With `send`, a machine with much other load would not answer in time.
        let deadline = Deadline::after(Instant::now(), TIME_LIMIT);
        let answer = http.send_within(request, deadline, TIME_LIMIT).await;
        let answer = answer.unwrap_or_else(|why| panic!("no answer: {why}; {}", self.stderr()));
        let body: Value = serde_json::from_slice(&answer.body).expect("JSON");
        (answer.status.as_u16(), body["status"].as_str().unwrap_or_default().to_owned())
    }

    async fn listening(&mut self) -> SocketAddr {
        let limit = Instant::now() + TIME_LIMIT;
        loop {
            let log = self.stderr();
            if let Some(line) = log_lines(&log, "serve_started").first() {
                return line["address"].as_str().and_then(|text| text.parse().ok()).expect("an address");
            }
            let ended = self.child.try_wait().expect("ask after the process");
            assert!(ended.is_none() && Instant::now() < limit, "serve does not start ({ended:?}): {log}");
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    }

    /// The standard error of the process so far, which is its log.
    pub(crate) fn stderr(&self) -> String {
        self.output("stderr")
    }

    /// The standard output of the process so far.
    pub(crate) fn stdout(&self) -> String {
        self.output("stdout")
    }

    /// Returns the URL of the local page of `sidenote serve`, with its access key. It is the only line of standard
    /// output.
    pub(crate) fn page(&self) -> Option<String> {
        let stdout = self.stdout();
        let url = stdout.strip_prefix("the page  ")?.strip_suffix('\n')?;
        let key = url.strip_prefix(&format!("http://{}/?key=", self.address))?;
        (key.len() == 32 && key.bytes().all(|byte| byte.is_ascii_hexdigit())).then(|| url.to_owned())
    }

    fn output(&self, name: &str) -> String {
        let bytes = fs::read(self.directory.path().join(name)).unwrap_or_default();
        String::from_utf8_lossy(&bytes).into_owned()
    }

    /// The id of the process.
    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// Whether the process has not ended yet.
    pub(crate) fn runs(&self) -> bool {
        let path = format!("/proc/{}/stat", self.id());
        // The process is a zombie until its end is waited for.
        fs::read_to_string(path)
            .is_ok_and(|stat| !stat.rsplit(')').next().is_some_and(|rest| rest.starts_with(" Z")))
    }

    /// Sends a signal to the process, but not after its end, because the process id may be reused.
    pub(crate) fn signal(&self, signal: Signal) {
        if self.status.is_none() {
            kill_process(Pid::from_child(&self.child), signal).expect("signal the process");
        }
    }

    /// Waits for the end of the process. Returns `None` if it does not end within [`TIME_LIMIT`].
    pub(crate) async fn ended(&mut self) -> Option<ExitStatus> {
        let limit = Instant::now() + TIME_LIMIT;
        while self.status.is_none() && Instant::now() < limit {
            self.status = self.child.try_wait().expect("ask after the process");
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
        self.status
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // Both calls fail only if the process has ended, which is intended.
        let _ = self.child.kill();
        let _ = self.child.wait();
        if !(self.is_inspected || std::thread::panicking()) {
            let (log, stdout) = (self.stderr(), self.stdout());
            let mut findings = Findings::default();
            findings.panics(&log);
            findings.leaks(CANARIES, "the log", &log);
            findings.leaks(CANARIES, "standard output", &stdout);
            findings.assert_none(&log);
        }
    }
}

/// Returns the program under test: the built `sidenote`, or the replacement with which `make test-image` runs the
/// image.
pub(crate) fn program() -> OsString {
    std::env::var_os("SIDENOTE_SERVE").unwrap_or_else(|| env!("CARGO_BIN_EXE_sidenote").into())
}

/// Returns the lines of a log whose message is `name`.
pub(crate) fn log_lines(log: &str, name: &str) -> Vec<Value> {
    // Most lines have other names, and parsing JSON is slow.
    let likely = log.lines().filter(|line| line.contains(name));
    let lines = likely.filter_map(|line| serde_json::from_str::<Value>(line).ok());
    lines.filter(|line| line["message"] == name).collect()
}
