//! Tests with two independent emulators: `aimock` (npm) replays fixtures; `llm-katan` (Python) checks each provider's
//! authorization and answers in free text.

use std::path::PathBuf;
use std::process::Command;

use futures_util::{StreamExt as _, stream};
use serde_json::{Value, json};

use crate::bed::{AGENT, Bed, KEY, event, good_answer, log};
use crate::fetched::{Tool, free_port, tool, tool_of_npm};

/// The number of cases that run at the same time, because each has a time limit for the model's answer.
const AT_ONCE: usize = 8;

/// A running emulator of a model's API.
struct Emulator(Tool);

impl Emulator {
    async fn start(program: PathBuf, arguments: &[&str]) -> Self {
        let port = free_port();
        let mut command = Command::new(program);
        command.args(arguments).args(["-p", &port.to_string()]);
        Self(Tool::start(command, port).await)
    }

    /// Starts aimock, which answers each request by these fixtures.
    async fn with_fixtures(program: PathBuf, fixtures: &str) -> Self {
        let folder = tempfile::tempdir().expect("a directory");
        let file = folder.path().join("fixtures.json");
        std::fs::write(&file, fixtures).expect("write the fixtures");
        let file = file.to_str().expect("a path in UTF-8");
        // The fixtures are loaded when aimock listens.
        Self::start(program, &["-h", "127.0.0.1", "-f", file, "--strict", "--validate-on-load"]).await
    }

    fn output(&self) -> String {
        self.0.logs()
    }

    /// Returns the value of `LLM_BASE_URL` for this emulator.
    fn base(&self, analyzer: &str) -> String {
        let path = if analyzer == "anthropic" { "" } else { "/v1" };
        format!("{}{path}", self.0.url())
    }

    /// Delivers an event with this environment and returns the note. Fixtures recognize the question by the
    /// environment.
    async fn note(&self, analyzer: &str, model: &str, key: &str, environment: &str) -> String {
        let variables = [
            ("ANALYZER", analyzer.to_owned()),
            ("LLM_MODEL", model.to_owned()),
            ("LLM_BASE_URL", self.base(analyzer)),
            ("LLM_API_KEY", key.to_owned()),
            ("LLM_TIMEOUT_SECONDS", "6".to_owned()),
        ];
        let mut event = event();
        event["environment"] = json!(environment);
        Bed::start(&variables).await.deliver(&event).await.note
    }
}

/// The tested values of `ANALYZER`, each with a valid model name.
const ADAPTERS: &[(&str, &str)] = &[("openai", "m"), ("openclaw", AGENT), ("anthropic", "m")];

/// A test case: the answers of the emulator in the order of the calls, and a part of the expected note.
struct Case {
    name: &'static str,
    answers: Vec<Value>,
    note: &'static str,
}

/// Returns the cases that every value of `ANALYZER` must pass.
fn cases(analyzer: &str) -> Vec<Case> {
    let case = |name, answers: Vec<Value>, note| Case { name, answers, note };
    let says = |text: &str| json!({"content": text});
    let error = |status: u16, kind: &str, code: &str, message: &str| json!({"error": {"message": message, "type": kind, "code": code}, "status": status});
    let text = good_answer().to_string();
    let found = "Root cause: `coupon.months` is 0, so the division fails.";
    let changed = |member: &str, value: Value| {
        let mut answer = good_answer();
        answer["root_cause"][member] = value;
        says(&answer.to_string())
    };
    let cut = &text[..text.find("\"headline\"").unwrap_or(0)];
    let is_anthropic = analyzer == "anthropic";
    let no_form = if is_anthropic { "output_config.format: no" } else { "response_format is not supported" };
    let quota = if is_anthropic { "billing_error" } else { "insufficient_quota" };
    let (refusal, refused) = if is_anthropic {
        ("refusal", "gave no answer (it declined)")
    } else {
        ("content_filter", "a content filter withheld its answer")
    };
    let mut cases = vec![
        case("success", vec![says(&text)], found),
        case("fenced", vec![says(&format!("```json\n{text}\n```"))], found),
        case(
            "cut",
            vec![json!({"content": cut, "finishReason": "length"})],
            "was cut off at its token limit",
        ),
        case("words", vec![says("It divides by zero.")], "its answer was wrong in form"),
        case(
            "wrong-ids",
            vec![changed("evidence", json!(["F99"]))],
            "- `coupon.months` is 0, so the division fails.\n",
        ),
        case(
            "invented",
            vec![changed("claim", json!("billing/tax.py is wrong."))],
            "they name code that is not in the event",
        ),
        case("refusal", vec![json!({"content": "I cannot.", "finishReason": refusal})], refused),
        case("no-form", vec![error(400, "invalid_request_error", "x", no_form), says(&text)], found),
        case(
            "bad-request",
            vec![error(400, "invalid_request_error", "x", "no")],
            "rejected the request, 400",
        ),
        case(
            "no-key",
            vec![error(401, "invalid_request_error", "invalid_api_key", "no")],
            "its key was refused, 401",
        ),
        case("quota", vec![error(429, quota, quota, "no")], "the account's quota is used up"),
        case("broken", vec![error(500, "api_error", "x", "no"); 2], "the server failed (500)"),
        case("overloaded", vec![error(529, "overloaded_error", "x", "no"); 2], "overloaded, 529"),
        case("busy", vec![error(429, "rate_limit_error", "x", "slow down"), says(&text)], found),
        case(
            "busy-long",
            vec![
                json!({"error": {"message": "slow down", "type": "rate_limit_error"}, "status": 429, "retryAfter": 60}),
            ],
            "rate limited, 429",
        ),
        case("slow", vec![says(&text)], "gave no answer (no answer in time)"),
    ];
    if analyzer == "openclaw" {
        let unauthorized = error(401, "authentication_error", "x", "no");
        cases.push(case("gateway", vec![unauthorized], "the gateway has no credentials for it, 401"));
    }
    cases
}

/// Returns the environment of the event in this case. Fixtures recognize the question by the environment.
fn environment(analyzer: &str, case: &Case) -> String {
    format!("on-{analyzer}-{}-only", case.name)
}

/// Returns the fixtures for aimock: the answers of each case, in the order of the calls.
fn fixtures() -> String {
    let of =
        |analyzer: &'static str| cases(analyzer).into_iter().flat_map(move |case| of_case(analyzer, &case));
    let all = ADAPTERS.iter().flat_map(|(analyzer, _)| of(analyzer));
    // The request to correct the form of the answer does not repeat the question.
    let again = json!({"match": {"userMessage": "That is not the JSON object"}, "response": {"content": "Still no."}});
    json!({"fixtures": all.chain([again]).collect::<Vec<_>>()}).to_string()
}

fn of_case(analyzer: &str, case: &Case) -> Vec<Value> {
    let environment = environment(analyzer, case);
    let each = case.answers.iter().enumerate();
    each.map(|(at, response)| {
        let mut fixture = json!({"match": {"userMessage": environment}, "response": response});
        if case.answers.len() > 1 {
            fixture["match"]["sequenceIndex"] = json!(at);
        }
        if case.name == "slow" {
            fixture["chaos"] = json!({"latencyMs": 20_000});
        }
        fixture
    })
    .collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn against_aimock() {
    let Some(llmock) = tool_of_npm("llmock") else { return };
    let aimock = Emulator::with_fixtures(llmock, &fixtures()).await;
    let runs = ADAPTERS
        .iter()
        .flat_map(|(analyzer, model)| cases(analyzer).into_iter().map(move |case| (*analyzer, *model, case)));
    let wrong = runs.map(async |(analyzer, model, case)| {
        let note = aimock.note(analyzer, model, KEY, &environment(analyzer, &case)).await;
        (!note.contains(case.note)).then(|| format!("{analyzer}, {}: {note}", case.name))
    });
    let wrong: Vec<String> =
        stream::iter(wrong).buffer_unordered(AT_ONCE).filter_map(std::future::ready).collect().await;
    assert!(wrong.is_empty(), "{}\n{}", wrong.join("\n"), aimock.output());
}

#[tokio::test]
async fn against_llm_katan() {
    let keys = format!("openai={KEY},anthropic={KEY}");
    let common = ["-m", "m", "--backend", "echo", "--host", "127.0.0.1", "--providers", "openai,anthropic"];
    let checked = [&common[..], &["--validate-keys", "--api-keys", &keys]].concat();
    let emulator = Emulator::start(tool("llm-katan"), &checked).await;
    for (analyzer, model) in ADAPTERS {
        // llm-katan repeats the question, so two answers in a row have the wrong form.
        let note = emulator.note(analyzer, model, KEY, "test").await;
        assert!(note.contains("its answer was wrong in form"), "{analyzer}: {note}\n{}", emulator.output());
        // The emulator's error contains the expected key. The text of an error must not reach the note or the log.
        let note = emulator.note(analyzer, model, "another-key-0002", "test").await;
        assert!(note.contains("its key was refused, 401"), "{analyzer}: {note}");
        assert!(!note.contains(KEY) && !log().contains(KEY) && !log().contains("another-key-0002"));
    }
    for (option, value, expected) in [
        ("--rate-limit-after", "1", "rate limited, 429"),
        ("--timeout-after", "1", "(504)"),
        ("--error-rate", "1.0", "(500)"),
        ("--latency-ms", "20000", "no answer in time"),
    ] {
        let emulator = Emulator::start(tool("llm-katan"), &[&common[..], &[option, value]].concat()).await;
        for (analyzer, model) in ADAPTERS {
            let note = emulator.note(analyzer, model, KEY, "test").await;
            assert!(note.contains(expected), "{analyzer}, {option}: {note}\n{}", emulator.output());
        }
    }
}

/// The endpoint of Bedrock comes from environment variables of AWS, so this test runs a command in a process of its
/// own.
#[cfg(feature = "bedrock")]
#[tokio::test]
async fn bedrock_against_aimock_and_llm_katan() {
    let good = json!({"match": {"model": "good"}, "response": {"content": good_answer().to_string()}});
    let busy = json!({"match": {"model": "busy"}, "response": {"error": {"message": "no"}, "status": 503}});
    let file = json!({"fixtures": [good, busy]}).to_string();
    let aimock = Emulator::with_fixtures(tool("llmock"), &file).await;
    let note = preview(&aimock, "good");
    assert!(note.contains("Root cause: `coupon.months` is 0"), "{note}\n{}", aimock.output());
    let note = preview(&aimock, "busy");
    assert!(note.contains("gave no answer"), "{note}\n{}", aimock.output());
    let katan = ["-m", "m", "--backend", "echo", "--host", "127.0.0.1", "--providers", "bedrock"];
    let katan = Emulator::start(tool("llm-katan"), &katan).await;
    let note = preview(&katan, "amazon.nova-lite-v1:0");
    assert!(note.contains("its answer was wrong in form"), "{note}\n{}", katan.output());
}

#[cfg(feature = "bedrock")]
fn preview(emulator: &Emulator, model: &str) -> String {
    let folder = tempfile::tempdir().expect("a directory");
    let file = folder.path().join("event.json");
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
        .env("AWS_ENDPOINT_URL_BEDROCK_RUNTIME", emulator.0.url())
        .output()
        .expect("run the command");
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}
