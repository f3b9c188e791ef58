//! Two emulators that others wrote: `aimock` (npm), which says what a fixture holds, and `llm-katan` (from Python's index), which
//! checks each provider's own authorization and talks without a form.

#![expect(clippy::disallowed_methods, reason = "waits for processes, and asks whether there is an npm")]

use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::bed::{AGENT, Bed, KEY, event, good_answer, log};
use crate::tools::{found, tool};

/// A child process that ends with its handle.
struct Emulator {
    child: Child,
    port: u16,
    home: TempDir,
}

impl Emulator {
    async fn start(program: &Path, arguments: &[&str], prepare: impl FnOnce(&Path)) -> Self {
        let home = tempfile::tempdir().expect("a directory");
        prepare(home.path());
        let port = free_port();
        let mut command = Command::new(program);
        command.args(arguments).args(["-p", &port.to_string()]).current_dir(home.path());
        command.env("HOME", home.path()).stdin(Stdio::null());
        let log = std::fs::File::create(home.path().join("log")).expect("a log");
        command.stdout(log.try_clone().expect("the same log")).stderr(log);
        let child = command.spawn().expect("start the emulator");
        let mut emulator = Self { child, port, home };
        let limit = Instant::now() + Duration::from_mins(1);
        while TcpStream::connect((Ipv4Addr::LOCALHOST, port)).is_err() {
            let ended = emulator.child.try_wait().expect("ask after it");
            assert!(ended.is_none() && Instant::now() < limit, "it does not serve: {}", emulator.output());
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        emulator
    }

    fn output(&self) -> String {
        std::fs::read_to_string(self.home.path().join("log")).unwrap_or_default()
    }

    /// What `LLM_BASE_URL` has to be.
    fn base(&self, analyzer: &str) -> String {
        let path = if analyzer == "anthropic" { "" } else { "/v1" };
        format!("http://127.0.0.1:{}{path}", self.port)
    }

    async fn note(&self, analyzer: &str, model: &str, key: &str) -> String {
        let variables = [
            ("ANALYZER", analyzer.to_owned()),
            ("LLM_MODEL", model.to_owned()),
            ("LLM_BASE_URL", self.base(analyzer)),
            ("LLM_API_KEY", key.to_owned()),
            ("LLM_TIMEOUT_SECONDS", "8".to_owned()),
        ];
        Bed::start(&variables).await.deliver(&event()).await.note
    }
}

impl Drop for Emulator {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn free_port() -> u16 {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port");
    listener.local_addr().expect("its address").port()
}

/// What the fixture of a model's name holds, and what the note says then.
fn fixtures() -> Vec<(&'static str, Value, &'static str)> {
    let text = good_answer().to_string();
    let error = |status: u16, kind: &str, code: &str| json!({"error": {"message": "no", "type": kind, "code": code}, "status": status});
    let cause = "Root cause: `coupon.months` is 0, so the division fails.";
    let mut wrong = good_answer();
    wrong["root_cause"]["evidence"] = json!(["F99"]);
    let mut invented = good_answer();
    invented["root_cause"]["claim"] = json!("billing/tax.py is wrong.");
    let cut = &text[..text.find("\"headline\"").unwrap_or(0)];
    vec![
        ("good", json!({"content": text}), cause),
        ("fenced", json!({"content": format!("```json\n{text}\n```")}), cause),
        ("cut", json!({"content": cut, "finishReason": "length"}), "was cut at its token limit"),
        ("words", json!({"content": "It divides by zero."}), "its answer was wrong in form"),
        ("wrong-ids", json!({"content": wrong.to_string()}), "Root cause undetermined."),
        ("invented", json!({"content": invented.to_string()}), "they name code or quote lines"),
        ("unauthorized", error(401, "invalid_request_error", "invalid_api_key"), "its key was refused, 401"),
        ("quota", error(429, "insufficient_quota", "insufficient_quota"), "the account's quota is used up"),
        ("broken", error(500, "api_error", "x"), "the server failed (500)"),
        ("overloaded", error(529, "overloaded_error", "x"), "overloaded, 529"),
        (
            "busy",
            json!({"error": {"message": "slow down", "type": "rate_limit_error"}, "status": 429, "retryAfter": 60}),
            "rate limited, 429",
        ),
    ]
}

#[tokio::test]
async fn against_aimock() {
    let Some(llmock) = found("llmock") else {
        let has_npm = Command::new("npm").arg("--version").stdout(Stdio::null()).status().is_ok();
        assert!(!has_npm, "llmock is not fetched, and there is an npm: run `make test`, which fetches it");
        println!("SKIPPED: there is no npm on this machine, so nothing was run against aimock");
        return;
    };
    let entries: Vec<Value> = fixtures()
        .into_iter()
        .map(|(model, response, _)| json!({"match": {"model": model}, "response": response}))
        .chain([json!({"match": {"model": AGENT}, "response": {"content": good_answer().to_string()}})])
        .collect();
    let file = json!({"fixtures": entries}).to_string();
    let arguments = ["-h", "127.0.0.1", "-f", "fixtures.json", "--strict", "--validate-on-load"];
    let write = |home: &Path| std::fs::write(home.join("fixtures.json"), file).expect("write the fixtures");
    let aimock = Emulator::start(&llmock, &arguments, write).await;
    for (model, _, expected) in fixtures() {
        for analyzer in ["openai", "anthropic"] {
            // Anthropic's errors have no codes, and aimock has none of its details.
            if (analyzer, model) == ("anthropic", "quota") {
                continue;
            }
            let note = aimock.note(analyzer, model, KEY).await;
            assert!(note.contains(expected), "{analyzer}, {model}: {note}\n{}", aimock.output());
        }
    }
    let note = aimock.note("openclaw", AGENT, KEY).await;
    assert!(note.contains("Root cause: "), "{note}");
}

#[tokio::test]
async fn against_llm_katan() {
    let katan = tool("llm-katan");
    let keys = format!("openai={KEY},anthropic={KEY}");
    let common = ["-m", "m", "--backend", "echo", "--host", "127.0.0.1", "--providers", "openai,anthropic"];
    let checked = [&common[..], &["--validate-keys", "--api-keys", &keys]].concat();
    let emulator = Emulator::start(&katan, &checked, |_| ()).await;
    for analyzer in ["openai", "anthropic"] {
        // It repeats the question, so nothing is in the form that was asked for, twice.
        let note = emulator.note(analyzer, "m", KEY).await;
        assert!(note.contains("its answer was wrong in form"), "{analyzer}: {note}\n{}", emulator.output());
        // Its error names the key that it wanted: nothing of an error's text may be told or logged.
        let note = emulator.note(analyzer, "m", "another-key-0002").await;
        assert!(note.contains("its key was refused, 401"), "{analyzer}: {note}");
        assert!(!note.contains(KEY) && !log().contains(KEY) && !log().contains("another-key-0002"));
    }
    for (option, expected) in [("--rate-limit-after", "rate limited, 429"), ("--timeout-after", "(504)")] {
        let emulator = Emulator::start(&katan, &[&common[..], &[option, "1"]].concat(), |_| ()).await;
        for analyzer in ["openai", "anthropic"] {
            let note = emulator.note(analyzer, "m", KEY).await;
            assert!(note.contains(expected), "{analyzer}, {option}: {note}\n{}", emulator.output());
        }
    }
}

/// Bedrock takes its endpoint from AWS's variables, so it is asked by the command, in a process of its own.
#[cfg(feature = "bedrock")]
#[tokio::test]
async fn bedrock_against_aimock_and_llm_katan() {
    let good = json!({"match": {"model": "good"}, "response": {"content": good_answer().to_string()}});
    let busy = json!({"match": {"model": "busy"}, "response": {"error": {"message": "no"}, "status": 503}});
    let file = json!({"fixtures": [good, busy]}).to_string();
    let arguments = ["-h", "127.0.0.1", "-f", "fixtures.json", "--strict", "--validate-on-load"];
    let write = |home: &Path| std::fs::write(home.join("fixtures.json"), file).expect("write the fixtures");
    let aimock = Emulator::start(&tool("llmock"), &arguments, write).await;
    let note = preview(&aimock, "good");
    assert!(note.contains("Root cause: `coupon.months` is 0"), "{note}\n{}", aimock.output());
    let note = preview(&aimock, "busy");
    assert!(note.contains("did not speak"), "{note}\n{}", aimock.output());
    let katan = ["-m", "m", "--backend", "echo", "--host", "127.0.0.1", "--providers", "bedrock"];
    let katan = Emulator::start(&tool("llm-katan"), &katan, |_| ()).await;
    let note = preview(&katan, "amazon.nova-lite-v1:0");
    assert!(note.contains("its answer was wrong in form"), "{note}\n{}", katan.output());
}

#[cfg(feature = "bedrock")]
fn preview(emulator: &Emulator, model: &str) -> String {
    let file = emulator.home.path().join("event.json");
    std::fs::write(&file, event().to_string()).expect("write the event");
    let output = Command::new(env!("CARGO_BIN_EXE_sidenote"))
        .arg("preview")
        .arg(file)
        .env_clear()
        .env("ANALYZER", "bedrock")
        .env("LLM_MODEL", model)
        .env("AWS_REGION", "us-east-1")
        .env("AWS_ACCESS_KEY_ID", "test")
        .env("AWS_SECRET_ACCESS_KEY", "test")
        .env("AWS_ENDPOINT_URL_BEDROCK_RUNTIME", format!("http://127.0.0.1:{}", emulator.port))
        .output()
        .expect("run the command");
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}
