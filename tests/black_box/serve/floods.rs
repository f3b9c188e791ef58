//! Tests of many requests with much data or none: memory stays limited, and signed deliveries are answered.

use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::support::{ISSUE, Setup, World, event_alert};

/// A number of connections beyond the limit of `serve`.
const CALLERS: usize = 600;
/// A number of bodies of the size [`BODY`] beyond the memory budget for bodies with unchecked signatures.
const BODIES: usize = 12;
const BODY: usize = 6 * 1024 * 1024 - 1;

/// Opens a connection that sends only the beginning of a request.
async fn begin(world: &World, head: &str) -> TcpStream {
    let mut stream = TcpStream::connect(world.address()).await.expect("a connection");
    stream.write_all(head.as_bytes()).await.expect("the server reads");
    stream
}

#[tokio::test]
async fn half_sent_headers_keep_no_client_out() {
    Setup::new()
        .run(async |world| {
            let mut callers = Vec::new();
            for _ in 0..CALLERS {
                callers.push(begin(world, "POST / HTTP/1.1\r\nhost: x\r\n").await);
            }
            assert_eq!(world.get("/api/v1/health").await.status, 200);
            assert_eq!(world.deliver(&event_alert()).await.status, 202);
            world.logged("delivery_processed", 1).await;
            assert_eq!(world.sentry.notes(ISSUE).len(), 1);
            drop(callers);
        })
        .await;
}

#[tokio::test]
async fn unsigned_bodies_share_a_budget_and_the_others_get_retry_after() {
    Setup::new()
        .run(async |world| {
            let head = format!(
                "POST / HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n\
             content-length: {BODY}\r\n\r\n"
            );
            let mut callers = Vec::new();
            let most = vec![b' '; BODY - 1];
            for _ in 0..BODIES {
                let mut caller = begin(world, &head).await;
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
                        assert!(
                            answer.starts_with("http/1.1 503") && answer.contains("retry-after: 1"),
                            "{answer}"
                        );
                        refused += 1;
                    }
                    // The connection was reset before the client could read the answer.
                    _ if !*is_whole => refused += 1,
                    _ => {}
                }
            }
            assert!((1..BODIES).contains(&refused), "{refused} of {BODIES} were refused");
            assert_eq!(world.get("/api/v1/health").await.status, 200);
            drop(callers);
            // The memory budget is free again, so a signed delivery is accepted.
            let refusal = |world: &World| world.log("serve_out_of_memory_for_bodies").first().cloned();
            world.eventually("room for a body", refusal).await;
            assert_eq!(world.deliver(&event_alert()).await.status, 202);
            world.logged("delivery_processed", 1).await;
        })
        .await;
}
