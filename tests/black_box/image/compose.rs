//! Runs `docker compose` with `deploy/compose.yaml` and the image, by the commands of docs/deploying.md and with the file of
//! secrets that README's command writes.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::time::Duration;

use serde_json::json;
use sidenote::http::Http;
use sidenote_standins::Sentry;
use tempfile::TempDir;

use super::{image, printed};
use crate::on_a_file::bed::created;
use crate::support::proxies;
use crate::support::{AUTH_TOKEN, CLIENT_SECRET, ISSUE, ORG, TIME_LIMIT, eventually, sentry};

/// The address at which the file publishes the service.
const URL: &str = "http://127.0.0.1:8000";
/// A part of a compose command: the file that all commands name.
const COMPOSE: &str = "docker compose -f deploy/compose.yaml";

fn read(path: &str) -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).expect("a file of the repository")
}

/// A folder with the file and the secrets, like the repository's top folder. Its end removes container and volume.
struct Project {
    folder: TempDir,
    /// The URL of Sentry, as a container reaches it.
    sentry: String,
}

impl Project {
    fn new(sentry: String) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        fs::create_dir(folder.path().join("deploy")).expect("a folder");
        // On a busy machine, the answer may take longer than Sentry waits.
        let patient = "    environment:\n      ANSWER_WITHIN_MS: 20000\n";
        let file = read("deploy/compose.yaml").replace("    environment:\n", patient);
        fs::write(folder.path().join("deploy/compose.yaml"), file).expect("a file");
        let example = read("deploy/secrets.example.json");
        fs::write(folder.path().join("deploy/secrets.example.json"), example).expect("a file");
        Self { folder, sentry }
    }

    /// Runs a line of a page in a shell. The test is root, so it needs no `sudo`.
    fn sh(&self, line: &str) -> Output {
        let mut shell = Command::new("sh");
        shell.args(["-euc", line.trim_start_matches("sudo ")]).current_dir(self.folder.path());
        shell.env("SENTRY_BASE_URL", &self.sentry).env("SENTRY_ORG", ORG).env("EDITOR", "true");
        shell.stdin(Stdio::null());
        shell.output().expect("run a shell")
    }

    fn done(&self, line: &str) -> String {
        let output = self.sh(line);
        assert!(output.status.success(), "{line}: {output:?}; {}", self.log());
        String::from_utf8_lossy(&output.stdout).into_owned()
    }

    fn log(&self) -> String {
        let output = self.sh(&format!("{COMPOSE} logs --no-color 2>&1"));
        String::from_utf8_lossy(&output.stdout).into_owned()
    }

    /// Writes the file of secrets with README's command, and then as a person does in an editor.
    fn write_secrets(&self) {
        let readme = read("README.md");
        let line = readme.lines().map(str::trim).find(|line| line.contains("> secrets.json;"));
        let (command, _) = line.expect("the command").split_once("    #").expect("a comment");
        self.done(command);
        let secrets = json!({"SENTRY_AUTH_TOKEN": AUTH_TOKEN, "SENTRY_CLIENT_SECRET": CLIENT_SECRET});
        fs::write(self.folder.path().join("secrets.json"), secrets.to_string()).expect("the file");
        let file = fs::metadata(self.folder.path().join("secrets.json")).expect("the file");
        assert_eq!(file.permissions().mode() & 0o777, 0o600, "only its owner can read it");
    }

    async fn is_live() -> bool {
        let http = Http::new(None).expect("an HTTP client");
        let asked = http.client().get(format!("{URL}/api/v1/health/live")).send().await;
        asked.is_ok_and(|answer| answer.status() == 200)
    }

    async fn deliver(&self) -> u16 {
        let live = async {
            while !Self::is_live().await {
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        };
        assert!(tokio::time::timeout(TIME_LIMIT, live).await.is_ok(), "{}", self.log());
        let (http, webhook) = (Http::new(None).expect("an HTTP client"), created(ISSUE));
        let sent =
            http.client().post(URL).headers(webhook.headers()).body(webhook.body().clone()).send().await;
        sent.unwrap_or_else(|error| panic!("{error}: {}", self.log())).status().as_u16()
    }
}

impl Drop for Project {
    fn drop(&mut self) {
        let _ = self.sh(&format!("{COMPOSE} down --volumes"));
    }
}

/// The commands of docs/deploying.md for Docker Compose, without their comments. The first one builds the image.
fn documented() -> Vec<String> {
    let page = read("docs/deploying.md");
    let (_, section) = page.split_once("## With Docker Compose\n").expect("the section");
    let lines = section.lines().skip(1).take_while(|line| line.is_empty() || line.starts_with("    "));
    let command = |line: &str| line.split("  #").next().unwrap_or_default().trim().to_owned();
    lines.map(command).filter(|line| !line.is_empty()).collect()
}

#[tokio::test]
#[ignore = "needs a container engine: make test-image"]
async fn the_compose_file_keeps_the_state_when_the_container_is_replaced() {
    let sentry = Sentry::start(sentry()).await;
    let bridge = std::env::var("SIDENOTE_ENGINE").expect("SIDENOTE_ENGINE: run `make test-image`");
    let _door = proxies::on_bridge(&sentry.url(), &bridge).await;
    printed(&["tag", &image(), "sidenote:local"]);
    let project = Project::new(sentry.url().replace("127.0.0.1", &bridge));
    project.write_secrets();
    let commands = documented();
    let [build, chown, settings, up] = commands.as_slice() else { panic!("{commands:?}") };
    assert_eq!((build.as_str(), settings.starts_with("export SENTRY_BASE_URL=")), ("make image", true));

    // Without the second command, the container cannot read the file, and says so.
    project.done(up);
    let reason = "SECRETS_FILE /run/secrets/sidenote";
    eventually("the reason", || project.log().contains(reason)).await;
    assert!(project.log().contains("permission denied"), "{}", project.log());
    project.done(&format!("{COMPOSE} down"));

    project.done(chown);
    project.done(up);
    assert_eq!(project.deliver().await, 202);
    eventually("the note", || sentry.notes(ISSUE).len() == 1).await;
    assert_eq!(project.done(&format!("{COMPOSE} exec sidenote sidenote approvals --json")).trim(), "[]");
    project.done(&format!("{COMPOSE} restart"));
    assert_eq!(project.deliver().await, 200, "a repeat after a restart: {}", project.log());
    project.done(&format!("{COMPOSE} down"));
    project.done(up);
    assert_eq!(project.deliver().await, 200, "a repeat in a new container: {}", project.log());
    assert_eq!(sentry.notes(ISSUE).len(), 1);
    assert_eq!(sentry.violations(), Vec::<String>::new());
}
