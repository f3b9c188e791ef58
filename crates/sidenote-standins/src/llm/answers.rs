//! The replies and errors of a model's API, in the form of each provider.

use http::StatusCode;
use serde_json::{Value, json};

use super::super::exchange::Reply;
use super::{Dialect, Said};

/// Builds the HTTP reply for a scripted reply `said`.
pub(super) fn answer(dialect: Dialect, model: &str, tokens_in: u64, said: &Said) -> Reply {
    let is_anthropic = dialect == Dialect::Anthropic;
    let written = |text: Option<&str>, refusal: Option<&str>, finish: &str| {
        let body = if is_anthropic {
            message(model, tokens_in, text, finish)
        } else {
            completion(model, tokens_in, text, refusal, finish)
        };
        Reply::json(StatusCode::OK, &body)
    };
    match said {
        Said::Answer(text) => written(Some(text), None, if is_anthropic { "end_turn" } else { "stop" }),
        Said::Cut(text) => written(Some(text), None, if is_anthropic { "max_tokens" } else { "length" }),
        Said::Declined | Said::Filtered if is_anthropic => written(None, None, "refusal"),
        Said::Declined => written(None, Some("I cannot help with that."), "stop"),
        Said::Filtered => written(None, None, "content_filter"),
        Said::Error(status, headers, kind, text) => error(dialect, *status, headers, kind, text),
        Said::GatewayWithoutCredentials => error(
            dialect,
            401,
            &[],
            "authentication_error",
            "No route-compatible authentication source is configured for openai.",
        ),
        Said::QuotaUsedUp if is_anthropic => spending_limit(),
        Said::QuotaUsedUp => {
            error(dialect, 429, &[], "insufficient_quota", "You exceeded your current quota.")
        }
        Said::Body(status, body) => Reply::json(known(*status), body),
    }
}

fn completion(model: &str, tokens_in: u64, text: Option<&str>, refusal: Option<&str>, finish: &str) -> Value {
    json!({
        "id": "chatcmpl-1", "object": "chat.completion", "created": 1_795_420_800, "model": model,
        "choices": [{"index": 0, "finish_reason": finish, "logprobs": null,
            "message": {"role": "assistant", "content": text, "refusal": refusal, "annotations": []}}],
        "usage": {"prompt_tokens": tokens_in, "completion_tokens": 300, "total_tokens": tokens_in + 300},
    })
}

fn message(model: &str, tokens_in: u64, text: Option<&str>, stop: &str) -> Value {
    let content: Vec<Value> = text.iter().map(|text| json!({"type": "text", "text": text})).collect();
    json!({
        "id": "msg_1", "type": "message", "role": "assistant", "model": model, "content": content,
        "stop_reason": stop, "stop_sequence": null, "usage": {"input_tokens": tokens_in, "output_tokens": 300},
    })
}

fn spending_limit() -> Reply {
    let body = json!({"type": "error", "request_id": "req_1", "error": {"type": "rate_limit_error",
        "message": "Your organization has reached its spend limit.",
        "details": {"error_code": "enforced_spend_limit_reached"}}});
    Reply::json(StatusCode::TOO_MANY_REQUESTS, &body)
}

fn known(status: u16) -> StatusCode {
    StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
}

/// Builds an error reply in the form of the API.
pub(super) fn error(
    dialect: Dialect,
    status: u16,
    headers: &[(&'static str, String)],
    kind: &str,
    text: &str,
) -> Reply {
    let status = known(status);
    let body = match dialect {
        Dialect::OpenAi => json!({"error": {"message": text, "type": kind, "param": null, "code": kind}}),
        Dialect::OpenClaw => json!({"error": {"message": text, "type": kind}}),
        Dialect::Anthropic => {
            json!({"type": "error", "error": {"type": kind, "message": text}, "request_id": "req_1"})
        }
    };
    let reply = Reply::json(status, &body);
    headers.iter().fold(reply, |reply, (name, value)| reply.with_header(name, value.clone()))
}
