//! Tests of `sidenote doctor` in a world without faults: every check passes, and the doctor leaves nothing behind
//! except the results of its options.

use super::bed::Bed;
use super::plan::{Front, healthy};
use crate::support::{ISSUE, PROJECT};

/// The names of all checks, in the order of the report.
const ALL: &[&str] = &[
    "configuration",
    "secrets",
    "secrets.SENTRY_AUTH_TOKEN",
    "secrets.SENTRY_CLIENT_SECRET",
    "secrets.TELEGRAM_BOT_TOKEN",
    "secrets.TELEGRAM_WEBHOOK_SECRET",
    "secrets.SLACK_BOT_TOKEN",
    "secrets.SLACK_SIGNING_SECRET",
    "secrets.LLM_API_KEY",
    "secrets.SOURCE_TOKEN",
    "state.table",
    "redelivery.queue",
    "sentry.reachable",
    "clock",
    "sentry.token",
    "sentry.scopes",
    "sentry.organization",
    "sentry.issues",
    "sentry.project",
    "sentry.comment",
    "sentry.subscription",
    "sentry.webhooks",
    "sentry.alerts",
    "telegram.bot",
    "telegram.chat",
    "telegram.rights",
    "telegram.thread",
    "telegram.webhook",
    "slack.app",
    "slack.scopes",
    "slack.channel",
    "slack.buttons",
    "analyzer.health",
    "analyzer.endpoint",
    "analyzer.model",
    "analyzer.agent",
    "analyzer.answer",
    "source",
    "url.health",
    "url.delivery",
    "url.speed",
    "url.lock",
];

#[tokio::test]
async fn all_is_green_in_a_healthy_world() {
    let plan = healthy().with_front(Front::Open).logging_all();
    let bed = Bed::of(plan.arguments(&["--project", PROJECT, "--write", ISSUE, "--ask"])).await;
    let seen = bed.run().await;
    println!("{}", seen.table);
    let bad = [seen.of("failed"), seen.of("warning")].concat();
    assert_eq!(bad, Vec::<[String; 3]>::new(), "{}", seen.table);
    let skipped: Vec<String> = seen.of("skipped").into_iter().map(|[name, ..]| name).collect();
    // The chat has no topics.
    assert_eq!(skipped, ["telegram.thread"]);
    let names: Vec<&str> = seen.report["checks"]
        .as_array()
        .expect("checks")
        .iter()
        .filter_map(|it| it["name"].as_str())
        .collect();
    assert_eq!(names, ALL);
    assert_eq!((seen.code, &seen.report["status"]), (0, &"ok".into()));
    // Each run leaves a test note, edited to say that it was a test. None looks like a real note.
    let notes = bed.sentry.notes(ISSUE);
    assert!(notes.len() >= 2, "{notes:?}");
    for note in notes {
        assert!(note.text.contains("only a test") && !note.text.contains("sidenote:v1"), "{note:?}");
    }
    assert!(bed.telegram.messages().is_empty(), "nothing was written into the chat");
    assert!(bed.slack.messages().is_empty(), "nothing was written into the channel");
    assert_eq!(bed.cloud.kept().await, Vec::<String>::new(), "the queue is as empty as before");
}

#[tokio::test]
async fn without_options_nothing_is_written_on_any_issue_and_no_model_is_asked() {
    let bed = Bed::of(healthy().logging_all()).await;
    let seen = bed.run().await;
    assert_eq!(seen.code, 0, "{}", seen.table);
    assert!(bed.sentry.requests().iter().all(|request| request.method == "GET"));
    let asked = |path: &str| path.ends_with("/chat/completions");
    let mut of_gateway = bed.gateway.requests().into_iter();
    assert!(of_gateway.all(|request| request.method == "GET" || !asked(&request.path)));
    let skipped: Vec<String> = seen.of("skipped").into_iter().map(|[name, ..]| name).collect();
    let expected = [
        "sentry.project",
        "telegram.thread",
        "slack.buttons",
        "analyzer.answer",
        "url.health",
        "url.delivery",
        "url.speed",
        "url.lock",
    ];
    assert_eq!(skipped, expected);
}

#[tokio::test]
async fn checks_of_unconfigured_parts_are_skipped_with_a_reason() {
    let plan = healthy()
        .variable("STATE_TABLE", "")
        .variable("REDELIVERY_QUEUE_URL", "")
        .variable("TELEGRAM_CHAT_ID", "")
        .variable("TELEGRAM_APPROVERS", "")
        .variable("ANALYZER", "rules")
        .key("TELEGRAM_BOT_TOKEN", "")
        .key("TELEGRAM_WEBHOOK_SECRET", "")
        .key("LLM_API_KEY", "");
    let seen = Bed::of(plan).await.run().await;
    assert_eq!(seen.code, 0, "{}", seen.table);
    assert_eq!([seen.of("failed"), seen.of("warning")].concat(), Vec::<[String; 3]>::new(), "{}", seen.table);
    let why = |name: &str| seen.of("skipped").into_iter().find(|it| it[0] == name).map(|it| it[1].clone());
    for (name, part) in [
        ("secrets.TELEGRAM_BOT_TOKEN", "Telegram is off"),
        ("secrets.LLM_API_KEY", "rules needs none"),
        ("state.table", "neither STATE_TABLE nor STATE_PATH is set"),
        ("redelivery.queue", "REDELIVERY_QUEUE_URL is not set"),
        ("telegram.bot", "Telegram is off"),
    ] {
        assert!(why(name).is_some_and(|it| it.contains(part)), "{name}: {:?}", why(name));
    }
}

#[test]
fn wrong_usage_exits_with_code_2_and_runs_no_check() {
    for arguments in
        [["--url", "function.example"], ["--write", "a/b"], ["--project", "a b"], ["--cure", "all"]]
    {
        let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_sidenote"));
        let output = command.arg("doctor").args(arguments).env_clear().output().expect("run sidenote");
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {output:?}");
        assert!(output.stdout.is_empty(), "{arguments:?}: {output:?}");
        let said = String::from_utf8(output.stderr).expect("UTF-8");
        assert!(said.contains(arguments[0]), "{arguments:?}: {said}");
    }
}
