//! Every recorded and documented webhook that lies beside the repository. The files are not ours to publish, so a
//! machine without them skips this, and says so.

use std::collections::BTreeSet;
use std::path::Path;

use serde_json::{Value, json};
use sidenote::standins::{Issue, Kind};

use crate::support::{Setup, Webhook, sentry_of};

/// Name, resource and body of every file. Bodies that Sentry sends without a resource header have none.
fn fixtures() -> Option<Vec<(String, Webhook)>> {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/fixtures/webhooks");
    let files = std::fs::read_dir(&directory).ok()?;
    let mut found: Vec<(String, Webhook)> = files
        .map(|file| {
            let path = file.expect("a directory entry").path();
            let name = path.file_stem().expect("a file name").to_string_lossy().into_owned();
            let webhook = Webhook::raw(std::fs::read(&path).expect("a readable fixture"));
            let resource = name.split('.').next().unwrap_or_default().to_owned();
            let headerless = ["handposted", "legacy_plugin"].contains(&resource.as_str());
            (name, if headerless { webhook } else { webhook.header("sentry-hook-resource", &resource) })
        })
        .collect();
    found.sort_by(|a, b| a.0.cmp(&b.0));
    Some(found)
}

/// What a file has to come to: `accepted`, or `ignored`.
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
    // A mock that lacks the root cause: there is no finished analysis to keep.
    let unfinished = name == "seer.root_cause_completed.issue-object";
    let starts = worked_on.iter().any(|start| name.starts_with(start));
    if starts && !unfinished { "accepted" } else { "ignored" }
}

#[tokio::test]
async fn every_fixture_comes_to_a_sensible_outcome() {
    let Some(fixtures) = fixtures() else {
        eprintln!("SKIPPED: there is no ../shared/fixtures/webhooks");
        return;
    };
    assert!(fixtures.len() > 40, "only {} fixtures", fixtures.len());
    // First in a world that knows none of the issues: every question fails, and Telegram is told all the same.
    let bed = Setup::new().start().await;
    let mut issues = BTreeSet::new();
    for (name, webhook) in &fixtures {
        let answer = bed.deliver(webhook).await;
        let status = if expected(name) == "accepted" { 202 } else { 200 };
        assert_eq!((answer.status, &answer.json()["status"]), (status, &json!(expected(name))), "{name}");
        if let Some(id) = answer.json()["issue_id"].as_str() {
            issues.insert(id.to_owned());
        }
    }
    let accepted = fixtures.iter().filter(|(name, _)| expected(name) == "accepted").count();
    let done = bed.logged("delivery_processed", accepted).await;
    assert!(done.iter().all(|line| line["telegram"] == "done"), "{done:?}");
    bed.end().await;

    // Then in one that knows them all: note and message stand, and both pass the stand-ins' rules.
    let mut world = sentry_of(Kind::SelfHosted);
    for (number, id) in issues.iter().enumerate() {
        let numeric = if id.bytes().all(|b| b.is_ascii_digit()) { id.clone() } else { format!("88{number}") };
        let short = if numeric == *id { format!("ORDERS-{number}") } else { id.clone() };
        world = world.issue(Issue::new(&numeric, &short, "RuntimeError: known").project("orders"));
    }
    let bed = Setup::new().sentry(world).start().await;
    for (name, webhook) in fixtures.iter().filter(|(name, _)| expected(name) == "accepted") {
        let outcome: Value = bed.outcome(webhook).await;
        assert_eq!(outcome["status"], "completed", "{name}: {outcome}");
    }
    bed.end().await;
}
