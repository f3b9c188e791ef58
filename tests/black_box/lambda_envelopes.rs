//! Tests of every kind of event that can invoke the function: Function URLs, both API Gateways, the console, and
//! unknown sources.

use crate::black_box::lambda_world::{
    ALERTED, CREATED, ENCODED, HANDPOSTED, World, body, event, event_with_body, secrets, status,
};
use crate::support::lambda_service::Outcome;
use serde_json::{Value, json};

/// The size limit of an event of a Function URL, in bytes.
const LARGEST_EVENT: usize = 6 * 1024 * 1024;

#[tokio::test]
async fn every_envelope_leads_to_a_note_and_a_message() {
    let world = World::new().await;
    let function = world.function().await;
    let deliveries = [
        ("furl-event-alert.json", ALERTED),
        ("furl-base64.json", ENCODED),
        ("apigw-v2.json", CREATED),
        ("handposted.json", HANDPOSTED),
    ];
    for (number, (name, issue)) in deliveries.into_iter().enumerate() {
        function.deliver(name).await;
        assert_eq!(world.notes(issue).len(), 1, "{name}");
        assert_eq!(world.telegram.messages().len(), number + 1, "{name}");
    }
    function.assert_clean();
}

#[tokio::test]
async fn a_rest_api_leads_to_a_note_and_a_message() {
    let world = World::new().await;
    let function = world.function().await;
    function.deliver("apigw-v1.json").await;
    assert_eq!((world.notes(ALERTED).len(), world.telegram.messages().len()), (1, 1));
    function.assert_clean();
}

#[tokio::test]
async fn the_original_request_gets_the_original_answer() {
    let world = World::new().await;
    let function = world.function().await;
    let (answer, _) = function.run(event("handposted.json")).await;
    assert_eq!(status(&answer), 202);
    let original = json!({"status": "accepted", "issue_id": "TEST-001", "message": "Analysis scheduled"});
    assert_eq!(body(&answer), original);
    assert_eq!(answer.payload["headers"]["content-type"], "application/json");
    function.assert_clean();
}

#[tokio::test]
async fn a_stage_is_no_part_of_the_path_whatever_its_name() {
    let world = World::new().await;
    let function = world.function().await;
    for stage in ["prod", "api", "v1"] {
        let mut rest = event("apigw-v1.json");
        rest["httpMethod"] = json!("GET");
        rest["path"] = json!("/api/v1/health");
        rest["requestContext"]["stage"] = json!(stage);
        let mut http = event("apigw-v2.json");
        http["requestContext"]["http"]["method"] = json!("GET");
        http["rawPath"] = json!(format!("/{stage}/api/v1/health"));
        http["requestContext"]["stage"] = json!(stage);
        for (kind, event) in [("REST", rest), ("HTTP", http)] {
            let (answer, _) = function.run(event).await;
            assert_eq!(status(&answer), 200, "{kind} API, stage {stage}: {}", answer.payload);
        }
    }
    function.assert_clean();
}

#[tokio::test]
async fn health_says_what_is_configured() {
    let world = World::new().await;
    let function = world.function().await;
    let (answer, report) = function.run(event("health.json")).await;
    assert_eq!((status(&answer), report.outcome), (200, Outcome::Completed));
    let health = body(&answer);
    assert_eq!(health["status"], "ok");
    assert_eq!(health["checks"], json!({"signature": "ok", "note": "ok", "telegram": "ok", "slack": "off"}));
    // A health check calls no third party.
    assert!(world.sentry.requests().is_empty() && world.telegram.requests().is_empty());
    function.assert_clean();
}

#[tokio::test]
async fn a_batch_of_the_queue_and_an_update_of_telegram_are_for_us() {
    let world = World::new().await;
    let function = world.function().await;
    let (answer, _) = function.run(event("sqs-redelivery.json")).await;
    assert_eq!(answer.payload, json!({"batchItemFailures": []}));
    assert_eq!(world.notes(ALERTED).len(), 1);

    let (answer, _) = function.run(event("furl-telegram.json")).await;
    assert_eq!(status(&answer), 401, "another secret: {}", answer.payload);
    let mut update = event("furl-telegram.json");
    update["headers"]["x-telegram-bot-api-secret-token"] = secrets()["TELEGRAM_WEBHOOK_SECRET"].clone();
    let (answer, _) = function.run(update).await;
    assert_eq!((status(&answer), body(&answer)), (200, json!({})));
    assert_eq!(function.logged("approval_tap_refused")[0]["reason"], "forged");
    function.assert_clean();
}

#[tokio::test]
async fn an_event_that_is_no_request_gets_an_error_without_blocking_the_function() {
    let world = World::new().await;
    let function = world.function().await;
    let strange = [
        event("console-test.json"),
        json!({}),
        json!(null),
        json!("text"),
        json!([1]),
        json!({"Records": [{"eventSource": "aws:sqs", "body": "{}"}]}),
        json!({"version": "2.0", "requestContext": {"http": {"method": "POST"}}}),
    ];
    for event in strange {
        let (answer, report) = function.run(event.clone()).await;
        let refused = answer.function_error || status(&answer) >= 400;
        assert!(refused, "{event}: {}", answer.payload);
        assert_eq!(report.outcome, Outcome::Completed, "{event}");
        assert!(function.lambda.is_frozen());
    }
    function.deliver("furl-event-alert.json").await;
    assert_eq!((world.notes(ALERTED).len(), function.lambda.cold_starts()), (1, 1));
    function.assert_clean();
}

#[tokio::test]
async fn an_event_of_another_kind_is_said_to_be_unsupported() {
    let world = World::new().await;
    let function = world.function().await;
    let balancer = json!({"requestContext": {"elb": {"targetGroupArn": "arn"}}, "httpMethod": "POST", "path": "/",
        "queryStringParameters": {}, "headers": {}, "body": "{}", "isBase64Encoded": false});
    let mut several = balancer.clone();
    several["multiValueHeaders"] = json!({"accept": ["*/*"]});
    let mut check = balancer.clone();
    (check["httpMethod"], check["path"]) = (json!("GET"), json!("/health"));
    let bridge = |kind: &str, source: &str| json!({"version": "0", "detail-type": kind, "source": source, "detail": {}});
    let (balancer_name, bridge_name) = ("Application Load Balancer", "EventBridge event");
    for (event, what) in [
        (balancer, balancer_name),
        (several, balancer_name),
        (check, balancer_name),
        (bridge("Object Created", "aws.s3"), bridge_name),
        (bridge("EC2 Instance State-change Notification", "aws.ec2"), bridge_name),
        (bridge("order.created", "shop"), bridge_name),
    ] {
        let (answer, _) = function.run(event).await;
        assert!(answer.function_error, "{what}: {}", answer.payload);
        let text = answer.payload.to_string();
        assert!(text.contains(what) && text.contains("is not supported"), "{text}");
    }
    assert!(world.sentry.requests().is_empty(), "no sweep was begun");
    function.assert_clean();
}

#[tokio::test]
async fn an_odd_path_query_or_host_is_a_client_error_and_no_error_of_ours() {
    let world = World::new().await;
    let function = world.function().await;
    let long = format!("/{}", "a".repeat(64 * 1024));
    let paths =
        ["/<x>", "/a b", "/%", "/\u{1}", "/\u{202e}", "//", "nothing", ":80", "@host", "", long.as_str()];
    let queries = ["<x>", "a b", "%", "\u{7}", "a=\u{4e16}", "{}", "#", long.as_str()];
    let hosts = ["<x>", "a b", "[", "host:port", "\u{e9}"];
    let mut odd = Vec::new();
    for (name, path_field) in [("furl-event-alert.json", "rawPath"), ("apigw-v1.json", "path")] {
        let with = |change: &dyn Fn(&mut Value)| {
            let mut odd = event(name);
            odd[path_field] = json!("/nothing");
            change(&mut odd);
            odd
        };
        odd.extend(paths.map(|path| with(&|odd| odd[path_field] = json!(path))));
        odd.extend(queries.map(|query| {
            with(&|odd| {
                odd["rawQueryString"] = json!(query);
                odd["queryStringParameters"] = json!({ query: query });
                odd["multiValueQueryStringParameters"] = json!({ query: [query] });
            })
        }));
        odd.extend(hosts.map(|host| with(&|odd| odd["headers"]["host"] = json!(host))));
    }
    for event in odd {
        let (answer, report) = function.run(event.clone()).await;
        let path = event
            .get("rawPath")
            .or(event.get("path"))
            .map(|it| it.to_string().chars().take(40).collect::<String>());
        assert!(!answer.function_error, "{path:?}: {}", answer.payload);
        assert!((400..500).contains(&status(&answer)), "{path:?}: {}", answer.payload);
        assert_eq!(report.outcome, Outcome::Completed);
    }
    assert_eq!(function.lambda.cold_starts(), 1);
    function.assert_clean();
}

#[tokio::test]
async fn odd_headers_are_no_error_of_ours() {
    let world = World::new().await;
    let function = world.function().await;
    let long = "a".repeat(64 * 1024);
    let values = ["", " ", "\u{7f}", "\u{1}", "a\nb", "\u{e9}", "\u{4e16}\u{754c}", "\u{0}", long.as_str()];
    let names = ["x y", "", "x\u{1}", "\u{e9}", ":path", long.as_str()];
    let headers = values.map(|value| json!({"content-type": "application/json", "x-odd": value}));
    let headers = headers.into_iter().chain(names.map(|name| json!({ name: "a" })));
    let other = [json!(null), json!({"x-odd": null}), json!({"content-type": "\u{1}"})];
    for headers in headers.chain(other) {
        for (name, path_field) in [("furl-event-alert.json", "rawPath"), ("apigw-v1.json", "path")] {
            let mut odd = event(name);
            odd[path_field] = json!("/nothing");
            odd["headers"].clone_from(&headers);
            if let Some(object) = headers.as_object().filter(|_| path_field == "path") {
                let many = object.iter().map(|(name, value)| (name.clone(), json!([value, value])));
                odd["multiValueHeaders"] = Value::Object(many.collect());
            }
            let (answer, report) = function.run(odd).await;
            let shown: String = headers.to_string().chars().take(60).collect();
            assert!(!answer.function_error, "{shown}: {}", answer.payload);
            assert!((400..500).contains(&status(&answer)), "{shown}: {}", answer.payload);
            assert_eq!(report.outcome, Outcome::Completed);
        }
    }
    assert_eq!(function.lambda.cold_starts(), 1);
    function.assert_clean();
}

#[tokio::test]
async fn a_body_that_is_not_the_base64_it_claims_to_be_is_refused() {
    let world = World::new().await;
    let function = world.function().await;
    for text in ["not base64!", "Zm9", "{}", "\u{4e16}\u{754c}"] {
        let mut event = event("furl-base64.json");
        event["body"] = json!(text);
        let (answer, report) = function.run(event).await;
        assert_eq!(report.outcome, Outcome::Completed, "{text}");
        assert_eq!(status(&answer), 401, "{text}: {}", answer.payload);
    }
    function.deliver("furl-base64.json").await;
    assert_eq!((world.notes(ENCODED).len(), function.lambda.cold_starts()), (1, 1));
    function.assert_clean();
}

#[tokio::test]
async fn the_largest_body_is_worked_on_and_a_larger_one_refused() {
    let world = World::new().await;
    let function = world.function().await;
    let (answer, report) = function.run(event_with_body(&alert_of(LARGEST_EVENT))).await;
    assert_eq!((status(&answer), report.outcome), (202, Outcome::Completed));
    assert_eq!(world.notes(ALERTED).len(), 1);

    let (answer, _) = function.run(event_with_body(&alert_of(LARGEST_EVENT + 1))).await;
    assert_eq!(status(&answer), 413);
    function.assert_clean();
}

/// Returns the alert of `furl-event-alert.json`, with so many breadcrumbs that its body has `bytes` bytes.
fn alert_of(bytes: usize) -> String {
    let text = event("furl-event-alert.json")["body"].as_str().expect("a body").to_owned();
    let mut alert: Value = serde_json::from_str(&text).expect("JSON");
    let crumb =
        json!({"category": "console", "level": "info", "message": "a line of the log, as long as lines are"});
    let crumbs = alert["data"]["event"]["breadcrumbs"]["values"].as_array_mut().expect("breadcrumbs");
    let room = bytes - text.len() - 100;
    crumbs.extend(std::iter::repeat_n(crumb.clone(), room / (crumb.to_string().len() + 1)));
    let missing = bytes - alert.to_string().len() - r#","padding":"""#.len();
    alert["padding"] = json!("x".repeat(missing));
    let text = alert.to_string();
    assert_eq!(text.len(), bytes);
    text
}
