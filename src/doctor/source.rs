//! Checks the reading of source code: the code host can be used, the repositories are readable, each project has a
//! code mapping, and its newest release has a commit.

use futures_util::future::join_all;
use secrecy::SecretString;

use super::Visit;
use super::finding::CheckResult;
use crate::config::{Config, SourceConfig};
use crate::domain::ids::Slug;
use crate::domain::outcome::Failure;
use crate::domain::source::{Mapping, Repository};
use crate::sentry::Sentry;
use crate::source::{Cache, CodeHost, HostParts, code_host, kind};

const HOST: &str = "source.host";
const REPOSITORY: &str = "source.repository";
const MAPPING: &str = "source.mapping";
const RELEASE: &str = "source.release";
const MODEL: &str = "source.model";

/// Runs all checks of source code. If no code host is configured, the only result is `ok`; without a valid Sentry
/// token, all results are `skipped`.
pub(super) async fn check(
    visit: &Visit<'_>,
    sentry_token: Option<&SecretString>,
    token: Option<&SecretString>,
) -> Vec<CheckResult> {
    let Some(config) = &visit.config.source else {
        return vec![CheckResult::ok("source", "off: no source code is read")];
    };
    let Some(sentry_token) = sentry_token else {
        let skipped = |name| CheckResult::skipped(name, "there is no valid SENTRY_AUTH_TOKEN");
        let mut results: Vec<CheckResult> = [HOST, REPOSITORY, MAPPING, RELEASE].map(skipped).into();
        results.push(model(visit.config));
        return results;
    };
    let sentry = Sentry::new(visit.http, &visit.config.sentry, None, sentry_token, visit.deadline);
    let cache = Cache::default();
    let parts =
        HostParts { http: visit.http, cache: &cache, token, sentry: &sentry, deadline: visit.deadline };
    let host = code_host(config, &parts);
    let mut results = vec![configured(config, token, host.is_err())];
    let projects = &visit.scope.projects;
    let (repositories, mappings, releases) = tokio::join!(
        repositories(config, host.as_deref().ok()),
        join_all(projects.iter().map(|project| mapping(config, &sentry, project))),
        join_all(projects.iter().map(|project| release(&sentry, project))),
    );
    results.extend(repositories);
    results.extend(mappings);
    results.extend(releases);
    if projects.is_empty() {
        results.extend(
            [MAPPING, RELEASE].map(|name| CheckResult::skipped(name, "no project was given: --project SLUG")),
        );
    }
    results.push(model(visit.config));
    results
}

/// Tells whether source code goes to the model, and to which host.
fn model(config: &Config) -> CheckResult {
    let said = match (&config.model, config.source_reader()) {
        (None, _) => "no: ANALYZER names no model".to_owned(),
        (_, Some(reader)) => format!("yes: source code goes to {reader}"),
        (Some(model), None) => {
            format!("no: {} gets no source code; SOURCE_TO_MODEL=true would send it", model.place())
        }
    };
    CheckResult::ok(MODEL, said)
}

fn configured(config: &SourceConfig, token: Option<&SecretString>, is_missing: bool) -> CheckResult {
    let kind = kind(config, token).name();
    if is_missing {
        return CheckResult::skipped(HOST, format!("{kind}: see secrets.SOURCE_TOKEN"));
    }
    CheckResult::ok(HOST, format!("source code is read by {kind}"))
}

/// Checks that the code host can read each repository in `SOURCE_MAPPINGS`.
async fn repositories(config: &SourceConfig, host: Option<&dyn CodeHost>) -> Vec<CheckResult> {
    let mut repositories: Vec<&Repository> = config.mappings.iter().map(Mapping::repository).collect();
    repositories.dedup();
    let Some(host) = host else { return vec![CheckResult::skipped(REPOSITORY, "see source.host")] };
    if repositories.is_empty() {
        return vec![CheckResult::skipped(REPOSITORY, "SOURCE_MAPPINGS names none")];
    }
    let see = |repository| async move { seen(repository, host.see(repository).await) };
    join_all(repositories.into_iter().map(see)).await
}

fn seen(repository: &Repository, outcome: Result<(), Failure>) -> CheckResult {
    let failed = |remedy: &str| match &outcome {
        Ok(()) => CheckResult::ok(REPOSITORY, format!("{repository} can be read")),
        Err(why) => CheckResult::failed(REPOSITORY, format!("{repository}: {why}"), remedy),
    };
    failed(match outcome {
        Err(Failure::Unauthorized) => "SOURCE_TOKEN is wrong or expired: put a new one into the secret",
        Err(Failure::Forbidden | Failure::NotFound) => {
            "give SOURCE_TOKEN access to this repository (GitHub: Contents, read; GitLab: read_api; Gitea: repository, \
             read), or correct SOURCE_MAPPINGS"
        }
        Err(Failure::Unreachable | Failure::Timeout) => "check SOURCE_BASE_URL and the network",
        _ => "correct SOURCE_MAPPINGS or SOURCE_BASE_URL",
    })
}

async fn mapping(config: &SourceConfig, sentry: &Sentry, project: &Slug) -> CheckResult {
    let remedy = "add a code mapping (Sentry: Settings, Integrations, the code host, Code Mappings), or set \
                  SOURCE_MAPPINGS";
    match sentry.has_code_mappings(project).await {
        Ok(true) => CheckResult::ok(MAPPING, format!("{project} has code mappings in Sentry")),
        _ if !config.mappings.is_empty() => {
            CheckResult::ok(MAPPING, format!("{project}: SOURCE_MAPPINGS has {}", config.mappings.len()))
        }
        Ok(false) => CheckResult::failed(MAPPING, format!("{project} has no code mappings"), remedy),
        Err(why) => CheckResult::warning(MAPPING, format!("{project}: {why}"), remedy),
    }
}

async fn release(sentry: &Sentry, project: &Slug) -> CheckResult {
    let remedy = "associate commits with releases (sentry-cli releases set-commits VERSION --auto); without a commit, \
                  the default branch or an unconfirmed commit of the event is shown, without its last changes";
    match sentry.newest_release_has_commit(project).await {
        Ok(Some(true)) => CheckResult::ok(RELEASE, format!("the newest release of {project} has a commit")),
        Ok(Some(false)) => {
            CheckResult::warning(RELEASE, format!("the newest release of {project} has no commit"), remedy)
        }
        Ok(None) => CheckResult::warning(RELEASE, format!("{project} has no release"), remedy),
        Err(why) => CheckResult::warning(RELEASE, format!("{project}: {why}"), remedy),
    }
}
