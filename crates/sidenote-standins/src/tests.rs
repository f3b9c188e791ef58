//! Tests of the faults that a stand-in injects into its replies, and of its end. The requests use real connections to a
//! Sentry stand-in.

use std::time::{Duration, Instant};

use super::testing::send;
use super::{Fault, Issue, Kind, Sentry, SentryWorld, Token};

const POST: &str = "POST /api/0/organizations/acme/issues/7/comments/\nauthorization: Bearer good\ncontent-type: application/json";
const GET: &str = "GET /api/0/organizations/acme/issues/7/\nauthorization: Bearer good";

async fn sentry() -> Sentry {
    let world = SentryWorld::new(Kind::Saas, "acme").token(Token::integration("good"));
    Sentry::start(world.issue(Issue::new("7", "WEB-1", "Error: x"))).await
}

#[tokio::test]
async fn a_fault_hits_matching_requests_up_to_its_limit() {
    let sentry = sentry().await;
    sentry.inject(Fault::status(503).on("POST").path("/comments/").skip(1).once().header("retry-after", "2"));
    let mut statuses = Vec::new();
    for text in ["a", "b", "c"] {
        statuses.push(send(&sentry.url(), POST, &format!("{{\"text\":\"{text}\"}}")).await.unwrap().status);
    }
    assert_eq!(statuses, [201, 503, 201]);
    assert_eq!((sentry.notes("7").len(), sentry.requests().len()), (2, 3));
}

#[tokio::test]
async fn a_reset_leaves_the_effect_or_not() {
    let sentry = sentry().await;
    sentry.inject(Fault::reset().once());
    sentry.inject(Fault::reset_after_effect().once());
    let body = "{\"text\":\"a\"}";
    let mut stored = Vec::new();
    for _ in 0..2 {
        let error = send(&sentry.url(), POST, body).await.expect_err("the connection is reset");
        assert_eq!(error.kind(), std::io::ErrorKind::ConnectionReset);
        stored.push(sentry.notes("7").len());
    }
    assert_eq!(stored, [0, 1]);
    assert_eq!(send(&sentry.url(), POST, body).await.unwrap().status, 400, "the lost answer's duplicate");
}

#[tokio::test]
async fn a_late_answer_has_its_effect_at_once() {
    let sentry = sentry().await;
    sentry.inject(Fault::late_answer(Duration::from_mins(1)).once());
    let url = sentry.url();
    let gave_up =
        tokio::time::timeout(Duration::from_millis(300), send(&url, POST, "{\"text\":\"a\"}")).await;
    assert!(gave_up.is_err());
    while sentry.notes("7").is_empty() {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    sentry.inject(Fault::delay(Duration::from_millis(50)).once());
    let before = Instant::now();
    assert_eq!(send(&sentry.url(), GET, "").await.unwrap().status, 200);
    assert!(before.elapsed() >= Duration::from_millis(50));
}

#[tokio::test]
async fn garbage_and_huge_replies_are_sent_as_described() {
    let sentry = sentry().await;
    sentry.inject(Fault::huge(3).once());
    sentry.inject(Fault::garbage().once());
    sentry.inject(Fault::bad_gateway().once());
    sentry.inject(Fault::redirect(302, "https://elsewhere.example/").once());
    sentry.inject(Fault::sentry_rate_limit(Duration::from_secs(2)).once());
    sentry.inject(Fault::telegram_rate_limit(7).once());
    let rows = [
        (200, "application/json"),
        (200, "application/json"),
        (502, "text/html"),
        (302, "location: https://elsewhere.example/"),
        (429, "x-sentry-rate-limit-reset"),
        (429, "retry-after: 7"),
    ];
    for (status, part) in rows {
        let answer = send(&sentry.url(), GET, "").await.unwrap();
        assert_eq!(answer.status, status);
        assert!(answer.head.contains(part), "{}", answer.head);
        assert!(status != 200 || answer.json().is_null() || answer.body.len() > 3 << 20);
    }
}

#[tokio::test]
async fn dropping_a_stand_in_closes_it() {
    let sentry = sentry().await;
    let url = sentry.url();
    drop(sentry);
    tokio::task::yield_now().await;
    assert!(send(&url, GET, "").await.is_err());
}
