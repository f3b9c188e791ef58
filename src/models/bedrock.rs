//! Bedrock's Converse API. The cargo feature `bedrock` includes this client, because AWS's SDK for Bedrock is large.
//!
//! Region, credentials and endpoint come from the environment variables of AWS. There is no API key.

use std::time::Duration;

use async_trait::async_trait;
use aws_sdk_bedrockruntime::Client;
use aws_sdk_bedrockruntime::config::retry::RetryConfig;
use aws_sdk_bedrockruntime::config::timeout::TimeoutConfig;
use aws_sdk_bedrockruntime::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_bedrockruntime::operation::converse::{ConverseError, ConverseOutput};
use aws_sdk_bedrockruntime::types::{
    ContentBlock, ConversationRole, InferenceConfiguration, JsonSchemaDefinition, Message, OutputConfig,
    OutputFormat, OutputFormatStructure, OutputFormatType, StopReason, SystemContentBlock,
};

use super::{Api, ApiError, ModelReply, Part, Question, RetryPolicy, Role, Turn};
use crate::aws::Aws;
use crate::clock::time_left;
use crate::config::{Format, ModelConfig};
use crate::domain::deadline::Deadline;
use crate::domain::model_error::ModelError;

const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// A client of Bedrock's Converse API for one model.
pub(super) struct Bedrock {
    aws: Aws,
    model: String,
}

impl Bedrock {
    pub(super) fn new(aws: &Aws, config: &ModelConfig) -> Self {
        Self { aws: aws.clone(), model: config.model.clone() }
    }

    /// Returns an SDK client without the SDK's own retries and time limits. Retries are decided by `RetryPolicy`, and
    /// the deadline of the question ends each call.
    async fn client(&self) -> Client {
        let config = aws_sdk_bedrockruntime::config::Builder::from(self.aws.config().await)
            .retry_config(RetryConfig::disabled())
            .timeout_config(
                TimeoutConfig::builder()
                    .connect_timeout(CONNECT_TIMEOUT)
                    .disable_operation_timeout()
                    .disable_operation_attempt_timeout()
                    .build(),
            );
        Client::from_conf(config.build())
    }
}

#[async_trait]
impl Api for Bedrock {
    async fn once(
        &self,
        question: &Question,
        policy: &RetryPolicy,
        until: Deadline,
    ) -> Result<ModelReply, ApiError> {
        let tokens = i32::try_from(question.answer_tokens).unwrap_or(i32::MAX);
        let client = self.client().await;
        let call = client
            .converse()
            .model_id(&self.model)
            .system(SystemContentBlock::Text(question.system.clone()))
            .set_messages(Some(question.turns.iter().filter_map(message).collect()))
            .inference_config(InferenceConfiguration::builder().max_tokens(tokens).build())
            .set_output_config(output_config(question).filter(|_| policy.allows(Part::Format)));
        let sent = tokio::time::timeout(time_left(until), call.send()).await;
        match sent {
            Err(_) => Err(ApiError::Final(ModelError::Timeout)),
            Ok(Err(error)) => Err(refusal(&error)),
            Ok(Ok(output)) => read(&output).map_err(ApiError::Final),
        }
    }
}

fn message(turn: &Turn) -> Option<Message> {
    let role = match turn.role {
        Role::User => ConversationRole::User,
        Role::Assistant => ConversationRole::Assistant,
    };
    Message::builder().role(role).content(ContentBlock::Text(turn.text.clone())).build().ok()
}

/// Returns the request for an answer that matches a JSON schema; `None` for other formats, which Converse cannot
/// request.
fn output_config(question: &Question) -> Option<OutputConfig> {
    let schema = question.schema.filter(|_| question.format == Format::JsonSchema)?;
    let definition =
        JsonSchemaDefinition::builder().name(schema.name).schema(schema.text.get()).build().ok()?;
    let format = OutputFormat::builder()
        .r#type(OutputFormatType::JsonSchema)
        .structure(OutputFormatStructure::JsonSchema(definition))
        .build()
        .ok()?;
    Some(OutputConfig::builder().text_format(format).build())
}

fn read(output: &ConverseOutput) -> Result<ModelReply, ModelError> {
    let message = output.output().and_then(|output| output.as_message().ok());
    let parts = message.map(Message::content).unwrap_or_default();
    let text: String = parts.iter().filter_map(|part| part.as_text().ok()).map(String::as_str).collect();
    let cut = match output.stop_reason() {
        StopReason::ContentFiltered | StopReason::GuardrailIntervened => return Err(ModelError::Filtered),
        StopReason::MaxTokens | StopReason::ModelContextWindowExceeded => true,
        _ => false,
    };
    let usage = output.usage().map(|usage| [usage.input_tokens(), usage.output_tokens()]);
    let tokens = usage.unwrap_or_default().map(|tokens| u64::try_from(tokens).ok());
    ModelReply::written(text, cut, tokens)
}

/// Classifies an error of a Converse call by the error's code. For a rejected request, the error's text decides which
/// part of the request was wrong.
fn refusal(error: &SdkError<ConverseError>) -> ApiError {
    match error {
        SdkError::TimeoutError(_) => return ApiError::Final(ModelError::Timeout),
        SdkError::DispatchFailure(_) => return ApiError::Broken(ModelError::Unreachable),
        _ => {}
    }
    let message = error.message().unwrap_or_default().to_ascii_lowercase();
    let is_about = |names: &[&str]| names.iter().any(|name| message.contains(name));
    let status = error.raw_response().map_or(0, |response| response.status().as_u16());
    match error.code().unwrap_or_default() {
        "ThrottlingException" | "ModelNotReadyException" => ApiError::Busy(None),
        "ServiceQuotaExceededException" => ApiError::Final(ModelError::QuotaUsedUp),
        "ResourceNotFoundException" => ApiError::Final(ModelError::NotFound),
        "AccessDeniedException" => ApiError::Final(ModelError::Forbidden),
        "ServiceUnavailableException" => ApiError::Broken(ModelError::Overloaded(503)),
        "ModelTimeoutException" => ApiError::Broken(ModelError::Timeout),
        "ModelErrorException" | "InternalServerException" => {
            ApiError::Broken(ModelError::ServerFailed(status))
        }
        "ValidationException"
            if is_about(&["outputconfig", "textformat", "json schema", "structured output"]) =>
        {
            ApiError::Unknown(Part::Format, ModelError::Rejected(status))
        }
        "ValidationException" if is_about(&["too long", "context window"]) => {
            ApiError::Final(ModelError::TooLong)
        }
        _ => super::by_status(status, &http::HeaderMap::new()),
    }
}
