//! Tests of `sidenote doctor --url` with faults at the webhook's URL: in front of Sidenote, and in Sidenote itself.

use super::bed::{Bed, hold};
use super::plan::{Front, Plan, failed, healthy};
use crate::support::wire::{Fault, response};

/// Returns a plan without buttons in Slack, because their check would send a request to the URL, too.
fn world() -> Plan {
    healthy().key("SLACK_SIGNING_SECRET", "").variable("SLACK_APPROVERS", "")
}

fn behind(fault: Fault) -> Plan {
    world().with_front(Front::Faulty(fault))
}

fn answering(status: u16, headers: &str, body: &str) -> Plan {
    behind(Fault::Answer(response(status, headers, body)))
}

fn served(name: &'static str, value: &str) -> Plan {
    world().with_front(Front::Open).served(name, value)
}

#[tokio::test]
async fn faults_in_front_of_the_function_are_reported() {
    let moved = "Location: https://www.function.example/api/v1/webhooks/sentry/error?x=1\r\n";
    hold(vec![
        failed(
            "3xx in front of the URL",
            answering(301, moved, ""),
            "url.delivery",
            "returned 301",
            "paste https://www.function.example/api/v1/webhooks/sentry/error into",
        ),
        failed(
            "AWS's own lock",
            answering(403, "", r#"{"Message":"Forbidden"}"#),
            "url.delivery",
            "returned 403",
            "AuthType NONE",
        ),
        failed("not Sidenote", answering(200, "", "<html>"), "url.delivery", "returned 200", "not Sidenote"),
        failed(
            "the function dies",
            answering(502, "", "{}"),
            "url.delivery",
            "returned 502",
            "does not start",
        ),
        failed("no listener", behind(Fault::Refused), "url.delivery", "not reachable", "check the URL"),
        failed(
            "TLS handshake fails",
            Plan { scheme: "https", ..world().with_front(Front::Open) },
            "url.delivery",
            "TLS handshake fails",
            "certificate",
        ),
        failed(
            "wrong path",
            Plan { path: "/hooks", ..world().with_front(Front::Open) },
            "url.delivery",
            "returned 404",
            "/api/v1/webhooks/sentry/error",
        ),
        failed(
            "URL slow",
            world().with_front(Front::Late),
            "url.speed",
            "too late for Sentry",
            "gives up after 1 s",
        ),
    ])
    .await;
}

#[tokio::test]
async fn faults_of_the_function_behind_the_url_are_reported() {
    hold(vec![
        failed(
            "URL with another secret",
            served("SENTRY_CLIENT_SECRET", "c8Lm2Vq6Tz9Hw3Kx7Rb1Nd5F"),
            "url.delivery",
            "invalid signature",
            "SENTRY_CLIENT_SECRET differs",
        ),
        failed(
            "the function lacks its token",
            served("SENTRY_AUTH_TOKEN", ""),
            "url.health",
            "note: SENTRY_AUTH_TOKEN is not set",
            "correct the listed items",
        ),
        failed(
            "anybody can start work",
            served("ALLOW_UNSIGNED", "true"),
            "url.lock",
            "an unsigned sample is accepted",
            "unset ALLOW_UNSIGNED",
        ),
    ])
    .await;
}

#[tokio::test]
async fn the_whole_webhook_url_may_be_named_as_well_as_its_host() {
    for path in ["/", "/api/v1/webhooks/sentry", "/api/v1/webhooks/sentry/error"] {
        let plan = Plan { path, ..world().with_front(Front::Open) };
        let seen = Bed::of(plan).await.run().await;
        assert_eq!(seen.code, 0, "{path}: {}", seen.table);
        assert!(seen.of("ok").iter().any(|it| it[0] == "url.delivery"), "{}", seen.table);
    }
}
