//! Tests of `sidenote doctor` with faults of Sentry: the connection, the token, its scopes and the visible projects.

use std::time::Duration;

use serde_json::json;
use sidenote_standins::{Fault, Kind, Lookalike, SentryWorld, Token};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc2822;

use super::bed::{Bed, hold};
use super::plan::{Plan, failed, healthy, warning};
use crate::support::fetched::free_port;
use crate::support::proxies;
use crate::support::{AUTH_TOKEN, ISSUE, ORG, PROJECT};

/// A token that starts like an organization's and has a unique end, so that a leak is recognized.
const ORG_TOKEN: &str = "sntrys_w3Hd8Kq5Zb1Xn7Tv2Jc9Rf4M";
const PERSONAL_TOKEN: &str = "sntryu_b6Vs1Lk9Gq4Wd8Yp3Nt7Hx2C";

/// Returns a Sentry that knows only this token.
fn world(token: Token) -> SentryWorld {
    SentryWorld::new(Kind::SelfHosted, ORG).token(token).project(PROJECT, "python")
}

fn with(token: Token) -> Plan {
    Plan { sentry: world(token), ..healthy() }
}

fn scoped(scopes: &[&str]) -> Plan {
    with(Token::integration(AUTH_TOKEN).scopes(scopes)).arguments(&["--project", PROJECT, "--write", ISSUE])
}

fn fault(fault: Fault) -> Plan {
    healthy().sentry_fault(fault.path("/api/0/"))
}

#[tokio::test]
async fn a_token_without_permissions_is_distinguished_from_an_invalid_one() {
    let token = || Token::integration(AUTH_TOKEN);
    let new = "put it into the secret as SENTRY_AUTH_TOKEN";
    hold(vec![
        failed(
            "missing scope",
            scoped(&["event:read", "project:read"]),
            "sentry.scopes",
            "event:write is missing",
            "Issue & Event: Read & Write",
        ),
        failed("no scope for events at all", scoped(&["project:read"]), "sentry.scopes", "event:read", new),
        warning(
            "no scope for suspect commits",
            with(token().scopes(&["event:read", "event:write"])),
            "sentry.scopes",
            "project:read is missing",
            "Project: Read",
        ),
        failed("expired token", with(token().expired()).logging_all(), "sentry.token", "Token expired", new),
        failed("revoked token", with(token().revoked()), "sentry.token", "Invalid token", new),
        failed("a token of a former member", with(token().inactive()), "sentry.token", "User inactive", new),
        failed(
            "organization token instead of an integration's",
            with(Token::organization(ORG_TOKEN)).key("SENTRY_AUTH_TOKEN", ORG_TOKEN),
            "sentry.token",
            "organization token",
            "never comment",
        ),
        warning(
            "a person's token",
            with(Token::personal(PERSONAL_TOKEN, "Noor")).key("SENTRY_AUTH_TOKEN", PERSONAL_TOKEN),
            "sentry.token",
            "a person's token",
            "internal integration",
        ),
    ])
    .await;
}

#[tokio::test]
async fn an_organization_project_or_issue_invisible_to_the_token_is_reported() {
    hold(vec![
        failed(
            "wrong organization",
            healthy().variable("SENTRY_ORG", "bakery").arguments(&["--project", PROJECT]),
            "sentry.organization",
            "no organization bakery",
            "set SENTRY_ORG",
        ),
        warning(
            "no organization",
            healthy().variable("SENTRY_ORG", "").arguments(&["--project", PROJECT]),
            "sentry.organization",
            "SENTRY_ORG is not set",
            "/organizations/SLUG/",
        ),
        failed(
            "project not visible",
            healthy().arguments(&["--project", "pastry"]),
            "sentry.project",
            "pastry: not found",
            "the project's settings",
        ),
        failed(
            "project of the sweep not visible",
            healthy().variable("SWEEP_PROJECTS", format!("{PROJECT},pastry")),
            "sentry.project",
            "pastry",
            "the project's settings",
        ),
        failed(
            "no such issue to write on",
            healthy().arguments(&["--write", "9999"]),
            "sentry.comment",
            "no test note on 9999: not found",
            "issue's address",
        ),
    ])
    .await;
}

#[tokio::test]
async fn connection_faults_are_reported_before_the_sentry_token_is_checked() {
    let no_listener = format!("http://127.0.0.1:{}", free_port());
    let html = "<html><body>Please sign in</body></html>";
    hold(vec![
        failed(
            "http that redirects to https",
            fault(Fault::redirect(301, "https://sentry.example/api/0/")),
            "sentry.reachable",
            "redirects (301) to https://sentry.example/",
            "set SENTRY_BASE_URL",
        ),
        failed(
            "a login page behind a redirect",
            fault(Fault::redirect(302, "https://sso.example/oauth2/start?rd=x")),
            "sentry.reachable",
            "redirects (302) to https://sso.example/oauth2/start",
            "a login page is in front of Sentry",
        ),
        failed(
            "a path with a login page behind a redirect",
            fault(Fault::redirect(303, "/auth/login/?next=/api/0/")),
            "sentry.reachable",
            "auth/login",
            "a login page is in front of Sentry",
        ),
        failed(
            "a sign-in page of a company behind a redirect",
            fault(Fault::redirect(307, "https://id.example/Sign-In?app=sentry")),
            "sentry.reachable",
            "redirects (307) to https://id.example/Sign-In",
            "a login page is in front of Sentry",
        ),
        failed(
            "a login page instead of JSON",
            fault(Fault::status(200).header("content-type", "text/html").body(html)),
            "sentry.reachable",
            "not Sentry's response",
            "login page",
        ),
        failed("Sentry is ill", fault(Fault::bad_gateway()), "sentry.reachable", "502", "failing"),
        failed(
            "Sentry is silent",
            fault(Fault::silence()),
            "sentry.reachable",
            "no answer in time",
            "slow or failing",
        ),
        failed(
            "no listener",
            healthy().variable("SENTRY_BASE_URL", no_listener),
            "sentry.reachable",
            "not reachable",
            "check SENTRY_BASE_URL",
        ),
    ])
    .await;
}

#[tokio::test]
async fn another_product_and_an_old_version_are_named() {
    let sentry = |change: fn(SentryWorld) -> SentryWorld| {
        let plan = healthy();
        Plan { sentry: change(plan.sentry.clone()), ..plan }
    };
    hold(vec![
        failed(
            "GlitchTip",
            sentry(|world| world.lookalike(Lookalike::GlitchTip)),
            "sentry.reachable",
            "is GlitchTip, not Sentry",
            "use a Sentry",
        ),
        failed(
            "Bugsink",
            sentry(|world| world.lookalike(Lookalike::Bugsink)),
            "sentry.reachable",
            "is Bugsink, not Sentry",
            "docs/limits.md, Servers",
        ),
        warning(
            "a Sentry that is too old",
            sentry(|world| world.version("22.12.0")),
            "sentry.reachable",
            "answers as Sentry 22.12.0, which is older than 23.7",
            "update Sentry",
        ),
    ])
    .await;
}

#[tokio::test]
async fn a_clock_that_is_off_is_noticed() {
    let date = |off: i64| {
        let at = OffsetDateTime::now_utc() - Duration::from_secs(off.unsigned_abs());
        at.format(&Rfc2822).expect("a date").replace("+0000", "GMT")
    };
    let body = json!({"version": "0", "user": {"id": "2"},
        "auth": {"scopes": ["event:read", "event:write", "project:read"]}});
    let planted = |off| {
        let answer = Fault::status(200).header("content-type", "application/json");
        fault(answer.header("date", &date(off)).body(body.to_string()))
    };
    hold(vec![
        failed("clock ten minutes off", planted(600), "clock", "s ahead of Sentry", "NTP"),
        warning("clock two minutes off", planted(120), "clock", "s ahead of Sentry", "NTP"),
    ])
    .await;
}

/// `SENTRY_BASE_URL` is plain HTTP in this test, so that a proxy can imitate two of Sentry's regions.
#[tokio::test]
async fn an_organization_in_another_sentry_region_is_reported() {
    let saas =
        || SentryWorld::new(Kind::Saas, ORG).token(Token::integration(AUTH_TOKEN)).project(PROJECT, "python");
    let bed = Bed::of(Plan { sentry: saas(), ..healthy() }).await;
    let proxy =
        proxies::regions(bed.sentry.url().trim_start_matches("http://").parse().expect("an address")).await;
    let plan = |base: &str| {
        Plan { sentry: saas(), ..healthy() }
            .variable("SENTRY_BASE_URL", base)
            .variable("HTTP_PROXY", format!("http://{}", proxy.address))
            .variable("NO_PROXY", "127.0.0.1")
            .arguments(&["--project", PROJECT])
    };
    let wrong = failed(
        "wrong region",
        plan("http://de.sentry.io"),
        "sentry.organization",
        "crumb is in another region than http://de.sentry.io/",
        "set SENTRY_BASE_URL=https://sentry.io",
    );
    hold(vec![wrong]).await;
    let right = Bed::of(plan("http://sentry.io")).await.run().await;
    assert_eq!(right.code, 0, "{}", right.table);
}

#[tokio::test]
async fn a_failed_tls_handshake_is_distinguished_from_an_absent_server() {
    // A plain HTTP server where TLS is expected.
    let bed = Bed::of(healthy()).await;
    let base = bed.sentry.url().replace("http://", "https://");
    let row = failed(
        "TLS handshake fails",
        healthy().variable("SENTRY_BASE_URL", base),
        "sentry.reachable",
        "the TLS handshake fails, although the port is open",
        "SSL_CERT_FILE",
    );
    hold(vec![row]).await;
}
