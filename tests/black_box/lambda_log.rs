//! Tests of the function's log: JSON lines with the event names of the Python service that Sidenote replaces, without
//! secrets.

use crate::black_box::lambda_world::{ALERTED, BOT_TOKEN, World, event};
use serde_json::json;
use sidenote_standins::Fault;
use std::time::Duration;

#[tokio::test]
async fn a_delivery_is_logged_in_json_under_the_names_of_the_original_system() {
    let world = World::new().await;
    let function = world.function().await;
    function.deliver("furl-event-alert.json").await;

    let posted = function.logged("sentry_comment_posted");
    assert_eq!(posted.len(), 1, "{}", function.lambda.logs());
    assert_eq!(posted[0]["issue_id"], ALERTED);
    assert_eq!(posted[0]["comment_id"], json!(world.sentry.notes(ALERTED)[0].id));
    let processed = function.logged("delivery_processed");
    assert_eq!(processed.len(), 1);
    assert_eq!((&processed[0]["status"], &processed[0]["level"]), (&json!("completed"), &json!("INFO")));
    assert!(processed[0]["duration_ms"].is_u64() && processed[0]["timestamp"].is_string());
    assert!(function.logged("sentry_comment_failed").is_empty());
    function.assert_clean();
}

#[tokio::test]
async fn a_missing_token_is_logged_as_an_error() {
    let world = World::new().await;
    let function = world.function_without("SENTRY_AUTH_TOKEN").await;
    function.deliver("furl-event-alert.json").await;

    let skipped = function.logged("sentry_comment_skipped");
    assert_eq!(skipped.len(), 1, "{}", function.lambda.logs());
    assert_eq!(skipped[0]["reason"], "SENTRY_AUTH_TOKEN is not set");
    assert_eq!(function.logged("delivery_processed")[0]["status"], "partial");
    assert_eq!((world.telegram.messages().len(), world.sentry.requests().len()), (1, 0));
    function.assert_clean();
}

/// The test covers errors, because secrets leak most easily there: in URLs, in printed headers, in quoted responses.
#[tokio::test]
async fn no_failure_leaks_a_secret() {
    let echo = format!(r#"{{"ok":false,"error_code":400,"description":"/bot{BOT_TOKEN}/sendMessage"}}"#);
    let faults: [fn(&str) -> Fault; 8] = [
        |_| Fault::status(401),
        |_| Fault::status(403),
        |_| Fault::status(404),
        |echo| Fault::status(400).header("content-type", "application/json").body(echo.to_owned()),
        |_| Fault::bad_gateway(),
        |_| Fault::reset(),
        |_| Fault::garbage(),
        |_| Fault::redirect(302, "https://example.com/"),
    ];
    for fault in faults {
        let world = World::new().await;
        world.sentry.inject(fault(&echo));
        world.telegram.inject(fault(&echo));
        let function = world.function().await;
        function.deliver("furl-event-alert.json").await;
        assert_eq!(function.logged("delivery_processed").len(), 1, "{}", function.lambda.logs());
        function.assert_clean();
    }
}

#[tokio::test]
async fn the_most_verbose_log_level_shows_neither_secrets_nor_bodies() {
    let world = World::new().await;
    for (variable, level) in [("AWS_LAMBDA_LOG_LEVEL", "TRACE"), ("RUST_LOG", "trace")] {
        let function = world.function_with(&[(variable, level)], Duration::from_secs(30)).await;
        function.deliver("furl-event-alert.json").await;
        function.run(event("console-test.json")).await;
        assert_eq!(function.logged("delivery_processed").len(), 1);
        let log = function.lambda.logs();
        for private in ["Żeglarz", r"\u017beglarz", "IMO9321483", "value1"] {
            assert!(!log.contains(private), "{private} is in the log: {log}");
        }
        function.assert_clean();
    }
}
