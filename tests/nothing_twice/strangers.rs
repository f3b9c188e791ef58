//! Requests while Secrets Manager fails.

use serde_json::{Value, json};
use sidenote::http::Http;

use super::bed::Bed;
use super::deliveries::new_issue;
use crate::support::process::Process;
use crate::support::wire::Fault;
use crate::support::{PATH, log_lines};

async fn get(process: &Process, path: &str) -> (u16, Value) {
    let http = Http::new(None).expect("a client");
    let answer = http.client().get(format!("http://{}{path}", process.address)).send().await;
    let answer = answer.expect("an answer");
    let (status, text) = (answer.status().as_u16(), answer.text().await.expect("a body"));
    (status, serde_json::from_str(&text).unwrap_or_default())
}

#[tokio::test]
async fn secrets_that_cannot_be_read_are_named_at_the_start_by_health_and_by_the_answer() {
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
    let (status, _) = super::storm::deliver(&process, &new_issue("issue", 1)).await;
    assert_eq!(status, 503);
    assert!(!log_lines(&process.stderr(), "secrets_unavailable").is_empty());
}

#[tokio::test]
async fn unsigned_requests_never_read_the_secrets() {
    let bed = Bed::new().await;
    bed.cloud.secrets.fail(Fault::Refused).await;
    let process = bed.serve(&[]).await;
    let before = bed.cloud.secrets.calls().len();
    let http = Http::new(None).expect("a client");
    for _ in 0..5 {
        let request = http.client().post(format!("http://{}{PATH}", process.address)).body("{}");
        assert_eq!(request.send().await.expect("an answer").status().as_u16(), 401);
        // A failure is forgotten after a second.
        tokio::time::sleep(std::time::Duration::from_millis(300)).await;
    }
    assert_eq!(bed.cloud.secrets.calls().len(), before);
}
