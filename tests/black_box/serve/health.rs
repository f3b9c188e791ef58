//! Tests of `GET /api/v1/health`: the configured and the missing parts, without secrets.

use http::Method;
use serde_json::{Value, json};

use crate::support::{Secrets, Setup, Webhook, World, event_alert};

/// Returns the status and the checks in the response of the health endpoint.
async fn health(world: &World) -> (Value, Value) {
    let answer = world.get("/api/v1/health").await;
    assert_eq!(answer.status, 200, "{answer:?}");
    let body = answer.json();
    let mut members: Vec<&str> = body.as_object().expect("an object").keys().map(String::as_str).collect();
    members.sort_unstable();
    assert_eq!(
        members,
        [
            "approvals",
            "checks",
            "not_told",
            "redelivery",
            "source",
            "source_to_model",
            "state",
            "status",
            "version",
            "webhooks"
        ]
    );
    assert_eq!(body["version"], env!("CARGO_PKG_VERSION"));
    assert_eq!(body["redelivery"], "none: a dead invocation loses its delivery");
    assert_eq!(body["state"], "memory, lost at a restart: set STATE_TABLE, or STATE_PATH for `serve`");
    assert_eq!(body["source_to_model"], "no");
    (body["status"].clone(), body["checks"].clone())
}

#[tokio::test]
async fn health_is_ok_when_everything_is_there_and_calls_no_third_party() {
    for message_ref in [Secrets::Environment, Secrets::File] {
        Setup::new()
            .secrets_in(message_ref)
            .run(async |world| {
                let ok = json!({"signature": "ok", "note": "ok", "telegram": "ok", "slack": "off"});
                assert_eq!(health(world).await, (json!("ok"), ok), "{message_ref:?}");
                assert_eq!(
                    world.deliver(&Webhook::request(Method::HEAD, "/api/v1/health/")).await.status,
                    200
                );
                assert!(world.sentry.requests().is_empty() && world.telegram.requests().is_empty());
            })
            .await;
    }
}

#[tokio::test]
async fn ready_is_about_deliveries_and_live_about_the_process() {
    for (setup, ready) in [
        (Setup::new(), 200),
        (Setup::new().without("SENTRY_AUTH_TOKEN"), 200),
        (Setup::new().without("SENTRY_CLIENT_SECRET"), 503),
        (Setup::new().secret("SENTRY_CLIENT_SECRET", ","), 503),
    ] {
        setup
            .run(async |world| {
                let answer = world.get("/api/v1/health/ready").await;
                assert_eq!(answer.status, ready, "{answer:?}");
                assert_eq!(world.get("/api/v1/health/live").await.status, 200);
            })
            .await;
    }
}

#[tokio::test]
async fn health_says_whether_the_chat_has_approvers() {
    let unset = Setup::new();
    let nobody = "nobody may decide in the chat: TELEGRAM_APPROVERS is not set";
    for (setup, expected) in [
        (unset.clone().variable("TELEGRAM_APPROVERS", "42, 43"), "ok"),
        (unset.clone(), nobody),
        (
            unset.clone().without("TELEGRAM_WEBHOOK_SECRET"),
            "nobody can decide: the state is in memory (set STATE_TABLE, or STATE_PATH for `serve`), and no chat with TELEGRAM_WEBHOOK_SECRET is set",
        ),
        (
            unset.clone().variable("TELEGRAM_APPROVERS", "42").without("TELEGRAM_CHAT_ID"),
            "nobody can decide: the state is in memory (set STATE_TABLE, or STATE_PATH for `serve`), and no chat with TELEGRAM_WEBHOOK_SECRET is set",
        ),
        (unset.variable("APPROVAL", "off"), "off"),
    ] {
        setup
            .run(async |world| {
                assert_eq!(world.get("/api/v1/health").await.json()["approvals"], expected);
            })
            .await;
    }
}

#[tokio::test]
async fn a_note_that_no_one_can_approve_is_a_fault() {
    let setup = Setup::new().variable("APPROVAL", "note").without("TELEGRAM_WEBHOOK_SECRET");
    setup
        .run(async |world| {
            let (status, checks) = health(world).await;
            assert_eq!(status, "degraded");
            assert!(
                checks["note"].as_str().is_some_and(|note| note.starts_with("nobody can decide")),
                "{checks}"
            );
        })
        .await;

    Setup::new()
        .variable("APPROVAL", "note")
        .without("TELEGRAM_BOT_TOKEN")
        .run(async |world| {
            let why = "nobody can decide: the state is in memory (set STATE_TABLE, or STATE_PATH for `serve`), and TELEGRAM_BOT_TOKEN is not set";
            assert_eq!(world.get("/api/v1/health").await.json()["approvals"], why);
            assert_eq!(health(world).await.1["note"], why);
        })
        .await;
}

#[tokio::test]
async fn health_is_degraded_and_says_why() {
    let rows = [
        ("SENTRY_AUTH_TOKEN", "note", "SENTRY_AUTH_TOKEN is not set"),
        ("SENTRY_CLIENT_SECRET", "signature", "SENTRY_CLIENT_SECRET is not set"),
        ("TELEGRAM_BOT_TOKEN", "telegram", "TELEGRAM_BOT_TOKEN is not set"),
        ("TELEGRAM_CHAT_ID", "telegram", "TELEGRAM_CHAT_ID is not set"),
    ];
    let commas = (Setup::new().secret("SENTRY_CLIENT_SECRET", ","), rows[1]);
    for (setup, (variable, check, why)) in
        rows.map(|row| (Setup::new().without(row.0), row)).into_iter().chain([commas])
    {
        setup
            .run(async |world| {
                let mut checks = json!({"signature": "ok", "note": "ok", "telegram": "ok", "slack": "off"});
                checks[check] = why.into();
                assert_eq!(health(world).await, (json!("degraded"), checks), "{variable}");
            })
            .await;
    }
}

#[tokio::test]
async fn a_token_without_a_chat_is_reported_for_every_source_of_secrets() {
    for message_ref in [Secrets::Environment, Secrets::File] {
        Setup::new()
            .secrets_in(message_ref)
            .without("TELEGRAM_CHAT_ID")
            .run(async |world| {
                let checks = json!({"signature": "ok", "note": "ok",
                    "telegram": "TELEGRAM_CHAT_ID is not set", "slack": "off"});
                assert_eq!(health(world).await, (json!("degraded"), checks), "{message_ref:?}");
                let outcome = world.outcome(&event_alert()).await;
                let step = json!({"status": "skipped", "outcome": "not_configured",
                    "reason": "TELEGRAM_CHAT_ID is not set"});
                assert_eq!(
                    (&outcome["status"], &outcome["steps"]["telegram"]),
                    (&json!("partial"), &step),
                    "{message_ref:?}"
                );
                assert_eq!(world.logged("telegram_message_skipped", 1).await[0]["reason"], step["reason"]);
            })
            .await;
    }
}

#[tokio::test]
async fn telegram_may_be_off_without_a_complaint() {
    Setup::new()
        .without("TELEGRAM_BOT_TOKEN")
        .without("TELEGRAM_CHAT_ID")
        .run(async |world| {
            let checks = json!({"signature": "ok", "note": "ok", "telegram": "off", "slack": "off"});
            assert_eq!(health(world).await, (json!("ok"), checks));
            let outcome = world.outcome(&event_alert()).await;
            assert_eq!(
                (&outcome["status"], &outcome["steps"]["telegram"]["status"]),
                (&json!("completed"), &json!("skipped"))
            );
            assert!(world.telegram.requests().is_empty());
        })
        .await;
}

#[tokio::test]
async fn prometheus_gets_the_metrics() {
    Setup::new()
        .run(async |world| {
            world.outcome(&event_alert()).await;
            let answer = world.get("/metrics").await;
            assert_eq!(answer.status, 200);
            let text = answer.text();
            for line in ["sidenote_deliveries_completed_total 1", "sidenote_notes_posted_total 1"] {
                assert!(text.lines().any(|it| it == line), "{line}: {text}");
            }
        })
        .await;
}
