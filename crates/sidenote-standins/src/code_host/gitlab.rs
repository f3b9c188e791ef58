//! The stand-in for GitLab: `/api/v4/projects/{project}/repository/files/{file}/raw` and `…/blame`.

use http::StatusCode;
use serde_json::{Value, json};

use super::super::exchange::{Reply, percent_decoded};
use super::{Call, message};

/// Splits the path into the project and, if present, the file with its resource (`raw` or `blame`).
fn parts<'a>(call: &'a Call<'_>) -> Option<(String, Option<(String, &'a str)>)> {
    let path = call.request.path.strip_prefix("/api/v4/projects/")?;
    let (project, rest) = path.split_once('/').map_or((path, None), |(project, rest)| (project, Some(rest)));
    let file = match rest {
        None => None,
        Some(rest) => {
            let (file, resource) = rest.strip_prefix("repository/files/")?.split_once('/')?;
            Some((percent_decoded(file), resource))
        }
    };
    Some((percent_decoded(project), file))
}

pub(super) fn violations(call: &Call<'_>) -> Vec<String> {
    let request = call.request;
    let mut wrong = Vec::new();
    if request.header("private-token").is_none() {
        wrong.push("no `PRIVATE-TOKEN`".to_owned());
    }
    match parts(call) {
        Some((_, None)) => wrong.extend(call.unknown(&[])),
        Some((_, Some((_, "raw")))) => wrong.extend(call.unknown(&["ref", "lfs"])),
        Some((_, Some((_, "blame")))) => {
            wrong.extend(call.unknown(&["ref", "range[start]", "range[end]"]));
            if call.query("ref").is_none() {
                wrong.push("blame needs `ref`".to_owned());
            }
        }
        _ => wrong.push("no such path".to_owned()),
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
    let (project, file) = parts(call).ok_or_else(|| missing(""))?;
    let repository = call.repository(&project).ok_or_else(|| missing("Project"))?;
    let Some((path, resource)) = file else {
        let body = json!({"path_with_namespace": repository.name, "default_branch": "main"});
        return Ok(Reply::json(StatusCode::OK, &body));
    };
    let file = repository.at(call.query("ref"), &path).ok_or_else(|| missing("File"))?;
    if resource == "raw" {
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
