//! The runbook's steps from the Python service to Sidenote on K3s: every command of both languages is run in order, with
//! a strict stand-in for `kubectl` and the cluster behind it (`kubectl.py`).

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};
use sidenote_standins::{Sentry, Telegram};
use tempfile::TempDir;

use super::bed::RUNS;
use super::plan::healthy;
use super::runbook::{RUNBOOKS, read};
use crate::approvals::life::changed;
use crate::on_a_file::bed::created;
use crate::support::fetched::{free_port, tool};
use crate::support::{AUTH_TOKEN, BOT_TOKEN, CHAT, CLIENT_SECRET, ISSUES, ORG, Webhook, eventually};

/// The name of the Python service in the cluster.
const OLD: &str = "sentry-analyzer";
/// The key that signs the buttons.
const BUTTONS_KEY: &str = "e8Xv3Sb6Mj1Cw9Gt4Ly7Pz2KhB5nRf0DqU7s";

/// The part of the log line that says that polling works.
const POLLING: &str = r#""condition":"polling""#;

/// The commands of the steps, in order: the indented lines of the first section that uses `kubectl`.
fn commands(runbook: &str) -> Vec<String> {
    let page = read(runbook);
    let section =
        page.split("\n## ").find(|section| section.contains("        kubectl ")).expect("the section");
    section.lines().filter_map(|line| line.strip_prefix("        ")).map(str::to_owned).collect()
}

/// A node of the cluster: the repository's folder, the programs of the commands, and the cluster's folder.
struct Node {
    folder: TempDir,
    sentry: Sentry,
    telegram: Telegram,
    port: u16,
}

impl Node {
    async fn new() -> Self {
        let plan = healthy();
        let (sentry, telegram) = tokio::join!(Sentry::start(plan.sentry), Telegram::start(plan.telegram));
        let folder = tempfile::tempdir().expect("a folder");
        let node = Self { folder, sentry, telegram, port: free_port() };
        for folder in ["bin", "deploy/kubernetes", "cluster/secrets"] {
            fs::create_dir_all(node.path(folder)).expect("a folder");
        }
        let manifest = read("deploy/kubernetes/serve.yaml");
        fs::write(node.path("deploy/kubernetes/serve.yaml"), manifest).expect("a file");
        let example = read("deploy/secrets.example.json");
        fs::write(node.path("deploy/secrets.example.json"), example).expect("a file");
        let running = json!({OLD: {"settings": {}, "probes": {}, "replicas": 1}});
        fs::write(node.path("cluster/deployments.json"), running.to_string()).expect("a file");
        node.install();
        node
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Writes the programs that the commands use. Each accepts only what the runbook says.
    fn install(&self) {
        let python = tool("venv/kubernetes-validate/bin/python");
        let kubectl = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/doctor/kubectl.py");
        let kubectl = format!("exec {} {} \"$@\"", python.display(), kubectl.display());
        for (name, script) in [
            ("make", "[ \"$*\" = image ] && touch image.built"),
            ("docker", "[ \"$*\" = 'save sidenote:local' ] && [ -e image.built ] && echo sidenote:local"),
            ("k3s", "[ \"$*\" = 'ctr images import -' ] && cat >>\"$CLUSTER/images\""),
            ("kubectl", &kubectl),
            (
                "editor",
                "cat \"edits/$(basename \"$1\")\" >/dev/null && cp \"edits/$(basename \"$1\")\" \"$1\"",
            ),
        ] {
            let path = self.path("bin").join(name);
            fs::write(&path, format!("#!/bin/sh\nset -eu\n{script}\n")).expect("a script");
            fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).expect("it can be run");
        }
        self.write_edits();
    }

    /// Writes the files as the operator leaves them in the editor.
    fn write_edits(&self) {
        fs::create_dir(self.path("edits")).expect("a folder");
        let secrets = json!({"SENTRY_AUTH_TOKEN": AUTH_TOKEN, "SENTRY_CLIENT_SECRET": CLIENT_SECRET,
            "TELEGRAM_BOT_TOKEN": BOT_TOKEN, "TELEGRAM_WEBHOOK_SECRET": BUTTONS_KEY});
        fs::write(self.path("edits/secrets.json"), secrets.to_string()).expect("a file");
        let settings = [
            ("SENTRY_BASE_URL: https://sentry.io", format!("SENTRY_BASE_URL: {}", self.sentry.url())),
            ("SENTRY_ORG: \"\"", format!("SENTRY_ORG: {ORG}")),
            (
                "TELEGRAM_CHAT_ID: \"\"",
                format!(
                    "TELEGRAM_CHAT_ID: \"{CHAT}\"\n  TELEGRAM_APPROVERS: \"42\"\n  TELEGRAM_API_BASE: {}",
                    self.telegram.url()
                ),
            ),
            ("# - { protocol: TCP, port: 9000 }", "- { protocol: TCP, port: 9000 }".to_owned()),
        ];
        let edited = settings.iter().fold(read("deploy/kubernetes/serve.yaml"), |manifest, (from, to)| {
            assert!(manifest.contains(from), "the manifest has no {from}");
            manifest.replace(from, to)
        });
        fs::write(self.path("edits/serve.yaml"), edited).expect("a file");
    }

    fn run(&self, command: &str) -> Output {
        let mut shell = Command::new("sh");
        shell.args(["-euc", command]).env_clear().current_dir(self.folder.path()).stdin(Stdio::null());
        shell.env("PATH", format!("{}:/usr/bin:/bin", self.path("bin").display()));
        shell.env("CLUSTER", self.path("cluster")).env("EDITOR", "editor");
        shell.env("SIDENOTE", env!("CARGO_BIN_EXE_sidenote")).env("POD_PORT", self.port.to_string());
        shell.output().expect("run a shell")
    }

    /// Runs a command that must succeed. Returns its standard output.
    fn done(&self, command: &str) -> String {
        let mut output = tokio::task::block_in_place(|| self.run(command));
        for _ in 0..RUNS {
            if String::from_utf8_lossy(&output.stdout).contains("too late for Sentry") {
                output = tokio::task::block_in_place(|| self.run(command));
            }
        }
        assert!(output.status.success(), "{command}: {output:?}\n{}", self.log());
        println!("{command}: {}", String::from_utf8_lossy(&output.stdout).lines().last().unwrap_or_default());
        String::from_utf8(output.stdout).expect("UTF-8")
    }

    /// The log of the pod.
    fn log(&self) -> String {
        fs::read_to_string(self.path("cluster/log")).unwrap_or_default()
    }

    async fn deliver(&self, webhook: &Webhook) -> u16 {
        let http = sidenote::http::Http::new(None).expect("an HTTP client");
        let url = format!("http://127.0.0.1:{}/api/v1/webhooks/sentry/error", self.port);
        let sent = http.client().post(url).headers(webhook.headers()).body(webhook.body().clone()).send();
        sent.await.expect("an answer").status().as_u16()
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        let pid = fs::read_to_string(self.path("cluster/pid")).ok().and_then(|text| text.parse().ok());
        if let Some(pid) = pid.and_then(Pid::from_raw) {
            let _ = kill_process(pid, Signal::KILL);
        }
    }
}

/// Does what the runbook's text asks for between the commands, and checks what a command must have achieved.
async fn check(node: &Node, command: &str, printed: &str) {
    if command.contains("sidenote analyze") {
        assert!(printed.contains("note: done"), "{printed}");
        assert_eq!(node.sentry.notes(ISSUES[1]).len(), 1);
        // Sentry calls Sidenote from the next step on. One webhook was lost.
        assert_eq!(node.deliver(&created(ISSUES[0])).await, 202);
        eventually("the note", || node.sentry.notes(ISSUES[0]).len() == 1).await;
    }
    if command.contains("kubectl scale") {
        let deployments = fs::read_to_string(node.path("cluster/deployments.json")).expect("the file");
        let deployments: Value = serde_json::from_str(&deployments).expect("JSON");
        assert_eq!(
            (&deployments[OLD]["replicas"], &deployments["sidenote"]["replicas"]),
            (&json!(0), &json!(1))
        );
    }
    if command.ends_with("connect --test") {
        assert!(node.telegram.messages().iter().any(|it| it.text_visible.contains("this is a test message")));
        assert_eq!(node.deliver(&changed("resolved", 1)).await, 200);
        eventually("the polling", || node.log().contains(POLLING)).await;
    }
    if command.ends_with("-c doctor") {
        // The init container has the settings and the secrets of the pod, and reaches Sentry and Telegram.
        let checks = ["sentry.token", "sentry.organization", "telegram.bot"];
        let is_ok =
            |check: &&str| printed.lines().any(|line| line.split_whitespace().take(2).eq(["ok", *check]));
        assert!(checks.iter().all(is_ok), "{printed}");
    }
    if command.contains("kubectl logs") && command.contains("--since") {
        let lines = ["delivery_ignored", POLLING];
        assert!(lines.iter().all(|line| printed.contains(line)), "{printed}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_steps_from_the_python_service_to_sidenote_work_in_both_languages() {
    let [english, chinese] = RUNBOOKS.map(commands);
    assert_eq!(english, chinese);
    assert!(english.len() >= 13, "{english:?}");
    let node = Node::new().await;
    // The bot still has the webhook of the Python service.
    node.telegram.push_to("https://old.example/telegram", "python");
    for line in &english {
        let command = line.replace("ISSUE", ISSUES[1]).replace("PYTHON_SERVICE", OLD);
        let printed = node.done(&command);
        check(&node, &command, &printed).await;
    }
    assert_eq!(node.sentry.violations(), Vec::<String>::new());
    assert_eq!(node.telegram.violations(), Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_step_that_is_left_out_or_wrong_is_noticed() {
    let node = Node::new().await;
    for wrong in [
        "kubectl apply -f deploy/kubernetes/serve.yaml",
        "docker save sidenote:local",
        "kubectl get pods",
        "kubectl exec deploy/sidenote -- sh",
        "kubectl scale deployment/PYTHON_SERVICE --replicas=0",
        "k3s ctr image import",
    ] {
        let output = tokio::task::block_in_place(|| node.run(wrong));
        assert!(!output.status.success(), "{wrong}: {output:?}");
    }
}
