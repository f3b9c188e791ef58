//! PLUG-IN: asks a model a question and reads its answer. Each provider's API has one file.
//!
//! | API | chosen by | file |
//! |---|---|---|
//! | chat completions: OpenClaw, OpenAI and all compatible servers | `ANALYZER=openclaw`, `openai` | `chat.rs` |
//! | Anthropic's Messages | `ANALYZER=anthropic` | `anthropic.rs` |
//! | Bedrock's Converse | `ANALYZER=bedrock`, cargo feature `bedrock` | `bedrock.rs` |
//!
//! `RetryPolicy` decides for all APIs what follows a failed call. `catalog.rs` makes the requests of `sidenote doctor`
//! to an API, such as the one for its list of models.

mod anthropic;
#[cfg(feature = "bedrock")]
mod bedrock;
mod catalog;
mod chat;
mod retry;

use async_trait::async_trait;
use secrecy::SecretString;
use serde::Serialize;
use serde_json::value::RawValue;

pub use self::catalog::{AgentTools, Catalog, Listed};
use self::retry::{ApiError, Part, RetryPolicy, by_status, unanswered};
use crate::aws::Aws;
use crate::config::{Format, ModelConfig, Provider};
use crate::domain::deadline::Deadline;
use crate::domain::model_error::ModelError;
use crate::http::Http;

/// The version of Anthropic's API that Sidenote's requests follow, for the header `anthropic-version`.
const ANTHROPIC_VERSION: &str = "2023-06-01";

/// A language model that answers questions, with retries.
#[async_trait]
pub trait Model: Send + Sync {
    /// Asks the model a question and returns its answer. A failed call is repeated if that can help and the deadline
    /// allows it.
    ///
    /// # Errors
    ///
    /// [`ModelError`] if no call was answered before the deadline, or if a retry cannot help.
    async fn ask(&self, question: &Question, deadline: Deadline) -> Result<ModelReply, ModelError>;
}

/// The API of a model's provider, without retries.
#[async_trait]
trait Api: Send + Sync {
    /// Asks the question once, with the optional parts of the request that `policy` still allows.
    async fn once(
        &self,
        question: &Question,
        policy: &RetryPolicy,
        until: Deadline,
    ) -> Result<ModelReply, ApiError>;
}

/// An [`Api`] with retries: calls are repeated until one is answered or `RetryPolicy` gives up.
struct Retrying<A>(A);

#[async_trait]
impl<A: Api> Model for Retrying<A> {
    async fn ask(&self, question: &Question, deadline: Deadline) -> Result<ModelReply, ModelError> {
        let mut policy = RetryPolicy::until(deadline);
        loop {
            match self.0.once(question, &policy, deadline).await {
                Ok(answer) => return Ok(answer),
                Err(refusal) => policy.after(refusal).await?,
            }
        }
    }
}

/// Builds a client for the configured provider. A new provider is added to the `match` in this function.
///
/// # Errors
///
/// [`ModelError`] if the provider requires an API key and there is none, if the URL of the API cannot be built, or if
/// this build does not include the provider.
pub fn model(
    http: &Http,
    aws: &Aws,
    config: &ModelConfig,
    key: Option<&SecretString>,
) -> Result<Box<dyn Model>, ModelError> {
    // Only Bedrock uses AWS.
    let _ = aws;
    Ok(match config.provider {
        Provider::OpenClaw | Provider::OpenAi => Box::new(Retrying(chat::Chat::new(http, config, key)?)),
        Provider::Anthropic => Box::new(Retrying(anthropic::Anthropic::new(http, config, key)?)),
        #[cfg(feature = "bedrock")]
        Provider::Bedrock => Box::new(Retrying(bedrock::Bedrock::new(aws, config))),
        // The configuration rejects Bedrock in a build without the feature.
        #[cfg(not(feature = "bedrock"))]
        Provider::Bedrock => return Err(ModelError::Internal),
    })
}

/// A question to a model, with everything that a request to any provider contains.
#[derive(Debug, Clone)]
pub struct Question {
    /// The system prompt, which tells the model its task.
    pub system: String,
    /// The conversation so far; the last turn is the user's.
    pub turns: Vec<Turn>,
    /// The way in which the form of the answer is requested.
    pub format: Format,
    /// The JSON schema of the answer, if `format` is [`Format::JsonSchema`].
    pub schema: Option<Schema>,
    /// The largest number of tokens that the answer may have.
    pub answer_tokens: u32,
}

/// The JSON schema of an answer. Its text is sent unchanged, because models write an answer's members in the order of
/// the schema.
#[derive(Debug, Clone, Copy)]
pub struct Schema {
    /// The schema's name, which consists of letters. Providers require one.
    pub name: &'static str,
    /// The text of the JSON schema.
    pub text: &'static RawValue,
}

/// One turn of the conversation with a model.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Turn {
    /// The speaker of this turn.
    pub role: Role,
    /// The text that the speaker said.
    pub text: String,
}

/// The speaker of a turn in the conversation with a model.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// Sidenote, which asks the questions.
    User,
    /// The model, which answers.
    Assistant,
}

impl Role {
    /// Returns the role's name in JSON, which is the same for every provider.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::User => "user",
            Self::Assistant => "assistant",
        }
    }
}

/// The answer of a model to a question, with the tokens that the question used.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ModelReply {
    /// The text of the answer.
    pub text: String,
    /// Whether the text was cut off at the token limit.
    pub cut: bool,
    /// The number of tokens of the question, as the provider counted them; 0 if the provider does not say.
    pub tokens_in: u64,
    /// The number of tokens of the answer, as the provider counted them; 0 if the provider does not say.
    pub tokens_out: u64,
}

impl ModelReply {
    /// Builds a reply from the model's text and the provider's counts of tokens.
    ///
    /// # Errors
    ///
    /// [`ModelError::Truncated`] if the text is empty because of the token limit. [`ModelError::WrongForm`] if the text
    /// is empty for another reason.
    fn written(
        text: String,
        cut: bool,
        [tokens_in, tokens_out]: [Option<u64>; 2],
    ) -> Result<Self, ModelError> {
        if text.trim().is_empty() {
            return Err(if cut { ModelError::Truncated } else { ModelError::WrongForm });
        }
        Ok(Self { text, cut, tokens_in: tokens_in.unwrap_or(0), tokens_out: tokens_out.unwrap_or(0) })
    }
}

/// One turn of the conversation, in the JSON that all providers share.
#[derive(Debug, Serialize)]
struct Said<'q> {
    role: &'static str,
    content: &'q str,
}

impl<'q> From<&'q Turn> for Said<'q> {
    fn from(turn: &'q Turn) -> Self {
        Self { role: turn.role.name(), content: &turn.text }
    }
}
