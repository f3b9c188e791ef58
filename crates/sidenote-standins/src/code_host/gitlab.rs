//! The stand-in for GitLab: `/api/v4/projects/{project}/repository/files/{file}/raw` and `…/blame`,
//! `…/repository/commits/{commit}/diff`, and `…/repository/merge_base`.

use http::StatusCode;
use serde_json::{Value, json};

use super::super::exchange::{Reply, percent_decoded};
use super::world::{BRANCH, FileChange};
use super::{Call, HostedRepository, message};

/// A resource of a project.
enum Resource {
    Project,
    File { path: String, part: FilePart },
    Diff { commit: String },
    Commits,
    MergeBase,
}

#[derive(Clone, Copy, PartialEq)]
enum FilePart {
    Raw,
    Blame,
}

/// Splits the path into the project and the resource.
fn parts(call: &Call<'_>) -> Option<(String, Resource)> {
    let path = call.request.path.strip_prefix("/api/v4/projects/")?;
    let (project, rest) = path.split_once('/').unwrap_or((path, ""));
    let resource = match rest.strip_prefix("repository/") {
        None if rest.is_empty() => Resource::Project,
        Some("merge_base") => Resource::MergeBase,
        Some("commits") => Resource::Commits,
        rest => of_repository(rest?)?,
    };
    Some((percent_decoded(project), resource))
}

fn of_repository(path: &str) -> Option<Resource> {
    let mut parts = path.split('/');
    let (kind, name, part) = (parts.next()?, percent_decoded(parts.next()?), parts.next()?);
    match (kind, part, parts.next()) {
        ("files", "raw", None) => Some(Resource::File { path: name, part: FilePart::Raw }),
        ("files", "blame", None) => Some(Resource::File { path: name, part: FilePart::Blame }),
        ("commits", "diff", None) => Some(Resource::Diff { commit: name }),
        _ => None,
    }
}

pub(super) fn violations(call: &Call<'_>) -> Vec<String> {
    let request = call.request;
    let mut wrong = Vec::new();
    if request.header("private-token").is_none() {
        wrong.push("no `PRIVATE-TOKEN`".to_owned());
    }
    match parts(call) {
        Some((_, Resource::Project)) => wrong.extend(call.unknown(&[])),
        Some((_, Resource::File { part: FilePart::Raw, .. })) => wrong.extend(call.unknown(&["ref", "lfs"])),
        Some((_, Resource::File { .. })) => {
            wrong.extend(call.unknown(&["ref", "range[start]", "range[end]"]));
            if call.query("ref").is_none() {
                wrong.push("blame needs `ref`".to_owned());
            }
        }
        Some((_, Resource::Commits)) => wrong.extend(call.unknown(&["page", "per_page", "ref_name", "path"])),
        Some((_, Resource::Diff { .. })) => wrong.extend(call.unknown(&["page", "per_page", "unidiff"])),
        Some((_, Resource::MergeBase)) => {
            wrong.extend(call.unknown(&["refs[]"]));
            if call.pairs.len() < 2 {
                wrong.push("a merge base needs two `refs[]`".to_owned());
            }
        }
        None => wrong.push("no such path".to_owned()),
    }
    if request.method != "GET" {
        wrong.push("only GET is known".to_owned());
    }
    wrong
}

pub(super) fn answer(call: &Call<'_>) -> Result<Reply, Reply> {
    if call.request.header("private-token") != Some(&call.service.token) {
        return Err(message(StatusCode::UNAUTHORIZED, "401 Unauthorized"));
    }
    let missing = |what: &str| message(StatusCode::NOT_FOUND, &format!("404 {what} Not Found"));
    let (project, resource) = parts(call).ok_or_else(|| missing(""))?;
    let repository = call.repository(&project).ok_or_else(|| missing("Project"))?;
    if repository.is_closed && !matches!(resource, Resource::Project) {
        return Err(message(StatusCode::FORBIDDEN, "403 Forbidden"));
    }
    let (path, part) = match resource {
        Resource::File { path, part } => (path, part),
        Resource::Project => {
            let body = json!({"path_with_namespace": repository.name, "default_branch": BRANCH});
            return Ok(Reply::json(StatusCode::OK, &body));
        }
        Resource::Diff { commit } => {
            let diff = diff(repository, &commit).ok_or_else(|| missing("Commit"))?;
            return Ok(Reply::json(StatusCode::OK, &diff));
        }
        Resource::Commits => {
            let body = json!([{"id": repository.head, "message": "", "parent_ids": []}]);
            return Ok(Reply::json(StatusCode::OK, &body));
        }
        Resource::MergeBase => return merge_base(repository, call),
    };
    let file = repository.at(call.query("ref"), &path).ok_or_else(|| missing("File"))?;
    if part == FilePart::Raw {
        return Ok(Reply::text(StatusCode::OK, "text/plain; charset=utf-8", file.content.clone()));
    }
    let number = |name: &str| call.query(name).and_then(|text| text.parse::<usize>().ok());
    let (first, last) = (number("range[start]").unwrap_or(1), number("range[end]").unwrap_or(usize::MAX));
    if first > file.blame.len() {
        return Err(message(StatusCode::BAD_REQUEST, "range[start] is beyond the file"));
    }
    let parts: Vec<Value> = file
        .ranges()
        .into_iter()
        .filter(|(start, end, _)| *start <= last && *end >= first)
        .map(|(start, end, change)| {
            let count = end.min(last) - start.max(first) + 1;
            json!({"commit": {"id": change.commit, "author_name": change.author, "committed_date": change.at,
                "message": "", "parent_ids": []}, "lines": vec![""; count]})
        })
        .collect();
    Ok(Reply::json(StatusCode::OK, &Value::Array(parts)))
}

/// Returns the changes of a commit's files.
fn diff(repository: &HostedRepository, commit: &str) -> Option<Value> {
    let file = |change: &FileChange<'_>| {
        json!({"diff": change.hunks, "old_path": change.old, "new_path": change.new, "a_mode": "100644",
            "b_mode": "100644", "new_file": change.is_new, "deleted_file": change.is_deleted,
            "renamed_file": change.old != change.new})
    };
    Some(repository.changes_of(commit)?.iter().map(file).collect())
}

/// Returns the newest commit that all refs have in their histories. The stand-in knows it only if one ref is the
/// default branch.
fn merge_base(repository: &HostedRepository, call: &Call<'_>) -> Result<Reply, Reply> {
    let missing = || message(StatusCode::NOT_FOUND, "404 Merge Base Not Found");
    let refs: Vec<&str> = call.pairs.iter().map(|(_, value)| value.as_str()).collect();
    let [base, commit] = refs[..] else { return Err(message(StatusCode::BAD_REQUEST, "refs is invalid")) };
    if ![BRANCH, "HEAD"].contains(&base) || !repository.has(commit) {
        return Err(message(StatusCode::BAD_REQUEST, "400 Bad request - Could not find ref"));
    }
    if !repository.is_in_history(commit) {
        return Err(missing());
    }
    Ok(Reply::json(StatusCode::OK, &json!({"id": commit, "message": "", "parent_ids": []})))
}
