//! Tests of requests that the function rejects, and of settings with which it does not start.

use crate::black_box::lambda_world::{
    ALERTED, FUNCTION, Function, World, body, event, event_with_body, pairs, status,
};
use crate::support::lambda_service::{InvokeError, Options, Outcome};
use serde_json::{Value, json};
use std::path::Path;

fn unsigned() -> Value {
    let mut event = event("furl-event-alert.json");
    event["headers"].as_object_mut().expect("headers").remove("sentry-hook-signature");
    event
}

#[tokio::test]
async fn without_the_right_signature_nothing_is_done() {
    let world = World::new().await;
    let function = world.function().await;
    let mut foreign = event("furl-event-alert.json");
    foreign["headers"]["sentry-hook-signature"] = json!("0".repeat(64));
    let mut tampered = event("furl-event-alert.json");
    let text = tampered["body"].as_str().expect("a body").replace("production", "staging");
    tampered["body"] = json!(text);
    let misfit = "invalid signature";
    for (event, why) in [(unsigned(), "there is no signature"), (foreign, misfit), (tampered, misfit)] {
        let (answer, report) = function.run(event).await;
        assert_eq!((status(&answer), report.outcome), (401, Outcome::Completed));
        assert_eq!(body(&answer), json!({ "error": why }));
    }
    assert_eq!(function.logged("delivery_refused").len(), 3);
    assert!(world.sentry.requests().is_empty() && world.telegram.requests().is_empty());
    function.assert_clean();
}

#[tokio::test]
async fn the_function_never_accepts_unsigned_requests() {
    let world = World::new().await;
    let allowed = pairs(&[("ALLOW_UNSIGNED", "true")]);
    for env in [[world.settings(), allowed.clone()].concat(), [world.places(), allowed].concat()] {
        let function = Function::start(&world, &env, Options::default()).await;
        let (answer, _) = function.run(unsigned()).await;
        assert_eq!(status(&answer), 401);
        function.assert_clean();
    }
    assert!(world.sentry.requests().is_empty() && world.telegram.requests().is_empty());
}

#[tokio::test]
async fn without_a_client_secret_nothing_is_accepted_and_health_says_why() {
    let world = World::new().await;
    let function = Function::start(&world, &world.places(), Options::default()).await;
    let (answer, _) = function.run(event("furl-event-alert.json")).await;
    assert_eq!(
        (status(&answer), body(&answer)["error"].clone()),
        (401, json!("no client secret is configured"))
    );
    let (answer, _) = function.run(event("health.json")).await;
    let health = body(&answer);
    assert_eq!(health["status"], "degraded");
    assert_eq!(health["checks"]["signature"], "SENTRY_CLIENT_SECRET is not set");
    assert_eq!(health["checks"]["note"], "SENTRY_AUTH_TOKEN is not set");
    function.assert_clean();
}

#[tokio::test]
async fn each_fault_of_a_request_has_its_own_answer() {
    let world = World::new().await;
    let function = world.function().await;
    let changed = |change: fn(&mut Value)| {
        let mut event = event("furl-event-alert.json");
        change(&mut event);
        event
    };
    let deep = "[".repeat(5000) + &"]".repeat(5000);
    let deep = format!(r#"{{"action":"triggered","data":{{"event":{deep}}}}}"#);
    let rows = [
        (changed(|event| event["rawPath"] = json!("/favicon.ico")), 404),
        (changed(|event| event["rawPath"] = json!("/a b/\u{4e16}%zz/../")), 404),
        (changed(|event| event["requestContext"]["http"]["method"] = json!("GET")), 405),
        (changed(|event| event["headers"]["content-type"] = json!("text/plain")), 415),
        (event_with_body(""), 400),
        (event_with_body("{"), 400),
        (event_with_body("[]"), 400),
        (event_with_body(r#"["triggered"]"#), 400),
        (event_with_body("7"), 400),
        (event_with_body(&deep), 400),
        (event_with_body("{}"), 200),
    ];
    for (event, expected) in rows {
        let (answer, report) = function.run(event.clone()).await;
        assert_eq!((status(&answer), report.outcome), (expected, Outcome::Completed), "{event}");
        assert!(body(&answer)["error"].is_string() || expected == 200, "{}", answer.payload);
    }
    assert!(world.notes(ALERTED).is_empty());
    function.assert_clean();
}

#[tokio::test]
async fn wrong_settings_end_the_process_and_the_log_names_each() {
    let world = World::new().await;
    let wrong = [
        ("SENTRY_BASE_URL", "sentry.example"),
        ("SENTRY_ORG", "port/office"),
        ("TELEGRAM_CHAT_ID", "the team"),
        ("TELEGRAM_THREAD_ID", "first"),
        ("TELEGRAM_API_BASE", "ftp://telegram.example"),
        ("OUTPUT_LANGUAGE", "fr"),
        ("MAX_BODY_BYTES", "6MiB"),
        ("ALLOW_UNSIGNED", "perhaps"),
        ("SECRET_ID", "sidenote"),
        ("SECRETS_FILE", "/secrets.json"),
        ("ANALYZER", "oracle"),
    ];
    let secrets = [("SENTRY_AUTH_TOKEN", "canary-1"), ("TELEGRAM_BOT_TOKEN", "canary-2")];
    let env = pairs(&[&wrong[..], &secrets[..]].concat());
    let function = Function::start(&world, &env, Options::default()).await;
    let error = function.lambda.invoke(event("health.json")).await.expect_err("no process, no answer");
    assert!(matches!(error, InvokeError::ExitError(_) | InvokeError::InitError(_)), "{error:?}");
    let log = function.lambda.logs();
    for (variable, _) in wrong.iter().filter(|(variable, _)| *variable != "SECRET_ID") {
        assert!(log.contains(variable), "{variable} is not named: {log}");
    }
    function.assert_clean();
}

#[tokio::test]
async fn an_unusable_certificate_file_ends_the_process_and_is_named() {
    let world = World::new().await;
    let env = [world.settings(), pairs(&[("SSL_CERT_FILE", "/nowhere/ca.pem")])].concat();
    let function = Function::start(&world, &env, Options::default()).await;
    assert!(function.lambda.init_duration().is_none());
    let log = function.lambda.logs();
    assert!(log.contains("SSL_CERT_FILE") && log.contains("/nowhere/ca.pem"), "{log}");
    function.assert_clean();
    assert!(Path::new(FUNCTION).is_file());
}
