//! Tests of the sample events under two public emulators: AWS's own and cargo-lambda's.
//!
//! The emulators cover different parts. AWS's emulator holds the response back until the invocation ends.
//! cargo-lambda's sends it early but never freezes the process, and its deadline is in 1970. `lambda_service` covers
//! freezing and killing.

use crate::black_box::lambda_world::{ALERTED, CREATED, FUNCTION, World, event, event_path};
use crate::support::eventually;
use crate::support::tools::{CargoLambdaWatch, Rie};
use serde_json::{Value, json};
use sidenote::http::Http;
use std::path::Path;
use std::time::Duration;

/// The response of a function URL: the status and the JSON body.
struct Answer {
    status: u16,
    body: Value,
}

/// Posts the request in a file of `events/` to a function URL, as Sentry would, and returns the response.
async fn post(url: &str, name: &str) -> Answer {
    let event = event(name);
    let http = Http::new(None).expect("an HTTP client");
    let path = event["rawPath"].as_str().expect("a path");
    let mut request = http.client().post(format!("{url}{path}"));
    for (name, value) in event["headers"].as_object().expect("headers") {
        if name != "host" {
            request = request.header(name, value.as_str().expect("a text"));
        }
    }
    let sent = request.body(event["body"].as_str().expect("a body").to_owned()).send();
    let answer = sent.await.expect("the function URL answers");
    let status = answer.status().as_u16();
    let text = answer.text().await.expect("a whole answer");
    Answer { status, body: serde_json::from_str(&text).expect("JSON") }
}

/// Waits for the log lines that close deliveries, because cargo-lambda does not report the end of an invocation.
async fn wait_for_closing_lines(number: usize, logs: impl Fn() -> String) {
    eventually("a closing line", || logs().matches("delivery_processed").count() >= number).await;
}

#[tokio::test]
async fn the_aws_runtime_emulator_completes_the_delivery() {
    let world = World::new().await;
    let rie = Rie::start(Path::new(FUNCTION), &world.settings()).await;
    let (code, answer) = rie.invoke(&event("furl-event-alert.json")).await;
    assert_eq!((code, &answer["statusCode"]), (200, &json!(202)), "{answer}; {}", rie.logs());
    // The response arrived at the end of the invocation, so all work of the delivery is done.
    assert_eq!((world.notes(ALERTED).len(), world.telegram.messages().len()), (1, 1));

    let (_, error) = rie.invoke(&event("console-test.json")).await;
    assert!(error["errorType"].is_string(), "{error}");
    let (_, health) = rie.invoke(&event("health.json")).await;
    assert_eq!(health["statusCode"], 200);
    let logs = rie.logs();
    assert_eq!((logs.matches("INVOKE RTDONE").count(), logs.matches("INIT START").count()), (3, 1), "{logs}");
    world.assert_clean(&[logs, answer.to_string(), error.to_string(), health.to_string()]);
}

#[tokio::test]
async fn cargo_lambda_shows_the_early_answer_at_a_function_url() {
    let world = World::with_latency(Duration::from_secs(3)).await;
    let watch = CargoLambdaWatch::start(Path::new(FUNCTION), &world.settings()).await;
    let warm = watch.invoke(&event_path("health.json")).await;
    assert!(warm.0, "{}", warm.1);

    let answer = post(&watch.url(), "furl-event-alert.json").await;
    assert_eq!((answer.status, &answer.body["status"]), (202, &json!("accepted")), "{}", watch.logs());
    assert!(world.notes(ALERTED).is_empty() && world.telegram.messages().is_empty());

    wait_for_closing_lines(1, || watch.logs()).await;
    assert_eq!((world.notes(ALERTED).len(), world.telegram.messages().len()), (1, 1));
    world.assert_clean(&[watch.logs(), answer.body.to_string()]);
}

#[tokio::test]
async fn cargo_lambda_invoke_delivers_the_files_as_they_are() {
    let world = World::new().await;
    let watch = CargoLambdaWatch::start(Path::new(FUNCTION), &world.settings()).await;
    let mut printed = Vec::new();
    for name in ["furl-event-alert.json", "apigw-v2.json"] {
        let (succeeded, answer) = watch.invoke(&event_path(name)).await;
        assert!(succeeded && answer.contains("Analysis scheduled"), "{name}: {answer}");
        printed.push(answer);
    }
    let (succeeded, error) = watch.invoke(&event_path("console-test.json")).await;
    assert!(!succeeded && error.contains("expects a JSON payload"), "{error}");
    let (succeeded, health) = watch.invoke(&event_path("health.json")).await;
    assert!(succeeded && health.contains(r#"\"status\":\"ok\""#), "{health}");

    wait_for_closing_lines(2, || watch.logs()).await;
    assert_eq!((world.notes(ALERTED).len(), world.notes(CREATED).len()), (1, 1));
    assert_eq!(world.telegram.messages().len(), 2);
    printed.extend([error, health, watch.logs()]);
    world.assert_clean(&printed);
}
