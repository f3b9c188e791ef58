//! Tests of many requests with much data or none: memory stays limited, and signed deliveries are answered.

use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::support::{ISSUE, PATH, Setup, TIME_LIMIT, World, event_alert};

/// A number of connections beyond the limit of `serve`.
const CALLERS: usize = 600;
/// A number of bodies of the size [`BODY`] beyond the memory budget for bodies with unchecked signatures.
const BODIES: usize = 12;
const BODY: usize = 6 * 1024 * 1024 - 1;

/// Opens a connection that sends only the beginning of a request.
async fn begin(bed: &World, head: &str) -> TcpStream {
    let mut stream = TcpStream::connect(bed.address()).await.expect("a connection");
    stream.write_all(head.as_bytes()).await.expect("the server reads");
    stream
}

/// Returns the beginning of a webhook with a body of [`BODY`] bytes. Each line of `more` ends with a line break.
fn head(more: &str) -> String {
    format!(
        "POST / HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n{more}content-length: {BODY}\r\n\r\n"
    )
}

/// Reads the beginning of the answer on a connection. Returns an empty text if the connection is closed without one.
async fn answer_on(caller: &mut TcpStream) -> String {
    let mut answer = [0; 1024];
    let read =
        tokio::time::timeout(TIME_LIMIT, caller.read(&mut answer)).await.expect("an answer, or the end");
    String::from_utf8_lossy(&answer[..read.unwrap_or(0)]).to_lowercase()
}

#[tokio::test]
async fn a_webhook_without_a_signature_is_refused_before_its_body_has_arrived() {
    let bed = Setup::new().start().await;
    for (more, error) in [
        (String::new(), "there is no signature"),
        (format!("sentry-hook-signature: {}\r\n", "0".repeat(63)), "invalid signature"),
    ] {
        let mut caller = begin(&bed, &head(&more)).await;
        caller.write_all(&vec![b' '; BODY / 50]).await.expect("the server reads");
        let answer = answer_on(&mut caller).await;
        assert!(answer.starts_with("http/1.1 401") && answer.contains(error), "{more}: {answer}");
    }
    bed.end().await;
}

#[tokio::test]
async fn half_sent_bodies_keep_no_client_out() {
    let bed = Setup::new().start().await;
    let mut callers = Vec::new();
    for _ in 0..CALLERS {
        callers.push(begin(&bed, &head("")).await);
    }
    assert_eq!(bed.deliver(&event_alert()).await.status, 202);
    bed.logged("delivery_processed", 1).await;
    let mut cut = 0;
    for caller in &mut callers {
        cut += usize::from(answer_on(caller).await.is_empty());
    }
    assert!(cut > 0, "each half-sent body was waited for until its time was over");
    bed.end().await;
}

#[tokio::test]
async fn half_sent_headers_keep_no_client_out() {
    let bed = Setup::new().start().await;
    let mut callers = Vec::new();
    for _ in 0..CALLERS {
        callers.push(begin(&bed, "POST / HTTP/1.1\r\nhost: x\r\n").await);
    }
    assert_eq!(bed.get("/api/v1/health").await.status, 200);
    assert_eq!(bed.deliver(&event_alert()).await.status, 202);
    bed.logged("delivery_processed", 1).await;
    assert_eq!(bed.sentry.notes(ISSUE).len(), 1);
    drop(callers);
    bed.end().await;
}

#[tokio::test]
async fn forged_bodies_share_a_budget_and_the_others_get_retry_after() {
    let bed = Setup::new().start().await;
    let head = head(&format!("sentry-hook-signature: {}\r\n", "0".repeat(64)));
    let mut callers = Vec::new();
    let most = vec![b' '; BODY - 1];
    for _ in 0..BODIES {
        let mut caller = begin(&bed, &head).await;
        // The server closes a refused connection while the client still sends.
        let sent = tokio::time::timeout(Duration::from_secs(1), caller.write_all(&most)).await;
        callers.push((caller, matches!(sent, Ok(Ok(())))));
    }
    let mut refused = 0;
    for (caller, is_whole) in &mut callers {
        let mut answer = [0; 256];
        let read = tokio::time::timeout(Duration::from_millis(300), caller.read(&mut answer)).await;
        match read {
            Ok(Ok(length)) if length > 0 => {
                let answer = String::from_utf8_lossy(&answer[..length]).to_lowercase();
                assert!(answer.starts_with("http/1.1 503") && answer.contains("retry-after: 1"), "{answer}");
                refused += 1;
            }
            // The connection was reset before the client could read the answer.
            _ if !*is_whole => refused += 1,
            _ => {}
        }
    }
    assert!((1..BODIES).contains(&refused), "{refused} of {BODIES} were refused");
    assert_eq!(bed.get("/api/v1/health").await.status, 200);
    drop(callers);
    // The memory budget is free again, so a signed delivery is accepted.
    bed.eventually("room for a body", |bed| bed.log("serve_out_of_memory_for_bodies").first().cloned()).await;
    assert_eq!(bed.deliver(&event_alert()).await.status, 202);
    bed.logged("delivery_processed", 1).await;
    bed.end().await;
}

#[tokio::test]
async fn a_signed_body_that_arrives_slowly_is_accepted() {
    let bed = Setup::new().start().await;
    let webhook = event_alert();
    let length = webhook.body().len();
    let begins = format!("POST {PATH} HTTP/1.1\r\nhost: x\r\ncontent-length: {length}\r\n");
    let line = |(name, value): (&http::HeaderName, &http::HeaderValue)| {
        format!("{name}: {}\r\n", value.to_str().expect("text"))
    };
    let headers: Vec<String> = webhook.headers().iter().map(line).collect();
    let mut caller = begin(&bed, &format!("{begins}{}\r\n", headers.concat())).await;
    for part in webhook.body().chunks(length.div_ceil(4)) {
        tokio::time::sleep(Duration::from_millis(100)).await;
        caller.write_all(part).await.expect("the server reads");
    }
    let answer = answer_on(&mut caller).await;
    assert!(answer.starts_with("http/1.1 202"), "{answer}");
    bed.logged("delivery_processed", 1).await;
    bed.end().await;
}
