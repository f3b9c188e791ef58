//! The stand-in for GitHub Enterprise: `/api/v3/repos/…` and `/api/graphql`.

use http::StatusCode;
use serde_json::{Value, json};

use super::super::exchange::{Reply, percent_decoded};
use super::world::{BRANCH, FileChange};
use super::{Call, HostedRepository, message};

/// The headers about the rate limit that GitHub sends with an ordinary reply.
const LIMIT: [(&str, &str); 2] = [("x-ratelimit-limit", "5000"), ("x-ratelimit-remaining", "4990")];

pub(super) fn violations(call: &Call<'_>) -> Vec<String> {
    let request = call.request;
    let mut wrong = Vec::new();
    if request.header("authorization").is_none_or(|it| !it.starts_with("Bearer ")) {
        wrong.push("no `Authorization: Bearer …`".to_owned());
    }
    if request.header("x-github-api-version") != Some("2022-11-28") {
        wrong.push("no version of the API".to_owned());
    }
    if request.path == "/api/graphql" {
        let body = request.json().unwrap_or_default();
        if request.method != "POST" || !body["query"].is_string() || !body["variables"].is_object() {
            wrong.push("GraphQL takes a POST with `query` and `variables`".to_owned());
        }
    } else if request.method != "GET" || !request.path.starts_with("/api/v3/repos/") {
        wrong.push("no such path".to_owned());
    } else if request.path.contains("/contents/")
        && request.header("accept") != Some("application/vnd.github.raw+json")
    {
        wrong.push("a file is requested raw".to_owned());
    }
    let is_paged = request.path.contains("/commits") || request.path.contains("/compare/");
    wrong.extend(call.unknown(if is_paged { &["page", "per_page"] } else { &["ref"] }));
    wrong
}

pub(super) fn answer(call: &Call<'_>) -> Result<Reply, Reply> {
    let token = call.request.header("authorization").and_then(|it| it.strip_prefix("Bearer "));
    if token != Some(&call.service.token) {
        return Err(message(StatusCode::UNAUTHORIZED, "Bad credentials"));
    }
    Ok(limited(if call.request.path == "/api/graphql" {
        graphql(call)
    } else {
        rest(call).unwrap_or_else(|it| it)
    }))
}

/// Adds the headers about the rate limit, which GitHub sends with a refusal and a redirect, too.
pub(super) fn limited(reply: Reply) -> Reply {
    LIMIT.into_iter().fold(reply, |reply, (name, value)| reply.with_header(name, value))
}

fn rest(call: &Call<'_>) -> Result<Reply, Reply> {
    let missing = || message(StatusCode::NOT_FOUND, "Not Found");
    let path = call.request.path.strip_prefix("/api/v3/repos/").ok_or_else(missing)?;
    let mut parts = path.splitn(4, '/');
    let mut next = || parts.next().unwrap_or_default();
    let (name, resource, file) = (format!("{}/{}", next(), next()), next(), next());
    let repository = call.repository(&name).ok_or_else(missing)?;
    if repository.is_closed && !resource.is_empty() {
        return Err(message(StatusCode::FORBIDDEN, "Resource not accessible by personal access token"));
    }
    let body = match resource {
        "commits" if file.is_empty() => {
            Some(json!([{"sha": repository.head, "commit": {"message": ""}, "parents": []}]))
        }
        "" => Some(json!({"full_name": repository.name, "default_branch": BRANCH, "private": true})),
        "commits" => Some(commit(repository, file).ok_or_else(|| {
            let text = format!("No commit found for SHA: {file}");
            message(StatusCode::UNPROCESSABLE_ENTITY, &text)
        })?),
        "compare" => Some(compared(repository, file).ok_or_else(missing)?),
        _ => None,
    };
    if let Some(body) = body {
        return Ok(Reply::json(StatusCode::OK, &body));
    }
    if resource != "contents" {
        return Err(missing());
    }
    let file = repository.at(call.query("ref"), &percent_decoded(file)).ok_or_else(missing)?;
    Ok(Reply::text(StatusCode::OK, "application/vnd.github.raw+json; charset=utf-8", file.content.clone()))
}

/// Returns a commit with the changes of its files.
fn commit(repository: &HostedRepository, sha: &str) -> Option<Value> {
    let file = |change: &FileChange<'_>| {
        let (added, removed) = change.counts();
        let status = match (change.is_new, change.is_deleted) {
            (true, _) => "added",
            (_, true) => "removed",
            _ if change.old != change.new => "renamed",
            _ => "modified",
        };
        let mut file = json!({"sha": null, "filename": change.new, "status": status, "additions": added,
            "deletions": removed, "changes": added + removed});
        if !change.hunks.is_empty() {
            file["patch"] = change.hunks.trim_end_matches('\n').into();
        }
        file
    };
    let files: Vec<Value> = repository.changes_of(sha)?.iter().map(file).collect();
    Some(json!({"sha": sha, "commit": {"message": ""}, "parents": [], "files": files}))
}

/// Compares two revisions, as `BASE...HEAD` names them. GitHub knows the default branch as `HEAD`, too.
fn compared(repository: &HostedRepository, basehead: &str) -> Option<Value> {
    let (base, head) = basehead.split_once("...")?;
    if ![BRANCH, "HEAD"].contains(&base) || !repository.has(head) {
        return None;
    }
    let status = match head {
        _ if head == repository.head => "identical",
        _ if repository.is_in_history(head) => "behind",
        _ => "diverged",
    };
    Some(json!({"status": status, "ahead_by": u8::from(status == "diverged"), "behind_by": 1,
        "total_commits": 0, "commits": []}))
}

/// Replies to a GraphQL query with the blame of a file. A missing repository is an error with the status 200.
fn graphql(call: &Call<'_>) -> Reply {
    let body = call.request.json().unwrap_or_default();
    let variable = |name: &str| body["variables"][name].as_str().unwrap_or_default();
    let name = format!("{}/{}", variable("owner"), variable("name"));
    let Some(repository) = call.repository(&name) else {
        let error = json!({"type": "NOT_FOUND", "path": ["repository"],
            "message": format!("Could not resolve to a Repository with the name '{name}'.")});
        return Reply::json(StatusCode::OK, &json!({"data": {"repository": null}, "errors": [error]}));
    };
    let file = repository.at(Some(variable("revision")), variable("path"));
    let ranges = |file: &super::HostedFile| -> Vec<Value> {
        let range = |(first, last, change): (usize, usize, &super::Change)| {
            json!({"startingLine": first, "endingLine": last, "commit": {"oid": change.commit,
                "committedDate": change.at, "author": {"name": change.author}}})
        };
        file.ranges().into_iter().map(range).collect()
    };
    let blame = file.map(|file| json!({"ranges": ranges(file)}));
    Reply::json(StatusCode::OK, &json!({"data": {"repository": {"object": {"blame": blame}}}}))
}
