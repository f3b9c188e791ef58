//! Tests of `sidenote doctor` with faults in the notification of the integration: its subscription, the alerts of
//! both generations of Sentry's API, Sentry's log of webhooks, and a token that may not read them.

use sidenote_standins::{Alert, Integration, Kind, SentryWorld, Token};

use super::bed::{Bed, Seen, hold};
use super::plan::{ALL_SCOPES, APP, Plan, alert, bare_sentry, failed, healthy, integration, warning};
use crate::support::{AUTH_TOKEN, ORG, PROJECT};

const NAMES: [&str; 3] = ["sentry.subscription", "sentry.webhooks", "sentry.alerts"];

fn plan(sentry: SentryWorld) -> Plan {
    Plan { sentry, ..healthy() }
}

/// Returns a Sentry that has the integration of the tests, but no alerts.
fn with_app() -> SentryWorld {
    bare_sentry().integration(integration())
}

/// Returns the status and the evidence of each check in [`NAMES`].
fn seen_here(seen: &Seen) -> Vec<(String, String)> {
    let checks = seen.report["checks"].as_array().expect("a list of checks");
    let ours = checks.iter().filter(|it| it["name"].as_str().is_some_and(|name| NAMES.contains(&name)));
    let text = |value: &serde_json::Value| value.as_str().unwrap_or_default().to_owned();
    ours.map(|it| (text(&it["verdict"]), text(&it["evidence"]))).collect()
}

#[tokio::test]
async fn a_project_without_an_alert_that_fires_is_named() {
    let old = || with_app().rules_only();
    hold(vec![
        warning(
            "no alert",
            plan(with_app()),
            "sentry.alerts",
            "orders: no alert notifies sidenote",
            "/organizations/crumb/monitors/alerts/",
        ),
        warning(
            "the alert notifies another integration",
            plan(with_app().alert(Alert::new(PROJECT, "Every new issue", "pager"))),
            "sentry.alerts",
            "orders: no alert notifies sidenote",
            "add an action that notifies sidenote",
        ),
        warning(
            "the alert is disabled",
            plan(with_app().alert(alert().disabled())),
            "sentry.alerts",
            "the alert `Every new issue` that notifies sidenote is disabled",
            "enable it on http://",
        ),
        warning(
            "an upgrade left the rule behind",
            plan(with_app().alert(alert().old_rule())),
            "sentry.alerts",
            "the rule `Every new issue` is from before Sentry's alerts and does not fire",
            "create it again on",
        ),
        warning(
            "no rule in an older Sentry",
            plan(old()),
            "sentry.alerts",
            "orders: no alert notifies sidenote",
            "/organizations/crumb/alerts/rules/",
        ),
        warning(
            "the rule of an older Sentry is muted",
            plan(old().alert(alert().disabled())),
            "sentry.alerts",
            "that notifies sidenote is disabled",
            "/organizations/crumb/alerts/rules/",
        ),
        warning(
            "only one of two projects has an alert",
            plan(with_app().alert(alert()).project("ovens", "go")),
            "sentry.alerts",
            "ovens: no alert notifies sidenote",
            "add an action",
        ),
    ])
    .await;
}

#[tokio::test]
async fn an_integration_that_gets_nothing_is_named() {
    let sent = |status| integration().sent("issue.created", status, "2026-11-29 12:00:00+00:00");
    let world = |integration| plan(bare_sentry().integration(integration).alert(alert()));
    hold(vec![
        failed(
            "not subscribed to issues",
            world(integration().subscribed_to(&["error"])),
            "sentry.subscription",
            "sidenote does not get the webhooks of `issue`",
            "/settings/crumb/developer-settings/sidenote/",
        ),
        warning(
            "alerts cannot notify it",
            world(integration().not_alertable()),
            "sentry.alerts",
            "no alert can notify sidenote",
            "turn Alert Rule Action on",
        ),
        failed(
            "the newest webhook was rejected",
            world(sent(401)),
            "sentry.webhooks",
            "the newest webhook failed (2026-11-29 12:00 UTC, answer 401)",
            "correct the Webhook URL on http://",
        ),
        failed("no answer to the newest webhook", world(sent(0)), "sentry.webhooks", "no answer", "--url"),
        warning(
            "an earlier webhook failed",
            world(sent(503).sent("issue.created", 202, "2026-11-29 13:00:00+00:00")),
            "sentry.webhooks",
            "1 of 3 webhooks within 30 days failed, the last one 2026-11-29 12:00 UTC, answer 503",
            "sidenote sweep",
        ),
        warning(
            "no webhook yet",
            world(Integration::new(APP)),
            "sentry.webhooks",
            "no webhook within 30 days",
            "resolve an issue",
        ),
    ])
    .await;
}

#[tokio::test]
async fn both_generations_of_the_api_are_read() {
    let fired = "orders: 1 alert (last fired 2026-11-29 10:00 UTC) notifies sidenote";
    let newer = with_app().alert(alert()).alert(alert().disabled());
    for sentry in [newer.clone(), newer.rules_only()] {
        let bed = Bed::of(plan(sentry)).await;
        let seen = bed.run().await;
        let expected = [
            "sidenote gets the webhooks of `issue`",
            "all 1 webhooks within 30 days arrived, the newest 2026-11-29 10:00 UTC",
            fired,
        ];
        let found = seen_here(&seen);
        assert_eq!(found, expected.map(|it| ("ok".to_owned(), it.to_owned())), "{}", seen.table);
    }
}

/// Returns a Sentry with many other integrations and alerts, before Sidenote's.
fn with_others(integrations: usize, alerts: usize) -> SentryWorld {
    let others = (0..integrations).map(|number| Integration::new(&format!("other-{number}")));
    let world = others.fold(bare_sentry(), SentryWorld::integration);
    let others = (0..alerts).map(|_| Alert::new(PROJECT, "Another", "other-0"));
    others.fold(world, SentryWorld::alert).integration(integration()).alert(alert())
}

#[tokio::test]
async fn an_integration_and_an_alert_on_a_later_page_are_found_and_a_list_without_end_is_not_checked() {
    for sentry in [with_others(120, 120), with_others(120, 120).rules_only()] {
        let bed = Bed::of(plan(sentry)).await;
        let seen = bed.run().await;
        assert!(seen_here(&seen).iter().all(|(verdict, _)| verdict == "ok"), "{}", seen.table);
    }
    let seen = Bed::of(plan(with_others(0, 1001))).await.run().await;
    let (verdict, evidence) = seen_here(&seen).pop().expect("the alerts");
    let expected =
        "orders: not checked: Sentry's answer could not be read, or the list has more than 1000 entries";
    assert_eq!((verdict.as_str(), evidence.as_str()), ("skipped", expected));
}

#[tokio::test]
async fn without_a_scope_the_check_is_skipped_and_the_scope_is_named() {
    let scope = "not checked: the token lacks org:read (Organization: Read)";
    let world = |scopes| with_app().alert(alert()).scopes(AUTH_TOKEN, scopes);
    let without_org = &["event:read", "event:write", "project:read"];
    let seen = Bed::of(plan(world(without_org))).await.run().await;
    for (verdict, evidence) in seen_here(&seen) {
        assert!(verdict == "skipped" && evidence.starts_with(scope), "{verdict}: {evidence}");
    }
    assert_eq!(seen.code, 0, "{}", seen.table);
    // The rules of an older Sentry need only project:read.
    let seen = Bed::of(plan(world(without_org).rules_only())).await.run().await;
    let verdicts: Vec<String> = seen_here(&seen).into_iter().map(|(verdict, _)| verdict).collect();
    assert_eq!(verdicts, ["skipped", "skipped", "ok"], "{}", seen.table);
    // The rules need project:read even if the token may list the projects.
    let without_project = &["event:read", "event:write", "org:read"];
    let seen = Bed::of(plan(world(without_project).rules_only())).await.run().await;
    let (_, evidence) = seen_here(&seen).pop().expect("the alerts");
    assert_eq!(evidence, "orders: not checked: the token lacks project:read, or may not see this project");
}

#[tokio::test]
async fn a_persons_token_shows_the_only_integration_of_the_organization_and_its_projects() {
    let token = "sntryu_b6Vs1Lk9Gq4Wd8Yp3Nt7Hx2C";
    let world = || {
        let world = SentryWorld::new(Kind::SelfHosted, ORG).project(PROJECT, "python");
        world
            .token(Token::personal(token, "Noor").scopes(ALL_SCOPES))
            .integration(integration())
            .alert(alert())
            .project_elsewhere("cakes", "go")
    };
    let of = |sentry| plan(sentry).key("SENTRY_AUTH_TOKEN", token);
    let seen = Bed::of(of(world())).await.run().await;
    assert!(seen_here(&seen).iter().all(|(verdict, _)| verdict == "ok"), "{}", seen.table);
    assert_eq!(seen_here(&seen).len(), 3, "no project of another organization: {}", seen.table);
    let other = Integration::new("pager");
    let seen = Bed::of(of(world().integration(other))).await.run().await;
    assert!(seen_here(&seen).iter().all(|(verdict, _)| verdict == "skipped"), "{}", seen.table);
}
