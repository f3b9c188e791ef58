//! Tests of the API routes of different Sentry installations: sentry.io, self-hosted, and an old self-hosted one.

use http::Method;
use serde_json::json;
use sidenote_standins::Kind;

use crate::support::{
    AUTH_TOKEN, ISSUE, ORG, Setup, Webhook, World, event_alert, issue, issue_created, issue_unresolved,
    sentry_of,
};

/// Returns the method and the path below `/api/0/` of every request to Sentry, sorted.
fn asked(world: &World) -> Vec<String> {
    let requests = world.sentry.requests();
    let mut asked: Vec<String> =
        requests.iter().map(|it| format!("{} {}", it.method, it.path.replacen("/api/0/", "", 1))).collect();
    asked.sort();
    asked
}

#[tokio::test]
async fn the_organization_comes_from_the_payload_when_it_is_not_configured() {
    for webhook in [event_alert(), issue_created()] {
        Setup::new()
            .durable()
            .sentry(sentry_of(Kind::Saas).brownout().issue(issue()))
            .without("SENTRY_ORG")
            .run(async |world| {
                let outcome = world.outcome(&webhook).await;
                assert_eq!(
                    (&outcome["status"], &outcome["gaps"]),
                    (&json!("completed"), &json!([])),
                    "{outcome}"
                );
                let prefixes =
                    [format!("organizations/{ORG}/issues/{ISSUE}/"), format!("projects/{ORG}/orders/")];
                let scoped = |line: &String| {
                    let path = line.split(' ').nth(1).unwrap_or_default();
                    prefixes.iter().any(|prefix| path.starts_with(prefix.as_str()))
                };
                assert!(asked(world).iter().all(scoped), "{:?}", asked(world));
            })
            .await;
    }
}

#[tokio::test]
async fn the_configured_organization_wins_over_the_payloads() {
    Setup::new()
        .variable("SENTRY_ORG", "other")
        .run(async |world| {
            world.outcome(&event_alert()).await;
            assert!(
                asked(world).contains(&format!("GET organizations/other/issues/{ISSUE}/")),
                "{:?}",
                asked(world)
            );
            assert!(
                !asked(world).iter().any(|line| line.contains(&format!("/{ORG}/"))),
                "{:?}",
                asked(world)
            );
        })
        .await;
}

#[tokio::test]
async fn without_any_organization_the_bare_routes_serve_and_the_gap_names_the_variable() {
    Setup::new()
        .without("SENTRY_ORG")
        .run(async |world| {
            let outcome = world.outcome(&issue_unresolved("regressed")).await;
            let gap =
                json!([{"what": "commits", "outcome": "not_configured", "reason": "SENTRY_ORG is not set"}]);
            assert_eq!((&outcome["status"], &outcome["gaps"]), (&json!("completed"), &gap), "{outcome}");
            assert!(world.note(ISSUE).await.text.contains("- suspect commits: `SENTRY_ORG` is not set"));
        })
        .await;
}

#[tokio::test]
async fn an_old_installation_is_asked_by_the_bare_routes_after_the_others() {
    for status in [404, 405] {
        let data = sentry_of(Kind::SelfHostedOld).old_routes_answer(status).issue(issue());
        Setup::new()
            .durable()
            .sentry(data)
            .run(async |world| {
                let outcome = world.outcome(&event_alert()).await;
                assert_eq!(
                    (&outcome["status"], &outcome["gaps"]),
                    (&json!("completed"), &json!([])),
                    "{outcome}"
                );
                let bare = |tail: &str| format!("issues/{ISSUE}/{tail}");
                let scoped = |tail: &str| format!("organizations/{ORG}/{}", bare(tail));
                let mut expected: Vec<String> =
                    [("GET", ""), ("GET", "events/"), ("GET", "tags/"), ("POST", "comments/")]
                        .iter()
                        .flat_map(|(method, tail)| {
                            [scoped(tail), bare(tail)].map(|path| format!("{method} {path}"))
                        })
                        .collect();
                expected
                    .push(format!("GET projects/{ORG}/orders/events/{}/committers/", crate::support::EVENT));
                expected.sort();
                assert_eq!(asked(world), expected, "{status}");
                assert_eq!(world.sentry.notes(ISSUE).len(), 1);
            })
            .await;
    }
}

/// The project is in `issue.created`, but for an issue id that was posted by hand only Sentry's details contain it.
#[tokio::test]
async fn an_issue_of_another_organization_is_not_found_and_the_token_is_not_blamed() {
    let without_scope = sentry_of(Kind::SelfHostedOld).issue(issue()).scopes(AUTH_TOKEN, &["project:read"]);
    for (world, outcome) in
        [(sentry_of(Kind::SelfHosted).of_another_org(ISSUE), "not_found"), (without_scope, "forbidden")]
    {
        let bed = Setup::new().sentry(world).start().await;
        bed.outcome(&issue_created()).await;
        let failed = bed.logged("sentry_comment_failed", 1).await;
        assert_eq!(failed[0]["outcome"], outcome, "{failed:?}");
        let is_blamed = bed.process_log().contains("sentry_api_unauthorized");
        assert_eq!(is_blamed, outcome == "forbidden", "{}", bed.process_log());
        bed.end().await;
    }
}

#[tokio::test]
async fn suspect_commits_are_asked_for_also_when_only_the_issue_names_the_project() {
    Setup::new()
        .run(async |world| {
            let bare = format!(r#"{{"action":"triggered","data":{{"event":{{"issue_id":"{ISSUE}"}}}}}}"#);
            let outcome =
                world.outcome(&Webhook::raw(bare).header("sentry-hook-resource", "event_alert")).await;
            assert_eq!(
                (&outcome["status"], &outcome["gaps"]),
                (&json!("completed"), &json!([])),
                "{outcome}"
            );
            let note = world.note(ISSUE).await.text;
            assert!(note.contains("Suspect commit"), "{note}");
        })
        .await;
}

#[tokio::test]
async fn a_base_with_a_prefix_keeps_it_also_in_the_link() {
    let data = sentry_of(Kind::SelfHosted).prefix("/sentry").issue(issue());
    Setup::new()
        .sentry(data)
        .run(async |world| {
            assert_eq!(world.outcome(&event_alert()).await["status"], "completed");
            let link = format!("{}/organizations/{ORG}/issues/{ISSUE}/", world.sentry.url());
            assert!(link.contains("/sentry/organizations/"), "{link}");
            let message = world.message().await;
            assert!(message.text_raw.contains(&format!("<a href=\"{link}\">")), "{}", message.text_raw);
        })
        .await;
}

#[tokio::test]
async fn every_request_carries_the_token_and_nothing_of_the_payloads_hosts() {
    Setup::new()
        .durable()
        .run(async |world| {
            world.outcome(&issue_created()).await;
            let requests = world.sentry.requests();
            assert_eq!(
                requests.len(),
                6,
                "details, tags, a sample of events, event, suspect commits, note: {:?}",
                asked(world)
            );
            for request in requests {
                assert_eq!(request.header("authorization"), Some(&*format!("Bearer {AUTH_TOKEN}")));
                assert!(request.header("user-agent").is_some_and(|agent| agent.starts_with("sidenote/")));
                assert!(request.method == Method::POST || request.body.is_empty());
            }
        })
        .await;
}
