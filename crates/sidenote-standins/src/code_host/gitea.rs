//! The stand-in for Gitea and Forgejo: `/api/v1/repos/{owner}/{repository}/raw/{path}`, `…/commits`,
//! `…/git/commits/{commit}.diff` and `…/compare/{base}...{head}`.

use http::StatusCode;
use serde_json::json;

use super::super::exchange::{Reply, percent_decoded};
use super::world::BRANCH;
use super::{Call, Change, message};

pub(super) fn violations(call: &Call<'_>) -> Vec<String> {
    let request = call.request;
    let mut wrong = Vec::new();
    if request.header("authorization").is_none_or(|it| !it.starts_with("token ")) {
        wrong.push("no `Authorization: token …`".to_owned());
    }
    if request.method != "GET" || !request.path.starts_with("/api/v1/repos/") {
        wrong.push("no such path".to_owned());
    }
    let commits: &[&str] = &["sha", "path", "limit", "page", "stat", "verification", "files"];
    let known = match () {
        () if request.path.ends_with("/commits") => commits,
        () if request.path.contains("/raw/") => &["ref"],
        () => &[],
    };
    wrong.extend(call.unknown(known));
    wrong
}

pub(super) fn answer(call: &Call<'_>) -> Result<Reply, Reply> {
    let token = call.request.header("authorization").and_then(|it| it.strip_prefix("token "));
    if token != Some(&call.service.token) {
        return Err(message(StatusCode::UNAUTHORIZED, "invalid username, password or token"));
    }
    let missing = || message(StatusCode::NOT_FOUND, "The target couldn't be found.");
    let path = call.request.path.strip_prefix("/api/v1/repos/").ok_or_else(missing)?;
    let mut names = path.splitn(3, '/');
    let name = [names.next(), names.next()].map(Option::unwrap_or_default).join("/");
    if names.next().is_some() && call.repository(&name).is_some_and(|it| it.is_closed) {
        return Err(message(StatusCode::FORBIDDEN, "token does not have at least one of required scope(s)"));
    }
    if let Some((repository, file)) = path.split_once("/raw/") {
        let repository = call.repository(repository).ok_or_else(missing)?;
        let file = repository.at(call.query("ref"), &percent_decoded(file)).ok_or_else(missing)?;
        return Ok(Reply::text(StatusCode::OK, "text/plain; charset=utf-8", file.content.clone()));
    }
    if let Some((repository, commit)) = path.split_once("/git/commits/") {
        let repository = call.repository(repository).ok_or_else(missing)?;
        let commit = commit.strip_suffix(".diff").ok_or_else(missing)?;
        let diff = repository.diff_of(commit).ok_or_else(missing)?;
        return Ok(Reply::text(StatusCode::OK, "text/plain; charset=utf-8", diff.as_bytes().to_vec()));
    }
    if let Some((repository, basehead)) = path.split_once("/compare/") {
        let repository = call.repository(repository).ok_or_else(missing)?;
        let (_, head) = basehead.split_once("...").filter(|(base, _)| *base == BRANCH).ok_or_else(missing)?;
        if !repository.has(head) {
            return Err(missing());
        }
        let ahead = u8::from(!repository.is_in_history(head));
        return Ok(Reply::json(StatusCode::OK, &json!({"total_commits": ahead, "commits": []})));
    }
    let Some(repository) = path.strip_suffix("/commits") else {
        let repository = call.repository(path).ok_or_else(missing)?;
        let body = json!({"full_name": repository.name, "default_branch": BRANCH});
        return Ok(Reply::json(StatusCode::OK, &body));
    };
    let repository = call.repository(repository).ok_or_else(missing)?;
    let last = match call.query("path") {
        Some(path) => &repository.at(call.query("sha"), path).ok_or_else(missing)?.last,
        None => &Change { commit: repository.head.clone(), ..Change::default() },
    };
    let person = json!({"name": last.author, "email": "", "date": last.at});
    let commit =
        json!({"sha": last.commit, "commit": {"author": person, "committer": person, "message": ""}});
    Ok(Reply::json(StatusCode::OK, &json!([commit])))
}
