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

#[tokio::test]
async fn the_stand_in_replies_as_github_did() {
    let Some(package) = package() else { return };
    let content = recorded(&package, "get-content").pop().expect("a raw file");
    let bytes = content["response"].as_str().expect("a text").as_bytes().to_vec();
    let file = HostedFile { content: bytes.clone(), ..HostedFile::default() };
    let repository = HostedRepository::new(NAME, "master").file("master", "README.md", file);
    let host = CodeHost::start(HostKind::GitHub, TOKEN, [repository], Duration::ZERO).await;
    let http = Http::new(None).expect("an HTTP client");
    let client = http.client();
    let get = async |recorded: &Value| {
        let url = format!("{}/api/v3{}", host.url(), recorded["path"].as_str().expect("a path"));
        let request = client.get(url).bearer_auth(TOKEN).header("x-github-api-version", "2022-11-28");
        let request = request.header("user-agent", "t").header("accept", "application/vnd.github.raw+json");
        let reply = request.send().await.expect("a reply");
        assert_eq!(Value::from(reply.status().as_u16()), recorded["status"], "{}", recorded["path"]);
        for name in ["x-ratelimit-limit", "x-ratelimit-remaining"] {
            assert!(reply.headers().contains_key(name) && recorded["headers"][name].is_string(), "{name}");
        }
        reply.bytes().await.expect("a body").to_vec()
    };
    assert_eq!(get(&content).await, bytes);
    let repository = recorded(&package, "get-repository").remove(0);
    let ours: Value = serde_json::from_slice(&get(&repository).await).expect("JSON");
    is_part(&ours, &repository["response"]);
    assert_eq!(ours["full_name"], repository["response"]["full_name"]);
    // A renamed repository redirects with a JSON message, which Sidenote reports and does not follow.
    let renamed = recorded(&package, "rename-repository").remove(1);
    assert_eq!((&renamed["status"], renamed["headers"]["location"].is_string()), (&Value::from(301), true));
    assert_eq!(host.violations(), Vec::<String>::new());
}
