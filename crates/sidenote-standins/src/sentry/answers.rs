//! Replies that several endpoints of the Sentry stand-in share.

use http::StatusCode;
use serde_json::{Map, Value, json};

use super::super::exchange::{Recorded, Reply};
use super::rules;

/// Builds an error reply whose JSON has the member `detail`.
pub(super) fn detail(status: StatusCode, text: &str) -> Reply {
    Reply::json(status, &json!({"detail": text}))
}

/// Builds a 400. `text` is its member `detail`.
pub(super) fn bad_request(text: &str) -> Reply {
    detail(StatusCode::BAD_REQUEST, text)
}

/// Builds a 401. `text` is its member `detail`.
pub(super) fn unauthorized(text: &str) -> Reply {
    detail(StatusCode::UNAUTHORIZED, text).with_header("www-authenticate", "xBasic realm=\"api\"")
}

/// Builds a 403. Sentry sends it if a scope is missing, for an issue of another organization on a path without the
/// organization, and for an unknown project in the query.
pub(super) fn forbidden() -> Reply {
    detail(StatusCode::FORBIDDEN, "You do not have permission to perform this action.")
}

/// Builds a 404. Sentry sends it for an unknown id, organization or path.
pub(super) fn not_found() -> Reply {
    detail(StatusCode::NOT_FOUND, "The requested resource does not exist")
}

/// Builds a 200 with JSON.
pub(super) fn ok(body: &Value) -> Reply {
    Reply::json(StatusCode::OK, body)
}

/// Reads the body of a request as a JSON object. The error is Sentry's reply to other bodies, a 400 or a 415.
pub(super) fn json_object(request: &Recorded) -> Result<Map<String, Value>, Reply> {
    if !rules::is_json(request) {
        let media = request.header("content-type").unwrap_or_default();
        let text = format!("Unsupported media type \"{media}\" in request.");
        return Err(detail(StatusCode::UNSUPPORTED_MEDIA_TYPE, &text));
    }
    match serde_json::from_slice(&request.body) {
        Ok(Value::Object(members)) => Ok(members),
        Ok(_) => {
            let body = json!({"non_field_errors": ["Invalid data. Expected a dictionary."]});
            Err(Reply::json(StatusCode::BAD_REQUEST, &body))
        }
        Err(error) => Err(bad_request(&format!("JSON parse error - {error}"))),
    }
}
