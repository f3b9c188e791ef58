//! Tests that the distributions over feature flags are read if the event has flags, and only then.

use serde_json::{Value, json};
use sidenote_standins::{Fault, Issue, Kind};

use crate::support::{ISSUE, Setup, Webhook, World, envelope, event, event_alert, issue, sentry_of};

/// Returns the webhook of an event with two feature flags.
fn alert_with_flags() -> Webhook {
    let mut event = event();
    event["contexts"] = json!({"flags": {"values": [
        {"flag": "rye-first", "result": true}, {"flag": "dark-mode", "result": true}]}});
    Webhook::of("event_alert", &envelope("triggered", &json!({"event": event})))
}

/// Returns an issue whose events have one flag that is suspect and one that is not.
fn with_flags() -> Issue {
    issue().flag("rye-first", &[("true", 40)], &[("true", 44), ("false", 256)]).flag(
        "dark-mode",
        &[("true", 38), ("false", 2)],
        &[("true", 280), ("false", 20)],
    )
}

fn calls(world: &World) -> usize {
    world.sentry.requests().iter().filter(|request| request.path.ends_with("/suspect/flags/")).count()
}

async fn world_of(issue: Issue) -> World {
    Setup::new().sentry(sentry_of(Kind::SelfHosted).issue(issue)).start().await
}

#[tokio::test]
async fn a_flag_that_is_unusual_for_the_project_is_named_with_its_shares() {
    let world = world_of(with_flags()).await;
    let outcome = world.outcome(&alert_with_flags()).await;
    assert_eq!((&outcome["status"], &outcome["gaps"]), (&json!("completed"), &json!([])), "{outcome}");
    let note = world.note(ISSUE).await.text;
    let said = "Suspect feature flag `rye-first`: it is `true` in 100 percent of this issue's events, and in 14 \
                percent of all errors of the project. `A1`";
    assert!(note.contains(said) && !note.contains("dark-mode"), "{note}");
    assert!(
        note.contains("A1 flag rye-first=true (40 of 40 events; 44 of 300 errors of the project)"),
        "{note}"
    );
    assert_eq!(calls(&world), 1);
    world.end().await;
}

#[tokio::test]
async fn flags_are_not_requested_for_an_event_without_flags() {
    let world = world_of(with_flags()).await;
    world.outcome(&event_alert()).await;
    assert_eq!(calls(&world), 0);
    world.end().await;
}

#[tokio::test]
async fn a_sentry_without_suspect_flags_is_no_gap_and_one_that_fails_is() {
    let failing = |status| Some(Fault::status(status).path("/suspect/flags/"));
    let gap = json!([{"what": "flags", "outcome": "server_failed"}]);
    for (fault, gaps) in
        [(None, json!([])), (failing(403), json!([])), (failing(410), json!([])), (failing(500), gap)]
    {
        let world = world_of(issue()).await;
        let what = format!("{fault:?}");
        if let Some(fault) = fault {
            world.sentry.inject(fault);
        }
        let outcome = world.outcome(&alert_with_flags()).await;
        let named = |gap: &Value| json!({"what": gap["what"], "outcome": gap["outcome"]});
        let found: Vec<Value> = outcome["gaps"].as_array().expect("gaps").iter().map(named).collect();
        assert_eq!(json!(found), gaps, "{what}: {outcome}");
        assert!(!world.note(ISSUE).await.text.contains("Suspect feature flag"), "{what}");
        world.end().await;
    }
}
