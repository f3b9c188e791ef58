//! Tests of the Sentry stand-in with a client that makes every mistake, one at a time.

use std::time::Duration;

use serde_json::json;

use super::super::testing::{Answer, send};
use super::*;

const GOOD: &str = "authorization: Bearer good";

fn world(kind: Kind) -> SentryWorld {
    SentryWorld::new(kind, "acme")
        .token(Token::integration("good"))
        .token(Token::integration("reader").scopes(&["event:read"]).acting_as("3", "Reader"))
        .token(Token::integration("admin").scopes(&["event:admin", "org:read"]).acting_as("4", "Admin"))
        .token(Token::organization("sntrys_org"))
        .token(Token::personal("old", "Ann").expired())
        .member("1", "Ann", "ann@example.com")
        .of_another_org("999")
        .merged("6", "7")
        .issue(
            Issue::new("7", "WEB-1", "ValueError: bad total")
                .counts(40, 3)
                .hourly(&[5, 2])
                .tag("browser", &[("Firefox", 4), ("Chrome", 36)])
                .flag("new-cart", &[("true", 40)], &[("true", 44), ("false", 256)])
                .event(
                    Event::new("0123456789abcdef0123456789abcdef")
                        .exception(
                            Exception::new("ValueError", "bad total")
                                .frame(Frame::new("cart.py", "total", 7)),
                        )
                        .commit(Commit::new("abc", "sum up", "Ann", "ann@example.com")),
                ),
        )
}

/// Sends a request such as `GET /issues/7/`, whose path is below `/api/0`, with a token and a JSON body.
async fn call(sentry: &Sentry, token: &str, request: &str, body: &str) -> Answer {
    let (method, path) = request.split_once(' ').expect("a method and a path");
    let media = if body.is_empty() { "" } else { "content-type: application/json" };
    let head = format!("{method} /api/0{path}\nauthorization: Bearer {token}\n{media}");
    send(&sentry.url(), head.trim_end(), body).await.expect("an answer")
}

#[tokio::test]
async fn requests_are_checked_in_sentrys_order() {
    let sentry = Sentry::start(world(Kind::Saas)).await;
    let rows = [
        ("good", "GET /organizations/acme/issues/7/", "", 200, "\"shortId\":\"WEB-1\""),
        ("good", "GET /organizations/acme/issues/WEB-1/", "", 200, "\"id\":\"7\""),
        ("good", "GET /organizations/acme/issues/6/", "", 200, "\"id\":\"7\""),
        ("good", "GET /issues/WEB-1/", "", 404, "does not exist"),
        ("good", "GET /issues/999/", "", 403, "permission"),
        ("good", "GET /organizations/acme/issues/999/", "", 404, "does not exist"),
        ("good", "GET /organizations/other/issues/7/", "", 404, "does not exist"),
        ("old", "GET /organizations/other/issues/7/", "", 401, "Token expired"),
        ("nobody", "GET /organizations/acme/issues/12345/", "", 401, "Invalid token"),
        ("sntrys_org", "POST /organizations/acme/issues/7/comments/", "{\"text\":\"x\"}", 403, "permission"),
        ("reader", "POST /organizations/acme/issues/12345/comments/", "{\"text\":\"x\"}", 403, "permission"),
        ("good", "GET /organizations/", "", 403, "permission"),
        ("admin", "GET /organizations/", "", 200, "[]"),
        ("good", "GET /", "", 200, "event:write"),
        ("good", "GET /organizations/acme/shortids/web-1/", "", 200, "\"groupId\":\"7\""),
        ("good", "GET /organizations/acme/issues/7/tags/browser/", "", 200, "\"totalValues\":40"),
        ("good", "GET /organizations/acme/issues/7/suspect/flags/", "", 200, "\"outliers\":{\"true\":40}"),
        ("good", "GET /organizations/acme/issues/7/events/latest/", "", 200, "\"lineNo\":7"),
        (
            "good",
            "GET /organizations/acme/issues/7/events/01234567-89ab-cdef-0123-456789abcdef/",
            "",
            200,
            "cart.py",
        ),
        (
            "good",
            "GET /projects/acme/web/events/0123456789abcdef0123456789abcdef/committers/",
            "",
            200,
            "sum up",
        ),
        ("good", "PATCH /organizations/acme/issues/7/", "{}", 405, "not allowed"),
    ];
    for (token, request, body, status, part) in rows {
        let answer = call(&sentry, token, request, body).await;
        assert_eq!(answer.status, status, "{request}: {answer:?}");
        assert!(answer.body.contains(part), "{request}: {answer:?}");
    }
    let unknown: Vec<String> = sentry.violations();
    assert_eq!(unknown.len(), 2, "the unknown token and the PATCH: {unknown:?}");
}

#[tokio::test]
async fn a_deleted_issue_is_not_found_and_a_merged_one_leads_to_the_survivor() {
    let gone =
        Issue::new("8", "WEB-2", "ValueError: bad sum").event(Event::new("fedcba9876543210fedcba9876543210"));
    let sentry = Sentry::start(world(Kind::SelfHosted).issue(gone)).await;
    let note =
        call(&sentry, "good", "POST /organizations/acme/issues/8/comments/", "{\"text\":\"seen\"}").await;
    assert_eq!(note.status, 201);
    sentry.merge_issue("8", "7");
    for (request, status, part) in [
        ("GET /organizations/acme/issues/8/", 200, "\"id\":\"7\""),
        ("GET /issues/8/", 200, "\"id\":\"7\""),
        ("GET /organizations/acme/issues/web-2/", 200, "\"id\":\"7\""),
        ("GET /issues/WEB-2/", 404, "does not exist"),
        ("GET /organizations/acme/shortids/WEB-2/", 200, "\"groupId\":\"7\""),
        ("GET /organizations/acme/issues/7/comments/", 200, "seen"),
        ("GET /organizations/acme/issues/7/events/fedcba9876543210fedcba9876543210/", 200, "fedcba"),
    ] {
        let answer = call(&sentry, "good", request, "").await;
        assert_eq!((answer.status, answer.body.contains(part)), (status, true), "{request}: {answer:?}");
    }
    sentry.delete_issue("7");
    for id in ["6", "7", "8", "WEB-1", "WEB-2"] {
        for tail in ["", "comments/", "events/latest/", "tags/"] {
            let answer =
                call(&sentry, "good", &format!("GET /organizations/acme/issues/{id}/{tail}"), "").await;
            assert_eq!(answer.status, 404, "{id} {tail}: {answer:?}");
        }
    }
    let list = call(&sentry, "good", "GET /organizations/acme/issues/?limit=3", "").await;
    assert_eq!((list.status, list.body.as_str()), (200, "[]"));
    assert_eq!(sentry.violations(), Vec::<String>::new());
}

#[tokio::test]
async fn every_violation_is_recorded() {
    let json = "content-type: application/json";
    let post = "POST /api/0/organizations/acme/issues/7/comments/";
    let rows: [(&str, &str, u16, &str); 10] = [
        ("GET /api/0/organizations/acme/issues/7", "", 404, "end with a slash"),
        ("GET /api/0/organizations/acme/isues/7/", "", 404, "no such path"),
        ("GET /api/0/organizations/acme/issues/7/?tokn=1", "", 200, "unknown query parameter"),
        ("GET /api/0/organizations/acme/issues/7/?expand=good", "", 200, "a token in the URL"),
        ("GET /api/0/organizations/acme/issues/7/", "{}", 200, "an ignored body"),
        (post, "{\"text\":\"a\",\"txt\":1}", 201, "unknown member `txt`"),
        (post, "{\"text\":", 400, "not JSON"),
        (post, "[1]", 400, "not a JSON object"),
        ("PUT /api/0/organizations/acme/issues/7/", "{}", 200, "an update of nothing"),
        (
            "PUT /api/0/organizations/acme/issues/7/",
            "{\"status\":\"resolved\",\"statusDetails\":{\"inNextRelese\":true}}",
            200,
            "unknown member `statusDetails.inNextRelese`",
        ),
    ];
    for (request, body, status, part) in rows {
        let sentry = Sentry::start(world(Kind::Saas)).await;
        let media = if body.is_empty() { "" } else { json };
        let answer =
            send(&sentry.url(), format!("{request}\n{GOOD}\n{media}").trim_end(), body).await.unwrap();
        assert_eq!(answer.status, status, "{request}");
        assert!(
            sentry.violations().iter().any(|it| it.contains(part)),
            "{request}: {:?}",
            sentry.violations()
        );
    }
    let sentry = Sentry::start(world(Kind::Saas)).await;
    let path = "GET /api/0/organizations/acme/issues/7/";
    assert_eq!(send(&sentry.url(), path, "").await.unwrap().status, 401);
    assert_eq!(
        send(&sentry.url(), &format!("{post}\n{GOOD}"), "{\"text\":\"b\"}").await.unwrap().status,
        415
    );
    assert_eq!(sentry.violations().len(), 2, "{:?}", sentry.violations());
}

#[tokio::test]
async fn comments_are_trimmed_checked_and_not_repeated_for_an_hour() {
    let sentry = Sentry::start(world(Kind::SelfHostedOld)).await;
    let path = "/issues/7/comments/";
    let post = format!("POST {path}");
    let created = call(&sentry, "good", &post, "{\"text\":\"  one \"}").await;
    assert_eq!((created.status, created.json()["data"]["text"].clone()), (201, json!("one")));
    for (body, part) in [
        ("{\"text\":\"one\"}", "\"{\\\"detail\\\":\\\"You have already posted that comment.\\\"}\""),
        ("{\"text\":\" \"}", "may not be blank"),
        ("{}", "is required"),
        ("{\"text\":\"a\\u0000\"}", "Null characters"),
        ("{\"text\":5}", "Not a valid string"),
        ("{\"text\":\"\\ud800\"}", "parse error"),
    ] {
        let answer = call(&sentry, "good", &post, body).await;
        assert_eq!(answer.status, 400, "{body}");
        assert!(answer.body.contains(part), "{body}: {answer:?}");
    }
    assert_eq!(call(&sentry, "admin", &post, "{\"text\":\"one\"}").await.status, 201, "another author");
    sentry.advance(Duration::from_mins(61));
    assert_eq!(call(&sentry, "good", &post, "{\"text\":\"one\"}").await.status, 201, "an hour later");
    assert_eq!(sentry.notes("7").len(), 3);
    assert_eq!(sentry.issue("7").map(|issue| issue.num_comments), Some(3));
}

#[tokio::test]
async fn only_the_author_edits_and_lists_come_in_pages() {
    let sentry = Sentry::start(world(Kind::SelfHosted)).await;
    let base = "/organizations/acme/issues/7/notes/";
    for text in ["a", "b", "c"] {
        call(&sentry, "good", &format!("POST {base}"), &json!({"text": text}).to_string()).await;
    }
    let page = call(&sentry, "good", &format!("GET {base}?per_page=2"), "").await;
    assert_eq!(
        (page.json()[0]["data"]["text"].clone(), page.json().as_array().map(Vec::len)),
        (json!("c"), Some(2))
    );
    assert!(page.head.contains("rel=\"next\"; results=\"true\"; cursor=\"0:2:0\""), "{}", page.head);
    let last = call(&sentry, "good", &format!("GET {base}?per_page=2&cursor=0:2:0"), "").await;
    assert!(last.head.contains("rel=\"next\"; results=\"false\""), "{}", last.head);
    assert_eq!(call(&sentry, "good", &format!("GET {base}?per_page=101"), "").await.status, 400);
    let id = sentry.notes("7")[0].id.clone();
    assert_eq!(call(&sentry, "admin", &format!("PUT {base}{id}/"), "{\"text\":\"x\"}").await.status, 404);
    assert_eq!(call(&sentry, "good", &format!("PUT {base}{id}/"), "{\"text\":\"x\"}").await.status, 200);
    assert_eq!(
        call(&sentry, "good", &format!("DELETE {base}{id}/"), "").await.status,
        403,
        "needs event:admin"
    );
    assert_eq!(sentry.notes("7")[0].text, "x");
    assert_eq!(sentry.violations(), Vec::<String>::new());
}

#[tokio::test]
async fn updates_are_validated_whole_before_they_apply() {
    let sentry = Sentry::start(world(Kind::Saas)).await;
    let put = "PUT /organizations/acme/issues/7/";
    for body in [
        json!({"status": "closed"}),
        json!({"status": "resolved", "priority": "urgent"}),
        json!({"assignedTo": "user:99"}),
        json!({"statusDetails": "until"}),
        json!({"hasSeen": "yes"}),
    ] {
        assert_eq!(call(&sentry, "good", put, &body.to_string()).await.status, 400, "{body}");
    }
    assert_eq!(sentry.issue("7").map(|issue| issue.status), Some("unresolved".to_owned()));
    for _ in 0..2 {
        let body = json!({"status": "resolved", "assignedTo": "user:1"}).to_string();
        let answer = call(&sentry, "good", put, &body).await.json();
        assert_eq!(
            (answer["status"].clone(), answer["assignedTo"]["name"].clone()),
            (json!("resolved"), json!("Ann"))
        );
    }
    assert_eq!(call(&sentry, "reader", put, "{\"status\":\"resolved\"}").await.status, 403);
}

#[tokio::test]
async fn each_kind_of_installation_has_its_own_routes() {
    let bare = "GET /issues/7/";
    let org = "GET /organizations/acme/issues/7/";
    for (world, on_bare, on_org) in [
        (world(Kind::Saas), 200, 200),
        (world(Kind::Saas).brownout(), 410, 200),
        (world(Kind::SelfHosted).brownout(), 200, 200),
        (world(Kind::SelfHostedOld), 200, 404),
        (world(Kind::SelfHostedOld).old_routes_answer(405), 200, 405),
    ] {
        let sentry = Sentry::start(world.prefix("/sentry")).await;
        for (request, status) in [(bare, on_bare), (org, on_org)] {
            let (method, path) = request.split_once(' ').expect("a method and a path");
            let head = format!("{method} /sentry/api/0{path}\n{GOOD}");
            assert_eq!(send(&sentry.url(), &head, "").await.unwrap().status, status, "{request}");
        }
    }
}

#[tokio::test]
async fn limits_are_counted_per_second() {
    let sentry = Sentry::start(world(Kind::SelfHosted).rate_limits()).await;
    // On a slow machine the loop repeats until six requests fall into one second.
    let refused = loop {
        let answer = call(&sentry, "good", "GET /organizations/acme/issues/7/", "").await;
        if answer.status == 429 {
            break answer;
        }
        assert!(answer.head.contains("x-sentry-rate-limit-remaining"), "{answer:?}");
    };
    assert!(
        refused.head.contains("content-type: text/html")
            && refused.head.contains("x-sentry-rate-limit-reset")
    );
    assert!(refused.body.starts_with('"') && !refused.head.contains("retry-after"), "{refused:?}");
}

#[tokio::test]
async fn the_issue_search_rejects_unsupported_terms() {
    let sentry = Sentry::start(world(Kind::Saas)).await;
    let rows = [
        ("", 200, 1),
        ("?query=", 200, 1),
        ("?query=is:resolved", 200, 0),
        ("?query=issue.id:7%20level:error", 200, 1),
        ("?query=!browser:Chrome", 200, 0),
        ("?query=%22bad%20total%22&statsPeriod=24h&limit=3", 200, 1),
        ("?query=is:broken", 400, 0),
        ("?query=times_seen:%3E10", 400, 0),
        ("?statsPeriod=today", 400, 0),
        ("?project=web", 400, 0),
        ("?limit=1000", 400, 0),
    ];
    for (query, status, number) in rows {
        let answer = call(&sentry, "good", &format!("GET /organizations/acme/issues/{query}"), "").await;
        assert_eq!(
            (answer.status, answer.json().as_array().map_or(0, Vec::len)),
            (status, number),
            "{query}"
        );
    }
    assert_eq!(sentry.violations(), Vec::<String>::new());
}

#[tokio::test]
async fn a_browser_gets_a_page_of_the_issue_and_a_client_does_not() {
    let sentry = Sentry::start(world(Kind::Saas)).await;
    let note = json!({"text": "Look at <total>.\n\n<!-- ours -->"}).to_string();
    assert_eq!(call(&sentry, "good", "POST /organizations/acme/issues/7/comments/", &note).await.status, 201);
    for path in ["/organizations/acme/issues/7/", "/organizations/acme/issues/7/events/0/"] {
        let page = send(&sentry.url(), &format!("GET {path}"), "").await.expect("an answer");
        assert_eq!(page.status, 200, "{path}");
        for part in ["ValueError: bad total", "Look at &lt;total&gt;.", "WEB-1", "a stand-in for Sentry"] {
            assert!(page.body.contains(part), "{part}: {}", page.body);
        }
        assert!(!page.body.contains("ours"), "{}", page.body);
    }
    let unknown = send(&sentry.url(), "GET /organizations/acme/issues/5/", "").await.expect("an answer");
    assert_eq!((unknown.status, unknown.body.contains("No such issue")), (404, true));
    assert_eq!(sentry.violations(), Vec::<String>::new());
    let lost = send(&sentry.url(), &format!("GET /organizations/acme/issues/7/\n{GOOD}"), "").await;
    assert!(lost.expect("an answer").body.contains("does not exist"));
    assert_eq!(sentry.violations().len(), 1, "a client of the API must not ask for the page");
}
