//! Anthropic's native Messages API. Anthropic also has an API in OpenAI's form, but that API ignores a requested JSON
//! schema.

use async_trait::async_trait;
use http::HeaderValue;
use reqwest::Url;
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::{
    ANTHROPIC_VERSION, Api, ApiError, ModelReply, Part, Question, RetryPolicy, Said, by_status, unanswered,
};
use crate::clock::time_left;
use crate::config::{Format, ModelConfig};
use crate::domain::deadline::Deadline;
use crate::domain::model_error::ModelError;
use crate::http::{Http, HttpReply};
use crate::json::{Int, Lenient, List, Text};

/// A client of Anthropic's Messages API for one model.
pub(super) struct Anthropic {
    http: Http,
    url: Url,
    model: String,
    key: SecretString,
}

impl Anthropic {
    pub(super) fn new(
        http: &Http,
        config: &ModelConfig,
        key: Option<&SecretString>,
    ) -> Result<Self, ModelError> {
        let path = if config.base.path().ends_with("/v1/") { "messages" } else { "v1/messages" };
        Ok(Self {
            http: http.clone(),
            url: config.base.join(path).map_err(|_| ModelError::Internal)?,
            model: config.model.clone(),
            key: key.cloned().ok_or(ModelError::NotConfigured("LLM_API_KEY"))?,
        })
    }
}

#[async_trait]
impl Api for Anthropic {
    async fn once(
        &self,
        question: &Question,
        policy: &RetryPolicy,
        until: Deadline,
    ) -> Result<ModelReply, ApiError> {
        let body = body(&self.model, question, policy);
        let request =
            self.http.client().post(self.url.clone()).header("anthropic-version", ANTHROPIC_VERSION);
        // A key that is not a valid header value cannot be a valid key.
        let mut key = HeaderValue::from_str(self.key.expose_secret())
            .map_err(|_| ApiError::Final(ModelError::KeyRefused))?;
        key.set_sensitive(true);
        let request = request.header("x-api-key", key).json(&body);
        let left = time_left(until);
        let answer = self.http.send_within(request, until, left).await.map_err(unanswered)?;
        if answer.status.is_success() {
            let message: Message = serde_json::from_slice(&answer.body).unwrap_or_default();
            return read(message).map_err(ApiError::Final);
        }
        let envelope: Envelope = serde_json::from_slice(&answer.body).unwrap_or_default();
        Err(refusal(answer.status.as_u16(), &envelope.error.0.unwrap_or_default(), &answer))
    }
}

fn body<'q>(model: &'q str, question: &'q Question, policy: &RetryPolicy) -> Body<'q> {
    let asks = question.format == Format::JsonSchema && policy.allows(Part::Format);
    let schema = question.schema.filter(|_| asks);
    Body {
        model,
        max_tokens: question.answer_tokens,
        system: &question.system,
        messages: question.turns.iter().map(Said::from).collect(),
        output_config: schema
            .map(|schema| OutputConfig { format: OutputFormat::JsonSchema { schema: schema.text } }),
    }
}

fn refusal(status: u16, error: &ErrorBody, answer: &HttpReply) -> ApiError {
    let message = error.message.as_deref().unwrap_or_default().to_ascii_lowercase();
    let detail = error.details.0.as_ref().and_then(|details| details.error_code.as_deref());
    if detail == Some("enforced_spend_limit_reached")
        || error.kind.as_deref() == Some("billing_error")
        || message.contains("credit balance")
    {
        return ApiError::Final(ModelError::QuotaUsedUp);
    }
    let is_about_form = ["output_config", "output_format", "json_schema", "structured output"];
    if status == 400 && is_about_form.iter().any(|name| message.contains(name)) {
        return ApiError::Unknown(Part::Format, ModelError::Rejected(status));
    }
    if status == 400 && message.contains("prompt is too long") {
        return ApiError::Final(ModelError::TooLong);
    }
    by_status(status, &answer.headers)
}

fn read(message: Message) -> Result<ModelReply, ModelError> {
    let stop = message.stop_reason.as_deref().unwrap_or_default();
    let text: String = message.content.0.iter().filter_map(|part| part.0.as_ref()?.text.as_deref()).collect();
    if stop == "refusal" {
        return Err(ModelError::Declined);
    }
    let usage = message.usage.0.unwrap_or_default();
    let tokens = [usage.input_tokens, usage.output_tokens].map(Int::non_negative);
    ModelReply::written(text, matches!(stop, "max_tokens" | "model_context_window_exceeded"), tokens)
}

#[derive(Debug, Serialize)]
struct Body<'q> {
    model: &'q str,
    max_tokens: u32,
    system: &'q str,
    messages: Vec<Said<'q>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    output_config: Option<OutputConfig>,
}

#[derive(Debug, Serialize)]
struct OutputConfig {
    format: OutputFormat,
}

#[derive(Debug, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum OutputFormat {
    JsonSchema { schema: &'static RawValue },
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Message {
    content: List<Lenient<Piece>>,
    stop_reason: Text,
    usage: Lenient<Usage>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Piece {
    text: Text,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Usage {
    input_tokens: Int,
    output_tokens: Int,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Envelope {
    error: Lenient<ErrorBody>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct ErrorBody {
    #[serde(rename = "type")]
    kind: Text,
    message: Text,
    details: Lenient<Details>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Details {
    error_code: Text,
}
