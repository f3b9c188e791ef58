//! Checks the reading of source code: the code host can be used, the repositories are readable, each project has a
//! code mapping, and its newest release has a commit.

use std::collections::BTreeSet;

use futures_util::future::join_all;
use secrecy::SecretString;

use super::Visit;
use super::finding::CheckResult;
use crate::config::{CodeHostKind, Config, SourceConfig};
use crate::domain::event::{Event, Frame};
use crate::domain::ids::Slug;
use crate::domain::outcome::Failure;
use crate::domain::source::{Mapping, Repository, locate, worth_reading};
use crate::sentry::{CodeMapping, Sentry};
use crate::source::{Cache, HostParts, code_host, kind};

const HOST: &str = "source.host";
const REPOSITORY: &str = "source.repository";
const MAPPING: &str = "source.mapping";
const RELEASE: &str = "source.release";
const MODEL: &str = "source.model";
const WITHOUT_PROJECT: &str = "no project was given: --project SLUG";

/// At most this many repositories are checked.
const REPOSITORIES: usize = 20;

/// The settings and the client with which source code is read.
struct Reading<'a> {
    config: &'a SourceConfig,
    kind: CodeHostKind,
    parts: &'a HostParts<'a>,
}

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
    let reading = Reading { config, kind: kind(config, token), parts: &parts };
    let mut results = vec![configured(&reading)];
    let projects = &visit.scope.projects;
    let (repositories, mappings, releases) = tokio::join!(
        repositories(visit, &sentry, &reading),
        join_all(projects.iter().map(|project| mapping(config, &sentry, project))),
        join_all(projects.iter().map(|project| release(&sentry, project))),
    );
    results.extend(repositories);
    results.extend(mappings);
    results.extend(releases);
    if projects.is_empty() {
        results.extend([MAPPING, RELEASE].map(|name| CheckResult::skipped(name, WITHOUT_PROJECT)));
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

fn configured(reading: &Reading<'_>) -> CheckResult {
    let kind = reading.kind.name();
    if code_host(reading.config, reading.parts).is_err() {
        return CheckResult::skipped(HOST, format!("{kind}: see secrets.SOURCE_TOKEN"));
    }
    CheckResult::ok(HOST, format!("source code is read by {kind}"))
}

/// Checks that the code host can read the files of each repository in `SOURCE_MAPPINGS` and in Sentry's code mappings.
async fn repositories(visit: &Visit<'_>, sentry: &Sentry, reading: &Reading<'_>) -> Vec<CheckResult> {
    if code_host(reading.config, reading.parts).is_err() {
        return vec![CheckResult::skipped(REPOSITORY, "see source.host")];
    }
    // Without a token of its own, a code host is read by Sentry.
    if !reading.kind.needs_token() {
        return by_sentry(sentry, &visit.scope.projects).await;
    }
    let (of_sentry, mut results) = of_sentry(visit, sentry, reading).await;
    let own = reading.config.mappings.iter().map(Mapping::repository).cloned();
    let repositories: BTreeSet<Repository> = own.chain(of_sentry).collect();
    let see = |repository| async move {
        // The number of calls of one client is limited.
        let outcome = match code_host(reading.config, reading.parts) {
            Ok(host) => host.see(repository).await,
            Err(why) => Err(why),
        };
        seen(repository, outcome)
    };
    results.extend(join_all(repositories.iter().take(REPOSITORIES).map(see)).await);
    if let Some(more) = repositories.len().checked_sub(REPOSITORIES).filter(|more| *more > 0) {
        results.push(CheckResult::skipped(REPOSITORY, format!("{more} more repositories were not checked")));
    }
    if results.is_empty() {
        results.push(CheckResult::skipped(REPOSITORY, "neither SOURCE_MAPPINGS nor Sentry names one"));
    }
    results
}

/// Returns the repositories in Sentry's code mappings that belong to the configured code host. The results are about the
/// mappings that cannot be checked.
async fn of_sentry(
    visit: &Visit<'_>,
    sentry: &Sentry,
    reading: &Reading<'_>,
) -> (Vec<Repository>, Vec<CheckResult>) {
    let base = reading.config.base.as_ref();
    let Some(provider) = reading.kind.integration(base) else { return (Vec::new(), Vec::new()) };
    let skipped = |said: String| vec![CheckResult::skipped(REPOSITORY, said)];
    let all = match sentry.code_mappings().await {
        Ok(all) => all,
        Err(Failure::Forbidden) => {
            let said = "Sentry's code mappings were not checked: SENTRY_AUTH_TOKEN lacks org:read";
            return (Vec::new(), skipped(said.to_owned()));
        }
        Err(why) => return (Vec::new(), skipped(format!("Sentry's code mappings were not checked: {why}"))),
    };
    let projects = &visit.scope.projects;
    let is_wanted = |mapping: &CodeMapping| {
        projects.is_empty() || projects.iter().any(|it| it.as_str() == &*mapping.project)
    };
    let all: Vec<CodeMapping> =
        all.into_iter().filter(|it| is_wanted(it) && &*it.provider == provider).collect();
    let nameless = all.iter().filter(|mapping| mapping.repository.is_none()).count();
    let said = format!("{nameless} code mappings in Sentry give only a display name: not checked");
    let results = if nameless > 0 { skipped(said) } else { Vec::new() };
    (all.into_iter().filter_map(|mapping| mapping.repository).collect(), results)
}

/// Checks that Sentry reads source code for each project. Whether Sentry can read a certain file is not checked.
async fn by_sentry(sentry: &Sentry, projects: &[Slug]) -> Vec<CheckResult> {
    let see = |project| async move {
        let remedy = "switch source context on (Sentry: the project's settings), or set SOURCE_PROVIDER to the code host";
        match sentry.see_source_context(project).await {
            Ok(()) => CheckResult::ok(
                REPOSITORY,
                format!(
                    "Sentry's source context is on for {project}; whether Sentry can read a file was not checked"
                ),
            ),
            Err(Failure::NotFound) => CheckResult::failed(
                REPOSITORY,
                format!("Sentry's source context is off for {project}"),
                remedy,
            ),
            Err(Failure::Forbidden) => CheckResult::failed(
                REPOSITORY,
                format!(
                    "{project}: the code host does not let Sentry read, or SENTRY_AUTH_TOKEN lacks project:read"
                ),
                "check the code host's integration in Sentry, and the scopes of SENTRY_AUTH_TOKEN",
            ),
            Err(why) => CheckResult::warning(REPOSITORY, format!("{project}: {why}"), remedy),
        }
    };
    if projects.is_empty() {
        return vec![CheckResult::skipped(REPOSITORY, WITHOUT_PROJECT)];
    }
    join_all(projects.iter().map(see)).await
}

fn seen(repository: &Repository, outcome: Result<bool, Failure>) -> CheckResult {
    let remedy = match outcome {
        Ok(true) => return CheckResult::ok(REPOSITORY, format!("the files of {repository} can be read")),
        Ok(false) => return CheckResult::skipped(REPOSITORY, format!("{repository} was not checked")),
        Err(Failure::Unauthorized) => "SOURCE_TOKEN is wrong or expired: put a new one into the secret",
        Err(Failure::Forbidden | Failure::NotFound) => {
            "give SOURCE_TOKEN access to this repository (GitHub: Contents, read; GitLab: read_api; Gitea: repository, \
             read), or correct SOURCE_MAPPINGS"
        }
        Err(Failure::Unreachable | Failure::Timeout) => "check SOURCE_BASE_URL and the network",
        Err(_) => "correct SOURCE_MAPPINGS or SOURCE_BASE_URL",
    };
    let why = outcome.err().map(|why| why.to_string()).unwrap_or_default();
    CheckResult::failed(REPOSITORY, format!("{repository}: {why}"), remedy)
}

/// Checks that the code of a project is mapped: in Sentry, or by `SOURCE_MAPPINGS`, which must cover a frame of the
/// project's newest event.
async fn mapping(config: &SourceConfig, sentry: &Sentry, project: &Slug) -> CheckResult {
    let remedy = "add a code mapping (Sentry: Settings, Integrations, the code host, Code Mappings), or set \
                  SOURCE_MAPPINGS";
    match sentry.has_code_mappings(project).await {
        Ok(true) => CheckResult::ok(MAPPING, format!("{project} has code mappings in Sentry")),
        Ok(false) if config.mappings.is_empty() => {
            CheckResult::failed(MAPPING, format!("{project} has no code mappings"), remedy)
        }
        Err(why) if config.mappings.is_empty() => {
            CheckResult::warning(MAPPING, format!("{project}: {why}"), remedy)
        }
        _ => match sentry.event_of_project(project).await {
            Ok(Some(event)) => covered(config, project, &event),
            Ok(None) => CheckResult::skipped(
                MAPPING,
                format!("{project} has no unresolved issue with which SOURCE_MAPPINGS could be compared"),
            ),
            Err(why) => {
                CheckResult::warning(MAPPING, format!("{project}: no event to compare: {why}"), remedy)
            }
        },
    }
}

/// Tells whether `SOURCE_MAPPINGS` covers the frames of an event whose code would be read.
fn covered(config: &SourceConfig, project: &Slug, event: &Event) -> CheckResult {
    let read = worth_reading(event, (0..event.frames.len()).rev());
    let frames: Vec<&Frame> = read.into_iter().filter_map(|at| event.frames.get(at)).collect();
    let covered = frames.iter().filter(|frame| locate(&config.mappings, frame).is_some()).count();
    let said = format!(
        "SOURCE_MAPPINGS covers {covered} of {} frames of the newest event of {project}",
        frames.len()
    );
    match covered {
        _ if frames.is_empty() => CheckResult::skipped(
            MAPPING,
            format!("the newest event of {project} has no frames of your own code"),
        ),
        0 => CheckResult::failed(MAPPING, said, "correct the stack roots in SOURCE_MAPPINGS"),
        _ => CheckResult::ok(MAPPING, said),
    }
}

async fn release(sentry: &Sentry, project: &Slug) -> CheckResult {
    let remedy = "associate commits with releases (sentry-cli releases set-commits VERSION --auto); without a commit, \
                  Sidenote reads a commit that the event names, or the default branch, and neither shows which code ran";
    match sentry.newest_release_has_commit(project).await {
        Ok(Some(true)) => CheckResult::ok(RELEASE, format!("the newest release of {project} has a commit")),
        Ok(Some(false)) => {
            CheckResult::warning(RELEASE, format!("the newest release of {project} has no commit"), remedy)
        }
        Ok(None) => CheckResult::warning(RELEASE, format!("{project} has no release"), remedy),
        Err(why) => CheckResult::warning(RELEASE, format!("{project}: {why}"), remedy),
    }
}
