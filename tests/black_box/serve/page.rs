//! Tests of the access to the local page, and that it reveals nothing. `tests/page/` tests its content in a browser.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;

use http::Method;
use sidenote_standins::Fault;

use crate::approvals::life::changed;
use crate::support::{Setup, Webhook, World, event_alert, issue_created, issue_unresolved, slack};

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
async fn cookie(world: &World) -> String {
    let page = world.eventually("the address of the page", World::page).await;
    let path = page.strip_prefix(&world.url()).expect("a path of this server");
    let first = world.deliver(&get(path)).await;
    assert_eq!((first.status, first.header("location")), (303, Some("/")), "{first:?}");
    assert_eq!(first.header("cache-control"), Some("no-store"));
    let (cookie, kept) = first.header("set-cookie").and_then(|it| it.split_once("; ")).expect("a cookie");
    assert_eq!(kept, "Path=/; SameSite=Strict; HttpOnly");
    cookie.to_owned()
}

/// Creates a request such as a form of the local page sends.
fn post(world: &World, cookie: &str, path: &str) -> Webhook {
    let form =
        Webhook::request(Method::POST, path).header("content-type", "application/x-www-form-urlencoded");
    form.header("cookie", cookie).header("origin", &world.url()).header("sec-fetch-site", "same-origin")
}

#[tokio::test]
async fn a_delivery_is_shown_and_can_be_replayed() {
    Setup::new()
        .run(async |world| {
            world.outcome(&event_alert()).await;
            let cookie = cookie(world).await;
            let look = |path: &str| get(path).header("cookie", &cookie);
            let page = world.deliver(&look("/")).await;
            assert_eq!((page.status, page.header("content-type")), (200, Some("text/html; charset=utf-8")));
            for (name, value) in HEADERS {
                assert_eq!(page.header(name), Some(value), "{name}");
            }
            assert!(
                page.header("content-security-policy")
                    .is_some_and(|policy| policy.starts_with("default-src 'none'"))
            );
            assert!(page.text().contains("data-step=\"note\" data-progress=\"done\""), "{page:?}");
            assert!(
                world.deliver(&look("/page/deliveries/1")).await.text().contains("data-step=\"message\"")
            );
            assert_eq!(world.deliver(&look("/page/deliveries/9")).await.status, 404);

            let replayed = world.deliver(&post(world, &cookie, "/page/deliveries/1/replay")).await;
            assert!(matches!(replayed.status, 200 | 303), "{replayed:?}");
            world
                .eventually("the edit", |world| {
                    world.telegram.messages().first().filter(|it| it.edits > 0).cloned()
                })
                .await;
            assert_eq!(world.telegram.messages().len(), 1, "the message is edited, not sent twice");
            assert_eq!(
                world.sentry.notes(crate::support::ISSUE).len(),
                1,
                "the note is completed, not written twice"
            );
        })
        .await;
}

#[tokio::test]
async fn the_page_shows_the_message_as_it_is_edited_with_its_menu() {
    let labels = |buttons: &[&str]| buttons.iter().map(|it| format!("<bdi>{it}</bdi>")).collect::<Vec<_>>();
    let open = ["Resolve", "Archive until it escalates", "Assign to me", "Analyse again", "Open in Sentry"];
    let (open, reopen) = (labels(&open), labels(&["Reopen"]).remove(0));
    Setup::new()
        .variable("TELEGRAM_APPROVERS", "42")
        .run(async |world| {
            world.outcome(&issue_created()).await;
            let cookie = cookie(world).await;
            let shown = async || {
                let page = world.deliver(&get("/page/deliveries/1").header("cookie", &cookie)).await;
                let text = page.text().to_owned();
                let from = text.find("data-part=\"message\"").expect("the message");
                text[from..].split("</section>").next().unwrap_or_default().to_owned()
            };
            let fresh = shown().await;
            assert!(fresh.contains("🔴") && !fresh.contains("class=\"edited\""), "{fresh}");
            assert!(open.iter().all(|label| fresh.contains(label)) && !fresh.contains(&reopen), "{fresh}");

            world.deliver(&changed("resolved", 1)).await;
            world.logged("message_edited", 1).await;
            let edited = shown().await;
            assert!(edited.contains("🟢") && edited.contains("Resolved by <code>Kim Lee</code>"), "{edited}");
            assert!(edited.contains("class=\"edited\"") && edited.contains(&reopen), "{edited}");
            assert!(!edited.contains(&open[0]), "{edited}");

            // The next delivery shows the same message with its earlier lines.
            world.outcome(&issue_unresolved("regressed")).await;
            let page = world.deliver(&get("/page/deliveries/3").header("cookie", &cookie)).await;
            let text = page.text();
            assert!(
                text.contains("Regressed on ") && text.contains("Resolved by <code>Kim Lee</code>"),
                "{text}"
            );
            assert!(text.contains("class=\"edited\""), "{text}");
        })
        .await;
}

#[tokio::test]
async fn what_a_chat_was_not_told_is_counted_in_the_log_health_and_on_the_page() {
    Setup::new()
        .slack(slack())
        .run(async |world| {
            world.outcome(&issue_created()).await;
            let cookie = cookie(world).await;
            let line = "Messages, edits and replies that a chat did not get since the start: ";
            let counted = async |number: u64| {
                let health = world.get("/api/v1/health").await.json();
                assert_eq!(health["not_told"], number, "{health}");
                let page = world.deliver(&get("/").header("cookie", &cookie)).await.text().to_owned();
                let hidden = if number == 0 { " hidden" } else { "" };
                let shown =
                    format!("<p class=\"untold\" id=\"untold\" role=\"status\"{hidden}>{line}{number}.");
                assert!(page.contains(&shown), "{page}");
            };
            counted(0).await;
            // The replies of both chats are lost.
            world.telegram.inject(Fault::status(500).on("POST").path("sendMessage").once());
            world.slack.inject(Fault::status(500).on("POST").path("chat.postMessage").once());
            let outcome = world.outcome(&issue_unresolved("regressed")).await;
            for chat in ["telegram", "slack"] {
                assert_eq!(outcome["steps"][chat]["status"], "failed", "{outcome}");
                let failed = world.logged(&format!("{chat}_message_failed"), 1).await;
                assert_eq!(failed.len(), 1, "{chat}");
            }
            counted(2).await;
            // An edit is lost.
            world.telegram.inject(Fault::status(500).on("POST").path("editMessageText").once());
            world.deliver(&changed("resolved", 1)).await;
            let unshown = world.logged("update_not_shown", 1).await.remove(0);
            assert_eq!(
                (&unshown["update"], &unshown["outcome"]),
                (&"issue resolved".into(), &"server_failed".into())
            );
            counted(3).await;
        })
        .await;
}

#[tokio::test]
async fn a_stranger_does_not_see_the_page_and_another_site_does_nothing() {
    Setup::new()
        .run(async |world| {
            world.outcome(&event_alert()).await;
            let cookie = cookie(world).await;
            let look = |path: &str| get(path).header("cookie", &cookie);
            let rebound = look("/").header("host", "rebound.example");
            assert_eq!(world.deliver(&rebound).await.status, 405, "as if there were no page");
            assert_eq!(world.deliver(&look("/").header("x-forwarded-for", "203.0.113.9")).await.status, 405);
            for path in PATHS {
                assert_eq!(
                    world.deliver(&look(path).header("host", "rebound.example")).await.status,
                    404,
                    "{path}"
                );
            }
            let replay = post(world, &cookie, "/page/deliveries/1/replay");
            for forged in [
                replay.clone().without("origin"),
                replay.clone().header("origin", "null"),
                replay.clone().header("origin", "http://evil.example"),
                replay.header("sec-fetch-site", "cross-site"),
            ] {
                assert_eq!(world.deliver(&forged).await.status, 404, "{forged:?}");
            }
            assert_eq!(world.telegram.messages().len(), 1);
        })
        .await;
}

#[tokio::test]
async fn without_the_key_of_this_run_there_is_no_page() {
    Setup::new()
        .run(async |world| {
            world.outcome(&event_alert()).await;
            let cookie = cookie(world).await;
            let (name, key) = cookie.split_once('=').expect("a cookie");
            let wrong =
                if key.starts_with('0') { key.replacen('0', "1", 1) } else { format!("0{}", &key[1..]) };
            for cookie in [
                "a=b".to_owned(),
                format!("{name}={wrong}"),
                format!("{name}="),
                format!("sidenote-key={key}"),
            ] {
                assert_eq!(world.deliver(&get("/").header("cookie", &cookie)).await.status, 405, "{cookie}");
                for path in PATHS {
                    assert_eq!(
                        world.deliver(&get(path).header("cookie", &cookie)).await.status,
                        404,
                        "{path}: {cookie}"
                    );
                }
                let replay = post(world, &cookie, "/page/deliveries/1/replay");
                assert_eq!(world.deliver(&replay).await.status, 404, "{cookie}");
            }
            assert_eq!(world.get(&format!("/?key={wrong}")).await.status, 405);
            assert_eq!(
                world.get(&format!("/page/preview?key={key}")).await.status,
                404,
                "the key is for the first visit"
            );
            let replay = post(world, "a=b", &format!("/page/deliveries/1/replay?key={key}"));
            assert_eq!(world.deliver(&replay).await.status, 404, "and for no action");
            for path in PATHS.iter().filter(|path| **path != "/page/live") {
                assert_eq!(world.deliver(&get(path).header("cookie", &cookie)).await.status, 200, "{path}");
            }
            assert_eq!(world.telegram.messages().len(), 1);
            assert!(!world.process_log().contains(key), "in the log");
        })
        .await;
}

#[tokio::test]
async fn a_proxy_without_forwarded_headers_does_not_reach_the_page() {
    Setup::new()
        .run(async |world| {
            // A plain `proxy_pass` of nginx sends HTTP/1.0, and a plain tunnel passes on HTTP/1.1.
            for version in ["1.0", "1.1"] {
                let answer = first_line(world, "/", version, "");
                assert!(answer.starts_with(b"HTTP/1.") && answer.ends_with(b" 405"), "{answer:?}");
            }
            let cookie = cookie(world).await;
            assert!(first_line(world, "/", "1.0", &format!("Cookie: {cookie}\r\n")).ends_with(b" 200"));
        })
        .await;
}

#[tokio::test]
async fn a_refused_delivery_cannot_be_replayed() {
    Setup::new()
        .run(async |world| {
            let forged = event_alert().without("sentry-hook-signature");
            assert_eq!(world.deliver(&forged).await.status, 401);
            let cookie = cookie(world).await;
            let shown = world.deliver(&get("/page/deliveries/1").header("cookie", &cookie)).await;
            assert!(shown.status == 200 && !shown.text().contains("/replay"), "{shown:?}");
            assert_eq!(world.deliver(&post(world, &cookie, "/page/deliveries/1/replay")).await.status, 404);
            assert_eq!(
                world.deliver(&get("/page/deliveries/2").header("cookie", &cookie)).await.status,
                404,
                "no replay began"
            );
            assert!(world.sentry.requests().is_empty() && world.telegram.requests().is_empty());
        })
        .await;
}

#[tokio::test]
async fn serve_ends_while_a_browser_listens() {
    Setup::new()
        .run(async |world| {
            let cookie = cookie(world).await;
            let address = world.address();
            let mut listener = TcpStream::connect(address).expect("a connection");
            write!(listener, "GET /page/live HTTP/1.1\r\nHost: {address}\r\nCookie: {cookie}\r\n\r\n")
                .expect("sent");
            let mut first = [0; 12];
            listener.read_exact(&mut first).expect("an answer");
            assert_eq!(&first, b"HTTP/1.1 200");
        })
        .await;
}

/// Returns the first bytes of the response to a request in this version of HTTP, under a name of this machine.
fn first_line(world: &World, path: &str, version: &str, headers: &str) -> [u8; 12] {
    let mut caller = TcpStream::connect(world.address()).expect("a connection");
    write!(caller, "GET {path} HTTP/{version}\r\nHost: {}\r\n{headers}\r\n", world.address()).expect("sent");
    let mut first = [0; 12];
    caller.read_exact(&mut first).expect("an answer");
    first
}
