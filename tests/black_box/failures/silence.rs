//! Tests of a third party that is slow or never replies. `serve` limits a call to 15 seconds and a delivery to 60,
//! which is too long for a test. Under Lambda the invocation's own deadline limits both, so the rows of this table run
//! there.

use std::path::Path;
use std::time::Duration;

use serde_json::{Value, json};
use sidenote_standins::{Fault, Sentry, Telegram};

use super::table::{AGES, run};
use crate::support::lambda_service::{LambdaService, Options, Outcome};
use crate::support::{
    self, AUTH_TOKEN, BOT_TOKEN, CHAT, CLIENT_SECRET, ISSUE, ISSUES, ORG, Secrets, event_alert,
};

/// The function's timeout. Every row waits for the timeout, which leaves a slow machine enough time for other work.
const TIMEOUT: Duration = Duration::from_secs(4);

struct Row {
    /// The name of the service that does not reply.
    what: &'static str,
    /// The fault that is injected into Sentry.
    sentry: Option<Fault>,
    /// The fault that is injected into Telegram.
    telegram: Option<Fault>,
    /// The results of note and message in the log.
    steps: [&'static str; 2],
    gaps: usize,
    /// The numbers of notes and messages that exist at the end.
    left: [usize; 2],
}

fn rows() -> Vec<Row> {
    let row = |what, sentry, telegram, steps, gaps, left| Row { what, sentry, telegram, steps, gaps, left };
    // A silent service does not reply during one delivery, and works again in the next. Four questions are about evidence,
    // and two look for an earlier note, because the function has no table.
    let silent = |calls: usize| Fault::silence().times(calls);
    let late = || Fault::late_answer(AGES).once();
    vec![
        row("nobody", None, None, ["done", "done"], 0, [1, 1]),
        row("Sentry, to questions", Some(silent(6).on("GET")), None, ["done", "done"], 4, [1, 1]),
        row("Sentry, to one question", Some(silent(1).path("/tags/")), None, ["done", "done"], 1, [1, 1]),
        row("Sentry, to the note", Some(silent(1).on("POST")), None, ["failed", "done"], 0, [0, 1]),
        row("Sentry, with the note stored", Some(late().on("POST")), None, ["failed", "done"], 0, [1, 1]),
        row("Sentry", Some(silent(7)), None, ["failed", "done"], 4, [0, 1]),
        row("Telegram", None, Some(silent(1)), ["done", "failed"], 0, [1, 0]),
        row("Telegram, with the message sent", None, Some(late()), ["done", "failed"], 0, [1, 1]),
    ]
}

#[tokio::test]
async fn a_timeout_is_an_outcome_within_the_deadline_and_the_next_invocation_works() {
    run(rows(), check).await;
}

async fn check(row: Row, _: Secrets) {
    let sentry = Sentry::start(support::sentry()).await;
    let telegram = Telegram::start(support::telegram()).await;
    let function = function(&sentry, &telegram).await;
    row.sentry.into_iter().for_each(|fault| sentry.inject(fault));
    row.telegram.into_iter().for_each(|fault| telegram.inject(fault));

    let answer = function.invoke(support::function_url(&event_alert())).await.expect("an answer");
    assert_eq!(answer.payload["statusCode"], 202, "{}: {}", row.what, answer.payload);
    assert_eq!(
        function.invocation_done().await.outcome,
        Outcome::Completed,
        "{}: {}",
        row.what,
        function.logs()
    );
    let done = logged(&function, "delivery_processed");
    let what = format!("{}: {done:?}", row.what);
    assert_eq!(done.len(), 1, "{what}");
    assert_eq!([&done[0]["note"], &done[0]["telegram"]], [row.steps[0], row.steps[1]], "{what}");
    assert_eq!(done[0]["gaps"], row.gaps, "{what}");
    assert_eq!([sentry.notes(ISSUE).len(), telegram.messages().len()], row.left, "{what}");
    let late = row.gaps + usize::from(row.steps[0] == "failed");
    let timeouts = logged(&function, "sentry_api_timeout");
    assert_eq!(timeouts.len(), late, "{what}");
    assert!(timeouts.iter().all(|line| line["outcome"] == "timeout"), "{timeouts:?}");

    let answer = function
        .invoke(support::function_url(&event_alert().about(ISSUES[1])))
        .await
        .expect("a second answer");
    assert_eq!(answer.payload["statusCode"], 202, "{what}: {}", answer.payload);
    assert_eq!(
        (function.invocation_done().await.outcome, function.cold_starts()),
        (Outcome::Completed, 1),
        "{what}"
    );
    let done = logged(&function, "delivery_processed");
    assert_eq!(
        (done.len(), &done[1]["status"], &done[1]["gaps"]),
        (2, &json!("completed"), &json!(0)),
        "{what}"
    );
    for secret in [AUTH_TOKEN, CLIENT_SECRET, BOT_TOKEN] {
        assert!(
            support::leaks(secret, &(function.logs() + &answer.payload.to_string())).is_empty(),
            "{what}"
        );
    }
    assert_eq!(
        [function.violations(), sentry.violations(), telegram.violations()].concat(),
        Vec::<String>::new()
    );
    assert!(!function.logs().contains("panicked"), "{}", function.logs());
}

async fn function(sentry: &Sentry, telegram: &Telegram) -> LambdaService {
    let variables = [
        ("SENTRY_BASE_URL", sentry.url()),
        ("SENTRY_ORG", ORG.to_owned()),
        ("SENTRY_AUTH_TOKEN", AUTH_TOKEN.to_owned()),
        ("SENTRY_CLIENT_SECRET", CLIENT_SECRET.to_owned()),
        ("TELEGRAM_API_BASE", telegram.url()),
        ("TELEGRAM_BOT_TOKEN", BOT_TOKEN.to_owned()),
        ("TELEGRAM_CHAT_ID", CHAT.to_string()),
        ("RUST_LOG", "trace".to_owned()),
    ];
    let variables = variables.map(|(name, value)| (name.to_owned(), value));
    let options = Options { timeout: TIMEOUT, ..Options::default() };
    LambdaService::start(Path::new(env!("CARGO_BIN_EXE_sidenote-lambda")), &variables, options).await
}

fn logged(function: &LambdaService, name: &str) -> Vec<Value> {
    support::log_lines(&function.logs(), name)
}
