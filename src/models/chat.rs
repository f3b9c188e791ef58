//! Chat completions: OpenAI, an OpenClaw gateway, Ollama, vLLM, llama.cpp, LiteLLM, OpenRouter, Azure v1.
//!
//! Requests contain few members: no streaming, no sampling parameters, no tools. Some servers do not support
//! `response_format` or `max_completion_tokens`; such a member is left out after the server has refused it.

mod refusal;

use async_trait::async_trait;
use reqwest::Url;
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use self::refusal::ErrorBody;
use super::{Api, ApiError, ModelReply, Part, Question, RetryPolicy, Said, unanswered};
use crate::clock::time_left;
use crate::config::{Format, ModelConfig, Provider};
use crate::domain::deadline::Deadline;
use crate::domain::model_error::ModelError;
use crate::http::Http;
use crate::json::{Int, Lenient, List, Text};

/// A client of the chat-completions API of one server, for one model.
pub(super) struct Chat {
    http: Http,
    url: Url,
    model: String,
    key: Option<SecretString>,
    is_gateway: bool,
}

impl Chat {
    pub(super) fn new(
        http: &Http,
        config: &ModelConfig,
        key: Option<&SecretString>,
    ) -> Result<Self, ModelError> {
        // OpenAI's own service requires a key; a server on a private network may not.
        let is_openai = config.base.host_str() == Some("api.openai.com");
        if key.is_none() && is_openai {
            return Err(ModelError::NotConfigured("LLM_API_KEY"));
        }
        Ok(Self {
            http: http.clone(),
            url: config.base.join("chat/completions").map_err(|_| ModelError::Internal)?,
            model: config.model.clone(),
            key: key.cloned(),
            is_gateway: config.provider == Provider::OpenClaw,
        })
    }
}

#[async_trait]
impl Api for Chat {
    async fn once(
        &self,
        question: &Question,
        policy: &RetryPolicy,
        until: Deadline,
    ) -> Result<ModelReply, ApiError> {
        let body = body(&self.model, question, policy);
        let mut request = self.http.client().post(self.url.clone()).json(&body);
        if let Some(key) = &self.key {
            request = request.bearer_auth(key.expose_secret());
        }
        let left = time_left(until);
        let answer = self.http.send_within(request, until, left).await.map_err(unanswered)?;
        if answer.status.is_success() {
            let completion: Completion = serde_json::from_slice(&answer.body).unwrap_or_default();
            return match completion.error() {
                Some(error) => Err(refusal::embedded(&error)),
                None => read(completion).map_err(ApiError::Final),
            };
        }
        Err(refusal::classified(&answer, self.is_gateway))
    }
}

fn body<'q>(model: &'q str, question: &'q Question, policy: &RetryPolicy) -> Body<'q> {
    let system = Said { role: "system", content: &question.system };
    let is_new = policy.allows(Part::NewCap);
    let response_format = match question.format {
        Format::JsonSchema => question.schema.map(|schema| ResponseFormat::JsonSchema {
            json_schema: JsonSchema { name: schema.name, strict: true, schema: schema.text },
        }),
        Format::JsonObject => Some(ResponseFormat::JsonObject),
        Format::None => None,
    };
    Body {
        model,
        messages: std::iter::once(system).chain(question.turns.iter().map(Said::from)).collect(),
        max_completion_tokens: is_new.then_some(question.answer_tokens),
        max_tokens: (!is_new).then_some(question.answer_tokens),
        response_format: response_format.filter(|_| policy.allows(Part::Format)),
    }
}

fn read(completion: Completion) -> Result<ModelReply, ModelError> {
    let choice = completion.choices.0.into_iter().next().and_then(|choice| choice.0).unwrap_or_default();
    let message = choice.message.0.unwrap_or_default();
    let finish = choice.finish_reason.as_deref().unwrap_or_default();
    if message.refusal.as_deref().is_some() {
        return Err(ModelError::Declined);
    }
    if finish == "content_filter" {
        return Err(ModelError::Filtered);
    }
    let text = message.content.text();
    let usage = completion.usage.0.unwrap_or_default();
    let tokens = [usage.prompt_tokens, usage.completion_tokens].map(Int::non_negative);
    ModelReply::written(text, finish == "length", tokens)
}

#[derive(Debug, Serialize)]
struct Body<'q> {
    model: &'q str,
    messages: Vec<Said<'q>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_completion_tokens: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_tokens: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    response_format: Option<ResponseFormat>,
}

#[derive(Debug, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum ResponseFormat {
    JsonSchema { json_schema: JsonSchema },
    JsonObject,
}

#[derive(Debug, Serialize)]
struct JsonSchema {
    name: &'static str,
    strict: bool,
    schema: &'static RawValue,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Completion {
    choices: List<Lenient<Choice>>,
    usage: Lenient<Usage>,
    error: Lenient<ErrorBody>,
}

impl Completion {
    /// Returns the error object in a reply with status 200; `None` if there is none. OpenRouter sends such a reply if
    /// the provider behind OpenRouter failed.
    fn error(&self) -> Option<ErrorBody> {
        let of_choice = self.choices.0.first().and_then(|choice| choice.0.as_ref()?.error.0.clone());
        self.error.0.clone().or(of_choice)
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Choice {
    message: Lenient<Message>,
    finish_reason: Text,
    error: Lenient<ErrorBody>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Message {
    content: Content,
    refusal: Text,
}

/// The content of a model's message: a text, a list of parts, or nothing.
#[derive(Debug, Default, Deserialize)]
#[serde(untagged)]
enum Content {
    Text(String),
    Parts(Vec<Piece>),
    Other(serde::de::IgnoredAny),
    #[default]
    None,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Piece {
    text: Text,
}

impl Content {
    fn text(self) -> String {
        match self {
            Self::Text(text) => text,
            Self::Parts(parts) => parts.iter().filter_map(|part| part.text.as_deref()).collect(),
            Self::Other(_) | Self::None => String::new(),
        }
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Usage {
    prompt_tokens: Int,
    completion_tokens: Int,
}
