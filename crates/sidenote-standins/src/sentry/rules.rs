//! Finds violations in requests to Sentry. A violation is a mistake of the client that the real service may tolerate.

use serde_json::Value;

use super::super::exchange::Recorded;
use super::routes::{self, STATUS_DETAILS, Verb};
use super::world::SentryWorld;

/// Describes every violation of a request.
pub(super) fn violations(world: &SentryWorld, request: &Recorded) -> Vec<String> {
    let Some(found) = routes::find(&world.prefix, &request.path) else {
        return vec!["no such path".to_owned()];
    };
    let mut wrong: Vec<String> = Vec::new();
    if !found.slash {
        wrong.push("the path must end with a slash".to_owned());
    }
    wrong.extend(secrets_in_url(world, request));
    let Some(verb) = found.verb(&request.method) else {
        wrong.push("the path does not take this method".to_owned());
        return wrong;
    };
    if !verb.scope.is_empty() || request.header("authorization").is_some() {
        wrong.extend(bearer(world, request));
    }
    wrong.extend(query(verb, request));
    wrong.extend(body(verb, request));
    wrong
}

fn secrets_in_url(world: &SentryWorld, request: &Recorded) -> Option<String> {
    let pairs = request.query_pairs();
    let named =
        pairs.iter().any(|(name, _)| ["token", "auth", "access_token", "key"].contains(&name.as_str()));
    let shown = |secret: &str| {
        request.path.contains(secret)
            || request.query.contains(secret)
            || pairs.iter().any(|(_, it)| it.contains(secret))
    };
    let leaked = world.tokens.iter().any(|token| shown(&token.secret));
    (named || leaked).then(|| "a token in the URL".to_owned())
}

fn bearer(world: &SentryWorld, request: &Recorded) -> Option<String> {
    let wrong = match request.header("authorization") {
        None => "no Authorization header",
        Some(value) => match value.strip_prefix("Bearer ") {
            None => "the Authorization header is not `Bearer …`",
            Some(secret) if world.tokens.iter().any(|token| token.secret == secret) => return None,
            Some(_) => "a token this world does not know",
        },
    };
    Some(wrong.to_owned())
}

fn query(verb: &Verb, request: &Recorded) -> Vec<String> {
    let pairs = request.query_pairs();
    pairs
        .iter()
        .filter(|(name, _)| !verb.query.contains(&name.as_str()))
        .map(|(name, _)| format!("unknown query parameter `{name}`"))
        .collect()
}

fn body(verb: &Verb, request: &Recorded) -> Vec<String> {
    if verb.body.is_empty() {
        return (!request.body.is_empty()).then(|| "an ignored body".to_owned()).into_iter().collect();
    }
    let mut wrong = Vec::new();
    if !is_json(request) {
        wrong.push("the body must be sent as application/json".to_owned());
    }
    match request.json() {
        Some(Value::Object(members)) => {
            let unknown = members.keys().filter(|name| !verb.body.contains(&name.as_str()));
            wrong.extend(unknown.map(|name| format!("unknown member `{name}`")));
            let details = members.get("statusDetails").and_then(Value::as_object).into_iter().flatten();
            let unknown = details.filter(|(name, _)| !STATUS_DETAILS.contains(&name.as_str()));
            wrong.extend(unknown.map(|(name, _)| format!("unknown member `statusDetails.{name}`")));
            if members.is_empty() && verb.method == "PUT" {
                wrong.push("an update of nothing".to_owned());
            }
        }
        Some(_) => wrong.push("the body is not a JSON object".to_owned()),
        None => wrong.push("the body is not JSON".to_owned()),
    }
    wrong
}

/// Whether the request's content type is JSON.
pub(super) fn is_json(request: &Recorded) -> bool {
    let media = request.header("content-type").unwrap_or_default();
    media.split(';').next().is_some_and(|media| media.trim().eq_ignore_ascii_case("application/json"))
}
