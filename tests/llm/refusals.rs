//! Tests of the ways in which OpenAI-compatible servers refuse a request or report an error. A refused schema leads
//! to a second call without the schema; any other error is named in the note.

use serde_json::{Value, json};
use sidenote_standins::{Dialect, Llm, Said};

use crate::bed::{Bed, KEY};
use crate::failures::{CAUSE, good, sent};

/// An error of a model's server: its name, HTTP status and body.
struct Refusal {
    name: &'static str,
    status: u16,
    body: Value,
}

fn refusal(name: &'static str, status: u16, body: Value) -> Refusal {
    Refusal { name, status, body }
}

/// Delivers one webhook per error. The model's server answers the first call with the error, and a second call with a
/// good answer. Returns the note and the server of each.
async fn told(refusals: Vec<Refusal>) -> Vec<(&'static str, String, Llm)> {
    let mut told = Vec::new();
    for Refusal { name, status, body } in refusals {
        let llm = Llm::start(Dialect::OpenAi, KEY, "m", [Said::Body(status, body), good()]).await;
        let sent = sent(&Bed::with("openai", "m", &llm, &[]).await, name).await;
        told.push((name, sent.note, llm));
    }
    told
}

#[tokio::test]
async fn a_refused_schema_is_left_out_of_the_second_call() {
    let refusals = vec![
        refusal(
            "Gemini names the schema, inside a list",
            400,
            json!([{"error": {"code": 400, "status": "INVALID_ARGUMENT", "message": "Invalid JSON payload received. \
                Unknown name \"additionalProperties\" at 'generation_config.response_schema': Cannot find field."}}]),
        ),
        refusal(
            "Gemini names nothing",
            400,
            json!([{"error": {"code": 400, "message": "Request contains an invalid argument.",
                "status": "INVALID_ARGUMENT"}}]),
        ),
        refusal(
            "Groq's model does not keep to the schema",
            400,
            json!({"error": {"message": "Failed to generate JSON. Please adjust your prompt.",
                "type": "invalid_request_error", "code": "json_validate_failed", "failed_generation": "{"}}),
        ),
        refusal(
            "Ollama fails to load the schema",
            500,
            json!({"error": {"message": "failed to load model vocabulary required for format", "type": "api_error",
                "param": null, "code": null}}),
        ),
        refusal(
            "llama.cpp cannot make a grammar",
            400,
            json!({"error": {"code": 400, "message": "Failed to parse grammar", "type": "invalid_request_error"}}),
        ),
        refusal(
            "OpenRouter reports the provider's refusal with status 200",
            200,
            json!({"error": {"code": 400, "message": "Provider returned error: response_format is not supported"}}),
        ),
    ];
    for (name, note, llm) in told(refusals).await {
        assert!(note.contains(CAUSE), "{name}: {note}");
        let bodies: Vec<Value> =
            llm.requests().iter().filter_map(sidenote_standins::Recorded::json).collect();
        let with_format: Vec<bool> =
            bodies.iter().map(|body| body.get("response_format").is_some()).collect();
        assert_eq!(with_format, [true, false], "{name}");
        assert!(llm.violations().is_empty(), "{name}: {:?}", llm.violations());
    }
}

#[tokio::test]
async fn an_error_is_named_as_what_it_is() {
    let of_router = |code: u16, message: &str| json!({"error": {"code": code, "message": message}});
    let rows = [
        ("OpenRouter without credit", 200, of_router(402, "Insufficient credits"), "quota is used up"),
        ("OpenRouter's own key", 200, of_router(401, "User not found."), "its key was refused, 401"),
        ("OpenRouter filters", 200, of_router(403, "Input was flagged"), "may not use it, 403"),
        (
            "Gemini's wrong key",
            400,
            json!([{"error": {"code": 400, "message": "API key not valid. Please pass a valid API key.",
                "status": "INVALID_ARGUMENT"}}]),
            "its key was refused, 401",
        ),
        (
            "Gemini's limit of tokens",
            400,
            json!([{"error": {"code": 400, "message": "The input token count (1200000) exceeds the maximum number of \
                tokens allowed (1048576).", "status": "INVALID_ARGUMENT"}}]),
            "the evidence is too long for it",
        ),
        (
            "Gemini's limit of tokens, behind a router",
            200,
            json!({"error": {"code": 400, "message": "The input token count exceeds the maximum number of tokens \
                allowed 32768.", "status": "INVALID_ARGUMENT"}}),
            "the evidence is too long for it",
        ),
        (
            "vLLM's context",
            400,
            json!({"error": {"code": 400, "type": "BadRequestError", "message": "This model's maximum context length \
                is 4096 tokens. However, you requested 9000 tokens."}}),
            "the evidence is too long for it",
        ),
    ];
    for (name, status, body, expected) in rows {
        for (_, note, llm) in told(vec![refusal(name, status, body.clone())]).await {
            assert!(note.contains(expected), "{name}: {note}");
            assert_eq!(llm.requests().len(), 1, "{name}");
        }
    }
}

#[tokio::test]
async fn a_provider_that_failed_behind_a_router_is_asked_again() {
    let of_choice = json!({"choices": [{"index": 0, "finish_reason": "error", "message": {"role": "assistant",
        "content": ""}, "error": {"code": 502, "message": "Upstream error"}}]});
    let of_reply = json!({"error": {"code": 503, "message": "No provider available"}});
    for body in [of_choice, of_reply] {
        for (name, note, llm) in told(vec![refusal("router", 200, body.clone())]).await {
            assert!(note.contains(CAUSE), "{name}: {note}");
            assert_eq!(llm.requests().len(), 2, "{body}");
        }
    }
}
