//! Tests of the checks of `sidenote doctor` for source code: the token, the repositories, the mappings and the commit
//! of a release.

use std::time::Duration;

use sidenote_standins::{CodeHost, Fault, HostKind, HostedRepository};

use super::bed::{Bed, hold};
use super::plan::{Plan, failed, healthy, warning};
use crate::support::canary::CANARIES;
use crate::support::{self, PROJECT};

const HEAD: &str = "0123456789abcdef0123456789abcdef01234567";

async fn code_host() -> CodeHost {
    let token = CANARIES.iter().find(|(name, _)| *name == "SOURCE_TOKEN").expect("a token").1;
    let repositories = [HostedRepository::new("crumb/orders", HEAD)];
    CodeHost::start(HostKind::GitHub, token, repositories, Duration::ZERO).await
}

/// Returns a plan in which GitHub has the repository of the project, and the newest release has a commit.
fn plan(host: &CodeHost) -> Plan {
    mapped(host, "/app/=crumb/orders:")
}

fn mapped(host: &CodeHost, mapping: &str) -> Plan {
    unmapped(host).variable("SOURCE_MAPPINGS", mapping)
}

fn unmapped(host: &CodeHost) -> Plan {
    Plan { sentry: support::sentry().release("orders@2.1.0", HEAD), ..healthy() }
        .variable("SOURCE_PROVIDER", "github")
        .variable("SOURCE_BASE_URL", host.url())
        .arguments(&["--project", PROJECT])
}

#[tokio::test]
async fn a_code_host_that_can_be_read_is_green() {
    let host = code_host().await;
    let seen = Bed::of(plan(&host)).await.run().await;
    assert_eq!([seen.of("failed"), seen.of("warning")].concat(), Vec::<[String; 3]>::new(), "{}", seen.table);
    let ok: Vec<String> = seen.of("ok").into_iter().map(|[name, ..]| name).collect();
    for check in
        ["source.host", "source.repository", "source.mapping", "source.release", "secrets.SOURCE_TOKEN"]
    {
        assert!(ok.iter().any(|name| name == check), "{check}: {}", seen.table);
    }
    assert_eq!(host.violations(), Vec::<String>::new());
}

#[tokio::test]
async fn the_doctor_tells_whether_source_code_goes_to_a_model() {
    let host = code_host().await;
    for (setting, said) in [
        ("true", "yes: source code goes to openclaw at 127.0.0.1"),
        ("", "no: openclaw at 127.0.0.1 gets no source code; SOURCE_TO_MODEL=true would send it"),
    ] {
        let seen = Bed::of(plan(&host).variable("SOURCE_TO_MODEL", setting)).await.run().await;
        let found = seen.of("ok").into_iter().find(|[name, ..]| name == "source.model");
        assert_eq!(found.expect("a result")[1], said, "{}", seen.table);
    }
}

#[tokio::test]
async fn each_fault_of_the_source_settings_is_reported_with_its_remedy() {
    let host = code_host().await;
    let limited = code_host().await;
    limited.inject(Fault::status(403));
    let without_commit = Plan { sentry: support::sentry().release("orders@2.1.0", ""), ..plan(&host) };
    hold(vec![
        failed(
            "no token",
            plan(&host).key("SOURCE_TOKEN", ""),
            "secrets.SOURCE_TOKEN",
            "without it no source code is read",
            "SOURCE_TOKEN",
        ),
        failed(
            "wrong token",
            plan(&host).key("SOURCE_TOKEN", "z9Pv3Kd7Xw1Mq5Tb8Jn2Gh6R"),
            "source.repository",
            "the token was refused (401)",
            "put a new one into the secret",
        ),
        failed(
            "no permission",
            plan(&limited),
            "source.repository",
            "crumb/orders: the token lacks a permission (403)",
            "give SOURCE_TOKEN access to this repository",
        ),
        failed(
            "no such repository",
            mapped(&host, "/app/=crumb/gone:"),
            "source.repository",
            "crumb/gone: not found (404)",
            "correct SOURCE_MAPPINGS",
        ),
        failed(
            "no mapping at all",
            unmapped(&host),
            "source.mapping",
            "orders has no code mappings",
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
