//! Classifies the error replies of chat-completions servers into [`ApiError`], which says whether the call is repeated,
//! repeated without a part of the request, or given up. The servers differ in status codes, in the form of the error
//! and in the names of errors.

use http::HeaderMap;
use serde::Deserialize;

use super::super::{ApiError, Part, by_status};
use crate::domain::model_error::ModelError;
use crate::http::HttpReply;
use crate::json::{Lenient, List, Text};

/// The values of `code` or `type` in an error object for a used-up quota of the account.
const QUOTA: &[&str] = &[
    "insufficient_quota",
    "credit_balance_exhausted",
    "organization_spend_limit_exceeded",
    "project_spend_limit_exceeded",
    "organization_usage_limit_exceeded",
    "billing_hard_limit_reached",
    "insufficient_credits",
];

/// If the text of an error contains one of these words, the server does not support the requested form of the answer.
/// The words come from OpenAI, vLLM, Gemini (`response_schema`) and Ollama, which answers with status 500.
const ABOUT_FORMAT: &[&str] = &[
    "response_format",
    "response_schema",
    "response_mime_type",
    "json_schema",
    "json_object",
    "json schema",
    "structured output",
    "guided",
    "grammar",
    "required for format",
    "invalid format",
];

/// If the text of an error contains one of these words, the prompt has more tokens than the model accepts. The words
/// come from vLLM, Ollama and Gemini.
const TOO_LONG: &[&str] = &["context length", "context window", "token count"];

/// The error object in a server's reply. Servers write its `code` as a string, a number or null.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(super) struct ErrorBody {
    code: Text,
    #[serde(rename = "type")]
    kind: Text,
    status: Text,
    message: Text,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Envelope {
    error: Lenient<ErrorBody>,
}

/// Returns the error object of a reply, or an empty object if the body contains none. Gemini wraps the object in a
/// list.
fn error(body: &[u8]) -> ErrorBody {
    let envelope = serde_json::from_slice::<Lenient<Envelope>>(body).ok().and_then(|one| one.0);
    let of_list = || serde_json::from_slice::<List<Lenient<Envelope>>>(body).ok()?.0.into_iter().next()?.0;
    envelope.or_else(of_list).and_then(|envelope| envelope.error.0).unwrap_or_default()
}

/// Classifies a reply with an error status into [`ApiError`]. `is_gateway` is true if the server is an OpenClaw
/// gateway, which has credentials of its own for the model.
pub(super) fn classified(answer: &HttpReply, is_gateway: bool) -> ApiError {
    let error = error(&answer.body);
    let status = answer.status.as_u16();
    // The gateway reports `unauthorized` for Sidenote's key and `authentication_error` for its own credentials.
    if is_gateway && error.kind.as_deref() == Some("authentication_error") {
        return ApiError::Final(ModelError::GatewayWithoutCredentials);
    }
    let text = String::from_utf8_lossy(&answer.body).to_ascii_lowercase();
    of_error(&error, status, &text, &answer.headers)
}

/// Classifies an error object in a reply with status 200 into [`ApiError`]. The object's `code` is the HTTP status that
/// the provider behind the server sent. If the `code` is not a number of at least 400, the error counts as a 500.
pub(super) fn embedded(error: &ErrorBody) -> ApiError {
    let status = error.code.as_deref().and_then(|code| code.parse().ok()).filter(|status| *status >= 400);
    let text = error.message.as_deref().unwrap_or_default().to_ascii_lowercase();
    of_error(error, status.unwrap_or(500), &text, &HeaderMap::new())
}

/// Classifies an error into [`ApiError`] by the first of these rules that applies: a text about a wrong key with status
/// 400; a known `code`, `type` or `status` of the error object; for the HTTP statuses 400, 422 and 500, the words in
/// the text; the HTTP status. `text` is in lower case.
fn of_error(error: &ErrorBody, status: u16, text: &str, headers: &HeaderMap) -> ApiError {
    let by_status = by_status(status, headers);
    // Gemini answers 400 to a wrong key.
    if status == 400 && text.contains("api key not valid") {
        return ApiError::Final(ModelError::KeyRefused);
    }
    named(error).unwrap_or_else(|| match status {
        400 | 422 => about(text, status).unwrap_or_else(|| unexplained(error, text, status)),
        500 => about(text, status).unwrap_or(by_status),
        _ => by_status,
    })
}

/// Classifies an error into [`ApiError`] by the names in the object's `code` and `type`. Returns `None` if no name is
/// known.
fn named(error: &ErrorBody) -> Option<ApiError> {
    let names = [error.code.as_deref(), error.kind.as_deref()];
    let is = |known: &[&str]| names.iter().flatten().any(|name| known.contains(name));
    if is(QUOTA) {
        return Some(ApiError::Final(ModelError::QuotaUsedUp));
    }
    if is(&["exceed_context_size_error", "context_length_exceeded"]) {
        return Some(ApiError::Final(ModelError::TooLong));
    }
    if is(&["content_filter", "content_policy_violation"]) {
        return Some(ApiError::Final(ModelError::Filtered));
    }
    // The name of Groq for a text of the model that does not match the schema.
    is(&["json_validate_failed"]).then_some(ApiError::Unknown(Part::Format, ModelError::Rejected(400)))
}

/// Returns [`ApiError::Unknown`] with the unsupported part of the request that the text names. Returns `None` if the
/// text names no part.
fn about(text: &str, status: u16) -> Option<ApiError> {
    let names = |words: &[&str]| words.iter().any(|word| text.contains(word));
    let why = if status == 500 { ModelError::ServerFailed(status) } else { ModelError::Rejected(status) };
    if names(ABOUT_FORMAT) {
        return Some(ApiError::Unknown(Part::Format, why));
    }
    names(&["max_completion_tokens"]).then_some(ApiError::Unknown(Part::NewCap, why))
}

/// Classifies the error of a rejected request whose text names no unsupported part: [`ModelError::TooLong`] if the text
/// is about the number of tokens, an unsupported schema if only the `status` is known, and [`ModelError::Rejected`]
/// otherwise.
fn unexplained(error: &ErrorBody, text: &str, status: u16) -> ApiError {
    if TOO_LONG.iter().any(|words| text.contains(words)) {
        return ApiError::Final(ModelError::TooLong);
    }
    // Gemini rejects a schema without naming a member of the request.
    if error.status.as_deref() == Some("INVALID_ARGUMENT") {
        return ApiError::Unknown(Part::Format, ModelError::Rejected(status));
    }
    ApiError::Final(ModelError::Rejected(status))
}
