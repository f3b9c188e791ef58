//! Tests of the result of each kind of webhook.

use serde_json::{Value, json};

use crate::support::{
    ISSUE, Setup, Webhook, envelope, event, event_alert, issue_created, issue_payload, issue_unresolved,
    metric_alert,
};

#[tokio::test]
async fn irrelevant_webhooks_are_ignored_with_a_reason() {
    let issue = json!({"issue": issue_payload("ongoing")});
    let rows: &[(&str, &str, Value, &str)] = &[
        ("issue", "resolved", issue.clone(), "issue resolved"),
        ("issue", "assigned", issue.clone(), "issue assigned"),
        ("issue", "ignored", issue.clone(), "issue archived"),
        ("issue", "archived", issue.clone(), "issue archived"),
        ("issue", "unresolved", issue.clone(), "issue unresolved"),
        ("issue", "teleported", issue.clone(), "unknown action"),
        ("comment", "created", json!({"issue_id": 5150, "comment_id": 1, "comment": "x"}), "comment"),
        ("comment", "deleted", json!({"issue_id": 5150, "comment_id": null}), "comment"),
        ("installation", "created", json!({"installation": {"code": "x"}}), "installation"),
        ("preprod_artifact", "size_analysis_completed", json!({"buildId": "1"}), "preprod artifact"),
        ("seer", "root_cause_started", json!({"group_id": 5150}), "seer progress"),
        ("seer", "pr_created", json!({"group_id": 5150}), "seer progress"),
        ("event_alert", "untriggered", json!({"event": event()}), "unknown action"),
        ("error", "deleted", json!({"error": event()}), "unknown action"),
        ("metric_alert", "closed", json!({"metric_alert": {}}), "unknown action"),
        ("weather", "created", json!({}), "unknown resource"),
        ("event_alert", "triggered", json!({"event": {"message": "no issue"}}), "no issue in the payload"),
        ("activity_alert", "triggered", json!({"alert": {"title": "x"}}), "no issue in the payload"),
        ("issue", "created", json!(null), "no issue in the payload"),
        ("issue", "created", json!({"issue": {"id": "../5150"}}), "no issue in the payload"),
    ];
    Setup::new()
        .run(async |world| {
            for (resource, action, data, reason) in rows {
                let answer = world.deliver(&Webhook::of(resource, &envelope(action, data))).await;
                let expected = json!({"status": "ignored", "reason": reason});
                assert_eq!((answer.status, answer.json()), (200, expected), "{resource}.{action}");
            }
            let answer = world.deliver(&Webhook::new(&json!({}))).await;
            assert_eq!(answer.json(), json!({"status": "ignored", "reason": "unknown resource"}));
            let reasons: Vec<Value> = world
                .logged("delivery_ignored", rows.len() + 1)
                .await
                .iter()
                .map(|line| line["reason"].clone())
                .collect();
            assert_eq!(reasons.len(), rows.len() + 1);
            assert!(rows.iter().zip(&reasons).all(|(row, logged)| row.3 == *logged), "{reasons:?}");
            assert!(world.sentry.requests().is_empty() && world.telegram.requests().is_empty());
        })
        .await;
}

#[tokio::test]
async fn the_note_names_the_kind_of_occurrence() {
    let error = Webhook::of("error", &envelope("created", &json!({"error": event()})));
    let activity = json!({"issue": issue_payload("ongoing"), "alert": {"title": "Bread is late"}});
    let activity = Webhook::of("activity_alert", &envelope("triggered", &activity));
    let frame = "price_of at orders/prices.py:31";
    let rows = [
        (event_alert(), "alert", frame, "Alert rule: Any error in production"),
        (error, "error", frame, "orders · error · production · orders@2.1.0"),
        (issue_created(), "created", "New: first seen in release", frame),
        (
            issue_unresolved("regressed"),
            "regressed",
            "Regressed: it was resolved and has come back, now in release",
            frame,
        ),
        (
            issue_unresolved("escalating"),
            "escalating",
            "Escalating: it occurs much more often than before.",
            frame,
        ),
        (activity, "alert", frame, "Alert rule: Bread is late"),
    ];
    for (webhook, trigger, said, texts) in rows {
        Setup::new()
            .run(async |world| {
                let outcome = world.outcome(&webhook).await;
                assert_eq!(outcome["status"], "completed", "{trigger}: {outcome}");
                assert_eq!(world.logged("delivery_processed", 1).await[0]["trigger"], trigger);
                let (note, message) = (world.note(ISSUE).await.text, world.message().await.text_visible);
                assert!(note.replace('`', "").contains(said), "{trigger}: {note}");
                assert!(message.contains(said) && message.contains(texts), "{trigger}: {message}");
            })
            .await;
    }
}

#[tokio::test]
async fn without_a_resource_header_the_content_decides() {
    for webhook in [event_alert(), issue_created(), issue_unresolved("regressed"), metric_alert()] {
        let mut texts = Vec::new();
        for webhook in [webhook.clone(), webhook.without("sentry-hook-resource")] {
            Setup::new()
                .run(async |world| {
                    let outcome = world.outcome(&webhook).await;
                    assert_eq!(outcome["status"], "completed", "{outcome}");
                    texts.push((
                        outcome["issue_id"].clone(),
                        world.logged("delivery_processed", 1).await[0]["trigger"].clone(),
                    ));
                })
                .await;
        }
        assert_eq!(texts[0], texts[1]);
    }
}

#[tokio::test]
async fn a_metric_alert_goes_to_telegram_only() {
    Setup::new()
        .run(async |world| {
            let answer = world.deliver(&metric_alert()).await;
            let expected = json!({"status": "accepted", "issue_id": null, "message": "Analysis scheduled"});
            assert_eq!((answer.status, answer.json()), (202, expected));
            let message = world.message().await;
            assert!(message.text_visible.contains("Checkout failures"), "{}", message.text_visible);
            assert!(
                message.text_visible.contains("41 events in the last 10 minutes"),
                "{}",
                message.text_visible
            );
            assert!(world.sentry.requests().is_empty(), "there is no issue to ask about");
        })
        .await;

    Setup::new()
        .run(async |world| {
            let outcome = world.outcome(&metric_alert()).await;
            let expected = json!({
                "status": "completed", "issue_id": null, "comment_id": null, "analysis": null, "gaps": [],
                "steps": {
                    "note": {"status": "not_applicable"},
                    "telegram": {"status": "done", "id": "1001"},
                    "slack": {
                        "status": "skipped", "outcome": "not_configured", "reason": "SLACK_CHANNEL is not set"
                    },
                },
            });
            assert_eq!(outcome, expected);
        })
        .await;
}

#[tokio::test]
async fn seers_root_cause_is_kept_as_the_analysis() {
    let said = "The price list has no entry for rye since the half loaf came.";
    let data = json!({"group_id": 5150, "run_id": null, "sentry_run_id": "5d0c1e3a-7b64-4f0e-9d58-6a2f8e9c1b70",
        "root_cause": {"one_line_description": said, "five_whys": ["A half loaf is looked up by grain."],
            "reproduction_steps": ["Order half a loaf of rye."]}});
    Setup::new()
        .run(async |world| {
            let outcome = world.outcome(&Webhook::of("seer", &envelope("root_cause_completed", &data))).await;
            assert_eq!(outcome["status"], "completed", "{outcome}");
            assert_eq!(world.logged("delivery_processed", 1).await[0]["trigger"], "seer_finished");
            let (note, message) = (world.note(ISSUE).await.text, world.message().await.text_visible);
            assert!(note.contains("Sentry Seer's root cause: ") && note.contains(said), "{note}");
            assert!(
                note.contains("A half loaf is looked up by grain.")
                    && note.contains("Order half a loaf of rye.")
            );
            assert!(message.contains(said), "{message}");
        })
        .await;
}

#[tokio::test]
async fn the_legacy_plugins_flat_body_is_taken_when_it_is_signed() {
    let mut flat = json!({
        "id": ISSUE, "project": "orders", "project_name": "orders", "project_slug": "orders", "logger": null,
        "level": "error", "culprit": "orders.prices.price_of", "message": "KeyError: 'rye'",
        "url": "https://sentry.io/organizations/crumb/issues/5150/?referrer=webhooks_plugin",
        "triggering_rules": ["Old rule"], "event": event(),
    });
    flat["event"]["release"] = json!(null);
    flat["event"]["tags"] = json!([["sentry:release", "orders@2.1.0"], ["environment", "production"]]);
    Setup::new()
        .without("SENTRY_ORG")
        .run(async |world| {
            let outcome = world.outcome(&Webhook::new(&flat)).await;
            assert_eq!(
                (&outcome["status"], &outcome["issue_id"]),
                (&json!("completed"), &json!(ISSUE)),
                "{outcome}"
            );
            let (note, message) = (world.note(ISSUE).await.text, world.message().await.text_visible);
            assert!(note.contains("`orders/prices.py:31`"), "{note}");
            assert!(
                message.contains("production · orders@2.1.0\n") && message.contains("Alert rule: Old rule"),
                "{message}"
            );
            assert_eq!(
                world.deliver(&Webhook::new(&flat).without("sentry-hook-signature")).await.status,
                401
            );
        })
        .await;
}
