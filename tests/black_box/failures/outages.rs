//! Tests of a third party that cannot be reached, or whose server does not complete an HTTP response.

use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

use super::table::{run, step_text};
use crate::support::fetched::free_port;
use crate::support::{ISSUE, ISSUES, Setup, World, event_alert, issue_created};

/// Returns a base URL at which no server listens.
fn nowhere() -> String {
    format!("http://127.0.0.1:{}", free_port())
}

fn steps(outcome: &Value) -> [String; 3] {
    let step = |name: &str| step_text(&outcome["steps"][name]);
    [outcome["status"].as_str().expect("a status").to_owned(), step("note"), step("telegram")]
}

/// Returns the names of the calls to Sentry that timed out according to the log.
fn timeouts(world: &World) -> Vec<Value> {
    world.log("sentry_api_timeout").iter().map(|line| line["call"].clone()).collect()
}

#[tokio::test]
async fn with_sentry_down_the_message_names_the_gaps() {
    Setup::new()
        .variable("SENTRY_BASE_URL", &nowhere())
        .run(async |world| {
            let outcome = world.outcome(&issue_created()).await;
            assert_eq!(steps(&outcome), ["partial", "failed: unreachable", "done"]);
            let message = world.message().await.text_visible;
            for gap in [
                "issue details and statistics",
                "the event",
                "distribution over tags",
                "other events of the issue",
            ] {
                assert!(message.contains(&format!("• {gap}: not reachable")), "{message}");
            }
            assert_eq!(timeouts(world), ["issue_details", "event", "tags", "samples", "note"]);
            assert_eq!(world.log("sentry_comment_failed")[0]["outcome"], "unreachable");
        })
        .await;
}

#[tokio::test]
async fn with_telegram_down_the_note_is_posted() {
    Setup::new()
        .variable("TELEGRAM_API_BASE", &nowhere())
        .run(async |world| {
            let outcome = world.outcome(&event_alert()).await;
            assert_eq!(steps(&outcome), ["partial", "done", "failed: unreachable"]);
            assert_eq!(world.sentry.notes(ISSUE).len(), 1);
            assert_eq!(world.log("telegram_message_failed")[0]["outcome"], "unreachable");
        })
        .await;
}

#[tokio::test]
async fn with_both_down_the_delivery_is_answered_and_the_outcome_says_failed() {
    Setup::new()
        .variable("SENTRY_BASE_URL", &nowhere())
        .variable("TELEGRAM_API_BASE", &nowhere())
        .run(async |world| {
            assert_eq!(world.deliver(&event_alert()).await.status, 202);
            assert_eq!(
                steps(&world.outcome(&event_alert().about(ISSUES[1])).await),
                ["failed", "failed: unreachable", "failed: unreachable"]
            );
            let done = world.logged("delivery_processed", 2).await;
            assert!(done.iter().all(|line| line["status"] == json!("failed")), "{done:?}");
        })
        .await;
}

/// Starts a server that sends these bytes after each request and closes the connection. Returns its base URL.
async fn closing_after(bytes: &'static str) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let url = format!("http://{}", listener.local_addr().expect("an address"));
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            tokio::spawn(async move {
                // Closing with unread bytes would cause a reset. If the client gives up first, the error is ignored.
                let mut request = vec![0; 1 << 16];
                if stream.read(&mut request).await.is_ok() {
                    let _ = stream.write_all(bytes.as_bytes()).await;
                }
            });
        }
    });
    url
}

#[tokio::test]
async fn an_answer_that_breaks_off_is_an_outcome() {
    let rows = [
        ("", "failed: interrupted"),
        ("HTTP/1.1 200 OK\r\ncontent-type: appl", "failed: interrupted"),
        ("HTTP/1.1 201 Created\r\ncontent-length: 100\r\n\r\n{\"id\": \"1", "failed: interrupted"),
        ("HTTP/1.1 201 Created\r\ntransfer-encoding: chunked\r\n\r\n8\r\n{\"id\": \"", "failed: interrupted"),
        ("SSH-2.0-OpenSSH_9.9\r\n", "failed: interrupted"),
        ("HTTP/1.1 204 No Content\r\nconnection: close\r\n\r\n", "failed: unreadable"),
    ];
    run(rows, async |(bytes, step), message_ref| {
        let url = closing_after(bytes).await;
        let setup = Setup::new().variable("SENTRY_BASE_URL", &url).variable("TELEGRAM_API_BASE", &url);
        setup
            .secrets_in(message_ref)
            .run(async |world| {
                let outcome = world.outcome(&event_alert()).await;
                assert_eq!(steps(&outcome), ["failed", step, step], "{bytes:?}");
                assert_eq!(outcome["gaps"].as_array().map(Vec::len), Some(4), "{bytes:?}: {outcome}");
            })
            .await;
    })
    .await;
}
