//! Tests of the checks of `sidenote doctor` for source code: the token, the repositories, the mappings and the commit
//! of a release.

use std::time::Duration;

use sidenote_standins::{CodeHost, Fault, HostKind, HostedRepository, SentryWorld};

use super::bed::{Bed, Seen, hold};
use super::plan::{ALL_SCOPES, Plan, alert, failed, healthy, integration, warning};
use crate::support::canary::CANARIES;
use crate::support::{self, AUTH_TOKEN, PROJECT};

const HEAD: &str = "0123456789abcdef0123456789abcdef01234567";

const KINDS: [(HostKind, &str); 3] =
    [(HostKind::GitHub, "github"), (HostKind::GitLab, "gitlab"), (HostKind::Gitea, "gitea")];

async fn code_host(kind: HostKind) -> CodeHost {
    let token = CANARIES.iter().find(|(name, _)| *name == "SOURCE_TOKEN").expect("a token").1;
    let repositories =
        [HostedRepository::new("crumb/orders", HEAD), HostedRepository::new("crumb/closed", HEAD).closed()];
    CodeHost::start(kind, token, repositories, Duration::ZERO).await
}

/// Returns a plan in which the code host has the repository of the project, and the newest release has a commit.
fn plan(host: &CodeHost, provider: &str) -> Plan {
    mapped(host, provider, "/app/=crumb/orders:")
}

fn mapped(host: &CodeHost, provider: &str, mapping: &str) -> Plan {
    unmapped(host, provider).variable("SOURCE_MAPPINGS", mapping)
}

fn unmapped(host: &CodeHost, provider: &str) -> Plan {
    released(bare_world(), provider).variable("SOURCE_BASE_URL", host.url())
}

fn bare_world() -> SentryWorld {
    support::sentry().scopes(AUTH_TOKEN, ALL_SCOPES).release("orders@2.1.0", HEAD)
}

fn released(sentry: SentryWorld, provider: &str) -> Plan {
    let sentry = sentry.integration(integration()).alert(alert());
    Plan { sentry, ..healthy() }.variable("SOURCE_PROVIDER", provider).arguments(&["--project", PROJECT])
}

/// Returns a plan in which Sentry's code mappings name the repository.
fn mapped_by_sentry(host: &CodeHost, kind: HostKind, provider: &str, repository: &str) -> Plan {
    let world = bare_world().code_host(&host.url()).code_mapping(PROJECT, "", repository, "");
    let world = if kind == HostKind::GitLab { world.code_provider("gitlab") } else { world };
    released(world, provider).variable("SOURCE_BASE_URL", host.url())
}

/// Asserts that no check found a problem, and that these checks passed, with these texts.
fn is_green(seen: &Seen, passed: &[(&str, &str)]) {
    assert_eq!([seen.of("failed"), seen.of("warning")].concat(), Vec::<[String; 3]>::new(), "{}", seen.table);
    for (check, said) in passed {
        let is_said = |[name, evidence, _]: &[String; 3]| name == check && evidence.contains(said);
        assert!(seen.of("ok").iter().any(is_said), "{check}: {said}\n{}", seen.table);
    }
}

const READ: (&str, &str) = ("source.repository", "the files of crumb/orders can be read");

#[tokio::test]
async fn a_code_host_that_can_be_read_is_green() {
    for (kind, provider) in KINDS {
        let host = code_host(kind).await;
        let seen = Bed::of(plan(&host, provider)).await.run().await;
        is_green(
            &seen,
            &[
                ("source.host", provider),
                READ,
                ("source.mapping", "SOURCE_MAPPINGS covers 1 of 1 frames of the newest event of orders"),
                ("source.release", "the newest release of orders has a commit"),
                ("secrets.SOURCE_TOKEN", ""),
            ],
        );
        assert_eq!(host.violations(), Vec::<String>::new());
    }
}

#[tokio::test]
async fn the_repositories_of_sentrys_mappings_are_read() {
    for (kind, provider) in [(HostKind::GitHub, "github"), (HostKind::GitLab, "gitlab")] {
        let host = code_host(kind).await;
        let seen = Bed::of(mapped_by_sentry(&host, kind, provider, "crumb/orders")).await.run().await;
        is_green(&seen, &[READ, ("source.mapping", "orders has code mappings in Sentry")]);
        hold(vec![failed(
            "a repository of Sentry's mapping that the token cannot read",
            mapped_by_sentry(&host, kind, provider, "crumb/gone"),
            "source.repository",
            "crumb/gone: not found (404)",
            "give SOURCE_TOKEN access to this repository",
        )])
        .await;
    }
    // GitLab's name in Sentry can be a display name, and a token without `org:read` cannot list the mappings.
    let host = code_host(HostKind::GitLab).await;
    let named = mapped_by_sentry(&host, HostKind::GitLab, "gitlab", "Crumb / Orders");
    let unlisted = mapped_by_sentry(&host, HostKind::GitLab, "gitlab", "crumb/orders");
    let scopes = &["event:read", "event:write", "project:read"];
    let unlisted = Plan { sentry: unlisted.sentry.scopes(AUTH_TOKEN, scopes), ..unlisted };
    for (plan, said) in
        [(named, "only a display name: not checked"), (unlisted, "SENTRY_AUTH_TOKEN lacks org:read")]
    {
        let seen = Bed::of(plan).await.run().await;
        let is_said =
            |[name, evidence, _]: &[String; 3]| name == "source.repository" && evidence.contains(said);
        assert!(seen.of("skipped").iter().any(is_said), "{said}\n{}", seen.table);
        assert!(!seen.table.contains("the files of"), "{}", seen.table);
    }
}

#[tokio::test]
async fn with_sentrys_source_context_the_doctor_says_what_was_not_checked() {
    let on = bare_world().code_mapping(PROJECT, "", "crumb/orders", "").source("orders/prices.py", "x = 1\n");
    let seen = Bed::of(released(on, "sentry")).await.run().await;
    let said = "source context is on for orders; whether Sentry can read a file was not checked";
    is_green(&seen, &[("source.host", "sentry"), ("source.repository", said)]);
    let off = bare_world().code_mapping(PROJECT, "", "crumb/orders", "");
    let broken = released(bare_world().code_mapping(PROJECT, "", "crumb/orders", ""), "sentry")
        .sentry_fault(Fault::status(500).path("/stacktrace-source-context/"));
    hold(vec![
        failed(
            "source context is off",
            released(off, "sentry"),
            "source.repository",
            "Sentry's source context is off for orders",
            "switch source context on",
        ),
        warning(
            "Sentry fails",
            broken,
            "source.repository",
            "orders: the server failed (500)",
            "switch source context on",
        ),
    ])
    .await;
}

#[tokio::test]
async fn a_token_that_cannot_read_the_files_is_reported_by_every_code_host() {
    for (kind, provider) in KINDS {
        let host = code_host(kind).await;
        hold(vec![
            failed(
                "a token without access to the files",
                mapped(&host, provider, "/app/=crumb/closed:"),
                "source.repository",
                "crumb/closed: the token lacks a permission (403)",
                "Contents, read",
            ),
            failed(
                "a wrong token",
                plan(&host, provider).key("SOURCE_TOKEN", "z9Pv3Kd7Xw1Mq5Tb8Jn2Gh6R"),
                "source.repository",
                "the token was refused (401)",
                "put a new one into the secret",
            ),
            failed(
                "no such repository",
                mapped(&host, provider, "/app/=crumb/gone:"),
                "source.repository",
                "crumb/gone: not found (404)",
                "correct SOURCE_MAPPINGS",
            ),
        ])
        .await;
    }
}

#[tokio::test]
async fn the_doctor_tells_whether_source_code_goes_to_a_model() {
    let host = code_host(HostKind::GitHub).await;
    for (setting, said) in [
        ("true", "yes: source code goes to openclaw at 127.0.0.1"),
        ("", "no: openclaw at 127.0.0.1 gets no source code; SOURCE_TO_MODEL=true would send it"),
    ] {
        let seen = Bed::of(plan(&host, "github").variable("SOURCE_TO_MODEL", setting)).await.run().await;
        let found = seen.of("ok").into_iter().find(|[name, ..]| name == "source.model");
        assert_eq!(found.expect("a result")[1], said, "{}", seen.table);
    }
}

#[tokio::test]
async fn each_fault_of_the_source_settings_is_reported_with_its_remedy() {
    let host = code_host(HostKind::GitHub).await;
    let github = |mapping| mapped(&host, "github", mapping);
    let world = support::sentry().scopes(AUTH_TOKEN, ALL_SCOPES).release("orders@2.1.0", "");
    let without_commit = released(world, "github")
        .variable("SOURCE_BASE_URL", host.url())
        .variable("SOURCE_MAPPINGS", "/app/=crumb/orders:");
    let link = || Fault::status(500).path("/stacktrace-link/");
    hold(vec![
        failed(
            "no token",
            plan(&host, "github").key("SOURCE_TOKEN", ""),
            "secrets.SOURCE_TOKEN",
            "without it no source code is read",
            "SOURCE_TOKEN",
        ),
        failed(
            "no mapping at all",
            unmapped(&host, "github"),
            "source.mapping",
            "orders has no code mappings",
            "set SOURCE_MAPPINGS",
        ),
        failed(
            "a mapping that covers no frame of the project",
            github("/srv/=crumb/orders:"),
            "source.mapping",
            "SOURCE_MAPPINGS covers 0 of 1 frames of the newest event of orders",
            "correct the stack roots",
        ),
        failed(
            "a mapping that covers no frame, while Sentry does not tell its own",
            github("/srv/=crumb/orders:").sentry_fault(link()),
            "source.mapping",
            "SOURCE_MAPPINGS covers 0 of 1 frames",
            "correct the stack roots",
        ),
        warning(
            "no answer about the mappings",
            unmapped(&host, "github").sentry_fault(link()),
            "source.mapping",
            "orders: the server failed (500)",
            "set SOURCE_MAPPINGS",
        ),
        warning(
            "a release without a commit",
            without_commit,
            "source.release",
            "has no commit",
            "associate commits with releases",
        ),
    ])
    .await;
}
