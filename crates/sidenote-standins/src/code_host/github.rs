//! The stand-in for GitHub Enterprise: `/api/v3/repos/…` and `/api/graphql`.

use http::StatusCode;
use serde_json::{Value, json};

use super::super::exchange::{Reply, percent_decoded};
use super::{Call, message};

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
    wrong.extend(call.unknown(&["ref"]));
    wrong
}

pub(super) fn answer(call: &Call<'_>) -> Result<Reply, Reply> {
    let token = call.request.header("authorization").and_then(|it| it.strip_prefix("Bearer "));
    if token != Some(&call.service.token) {
        return Err(message(StatusCode::UNAUTHORIZED, "Bad credentials"));
    }
    let reply = if call.request.path == "/api/graphql" { graphql(call) } else { rest(call)? };
    Ok(LIMIT.into_iter().fold(reply, |reply, (name, value)| reply.with_header(name, value)))
}

fn rest(call: &Call<'_>) -> Result<Reply, Reply> {
    let missing = || message(StatusCode::NOT_FOUND, "Not Found");
    let path = call.request.path.strip_prefix("/api/v3/repos/").ok_or_else(missing)?;
    let (repository, file) = path.split_once("/contents/").unwrap_or((path, ""));
    let repository = call.repository(repository).ok_or_else(missing)?;
    if file.is_empty() {
        let body = json!({"full_name": repository.name, "default_branch": "main", "private": true});
        return Ok(Reply::json(StatusCode::OK, &body));
    }
    let file = repository.at(call.query("ref"), &percent_decoded(file)).ok_or_else(missing)?;
    Ok(Reply::text(StatusCode::OK, "application/vnd.github.raw+json; charset=utf-8", file.content.clone()))
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
