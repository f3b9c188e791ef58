//! The Sentry endpoints about code: code mappings, the lines that Sentry reads from a code host, and releases with
//! commits.

use serde_json::{Value, json};

use super::super::exchange::Reply;
use super::state::{Call, State};
use super::{answers, paging};

/// A mapping from the files of a project's stack traces to the files of a repository.
#[derive(Clone, Debug)]
pub(super) struct CodeMapping {
    pub(super) project: String,
    pub(super) stack_root: String,
    pub(super) repository: String,
    pub(super) source_root: String,
}

/// Finds the file of a stack frame in a repository. The error is the name that Sentry gives to the problem; `mismatch` is
/// the one for a file that no mapping covers, because both endpoints have their own.
fn located<'a>(
    state: &'a State,
    call: &Call<'_>,
    mismatch: &'static str,
) -> Result<(&'a CodeMapping, String), &'static str> {
    let project = call.found.capture("project");
    let file = call.query("file").unwrap_or_default();
    let mut mappings = state.world.code_mappings.iter().filter(|it| it.project == project).peekable();
    if mappings.peek().is_none() {
        return Err("no_code_mappings_for_project");
    }
    let found = mappings.find_map(|it| Some((it, file.strip_prefix(&it.stack_root)?)));
    let (mapping, rest) = found.ok_or(mismatch)?;
    Ok((mapping, format!("{}{rest}", mapping.source_root)))
}

fn page(state: &State, mapping: &CodeMapping, path: &str, call: &Call<'_>) -> String {
    let host = state.world.code_host.as_deref().unwrap_or("https://github.com");
    let line = call.query("lineNo").map(|line| format!("#L{line}")).unwrap_or_default();
    let revision = call.query("commitId").unwrap_or("main");
    format!("{host}/{}/blob/{revision}/{path}{line}", mapping.repository)
}

/// Replies to `GET /projects/{org}/{project}/stacktrace-link/` with the URL of a frame's file.
pub(super) fn link(state: &State, call: &Call<'_>) -> Result<Reply, Reply> {
    if call.query("file").is_none() {
        return Err(answers::bad_request("Filepath is required"));
    }
    let body = match located(state, call, "stack_root_mismatch") {
        Ok((mapping, path)) => json!({
            "error": null, "sourcePath": path, "sourceUrl": page(state, mapping, &path, call), "integrations": [],
            "config": {"repoName": mapping.repository, "repoId": "1", "stackRoot": mapping.stack_root,
                "sourceRoot": mapping.source_root, "defaultBranch": "main", "provider": {"key": provider(state)}},
        }),
        Err(error) => json!({"error": error, "config": null, "sourcePath": null, "sourceUrl": null,
            "attemptedUrl": null, "integrations": []}),
    };
    Ok(answers::ok(&body))
}

/// Replies to `GET /projects/{org}/{project}/stacktrace-source-context/` with the line of a frame and up to five lines
/// before and after it, or with 404 if the initial data contains no source file.
pub(super) fn context(state: &State, call: &Call<'_>) -> Result<Reply, Reply> {
    let (Some(_), Some(line)) = (call.query("file"), call.query("lineNo")) else {
        return Err(answers::bad_request("file and lineNo are required"));
    };
    if state.world.sources.is_empty() {
        return Err(answers::not_found());
    }
    let line: usize = line.parse().map_err(|_| answers::bad_request("lineNo is not a number"))?;
    let found = located(state, call, "no_code_mapping_match").and_then(|(mapping, path)| {
        let (_, text) =
            state.world.sources.iter().find(|(known, _)| *known == path).ok_or("file_not_found")?;
        Ok((page(state, mapping, &path, call), text))
    });
    let body = match found {
        Ok((url, text)) => {
            let lines = text.lines().enumerate().map(|(at, text)| (at + 1, text));
            let near: Vec<Value> =
                lines.filter(|(at, _)| at.abs_diff(line) <= 5).map(|(at, text)| json!([at, text])).collect();
            json!({"context": near, "error": null, "sourceUrl": url})
        }
        Err(error) => json!({"context": [], "error": error, "sourceUrl": null}),
    };
    Ok(answers::ok(&body))
}

/// Replies to `GET /organizations/{org}/code-mappings/` with the mappings of all projects. Without `project=-1`, Sentry
/// lists those of the projects in which the user is a member, and the user of an integration is a member of none.
pub(super) fn mappings(state: &State, call: &Call<'_>) -> Result<Reply, Reply> {
    let mapping = |it: &CodeMapping| {
        json!({"id": "1", "projectId": "1", "projectSlug": it.project, "repoId": "1", "repoName": it.repository,
            "integrationId": "1", "provider": {"key": provider(state), "slug": provider(state)},
            "stackRoot": it.stack_root, "sourceRoot": it.source_root, "defaultBranch": "main",
            "automaticallyGenerated": false})
    };
    let all = if call.query("project") == Some("-1") { state.world.code_mappings.as_slice() } else { &[] };
    paging::page(state, call, &all.iter().map(mapping).collect::<Vec<_>>())
}

/// Returns the name of the integration with the code host.
fn provider(state: &State) -> &str {
    let of_host = if state.world.code_host.is_some() { "github_enterprise" } else { "github" };
    state.world.code_provider.as_deref().unwrap_or(of_host)
}

fn release_json((version, commit): &(String, String)) -> Value {
    let last = (!commit.is_empty()).then(|| json!({"id": commit, "message": "", "repository": null}));
    json!({"version": version, "shortVersion": version, "lastCommit": last, "status": "open"})
}

/// Replies to `GET /organizations/{org}/releases/{version}/` with the release.
pub(super) fn release(state: &State, call: &Call<'_>) -> Result<Reply, Reply> {
    let version = call.found.capture("version");
    let release = state.world.releases.iter().find(|(known, _)| known == version);
    Ok(answers::ok(&release_json(release.ok_or_else(answers::not_found)?)))
}

/// Replies to `GET /projects/{org}/{project}/releases/` with the releases, newest first.
pub(super) fn releases(state: &State, call: &Call<'_>) -> Result<Reply, Reply> {
    let releases: Vec<Value> = state.world.releases.iter().rev().map(release_json).collect();
    paging::page(state, call, &releases)
}
