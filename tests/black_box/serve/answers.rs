//! Tests of the responses of `serve`: the contract of the Python service that Sidenote replaces, statuses, bodies,
//! headers, `Prefer: wait`.

use std::time::Duration;

use http::Method;
use serde_json::{Value, json};
use sidenote_standins::{Issue, Kind};

use crate::support::wire::At;
use crate::support::{
    EVENT, ISSUE, ISSUES, PATH, Setup, Webhook, envelope, event, event_alert, hand_posted, issue_payload,
    sentry, sentry_of,
};

/// Returns the complete body of the response to an accepted delivery.
fn accepted(issue: &str) -> Value {
    json!({"status": "accepted", "issue_id": issue, "message": "Analysis scheduled"})
}

#[tokio::test]
async fn the_original_request_gets_the_original_answer_and_a_chinese_note() {
    for (hourly, has_table) in [(&[0, 1][..], false), (&[1, 1], true)] {
        let issue = Issue::new("6007", "TEST-001", "AWOOOI Comment 功能測試").project("awoooi-api");
        let data = sentry_of(Kind::SelfHosted).issue(issue.hourly(hourly));
        Setup::new()
            .sentry(data)
            .variable("OUTPUT_LANGUAGE", "zh-TW")
            .run(async |world| {
                let answer = world.deliver(&hand_posted()).await;
                assert_eq!((answer.status, answer.json()), (202, accepted("TEST-001")));
                let note = world.note("6007").await;
                assert!(note.text.starts_with("## AI 錯誤分析\n"), "{}", note.text);
                assert_eq!(note.text.contains("### 頻率統計\n"), has_table, "{}", note.text);
                assert!(world.message().await.text_visible.starts_with("🔴 AWOOOI Comment 功能測試"));
                let posted = world.logged("sentry_comment_posted", 1).await;
                assert_eq!(
                    (&posted[0]["issue_id"], &posted[0]["comment_id"]),
                    (&json!("TEST-001"), &json!(note.id))
                );
                assert!(world.log("sentry_comment_failed").is_empty());
            })
            .await;
    }
}

#[tokio::test]
async fn only_the_documented_paths_accept_webhooks() {
    Setup::new()
        .run(async |world| {
            let paths = ["/", PATH, "/api/v1/webhooks/sentry", "/api/v1/webhooks/sentry/error/", "/?a=1"];
            for (path, issue) in paths.iter().zip(ISSUES) {
                assert_eq!(world.deliver(&event_alert().about(issue).to(path)).await.status, 202, "{path}");
            }
            world.logged("delivery_processed", 5).await;
            for path in
                ["/favicon.ico", "/api/v1/webhooks", "/api/v1/webhooks/sentry/errors", "//", "/API/V1/HEALTH"]
            {
                let answer = world.deliver(&event_alert().to(path)).await;
                assert_eq!((answer.status, answer.json()), (404, json!({"error": "no such path"})), "{path}");
            }
            for (method, path, allowed) in [
                (Method::GET, PATH, "POST"),
                (Method::PUT, "/", "POST"),
                (Method::POST, "/api/v1/health", "GET"),
                (Method::DELETE, "/api/v1/health", "GET"),
            ] {
                let answer = world.deliver(&event_alert().method_is(method.clone()).to(path)).await;
                assert_eq!(
                    (answer.status, answer.json()),
                    (405, json!({"error": "method not allowed"})),
                    "{method}"
                );
                assert_eq!(answer.header("allow"), Some(allowed), "{method} {path}");
            }
            assert_eq!(world.logged("delivery_accepted", 5).await.len(), 5);
        })
        .await;
}

#[tokio::test]
async fn a_signed_body_that_cannot_be_read_gets_a_message_of_its_own() {
    Setup::new()
        .run(async |world| {
            let nested = |depth: usize, open: &str, close: &str| open.repeat(depth) + &close.repeat(depth);
            let deep = format!("{{\"action\":\"created\",\"data\":{}}}", nested(300, "[", "]"));
            let deep_objects = nested(300, "{\"data\":", "}").replace(":}", ":0}");
            let rows: [(Vec<u8>, &str); 10] = [
                (b"".to_vec(), "the body is empty"),
                (b" \r\n".to_vec(), "the body is empty"),
                (b"{\"action\":\"\xff\"}".to_vec(), "the body is not UTF-8"),
                (b"{\"action\":\n".to_vec(), "the body is not JSON (line 2, column 0)"),
                (b"action=created".to_vec(), "the body is not JSON (line 1, column 1)"),
                (deep.into(), "the body is nested too deeply"),
                (deep_objects.into(), "the body is nested too deeply"),
                (b"[{\"action\":\"created\"}]".to_vec(), "the body is not a JSON object"),
                (b"\"created\"".to_vec(), "the body is not a JSON object"),
                (b"null".to_vec(), "the body is not a JSON object"),
            ];
            for (body, error) in &rows {
                let answer =
                    world.deliver(&Webhook::raw(body.clone()).header("sentry-hook-resource", "issue")).await;
                let what = String::from_utf8_lossy(&body[..body.len().min(40)]);
                assert_eq!((answer.status, answer.json()), (400, json!({"error": error})), "{what}");
            }
            assert_eq!(world.logged("delivery_refused", rows.len()).await.len(), rows.len());
            assert!(world.sentry.requests().is_empty() && world.telegram.requests().is_empty());
            let brackets = json!({"action": "triggered",
                "data": {"event": {"issue_id": ISSUE, "message": "\\[{\"".repeat(99)}}});
            assert_eq!(
                world.deliver(&Webhook::new(&brackets)).await.status,
                202,
                "brackets in a text nest nothing"
            );
            world.logged("delivery_processed", 1).await;
        })
        .await;
}

#[tokio::test]
async fn only_json_is_taken_and_it_need_not_be_declared() {
    Setup::new()
        .run(async |world| {
            for kind in
                ["text/plain", "application/x-www-form-urlencoded", "text/html; charset=utf-8", "json", ""]
            {
                let answer = world.deliver(&event_alert().header("content-type", kind)).await;
                let error = json!({"error": "the body is not declared as JSON"});
                assert_eq!((answer.status, answer.json()), (415, error), "{kind}");
            }
            let kinds =
                ["application/json; charset=utf-8", "Application/JSON", "application/vnd.sentry+json"];
            for (kind, issue) in kinds.iter().zip(ISSUES) {
                let webhook = event_alert().about(issue).header("content-type", kind);
                assert_eq!(world.deliver(&webhook).await.status, 202, "{kind}");
            }
            let undeclared = event_alert().about(ISSUES[3]).without("content-type");
            assert_eq!(world.deliver(&undeclared).await.status, 202);
            world.logged("delivery_processed", 4).await;
        })
        .await;
}

#[tokio::test]
async fn a_body_over_the_limit_is_refused_and_one_at_the_limit_is_not() {
    let size = event_alert().body().len();
    let over = |most: usize| (413, json!({"error": format!("the body is larger than {most} bytes")}));
    Setup::new()
        .variable("MAX_BODY_BYTES", &size.to_string())
        .run(async |world| {
            assert_eq!(world.deliver(&event_alert()).await.status, 202);
            let answer = world.deliver(&event_alert().tampered(|body| format!("{body} "))).await;
            assert_eq!((answer.status, answer.json()), over(size), "before the signature is looked at");
            world.logged("delivery_processed", 1).await;
        })
        .await;

    Setup::new()
        .run(async |world| {
            let answer = world.deliver(&Webhook::raw(vec![b' '; 7 << 20])).await;
            assert_eq!(
                (answer.status, answer.json()),
                over(6 << 20),
                "the default, and more than a socket holds"
            );
        })
        .await;
}

#[tokio::test]
async fn a_caller_who_waits_gets_the_outcome() {
    Setup::new()
        .run(async |world| {
            let answer = world.deliver(&event_alert().header("prefer", "respond-async, wait=\"25\"")).await;
            assert_eq!(answer.header("preference-applied"), Some("wait"));
            let note = world.note(ISSUE).await;
            let message = world.message().await;
            let expected = json!({
                "status": "completed", "issue_id": ISSUE, "comment_id": note.id, "gaps": [],
                "analysis": {"status": "likely", "analyzer": "rules"},
                "steps": {"note": {"status": "done", "id": note.id},
                    "telegram": {"status": "done", "id": message.message_id.to_string()},
                    "slack": {"status": "skipped", "outcome": "not_configured",
                        "reason": "SLACK_CHANNEL is not set"}},
            });
            assert_eq!((answer.status, answer.json()), (200, expected));
            let closing = world.logged("delivery_processed", 1).await;
            assert_eq!(closing.len(), 1);
            assert_eq!(
                (&closing[0]["status"], &closing[0]["trigger"]),
                (&json!("completed"), &json!("alert"))
            );
        })
        .await;
}

#[tokio::test]
async fn a_preference_that_cannot_be_met_is_ignored() {
    Setup::new()
        .sentry(sentry().latency(Duration::from_millis(900)))
        .run(async |world| {
            let preferences = ["wait=1", "wait=0", "wait=soon", "wait", "respond-async"];
            for (preference, issue) in preferences.iter().zip(ISSUES) {
                let answer = world.deliver(&event_alert().about(issue).header("prefer", preference)).await;
                assert_eq!((answer.status, answer.json()), (202, accepted(issue)), "{preference}");
                assert_eq!(answer.header("preference-applied"), None, "{preference}");
            }
            let done = world.logged("delivery_processed", 5).await;
            assert!(done.iter().all(|line| line["status"] == "completed"), "{done:?}");
            assert!(ISSUES[..5].iter().all(|issue| world.sentry.notes(issue).len() == 1));
        })
        .await;
}

#[tokio::test]
async fn the_answer_waits_for_no_third_party() {
    Setup::new()
        .wired()
        .run(async |world| {
            let to_sentry = world.to_sentry();
            let mut held = to_sentry.hold("GET tags", 0, At::Arrival);
            assert_eq!(world.deliver(&event_alert()).await.status, 202);
            held.caught().await;
            assert!(world.sentry.notes(ISSUE).is_empty() && world.telegram.messages().is_empty());
            held.release();
            // The response was sent while Sentry did not reply, and the call to Sentry went on.
            assert_eq!(world.logged("delivery_processed", 1).await[0]["gaps"], 0);
        })
        .await;
}

#[tokio::test]
async fn ids_are_numbers_or_texts_and_come_back_as_text() {
    Setup::new()
        .run(async |world| {
            let mut issues = ISSUES.into_iter();
            for write in [|id: &str| json!(id), |id: &str| json!(id.parse::<u64>().expect("a number"))] {
                let [alerted, unresolved, analysed] = [(); 3].map(|()| issues.next().expect("six issues"));
                let mut event = event();
                event["issue_id"] = write(alerted);
                let mut issue = issue_payload("regressed");
                issue["id"] = write(unresolved);
                let seer =
                    json!({"group_id": write(analysed), "root_cause": {"one_line_description": "No price."}});
                for (resource, action, data, id) in [
                    ("event_alert", "triggered", json!({"event": event}), alerted),
                    ("issue", "unresolved", json!({"issue": issue}), unresolved),
                    ("seer", "root_cause_completed", seer, analysed),
                ] {
                    let answer = world.deliver(&Webhook::of(resource, &envelope(action, &data))).await;
                    assert_eq!((answer.status, answer.json()), (202, accepted(id)), "{resource} {id}");
                }
            }
            let done = world.logged("delivery_processed", 6).await;
            assert!(done.iter().all(|line| line["status"] == "completed"), "{done:?}");
            let asked = world.sentry.requests().iter().filter(|request| request.path.contains(EVENT)).count();
            assert!(asked > 0, "the suspect commits of the event are asked for");
        })
        .await;
}
