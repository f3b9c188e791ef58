//! The walk through the runbook: every `sidenote` command in it is run in a healthy world, and succeeds.

use serde_json::Value;

use super::bed::Bed;
use super::plan::{Front, healthy};
use super::runbook;
use crate::support::{ISSUES, PROJECT};

/// Makes the note of an issue wait for a person, and returns the id of the approval.
async fn asked(bed: &Bed) -> String {
    let analyze = bed.sidenote(&["analyze", ISSUES[2]], &[("APPROVAL", "note")]).await;
    assert!(analyze.status.success(), "{analyze:?}");
    let listed = bed.sidenote(&["approvals", "--json"], &[]).await;
    let listed: Value = serde_json::from_slice(&listed.stdout).expect("a list");
    listed[0]["id"].as_str().expect("an open approval").to_owned()
}

#[tokio::test]
async fn every_command_of_the_runbook_succeeds() {
    let bed = Bed::of(healthy().with_front(Front::Open)).await;
    let (id, url) = (asked(&bed).await, bed.url().expect("a front door").to_owned());
    let commands = runbook::commands();
    assert!(commands.len() >= 12, "{commands:?}");
    for command in commands {
        let words = command.split(' ').skip(1).map(|word| match word {
            "ISSUE" => ISSUES[1],
            "SLUG" => PROJECT,
            "URL" => &url,
            "ID" => &id,
            word => word,
        });
        let output = bed.sidenote(&words.collect::<Vec<_>>(), &[]).await;
        assert_eq!(output.status.code(), Some(0), "{command}: {output:?}");
        let printed = String::from_utf8_lossy(&output.stdout);
        println!("{command}: {}", printed.lines().next_back().unwrap_or_default());
        if command == "sidenote analyze ISSUE" {
            assert!(printed.contains("note: done"), "{printed}");
        }
    }
    assert!(ISSUES[1..3].iter().all(|issue| !bed.sentry.notes(issue).is_empty()));
}
