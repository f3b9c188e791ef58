//! A test of every webhook in `tests/texts/events`, and of the recorded and documented webhooks in the folder `shared` beside
//! the repository. The latter may not be published, so they are additional.

use std::path::Path;

use serde_json::{Value, json};
use sidenote_standins::{Issue, Kind, SentryWorld};

use crate::support::{Setup, Webhook, sentry_of};

/// A webhook, with the name of its file and the status that it must get: `accepted` or `ignored`.
struct Fixture {
    name: String,
    webhook: Webhook,
    expected: &'static str,
}

/// Returns the names without `.json` and the contents of a folder's files. There are none if there is no folder.
fn files(folder: &str) -> Vec<(String, Vec<u8>)> {
    let files = std::fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join(folder));
    let mut found: Vec<(String, Vec<u8>)> = files
        .into_iter()
        .flatten()
        .map(|file| {
            let path = file.expect("a directory entry").path();
            let name = path.file_stem().expect("a file name").to_string_lossy().into_owned();
            (name, std::fs::read(&path).expect("a readable fixture"))
        })
        .collect();
    found.sort();
    found
}

/// Returns the webhooks of this repository. All of them have something to tell.
fn ours() -> impl Iterator<Item = Fixture> {
    files("tests/texts/events").into_iter().map(|(name, body)| {
        let payload: Value = serde_json::from_slice(&body).expect("a fixture of JSON");
        let data = &payload["data"];
        let members = [
            ("metric_alert", "metric_alert"),
            ("run_id", "seer"),
            ("issue", "issue"),
            ("error", "error"),
            ("event", "event_alert"),
        ];
        // A request that a person posts has no resource header.
        let resource = members.iter().find(|(it, _)| !data[*it].is_null() && name != "hand-posted");
        let webhook = Webhook::raw(body);
        let webhook =
            resource.iter().fold(webhook, |it, (_, resource)| it.header("sentry-hook-resource", resource));
        Fixture { name, webhook, expected: "accepted" }
    })
}

/// Returns the webhooks in `shared`. Requests that Sentry sends without a resource header have none.
fn shared() -> impl Iterator<Item = Fixture> {
    files("../shared/fixtures/webhooks").into_iter().map(|(name, body)| {
        let webhook = Webhook::raw(body);
        let resource = name.split('.').next().unwrap_or_default().to_owned();
        let headerless = ["handposted", "legacy_plugin"].contains(&resource.as_str());
        let webhook = if headerless { webhook } else { webhook.header("sentry-hook-resource", &resource) };
        Fixture { expected: expected(&name), name, webhook }
    })
}

/// Returns the expected status of the webhook in a file of `shared`.
fn expected(name: &str) -> &'static str {
    let worked_on = [
        "activity_alert.",
        "error.",
        "event_alert.",
        "handposted.",
        "issue.created",
        "issue.unresolved",
        "legacy_plugin.",
        "metric_alert.",
        "seer.root_cause_completed",
    ];
    // The recorded webhook has no root cause, so there is no finished analysis to keep.
    let unfinished = name == "seer.root_cause_completed.issue-object";
    let starts = worked_on.iter().any(|start| name.starts_with(start));
    if starts && !unfinished { "accepted" } else { "ignored" }
}

#[tokio::test]
async fn every_fixture_comes_to_a_sensible_outcome() {
    let fixtures: Vec<Fixture> = ours().chain(shared()).collect();
    assert!(fixtures.len() > 20, "only {} fixtures", fixtures.len());
    // At first Sentry has none of the issues: every call to its API fails, but Telegram gets a message.
    Setup::new()
        .run(async |world| {
            let mut accepted = 0;
            for Fixture { name, webhook, expected } in &fixtures {
                let answer = world.deliver(webhook).await;
                let status = answer.json()["status"].clone();
                // Some files are about the same issue, so that their webhooks are duplicates.
                let repeated = status == "duplicate" && *expected == "accepted";
                assert!(repeated || status == *expected, "{name}: {answer:?}");
                assert_eq!(answer.status, if status == "accepted" { 202 } else { 200 }, "{name}");
                accepted += usize::from(status == "accepted");
            }
            let done = world.logged("delivery_processed", accepted).await;
            // The next webhook about an issue retries a failed note, but does not repeat a sent message.
            let was_sent = |line: &Value| line["telegram"] == "done" || line["telegram"] == "already_done";
            assert!(done.iter().all(was_sent), "{done:?}");
        })
        .await;

    // Then Sentry has the issue of each file: note and message are sent, and both satisfy the stand-ins' rules.
    for Fixture { name, webhook, .. } in fixtures.iter().filter(|it| it.expected == "accepted") {
        let id = issue_id(webhook);
        let issue = id.iter().map(|id| {
            let numeric = if id.bytes().all(|b| b.is_ascii_digit()) { id } else { "8801" };
            Issue::new(numeric, if numeric == id { "ORDERS-1" } else { id }, "RuntimeError: known")
                .project("orders")
        });
        Setup::new()
            .sentry(issue.fold(sentry_of(Kind::SelfHosted), SentryWorld::issue))
            .run(async |world| {
                let outcome = world.outcome(webhook).await;
                assert_eq!(
                    (&outcome["status"], outcome["issue_id"].as_str()),
                    (&json!("completed"), id.as_deref()),
                    "{name}"
                );
            })
            .await;
    }
}

/// Returns the id of the issue in a payload, from any of the members that may contain the id.
fn issue_id(webhook: &Webhook) -> Option<String> {
    let body: Value = serde_json::from_slice(webhook.body()).expect("a fixture of JSON");
    let data = &body["data"];
    let event = if data["error"].is_object() { &data["error"] } else { &data["event"] };
    let in_url = |url: &Value| {
        let (_, rest) = url.as_str()?.split_once("/issues/")?;
        rest.split('/').next().map(|id| Value::from(id.to_owned()))
    };
    let places = [&data["issue"]["id"], &event["issue_id"], &data["group_id"], &body["id"]];
    let id = places.into_iter().find(|id| !id.is_null()).cloned();
    let id = id.or_else(|| in_url(&event["issue_url"])).or_else(|| in_url(&event["web_url"]))?;
    Some(id.as_str().map_or_else(|| id.to_string(), str::to_owned))
}
