//! The stand-in of GitHub against replies of GitHub that `@octokit/fixtures` (npm) recorded.

use std::path::PathBuf;
use std::time::Duration;

use serde_json::Value;
use sidenote::http::Http;
use sidenote_standins::{CodeHost, HostKind, HostedFile, HostedRepository};

use crate::fetched::tool_of_npm;

const TOKEN: &str = "recorded-token";
const NAME: &str = "octokit-fixture-org/hello-world";

/// The recorded replies of a scenario, in their order.
fn recorded(folder: &std::path::Path, scenario: &str) -> Vec<Value> {
    let file = folder.join("scenarios/api.github.com").join(scenario).join("normalized-fixture.json");
    serde_json::from_slice(&std::fs::read(file).expect("a recording")).expect("JSON")
}

/// The folder of the package, or `None` without npm.
fn package() -> Option<PathBuf> {
    let marker = std::fs::canonicalize(tool_of_npm("octokit-fixtures")?).expect("a file");
    Some(marker.ancestors().nth(2).expect("node_modules").join("@octokit/fixtures"))
}

/// Asserts that each member of the stand-in's reply (`ours`) is in the recorded reply (`theirs`), with the same type.
fn is_part(ours: &Value, theirs: &Value) {
    for (name, value) in ours.as_object().expect("an object") {
        let recorded = &theirs[name];
        assert_eq!(
            std::mem::discriminant(value),
            std::mem::discriminant(recorded),
            "{name}: {value} {recorded}"
        );
    }
}

/// Sends a recorded request to the stand-in. Asserts that the status and the headers that Sidenote reads are the
/// recorded ones, and returns the body.
async fn replayed(host: &CodeHost, recorded: &Value, path: &str) -> Vec<u8> {
    let http = Http::new(None).expect("an HTTP client");
    let request = http.client().get(format!("{}/api/v3{path}", host.url())).bearer_auth(TOKEN);
    let request = request.header("x-github-api-version", "2022-11-28").header("user-agent", "t");
    let reply = request.header("accept", "application/vnd.github.raw+json").send().await.expect("a reply");
    assert_eq!(Value::from(reply.status().as_u16()), recorded["status"], "{path}");
    for name in ["x-ratelimit-limit", "x-ratelimit-remaining", "location"] {
        let is_recorded = recorded["headers"][name].is_string();
        assert_eq!(reply.headers().contains_key(name), is_recorded, "{path}: {name}");
    }
    reply.bytes().await.expect("a body").to_vec()
}

fn path(recorded: &Value) -> &str {
    recorded["path"].as_str().expect("a path")
}

async fn host(repositories: impl IntoIterator<Item = HostedRepository>) -> CodeHost {
    CodeHost::start(HostKind::GitHub, TOKEN, repositories, Duration::ZERO).await
}

#[tokio::test]
async fn the_stand_in_replies_as_github_did() {
    let Some(package) = package() else { return };
    let content = recorded(&package, "get-content").pop().expect("a raw file");
    let bytes = content["response"].as_str().expect("a text").as_bytes().to_vec();
    let file = HostedFile { content: bytes.clone(), ..HostedFile::default() };
    let host = host([HostedRepository::new(NAME, "master").file("master", "README.md", file)]).await;
    assert_eq!(replayed(&host, &content, path(&content)).await, bytes);
    let repository = recorded(&package, "get-repository").remove(0);
    let ours = replayed(&host, &repository, path(&repository)).await;
    let ours: Value = serde_json::from_slice(&ours).expect("JSON");
    is_part(&ours, &repository["response"]);
    assert_eq!(ours["full_name"], repository["response"]["full_name"]);
    assert_eq!(host.violations(), Vec::<String>::new());
}

#[tokio::test]
async fn the_stand_in_refuses_and_redirects_as_github_did() {
    let Some(package) = package() else { return };
    let renamed = recorded(&package, "rename-repository").remove(1);
    let former = path(&renamed).trim_start_matches("/repos/").to_owned();
    let new = format!("{former}-newname");
    let host = host([HostedRepository::new(&new, "main").renamed_from(&former)]).await;
    let missing = recorded(&package, "branch-protection").into_iter().find(|it| it["status"] == 404);
    // GitHub replied 422 to another invalid request; the form of the error is the same.
    let invalid = recorded(&package, "errors").remove(0);
    for (recorded, path) in [
        (&renamed, path(&renamed).to_owned()),
        (&missing.expect("a recorded 404"), format!("/repos/{new}/contents/README.md")),
        (&invalid, format!("/repos/{new}/commits/0123456789")),
    ] {
        let ours: Value = serde_json::from_slice(&replayed(&host, recorded, &path).await).expect("JSON");
        is_part(&ours, &recorded["response"]);
        assert!(ours["message"].is_string(), "{ours}");
    }
    assert_eq!(host.violations(), Vec::<String>::new());
}
