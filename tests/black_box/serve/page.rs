//! The local page: who sees it, and that it gives nothing away. What it shows, tests/page/ looks at in a browser.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;

use http::Method;

use crate::support::{Setup, TestBed, Webhook, event_alert};

/// The headers that keep the page to itself.
const HEADERS: [(&str, &str); 4] = [
    ("x-content-type-options", "nosniff"),
    ("x-frame-options", "DENY"),
    ("referrer-policy", "same-origin"),
    ("cache-control", "no-store"),
];

fn get(path: &str) -> Webhook {
    Webhook::request(Method::GET, path)
}

/// A request as the page's own forms make it.
fn post(bed: &TestBed, path: &str) -> Webhook {
    let form =
        Webhook::request(Method::POST, path).header("content-type", "application/x-www-form-urlencoded");
    form.header("origin", &bed.url()).header("sec-fetch-site", "same-origin")
}

#[tokio::test]
async fn a_delivery_is_shown_and_can_be_replayed() {
    let bed = Setup::new().start().await;
    bed.outcome(&event_alert()).await;
    let page = bed.get("/").await;
    assert_eq!((page.status, page.header("content-type")), (200, Some("text/html; charset=utf-8")));
    for (name, value) in HEADERS {
        assert_eq!(page.header(name), Some(value), "{name}");
    }
    assert!(
        page.header("content-security-policy").is_some_and(|policy| policy.starts_with("default-src 'none'"))
    );
    assert!(page.text().contains("data-step=\"note\" data-progress=\"done\""), "{page:?}");
    assert!(bed.get("/page/deliveries/1").await.text().contains("data-step=\"message\""));
    assert_eq!(bed.get("/page/deliveries/9").await.status, 404);

    let replayed = bed.deliver(&post(&bed, "/page/deliveries/1/replay")).await;
    assert!(matches!(replayed.status, 200 | 303), "{replayed:?}");
    bed.eventually("the second message", |bed| bed.telegram.messages().get(1).cloned()).await;
    assert_eq!(bed.sentry.notes(crate::support::ISSUE).len(), 1, "the note is completed, not written twice");
    bed.end().await;
}

#[tokio::test]
async fn a_stranger_does_not_see_the_page_and_another_site_does_nothing() {
    let bed = Setup::new().start().await;
    bed.outcome(&event_alert()).await;
    let rebound = get("/").header("host", "rebound.example");
    assert_eq!(bed.deliver(&rebound).await.status, 405, "as if there were no page");
    assert_eq!(bed.deliver(&get("/").header("x-forwarded-for", "203.0.113.9")).await.status, 405);
    for path in ["/page/deliveries/1", "/page/live", "/page/page.js", "/page/preview"] {
        assert_eq!(bed.deliver(&get(path).header("host", "rebound.example")).await.status, 404, "{path}");
    }
    let replay = post(&bed, "/page/deliveries/1/replay");
    for forged in [
        replay.clone().without("origin"),
        replay.clone().header("origin", "null"),
        replay.clone().header("origin", "http://evil.example"),
        replay.header("sec-fetch-site", "cross-site"),
    ] {
        assert_eq!(bed.deliver(&forged).await.status, 404, "{forged:?}");
    }
    assert_eq!(bed.telegram.messages().len(), 1);
    bed.end().await;
}

#[tokio::test]
async fn serve_ends_while_a_browser_listens() {
    let bed = Setup::new().start().await;
    let mut listener = TcpStream::connect(bed.address()).expect("a connection");
    write!(listener, "GET /page/live HTTP/1.1\r\nHost: {}\r\n\r\n", bed.address()).expect("sent");
    let mut first = [0; 12];
    listener.read_exact(&mut first).expect("an answer");
    assert_eq!(&first, b"HTTP/1.1 200");
    bed.end().await;
}
