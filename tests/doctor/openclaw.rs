//! Tests with the real OpenClaw gateway, which is set up by the commands in docs/models.md. The model behind the
//! gateway is aimock, which records the prompts.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use sidenote::http::Http;
use tempfile::TempDir;

use super::bed::{Bed, Seen};
use super::plan::{AGENT, Plan, healthy};
use crate::support::canary::CANARIES;
use crate::support::fetched::{Tool, free_port, tool_of_npm};

/// A text in a file of the owner's workspace, which must not reach the model through Sidenote's agent.
const OWNERS: &str = "The owner is Kim, who feeds the cat Mochi.";
/// The time limit for the gateway's start and for its slow first answers on a busy machine.
const PATIENCE: Duration = Duration::from_mins(4);

/// Returns two scripts from docs/models.md: the first adds the agent, the second takes its tools away.
fn documented() -> [String; 2] {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/models.md");
    let page = std::fs::read_to_string(page).expect("docs/models.md");
    let (_, section) = page.split_once("\n## OpenClaw\n").expect("a section about OpenClaw");
    let lines: Vec<&str> = section.lines().filter_map(|line| line.strip_prefix("    ")).collect();
    let (add, lock) = lines.split_first().expect("a block of commands");
    assert!(add.starts_with("openclaw agents add") && lock.last() == Some(&"JSON"), "{lines:?}");
    [(*add).to_owned(), lock.join("\n")]
}

fn token() -> &'static str {
    CANARIES.iter().find(|(name, _)| *name == "LLM_API_KEY").expect("a key").1
}

/// A running gateway with its owner's agent `main`, and the API of its model.
struct Gateway {
    program: PathBuf,
    home: TempDir,
    model: Tool,
    process: Tool,
    url: String,
    http: Http,
}

impl Gateway {
    async fn start(program: PathBuf, model: &Path) -> Self {
        let (home, port, port_of_model) =
            (tempfile::tempdir().expect("a directory"), free_port(), free_port());
        let fixtures = home.path().join("fixtures.json");
        let fixture = json!({"fixtures": [{"match": {"model": "m"}, "response": {"content": "ready"}}]});
        std::fs::write(&fixtures, fixture.to_string()).expect("write the fixtures");
        let mut command = Command::new(model);
        command.args(["-h", "127.0.0.1", "--strict", "-p", &port_of_model.to_string(), "-f"]).arg(&fixtures);
        let model = Tool::start(command, port_of_model).await;
        let folder = home.path().join(".openclaw");
        std::fs::create_dir_all(folder.join("workspace")).expect("make the workspace");
        std::fs::write(folder.join("workspace/USER.md"), OWNERS).expect("write the owner's file");
        let settings = settings(port, &model.url());
        std::fs::write(folder.join("openclaw.json"), settings.to_string()).expect("write the settings");
        let mut command = quiet(Command::new(&program), home.path());
        command.args(["gateway", "run"]);
        let process = Tool::spawn(command, port);
        let url = format!("http://127.0.0.1:{port}");
        let http = Http::new(None).expect("an HTTP client");
        let this = Self { program, home, model, process, url, http };
        this.until("the gateway is alive", async || this.status("GET", "/health", &Value::Null).await == 200)
            .await;
        this
    }

    async fn until(&self, what: &str, holds: impl AsyncFn() -> bool) {
        let limit = Instant::now() + PATIENCE;
        while !holds().await {
            assert!(Instant::now() < limit, "{what}: {}", self.process.logs());
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
    }

    /// Returns the HTTP status of a request to the gateway; 0 if there is no answer.
    async fn status(&self, method: &str, path: &str, body: &Value) -> u16 {
        let method = method.parse().expect("a method");
        let request = self.http.client().request(method, format!("{}{path}", self.url)).bearer_auth(token());
        let request = if body.is_null() { request } else { request.json(body) };
        request.timeout(PATIENCE).send().await.map_or(0, |answer| answer.status().as_u16())
    }

    /// Waits until a request to run a harmless tool as Sidenote's agent gets this HTTP status. The gateway applies a
    /// new configuration only after about a second.
    async fn until_tools_answer(&self, status: u16) {
        let body = json!({"tool": "session_status", "agentId": AGENT.trim_start_matches("openclaw/")});
        let seen = async || self.status("POST", "/tools/invoke", &body).await == status;
        self.until(&format!("/tools/invoke answers {status}"), seen).await;
    }

    /// Runs a command of docs/models.md in the gateway's home directory.
    async fn run(&self, script: &str) {
        let mut command = quiet(Command::new("bash"), self.home.path());
        let path = std::env::var("PATH").unwrap_or_default();
        let programs = self.program.parent().expect("a folder").display();
        command.args(["-euc", script]).env("PATH", format!("{programs}:{path}")).stdin(Stdio::null());
        let run = tokio::task::spawn_blocking(move || command.output()).await.expect("no panic");
        let output = run.expect("run bash");
        assert!(output.status.success(), "{script}: {output:?}");
    }

    /// Asks an agent a question, and returns the request that reached the model.
    async fn prompt_of(&self, agent: &str) -> Value {
        let body = json!({"model": agent, "messages": [{"role": "user", "content": "Say: ready"}]});
        assert_eq!(self.status("POST", "/v1/chat/completions", &body).await, 200, "{agent}");
        self.newest_prompt().await
    }

    /// Returns the newest request that reached the model.
    async fn newest_prompt(&self) -> Value {
        let request = self.http.client().get(format!("{}/__aimock/journal", self.model.url()));
        let journal = request.send().await.expect("an answer").bytes().await.expect("a body");
        let journal: Value = serde_json::from_slice(&journal).expect("JSON");
        let entries = journal.as_array().or_else(|| journal["entries"].as_array()).expect("a journal");
        entries.last().expect("a request")["body"].clone()
    }

    /// Runs `sidenote doctor --ask` against this gateway.
    async fn doctor(&self) -> Seen {
        let plan = healthy().variable("LLM_BASE_URL", format!("{}/v1", self.url));
        let plan: Plan = plan.variable("LLM_TIMEOUT_SECONDS", "120").arguments(&["--ask"]);
        Bed::of(plan).await.run().await
    }
}

fn settings(port: u16, model: &str) -> Value {
    let models = json!([{"id": "m", "name": "m", "contextWindow": 128_000, "maxTokens": 4096}]);
    let provider = json!({"baseUrl": format!("{model}/v1"), "apiKey": "key-of-the-model", "api": "openai-completions",
        "models": models});
    json!({
        "gateway": {"mode": "local", "port": port, "bind": "loopback", "auth": {"mode": "token", "token": token()},
            "http": {"endpoints": {"chatCompletions": {"enabled": true}}}},
        "discovery": {"mdns": {"mode": "off"}}, "update": {"checkOnStart": false},
        "models": {"mode": "replace", "providers": {"aimock": provider}},
        "agents": {"defaults": {"model": {"primary": "aimock/m"}}},
    })
}

/// Returns the command with a home directory of its own, and with variables that keep it from contacting other
/// services.
fn quiet(mut command: Command, home: &Path) -> Command {
    command.current_dir(home).env("HOME", home);
    for variable in ["OPENCLAW_SKIP_CHANNELS", "DO_NOT_TRACK", "OPENCLAW_DISABLE_BONJOUR"] {
        command.env(variable, "1");
    }
    command
}

fn tools(prompt: &Value) -> Vec<&str> {
    let tools = prompt["tools"].as_array().map(Vec::as_slice).unwrap_or_default();
    tools.iter().filter_map(|tool| tool["function"]["name"].as_str()).collect()
}

/// Returns the status and the evidence of the check `name`.
fn check(seen: &Seen, name: &str) -> (String, String) {
    let checks = seen.report["checks"].as_array().expect("checks");
    let found = checks.iter().find(|it| it["name"] == name).unwrap_or_else(|| panic!("no {name}"));
    let text = |member: &str| found[member].as_str().unwrap_or_default().to_owned();
    (text("verdict"), text("evidence"))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_documented_commands_lock_the_agent_and_leave_main_as_it_was() {
    let (Some(openclaw), Some(model)) = (tool_of_npm("openclaw"), tool_of_npm("llmock")) else { return };
    let gateway = Gateway::start(openclaw, &model).await;
    let [add, lock] = documented();

    let before = gateway.prompt_of("openclaw/main").await;
    assert!(tools(&before).len() > 5 && before.to_string().contains("Mochi"), "{:?}", tools(&before));

    // An agent that is only added has all tools.
    gateway.run(&add).await;
    gateway.until_tools_answer(200).await;
    let seen = gateway.doctor().await;
    let (verdict, evidence) = check(&seen, "analyzer.agent");
    assert!(verdict == "failed" && evidence.contains("has tools"), "{}", seen.table);

    gateway.run(&lock).await;
    gateway.until_tools_answer(404).await;
    let seen = gateway.doctor().await;
    for name in
        ["analyzer.health", "analyzer.endpoint", "analyzer.model", "analyzer.agent", "analyzer.answer"]
    {
        assert_eq!(check(&seen, name).0, "ok", "{name}: {}", seen.table);
    }
    let prompt = gateway.newest_prompt().await;
    assert_eq!(tools(&prompt), Vec::<&str>::new());
    let text = prompt.to_string();
    assert!(text.contains("Say: ready") && !text.contains("Mochi"), "{text}");

    // The owner's agent still has its tools and its files.
    let after = gateway.prompt_of("openclaw/main").await;
    assert_eq!(tools(&after), tools(&before));
    assert!(after.to_string().contains("Mochi"));
    println!("main: {} tools; {AGENT}: none, {}", tools(&after).len(), check(&seen, "analyzer.answer").1);
}
