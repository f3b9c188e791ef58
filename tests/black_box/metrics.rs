//! Tests of the metrics: the counts, the validity of the lines under the schema of the embedded metric format, and the
//! ids of requests in log lines.

use crate::black_box::lambda_world::{Function, World, event, event_with_body, secrets};
use crate::support::fetched::tool;
use serde_json::{Value, json};
use sidenote::metrics::Metric;
use sidenote_standins::{Dialect, Fault, Llm, Said};
use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

/// The metrics of approvals, of Slack, of missing webhooks and of a model's edits, which the deliveries of this test do
/// not cause.
const OF_OTHERS: [&str; 7] = [
    "SlackMessagesSent",
    "SlackMessagesFailed",
    "SlackMessagesSkipped",
    "ApprovalsDecided",
    "ApprovalsFailed",
    "WebhooksSilent",
    "EditsRefused",
];

const TIME_LIMIT: Duration = Duration::from_secs(30);

/// Returns the log lines with metrics. Asserts that each line matches the definitions in its member `_aws`.
fn lines(function: &Function<'_>) -> Vec<Value> {
    let lines: Vec<Value> = function.log().into_iter().filter(|line| line.get("_aws").is_some()).collect();
    for line in &lines {
        let directive = &line["_aws"]["CloudWatchMetrics"][0];
        assert_eq!(directive["Dimensions"], json!([["FunctionName"]]), "{line}");
        assert_eq!(line["FunctionName"], "sidenote", "{line}");
        let defined = directive["Metrics"].as_array().expect("metrics");
        for metric in defined {
            let name = metric["Name"].as_str().expect("a name");
            let known = Metric::ALL.iter().find(|known| known.name() == name).expect("a metric of ours");
            assert_eq!(metric["Unit"], known.unit(), "{line}");
            assert!(line[name].is_u64(), "{name} of {line}");
        }
        // A line contains only metrics and its two fixed members: no issue id and no text from an event.
        assert_eq!(line.as_object().expect("an object").len(), defined.len() + 2, "{line}");
    }
    lines
}

/// Returns the names and values of the metrics in the lines, except durations.
fn counted(lines: &[Value]) -> Vec<(String, u64)> {
    let members = lines.iter().flat_map(|line| line.as_object().expect("an object"));
    let mut counted: Vec<(String, u64)> = members
        .filter(|(name, _)| !name.ends_with("Duration"))
        .filter_map(|(name, value)| Some((name.clone(), value.as_u64()?)))
        .collect();
    counted.sort();
    counted
}

fn counts(names: &[&str]) -> Vec<(String, u64)> {
    let mut names: Vec<(String, u64)> = names.iter().map(|name| ((*name).to_owned(), 1)).collect();
    names.sort();
    names
}

/// Sends a delivery that succeeds, requests that need no work, and one whose signature is invalid. Returns the lines
/// with metrics.
async fn well(world: &World) -> Vec<Value> {
    let function = world.function().await;
    function.deliver("furl-event-alert.json").await;
    for again in [event("furl-event-alert.json"), event_with_body("{}"), event("health.json")] {
        function.run(again).await;
    }
    let mut tampered = event("furl-event-alert.json");
    tampered["body"] = "{}".into();
    function.run(tampered).await;
    let lines = lines(&function);
    let expected = [
        "ColdStarts",
        "DeliveriesAccepted",
        "DeliveriesCompleted",
        "DeliveriesDuplicate",
        "DeliveriesIgnored",
        "DeliveriesRefused",
        "MessagesSent",
        "NotesPosted",
        "SignaturesRefused",
    ];
    assert_eq!(counted(&lines), counts(&expected));
    let durations = ["EvidenceDuration", "AnalysisDuration", "TellingDuration"];
    let closing = lines.iter().find(|line| line.get("DeliveriesCompleted").is_some()).expect("a line");
    assert!(durations.iter().all(|duration| closing[duration].is_u64()), "{closing}");
    let answered = lines.iter().filter(|line| line["AnswerDuration"].is_u64()).count();
    assert_eq!(answered, 4, "one for each answer but health's: {lines:?}");
    lines
}

/// Sends a delivery that Sentry and Telegram reject, and a sweep that cannot list the issues. Returns the lines.
async fn refused() -> Vec<Value> {
    let world = World::new().await;
    world.sentry.inject(Fault::status(403));
    world.telegram.inject(Fault::status(403));
    let function = world.function().await;
    function.deliver("furl-event-alert.json").await;
    function.run(json!({"detail-type": "Scheduled Event"})).await;
    let lines = lines(&function);
    let expected = [
        "ColdStarts",
        "DeliveriesAccepted",
        "DeliveriesFailed",
        "MessagesFailed",
        "NotTold",
        "NotesFailed",
        "SweepsFailed",
        "TokensRefused",
    ];
    assert_eq!(counted(&lines), counts(&expected), "{}", function.lambda.logs());
    lines
}

/// Sends a delivery while one of the secrets is missing, and asserts that the `expected` metrics are counted.
async fn without(secret: &str, expected: &[&str]) -> Vec<Value> {
    let world = World::new().await;
    let function = world.function_without(secret).await;
    function.run(event("furl-event-alert.json")).await;
    let lines = lines(&function);
    assert_eq!(counted(&lines), counts(expected), "without {secret}");
    lines
}

/// Sends a delivery while a model answers in the wrong form. The tokens of the model are counted nevertheless.
async fn with_a_model() -> Vec<Value> {
    let key = secrets()["LLM_API_KEY"].as_str().expect("a key").to_owned();
    let said = [Said::Answer("no".to_owned()), Said::Answer("no".to_owned())];
    let llm = Llm::start(Dialect::OpenAi, &key, "m", said).await;
    let world = World::new().await;
    let base = llm.base();
    let settings = [("ANALYZER", "openai"), ("LLM_MODEL", "m"), ("LLM_BASE_URL", base.as_str())];
    let function = world.function_with(&settings, TIME_LIMIT).await;
    function.deliver("furl-event-alert.json").await;
    let answered = function.logged("model_answered");
    let tokens =
        |line: &Value| line["tokens_in"].as_u64().unwrap_or(0) + line["tokens_out"].as_u64().unwrap_or(0);
    let cost: u64 = answered.iter().map(tokens).sum();
    let lines = lines(&function);
    assert!(cost > 0 && answered.len() == 2, "{}", function.lambda.logs());
    assert!(counted(&lines).contains(&("ModelTokens".to_owned(), cost)), "{cost}: {lines:?}");
    lines
}

#[tokio::test]
async fn the_metrics_count_each_event_and_match_the_schema() {
    let world = World::new().await;
    let mut all = well(&world).await;
    all.extend(refused().await);
    all.extend(with_a_model().await);
    let started = ["ColdStarts", "DeliveriesAccepted", "DeliveriesPartial"];
    all.extend(
        without("SENTRY_AUTH_TOKEN", &[&started[..], &["NotesSkipped", "MessagesSent"]].concat()).await,
    );
    all.extend(
        without(
            "TELEGRAM_BOT_TOKEN",
            &[&started[..], &["NotesPosted", "MessagesSkipped", "NotTold"]].concat(),
        )
        .await,
    );
    let turned_away = ["ColdStarts", "DeliveriesRefused", "SecretsMissing"];
    all.extend(without("SENTRY_CLIENT_SECRET", &turned_away).await);

    let seen: BTreeSet<&str> =
        all.iter().flat_map(|line| line.as_object().expect("an object").keys()).map(String::as_str).collect();
    let unseen: Vec<&str> =
        Metric::ALL.iter().map(|metric| metric.name()).filter(|name| !seen.contains(name)).collect();
    assert_eq!(unseen, OF_OTHERS, "every other metric was emitted");
    assert_eq!(invalid(&all), None);
    // The validator finds the error in an invalid line.
    let mut wrong = all[0].clone();
    wrong["_aws"]["CloudWatchMetrics"][0]["Metrics"][0]["Unit"] = "Counts".into();
    assert!(invalid(&[wrong]).is_some_and(|found| found.contains("Counts")));
}

/// Returns the validator's error about these lines, if there is one.
fn invalid(lines: &[Value]) -> Option<String> {
    let directory = tempfile::tempdir().expect("a directory");
    let schema = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/emf.schema.json");
    let mut command = Command::new(tool("check-jsonschema"));
    command.arg("--schemafile").arg(schema);
    for (number, line) in lines.iter().enumerate() {
        let file = directory.path().join(format!("{number}.json"));
        fs::write(&file, line.to_string()).expect("write a line");
        command.arg(file);
    }
    let output = command.output().expect("run check-jsonschema");
    let said =
        String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    (!output.status.success()).then_some(said)
}

#[tokio::test]
async fn metrics_can_be_switched_off() {
    let world = World::new().await;
    let function = world.function_with(&[("METRICS", "off")], TIME_LIMIT).await;
    function.deliver("furl-event-alert.json").await;
    assert_eq!(lines(&function), Vec::<Value>::new());
    function.assert_clean();
}

#[tokio::test]
async fn the_ids_of_a_request_stand_in_each_of_its_lines() {
    let world = World::new().await;
    let function = world.function().await;
    let mut traced = event("furl-event-alert.json");
    let id = "0af7651916cd43dd8448eb211c80319c";
    traced["headers"]["traceparent"] = format!("00-{id}-b7ad6b7169203331-01").into();
    let (_, report) = function.run(traced).await;
    for name in ["delivery_accepted", "sentry_comment_posted", "telegram_message_sent", "delivery_processed"]
    {
        let span = &function.logged(name)[0]["span"];
        assert_eq!(span["trace_id"], id, "{name}: {span}");
        assert_eq!(span["xray_trace_id"], "1-5759e988-bd862e3fe1be46a994272793", "{name}: {span}");
        assert_eq!(span["request_id"], report.request_id, "{name}: {span}");
    }
    // A malformed trace id is ignored.
    let mut strange = event("furl-issue-created.json");
    strange["headers"]["traceparent"] = "00-<script>-x-01".into();
    function.run(strange).await;
    assert!(function.logged("delivery_accepted")[1]["span"]["trace_id"].is_null());
    function.assert_clean();
}
