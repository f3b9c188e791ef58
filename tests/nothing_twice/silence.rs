//! Tests with webhooks of Sentry that stop: the log, the metric, the health endpoint and the chat report the silence,
//! each once, until webhooks arrive again. `src/domain/silence/tests.rs` tests all cases of the rules; this file
//! tests one case with real processes.

use std::time::Duration;

use axum::Router;
use axum::extract::Request;
use serde_json::{Value, json};
use sidenote_standins::{Issue, Kind, Slack};
use tokio::net::TcpListener;
use tokio::sync::mpsc;

use super::bed::{Bed, Function, body};
use super::deliveries::{about, new_issue, scheduled};
use crate::support::wire::{At, Fault};
use crate::support::{CHANNEL, ISSUE, SLACK_TOKEN, sentry_of, slack, telegram};

/// The key, in the state store, of the record of whether webhooks still arrive.
const WATCH: &str = "webhooks#watch";

/// Starts the services with three issues: one with a webhook, a later one without, and one that is resolved at first.
async fn bed() -> Bed {
    let issue = |id: &str, first: u64, status: &str| {
        Issue::new(id, &format!("ORDERS-{id}"), "KeyError: 'rye'")
            .project("orders")
            .seen(Duration::from_mins(first), Duration::from_mins(10))
            .status(status, (status == "unresolved").then_some("new"))
    };
    let world = sentry_of(Kind::SelfHosted)
        .issue(issue(ISSUE, 120, "unresolved"))
        .issue(issue("7001", 90, "unresolved"))
        .issue(issue("7002", 60, "resolved"));
    Bed::of(world, telegram()).await
}

async fn look(function: &Function) {
    let swept = function.lambda.invoke(scheduled()).await.expect("an answer");
    function.lambda.invocation_done().await;
    assert_eq!(swept.payload["status"], "swept", "{}", swept.payload);
}

async fn health(function: &Function) -> (Value, String) {
    let request = serde_json::from_str(include_str!("../../events/health.json")).expect("JSON");
    let answer = function.lambda.invoke(request).await.expect("an answer");
    function.lambda.invocation_done().await;
    let health = body(&answer);
    (health["status"].clone(), health["webhooks"].as_str().expect("a line").to_owned())
}

/// Returns the texts in the chat that are about webhooks.
fn announced(bed: &Bed) -> Vec<String> {
    let texts = bed.telegram.messages().into_iter().map(|message| message.text_visible);
    texts.filter(|text| text.contains("webhooks")).collect()
}

/// The texts in Slack that are about webhooks.
fn announced_in(slack: &Slack) -> Vec<String> {
    let texts = slack.messages().into_iter().map(|message| message.visible());
    texts.filter(|text| text.contains("webhooks")).collect()
}

/// Adds Slack's token to the secret of the function.
async fn add_slack_token(bed: &Bed) {
    let env = bed.cloud.env();
    let id = env.iter().find(|(name, _)| name == "SECRET_ID").map(|(_, id)| id.clone()).expect("a secret");
    let service = "secretsmanager";
    let request = json!({"SecretId": id});
    let found = bed.cloud.call(service, "secretsmanager.GetSecretValue", &request).await;
    let text = found["SecretString"].as_str().expect("a secret");
    let mut secret: Value = serde_json::from_str(text).expect("JSON");
    secret["SLACK_BOT_TOKEN"] = SLACK_TOKEN.into();
    let request = json!({"SecretId": id, "SecretString": secret.to_string()});
    bed.cloud.call(service, "secretsmanager.PutSecretValue", &request).await;
}

/// The last value of the metric in the log.
fn metric(function: &Function) -> Option<u64> {
    let logs = function.lambda.logs();
    let lines = logs.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    lines.filter_map(|line| line["WebhooksSilent"].as_u64()).next_back()
}

#[tokio::test]
async fn a_silence_is_announced_when_it_begins_daily_and_when_it_ends() {
    let (bed, slack) = tokio::join!(bed(), Slack::start(slack()));
    let api = slack.url();
    let variables = [("METRICS", "emf"), ("SLACK_API_BASE", api.as_str()), ("SLACK_CHANNEL", CHANNEL)];
    add_slack_token(&bed).await;
    let function = bed.function_with(Duration::from_secs(20), &variables).await;
    let hours = |hours: u64| Duration::from_secs(hours * 3600);
    function.run(&new_issue("issue", 1)).await;
    // The first look begins the watch. It writes the note of the other issue, but nothing is known about its webhook.
    look(&function).await;
    assert_eq!((announced(&bed).len(), metric(&function)), (0, Some(0)));
    assert_eq!(health(&function).await, (json!("ok"), "ok".to_owned()));

    // As if the watch had begun three hours ago.
    let begun = ["/judged_until_ms", "/looked_ms"];
    bed.cloud.age(WATCH, hours(3), &begun).await;
    look(&function).await;
    look(&function).await;
    let texts = announced(&bed);
    assert!(
        texts.len() == 1 && texts[0].contains("do not arrive: 1 new") && texts[0].contains("orders"),
        "{texts:?}"
    );
    assert_eq!((metric(&function), function.log("webhooks_silent").len()), (Some(1), 2));
    let (status, line) = health(&function).await;
    assert_eq!(status, "degraded");
    assert!(line.starts_with("silent since ") && line.ends_with(": 1 issues, projects orders"), "{line}");

    bed.cloud.age(WATCH, hours(25), &["/reported_ms"]).await;
    look(&function).await;
    look(&function).await;
    assert_eq!(announced(&bed).len(), 2);

    // An issue whose webhook comes.
    bed.change("7002", &json!({"status": "unresolved"})).await;
    function.run(&about("7002")).await;
    bed.cloud.age(WATCH, hours(3), &begun).await;
    look(&function).await;
    look(&function).await;
    let texts = announced(&bed);
    assert!(texts.len() == 3 && texts[2].contains("arrive again"), "{texts:?}");
    assert_eq!((metric(&function), function.log("webhooks_arrive_again").len()), (Some(0), 1));
    assert_eq!(health(&function).await, (json!("ok"), "ok".to_owned()));
    assert_eq!((announced_in(&slack), slack.violations()), (texts, Vec::new()), "Slack gets the same");
}

#[tokio::test]
async fn an_announcement_that_a_chat_did_not_get_is_sent_there_by_the_next_sweep_once() {
    let (bed, slack) = tokio::join!(bed(), Slack::start(slack()));
    let api = slack.url();
    let variables = [("SLACK_API_BASE", api.as_str()), ("SLACK_CHANNEL", CHANNEL)];
    add_slack_token(&bed).await;
    let function = bed.function_with(Duration::from_secs(20), &variables).await;
    function.run(&new_issue("issue", 1)).await;
    look(&function).await;
    bed.cloud.age(WATCH, Duration::from_hours(3), &["/judged_until_ms", "/looked_ms"]).await;
    let counts = || {
        let failed = function.log("announcement_failed").len();
        (announced(&bed).len(), announced_in(&slack).len(), failed)
    };
    bed.to_telegram.fail(Fault::Refused).await;
    for failed in [1, 2] {
        // On a busy machine moto can answer too late, and the look is left out.
        for _ in 0..5 {
            look(&function).await;
            if counts().2 == failed {
                break;
            }
        }
        assert_eq!(counts(), (0, 1, failed), "{}", function.lambda.logs());
    }
    bed.to_telegram.repair().await;
    for _ in 0..2 {
        look(&function).await;
        assert_eq!(counts(), (1, 1, 2), "{}", function.lambda.logs());
    }
}

#[tokio::test]
async fn a_quiet_week_and_a_sentry_that_is_down_are_no_silence_and_a_new_set_up_without_webhooks_is() {
    let begun = ["/judged_until_ms", "/looked_ms"];
    let quiet = Bed::of(sentry_of(Kind::SelfHosted), telegram()).await;
    let function = quiet.function(Duration::from_secs(20)).await;
    look(&function).await;
    quiet.cloud.age(WATCH, Duration::from_hours(7 * 24), &begun).await;
    // Sentry is down for one look.
    quiet.to_sentry.fail(Fault::Refused).await;
    let failed = function.lambda.invoke(scheduled()).await.expect("an answer");
    function.lambda.invocation_done().await;
    assert_eq!(failed.payload["status"], "failed");
    quiet.to_sentry.repair().await;
    look(&function).await;
    assert_eq!((announced(&quiet).len(), health(&function).await.0), (0, json!("ok")));

    let new = bed().await;
    let function = new.function(Duration::from_secs(20)).await;
    look(&function).await;
    assert_eq!(announced(&new).len(), 0, "the first start knows nothing");
    new.cloud.age(WATCH, Duration::from_hours(3), &begun).await;
    look(&function).await;
    look(&function).await;
    assert_eq!((announced(&new).len(), health(&function).await.0), (1, json!("degraded")));
    assert!(function.log("announcement_failed").is_empty(), "Slack is off, which is no failure");
}

/// Starts the services with these issues, which have a note of a sweep.
async fn noted(ids: &[&str]) -> Bed {
    let issue = |id: &str| {
        Issue::new(id, &format!("ORDERS-{id}"), "KeyError: 'rye'")
            .project("orders")
            .seen(Duration::from_mins(90), Duration::from_mins(10))
            .status("unresolved", Some("new"))
    };
    let world = ids.iter().fold(sentry_of(Kind::SelfHosted), |world, id| world.issue(issue(id)));
    let bed = Bed::of(world, telegram()).await;
    look(&bed.function(Duration::from_secs(20)).await).await;
    assert!(ids.iter().all(|id| bed.sentry.notes(id).len() == 1));
    bed
}

/// Lets issues regress without a webhook.
async fn regress(bed: &Bed, ids: &[&str]) {
    for id in ids {
        bed.change(id, &json!({"status": "unresolved", "substatus": "regressed"})).await;
    }
    bed.cloud.age(WATCH, Duration::from_hours(3), &["/judged_until_ms", "/looked_ms"]).await;
}

/// Whether the note on the issue counts one regression, and the chat has one reply about it.
fn is_reported_once(bed: &Bed, issue: &str) -> bool {
    let is_reply = |text: &str| text.ends_with("it was resolved and has come back.");
    let replies = bed.telegram.messages().into_iter().filter(|it| is_reply(&it.text_visible));
    let notes = bed.sentry.notes(issue);
    notes.len() == 1 && notes[0].text.contains("Regressions so far: 1") && replies.count() == 1
}

#[tokio::test]
async fn a_return_whose_issue_is_being_handled_is_left_for_the_next_sweep() {
    let bed = noted(&["7001"]).await;
    let function = bed.function(Duration::from_secs(20)).await;
    let mut held = bed.to_telegram.hold("POST editMessageText", 0, At::Arrival);
    let during = async {
        held.caught().await;
        regress(&bed, &["7001"]).await;
        look(&function).await;
        assert_eq!(function.log("delivery_processed").len(), 0, "another process handles the issue");
        held.release();
    };
    let ((is_analyzed, out), ()) = tokio::join!(bed.command(&["analyze", "7001"], &[]), during);
    assert!(is_analyzed, "{out}");
    for _ in 0..2 {
        look(&function).await;
        assert_eq!(function.log("delivery_processed").len(), 1, "{}", function.lambda.logs());
    }
    assert!(is_reported_once(&bed, "7001"), "{:#?}", bed.telegram.messages());
}

#[tokio::test]
async fn a_return_whose_message_could_not_be_sent_is_completed_by_the_next_sweep() {
    let bed = noted(&["7001"]).await;
    regress(&bed, &["7001"]).await;
    let function = bed.function(Duration::from_secs(20)).await;
    bed.to_telegram.fail(Fault::Refused).await;
    look(&function).await;
    bed.to_telegram.repair().await;
    // Sentry may send two webhooks about one change only within a short time, which is over at the next sweep.
    let key = format!("issue#{}/#7001", bed.to_sentry.url());
    bed.cloud.age(&key, Duration::from_hours(1), &["/started_ms", "/echo/until_ms"]).await;
    bed.cloud.age(WATCH, Duration::from_hours(1), &["/looked_ms", "/unhandled/7001"]).await;
    for _ in 0..2 {
        look(&function).await;
        let ends = function.log("delivery_processed");
        let ends: Vec<&str> = ends.iter().filter_map(|it| it["status"].as_str()).collect();
        assert_eq!(ends, ["partial", "completed"], "{}", function.lambda.logs());
    }
    assert!(is_reported_once(&bed, "7001"), "{:#?}", bed.telegram.messages());
}

#[tokio::test]
async fn a_return_whose_message_cannot_be_sent_for_hours_is_given_up() {
    let bed = noted(&["7001"]).await;
    regress(&bed, &["7001"]).await;
    let function = bed.function(Duration::from_secs(20)).await;
    bed.to_telegram.fail(Fault::Refused).await;
    let key = format!("issue#{}/#7001", bed.to_sentry.url());
    for given_up in [0, 1, 1] {
        look(&function).await;
        assert_eq!(function.log("return_given_up").len(), given_up, "{}", function.lambda.logs());
        bed.cloud.age(&key, Duration::from_hours(7), &["/started_ms", "/echo/until_ms"]).await;
        let times: &[&str] = if given_up == 0 { &["/looked_ms", "/unhandled/7001"] } else { &["/looked_ms"] };
        bed.cloud.age(WATCH, Duration::from_hours(7), times).await;
    }
    assert_eq!(function.log("delivery_processed").len(), 2, "{}", function.lambda.logs());
}

#[tokio::test]
async fn returns_without_a_webhook_are_handled_up_to_the_limit_and_the_others_by_the_next_sweep() {
    let bed = noted(&["7001", "7002"]).await;
    regress(&bed, &["7001", "7002"]).await;
    let function = bed.function_with(Duration::from_secs(20), &[("SWEEP_LIMIT", "1")]).await;
    for handled in [1, 2, 2] {
        look(&function).await;
        assert_eq!(function.log("delivery_processed").len(), handled, "{}", function.lambda.logs());
    }
    let regressed = |id: &str| bed.sentry.notes(id)[0].text.contains("Regressions so far: 1");
    assert!(regressed("7001") && regressed("7002"));
}

/// Starts a monitoring service. Returns its URL and the calls that it gets.
async fn monitor() -> (String, mpsc::UnboundedReceiver<String>) {
    let (calls, called) = mpsc::unbounded_channel();
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let url = format!("http://{}", listener.local_addr().expect("an address"));
    let record = move |request: Request| async move {
        let _ = calls.send(format!("{} {}", request.method(), request.uri()));
    };
    tokio::spawn(async move { axum::serve(listener, Router::new().fallback(record)).await });
    (url, called)
}

#[tokio::test]
async fn a_heartbeat_tells_how_the_sweep_ended_and_is_not_logged() {
    let bed = bed().await;
    let (url, mut called) = monitor().await;
    let (good, failed) =
        (format!("{url}/ping/canary"), format!("{url}/push/canary?status=down&msg={{reason}}"));
    let more = [("HEARTBEAT_URL", good.as_str()), ("HEARTBEAT_FAIL_URL", failed.as_str())];
    let function = bed.function_with(Duration::from_secs(20), &more).await;
    look(&function).await;
    assert_eq!(called.recv().await.as_deref(), Some("GET /ping/canary"));
    bed.to_sentry.fail(Fault::Refused).await;
    function.lambda.invoke(scheduled()).await.expect("an answer");
    function.lambda.invocation_done().await;
    assert_eq!(called.recv().await.as_deref(), Some("GET /push/canary?status=down&msg=not%20reachable"));
    assert!(called.try_recv().is_err());
    assert!(!function.lambda.logs().contains("canary"), "{}", function.lambda.logs());
}

#[tokio::test]
async fn a_sweep_that_takes_all_its_time_leaves_some_for_the_heartbeat() {
    let bed = bed().await;
    let (url, mut called) = monitor().await;
    let more = [("HEARTBEAT_URL", url.as_str())];
    let function = bed.function_with(Duration::from_secs(14), &more).await;
    // The first note of the sweep is never answered.
    let mut held = bed.to_sentry.hold("POST comments", 0, At::Arrival);
    let (swept, ()) = tokio::join!(function.lambda.invoke(scheduled()), held.caught());
    assert_eq!(swept.expect("an answer").payload["status"], "swept");
    function.lambda.invocation_done().await;
    assert_eq!(called.try_recv().as_deref(), Ok("GET /"), "{}", function.lambda.logs());
}
