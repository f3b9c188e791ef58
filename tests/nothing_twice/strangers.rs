//! Tests with unsigned and forged requests while Secrets Manager fails.

use serde_json::{Value, json};
use sidenote::http::Http;

use super::bed::Bed;
use super::deliveries::new_issue;
use crate::support::machine::Machine;
use crate::support::process::Process;
use crate::support::wire::Fault;
use crate::support::{PATH, SECRETS_FAILURE, log_lines};

/// The number of attempts that the AWS SDK makes for one read of the secret that fails.
const ATTEMPTS: usize = 2;

async fn get(process: &Process, path: &str) -> (u16, Value) {
    let http = Http::new(None).expect("a client");
    let answer = http.client().get(format!("http://{}{path}", process.address)).send().await;
    let answer = answer.expect("an answer");
    let (status, text) = (answer.status().as_u16(), answer.text().await.expect("a body"));
    (status, serde_json::from_str(&text).unwrap_or_default())
}

#[tokio::test]
async fn unreadable_secrets_are_reported_at_start_by_health_and_by_a_503() {
    let bed = Bed::new().await;
    bed.cloud.secrets.fail(Fault::Refused).await;
    let process = bed.serve(&[]).await;
    let why = "the secrets cannot be read";
    let log = process.stderr();
    assert_eq!(log_lines(&log, "serve_not_ready")[0]["reason"], why, "{log}");
    let degraded = log_lines(&log, "check_degraded");
    assert!(degraded.iter().any(|line| line["check"] == "note"), "{log}");
    assert_eq!(get(&process, "/api/v1/health/ready").await.0, 503);
    let (status, health) = get(&process, "/api/v1/health").await;
    assert_eq!((status, &health["status"]), (200, &json!("degraded")), "{health}");
    let (status, _) = process.deliver(&new_issue("issue", 1)).await;
    assert_eq!(status, 503);
    assert!(!log_lines(&process.stderr(), "secrets_unavailable").is_empty());
}

#[tokio::test]
async fn unsigned_requests_never_read_the_secrets_and_forged_ones_rarely() {
    let bed = Bed::new().await;
    bed.cloud.secrets.fail(Fault::Reset).await;
    let machine = Machine::new();
    let process = bed.serve(&machine.env()).await;
    let before = bed.cloud.secrets.calls().len();
    let http = Http::new(None).expect("a client");
    // The failure of the start is forgotten, so that any need would cause a read.
    machine.pass(SECRETS_FAILURE);
    let post = |path: &str| {
        let request = http.client().post(format!("http://{}{path}", process.address));
        request.header("content-type", "application/json").body("{}")
    };
    let paths = [PATH, "/api/v1/webhooks/telegram", "/api/v1/webhooks/slack"];
    for path in paths {
        assert_eq!(post(path).send().await.expect("an answer").status().as_u16(), 401, "{path}");
    }
    assert_eq!(bed.cloud.secrets.calls().len(), before);
    // Forged requests to every path, all at once: one read with the attempts of the SDK.
    let forged = paths.iter().cycle().take(30).map(|path| {
        let request = post(path).header("sentry-hook-signature", "0".repeat(64));
        let request = request.header("x-telegram-bot-api-secret-token", "guessed");
        let request = request.header("x-slack-request-timestamp", sidenote::clock::unix_seconds());
        request.header("x-slack-signature", format!("v0={}", "0".repeat(64))).send()
    });
    for answer in futures_util::future::join_all(forged).await {
        assert_eq!(answer.expect("an answer").status().as_u16(), 503);
    }
    assert_eq!(bed.cloud.secrets.calls().len() - before, ATTEMPTS);
}
