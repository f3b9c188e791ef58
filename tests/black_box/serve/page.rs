//! Tests of the access to the local page, and that it reveals nothing. `tests/page/` tests its content in a browser.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;

use http::Method;

use crate::support::{Setup, TestBed, Webhook, event_alert};

/// The headers that isolate the local page from other web sites.
const HEADERS: [(&str, &str); 4] = [
    ("x-content-type-options", "nosniff"),
    ("x-frame-options", "DENY"),
    ("referrer-policy", "same-origin"),
    ("cache-control", "no-store"),
];

/// The paths of the local page that need its access key.
const PATHS: [&str; 4] = ["/page/deliveries/1", "/page/live", "/page/page.js", "/page/preview"];

fn get(path: &str) -> Webhook {
    Webhook::request(Method::GET, path)
}

/// Returns the cookie with the access key, as a browser keeps it after its first visit.
async fn cookie(bed: &TestBed) -> String {
    let page = bed.page();
    let path = page.strip_prefix(&bed.url()).expect("a path of this server");
    let first = bed.deliver(&get(path)).await;
    assert_eq!((first.status, first.header("location")), (303, Some("/")), "{first:?}");
    assert_eq!(first.header("cache-control"), Some("no-store"));
    let (cookie, kept) = first.header("set-cookie").and_then(|it| it.split_once("; ")).expect("a cookie");
    assert_eq!(kept, "Path=/; SameSite=Strict; HttpOnly");
    cookie.to_owned()
}

/// Creates a request such as a form of the local page sends.
fn post(bed: &TestBed, cookie: &str, path: &str) -> Webhook {
    let form =
        Webhook::request(Method::POST, path).header("content-type", "application/x-www-form-urlencoded");
    form.header("cookie", cookie).header("origin", &bed.url()).header("sec-fetch-site", "same-origin")
}

#[tokio::test]
async fn a_delivery_is_shown_and_can_be_replayed() {
    let bed = Setup::new().start().await;
    bed.outcome(&event_alert()).await;
    let cookie = cookie(&bed).await;
    let look = |path: &str| get(path).header("cookie", &cookie);
    let page = bed.deliver(&look("/")).await;
    assert_eq!((page.status, page.header("content-type")), (200, Some("text/html; charset=utf-8")));
    for (name, value) in HEADERS {
        assert_eq!(page.header(name), Some(value), "{name}");
    }
    assert!(
        page.header("content-security-policy").is_some_and(|policy| policy.starts_with("default-src 'none'"))
    );
    assert!(page.text().contains("data-step=\"note\" data-progress=\"done\""), "{page:?}");
    assert!(bed.deliver(&look("/page/deliveries/1")).await.text().contains("data-step=\"message\""));
    assert_eq!(bed.deliver(&look("/page/deliveries/9")).await.status, 404);

    let replayed = bed.deliver(&post(&bed, &cookie, "/page/deliveries/1/replay")).await;
    assert!(matches!(replayed.status, 200 | 303), "{replayed:?}");
    bed.eventually("the edit", |bed| bed.telegram.messages().first().filter(|it| it.edits > 0).cloned())
        .await;
    assert_eq!(bed.telegram.messages().len(), 1, "the message is edited, not sent twice");
    assert_eq!(bed.sentry.notes(crate::support::ISSUE).len(), 1, "the note is completed, not written twice");
    bed.end().await;
}

#[tokio::test]
async fn a_stranger_does_not_see_the_page_and_another_site_does_nothing() {
    let bed = Setup::new().start().await;
    bed.outcome(&event_alert()).await;
    let cookie = cookie(&bed).await;
    let look = |path: &str| get(path).header("cookie", &cookie);
    let rebound = look("/").header("host", "rebound.example");
    assert_eq!(bed.deliver(&rebound).await.status, 405, "as if there were no page");
    assert_eq!(bed.deliver(&look("/").header("x-forwarded-for", "203.0.113.9")).await.status, 405);
    for path in PATHS {
        assert_eq!(bed.deliver(&look(path).header("host", "rebound.example")).await.status, 404, "{path}");
    }
    let replay = post(&bed, &cookie, "/page/deliveries/1/replay");
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
async fn without_the_key_of_this_run_there_is_no_page() {
    let bed = Setup::new().start().await;
    bed.outcome(&event_alert()).await;
    let cookie = cookie(&bed).await;
    let (name, key) = cookie.split_once('=').expect("a cookie");
    let wrong = if key.starts_with('0') { key.replacen('0', "1", 1) } else { format!("0{}", &key[1..]) };
    for cookie in
        ["a=b".to_owned(), format!("{name}={wrong}"), format!("{name}="), format!("sidenote-key={key}")]
    {
        assert_eq!(bed.deliver(&get("/").header("cookie", &cookie)).await.status, 405, "{cookie}");
        for path in PATHS {
            assert_eq!(
                bed.deliver(&get(path).header("cookie", &cookie)).await.status,
                404,
                "{path}: {cookie}"
            );
        }
        let replay = post(&bed, &cookie, "/page/deliveries/1/replay");
        assert_eq!(bed.deliver(&replay).await.status, 404, "{cookie}");
    }
    assert_eq!(bed.get(&format!("/?key={wrong}")).await.status, 405);
    assert_eq!(
        bed.get(&format!("/page/preview?key={key}")).await.status,
        404,
        "the key is for the first visit"
    );
    let replay = post(&bed, "a=b", &format!("/page/deliveries/1/replay?key={key}"));
    assert_eq!(bed.deliver(&replay).await.status, 404, "and for no action");
    for path in PATHS.iter().filter(|path| **path != "/page/live") {
        assert_eq!(bed.deliver(&get(path).header("cookie", &cookie)).await.status, 200, "{path}");
    }
    assert_eq!(bed.telegram.messages().len(), 1);
    assert!(!bed.process_log().contains(key), "in the log");
    bed.end().await;
}

#[tokio::test]
async fn a_proxy_without_forwarded_headers_does_not_reach_the_page() {
    let bed = Setup::new().start().await;
    // A plain `proxy_pass` of nginx sends HTTP/1.0, and a plain tunnel passes on HTTP/1.1.
    for version in ["1.0", "1.1"] {
        let answer = first_line(&bed, "/", version, "");
        assert!(answer.starts_with(b"HTTP/1.") && answer.ends_with(b" 405"), "{answer:?}");
    }
    let cookie = cookie(&bed).await;
    assert!(first_line(&bed, "/", "1.0", &format!("Cookie: {cookie}\r\n")).ends_with(b" 200"));
    bed.end().await;
}

#[tokio::test]
async fn a_refused_delivery_cannot_be_replayed() {
    let bed = Setup::new().start().await;
    let forged = event_alert().without("sentry-hook-signature");
    assert_eq!(bed.deliver(&forged).await.status, 401);
    let cookie = cookie(&bed).await;
    let shown = bed.deliver(&get("/page/deliveries/1").header("cookie", &cookie)).await;
    assert!(shown.status == 200 && !shown.text().contains("/replay"), "{shown:?}");
    assert_eq!(bed.deliver(&post(&bed, &cookie, "/page/deliveries/1/replay")).await.status, 404);
    assert_eq!(
        bed.deliver(&get("/page/deliveries/2").header("cookie", &cookie)).await.status,
        404,
        "no replay began"
    );
    assert!(bed.sentry.requests().is_empty() && bed.telegram.requests().is_empty());
    bed.end().await;
}

#[tokio::test]
async fn serve_ends_while_a_browser_listens() {
    let bed = Setup::new().start().await;
    let cookie = cookie(&bed).await;
    let address = bed.address();
    let mut listener = TcpStream::connect(address).expect("a connection");
    write!(listener, "GET /page/live HTTP/1.1\r\nHost: {address}\r\nCookie: {cookie}\r\n\r\n").expect("sent");
    let mut first = [0; 12];
    listener.read_exact(&mut first).expect("an answer");
    assert_eq!(&first, b"HTTP/1.1 200");
    bed.end().await;
}

/// Returns the first bytes of the response to a request in this version of HTTP, under a name of this machine.
fn first_line(bed: &TestBed, path: &str, version: &str, headers: &str) -> [u8; 12] {
    let mut caller = TcpStream::connect(bed.address()).expect("a connection");
    write!(caller, "GET {path} HTTP/{version}\r\nHost: {}\r\n{headers}\r\n", bed.address()).expect("sent");
    let mut first = [0; 12];
    caller.read_exact(&mut first).expect("an answer");
    first
}
