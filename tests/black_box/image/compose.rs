//! Runs the service of `deploy/compose.yaml` with the image. The engine of `make test-image` has no `docker compose`, so
//! the test starts the container with the options that the file states. It fails on an option that it does not know.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use serde_json::{Value, json};
use sidenote::http::Http;
use tempfile::TempDir;

use super::{docker, image, printed};
use crate::on_a_file::bed::created;
use crate::support::fetched::tool;
use crate::support::proxies;
use crate::support::{AUTH_TOKEN, CLIENT_SECRET, ISSUE, ORG, TIME_LIMIT, eventually, sentry};

/// The address at which the file publishes the service.
const URL: &str = "http://127.0.0.1:8000";
const NAME: &str = "sidenote-compose";

/// Returns `deploy/compose.yaml` as JSON.
fn compose() -> Value {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("deploy/compose.yaml");
    let program = "import json, sys, yaml; print(json.dumps(yaml.safe_load(open(sys.argv[1]))))";
    let python = tool("venv/kubernetes-validate/bin/python");
    let output = Command::new(python).args(["-c", program]).arg(file).output().expect("run python");
    serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{output:?}"))
}

fn text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// The texts of a list.
fn texts(value: &Value) -> Vec<String> {
    value.as_array().expect("a list").iter().map(text).collect()
}

/// Replaces `${NAME:-default}` as compose does.
fn filled(value: &str, variables: &BTreeMap<&str, String>) -> String {
    let Some(inner) = value.strip_prefix("${").and_then(|rest| rest.strip_suffix('}')) else {
        return value.to_owned();
    };
    let (name, default) = inner.split_once(":-").expect("a default");
    variables.get(name).cloned().unwrap_or_else(|| default.to_owned())
}

/// Returns the options of `docker run` for the service of the file. `secrets` is the file with the secrets.
fn options(compose: &Value, secrets: &Path, variables: &BTreeMap<&str, String>) -> Vec<String> {
    let service = compose["services"]["sidenote"].as_object().expect("the service");
    let each = |option: &str, values: Vec<String>| {
        values.into_iter().flat_map(|value| [option.to_owned(), value]).collect::<Vec<_>>()
    };
    let option = |(key, value): (&String, &Value)| match key.as_str() {
        "image" => Vec::new(),
        "restart" => each("--restart", vec![text(value)]),
        "stop_grace_period" => each("--stop-timeout", vec![text(value).trim_end_matches('s').to_owned()]),
        "ports" => each("--publish", texts(value)),
        "volumes" => each("--volume", texts(value)),
        "cap_drop" => each("--cap-drop", texts(value)),
        "security_opt" => each("--security-opt", texts(value)),
        "read_only" => vec![format!("--read-only={value}")],
        "environment" => {
            let pairs = value.as_object().expect("variables").iter();
            each(
                "--env",
                pairs.map(|(name, value)| format!("{name}={}", filled(&text(value), variables))).collect(),
            )
        }
        "secrets" => {
            let place = |name: String| {
                assert_eq!(
                    compose["secrets"][&name]["file"], "../secrets.json",
                    "the file in the instructions"
                );
                format!("{}:/run/secrets/{name}:ro", secrets.display())
            };
            each("--volume", texts(value).into_iter().map(place).collect())
        }
        other => panic!("this test does not know `{other}`"),
    };
    service.iter().flat_map(option).collect()
}

/// Starts the container, and waits until it listens.
async fn up(options: &[String]) {
    let fixed = ["run", "--detach", "--name", NAME, "--env", "ANSWER_WITHIN_MS=20000"];
    let image = image();
    let arguments: Vec<&str> =
        fixed.into_iter().chain(options.iter().map(String::as_str)).chain([image.as_str()]).collect();
    printed(&arguments);
    let http = Http::new(None).expect("an HTTP client");
    let live = async {
        while !http
            .client()
            .get(format!("{URL}/api/v1/health/live"))
            .send()
            .await
            .is_ok_and(|it| it.status() == 200)
        {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    let is_up = tokio::time::timeout(TIME_LIMIT, live).await;
    assert!(is_up.is_ok(), "{:?}", docker(&["logs", NAME]));
}

/// Stops and removes the container, as `docker compose down` does. The volume stays.
fn down() {
    printed(&["stop", NAME]);
    printed(&["rm", NAME]);
}

async fn deliver() -> u16 {
    let (http, webhook) = (Http::new(None).expect("an HTTP client"), created(ISSUE));
    let sent = http.client().post(URL).headers(webhook.headers()).body(webhook.body().clone()).send().await;
    sent.unwrap_or_else(|error| panic!("{error}: {:?}", docker(&["logs", NAME]))).status().as_u16()
}

/// Writes the secrets into a file that the container's user can read.
fn secrets(folder: &TempDir) -> std::path::PathBuf {
    let path = folder.path().join("secrets.json");
    let secrets = json!({"SENTRY_AUTH_TOKEN": AUTH_TOKEN, "SENTRY_CLIENT_SECRET": CLIENT_SECRET});
    fs::write(&path, secrets.to_string()).expect("a file");
    for path in [folder.path(), &path] {
        fs::set_permissions(path, fs::Permissions::from_mode(0o755)).expect("it can be read");
    }
    path
}

#[tokio::test]
#[ignore = "needs a container engine: make test-image"]
async fn the_compose_file_keeps_the_state_when_the_container_is_replaced() {
    let sentry = sidenote_standins::Sentry::start(sentry()).await;
    let bridge = std::env::var("SIDENOTE_ENGINE").expect("SIDENOTE_ENGINE: run `make test-image`");
    let _door = proxies::on_bridge(&sentry.url(), &bridge).await;
    let folder = tempfile::tempdir().expect("a folder");
    let variables =
        [("SENTRY_BASE_URL", sentry.url().replace("127.0.0.1", &bridge)), ("SENTRY_ORG", ORG.to_owned())];
    let options = options(&compose(), &secrets(&folder), &variables.into());

    up(&options).await;
    assert_eq!(deliver().await, 202);
    eventually("the note", || sentry.notes(ISSUE).len() == 1).await;
    assert_eq!(printed(&["exec", NAME, "sidenote", "approvals", "--json"]).trim(), "[]");
    down();
    up(&options).await;
    assert_eq!(deliver().await, 200, "a repeat: {:?}", docker(&["logs", NAME]));
    down();
    assert_eq!(sentry.notes(ISSUE).len(), 1);
    assert_eq!(sentry.violations(), Vec::<String>::new());
}
