//! PLUG-IN: asks a model a question and reads its answer. One file per provider's API, one function per call.
//!
//! | API | chosen by | file |
//! |---|---|---|
//! | chat completions: OpenClaw, OpenAI and all compatible servers | `ANALYZER=openclaw`, `openai` | `chat.rs` |
//! | Anthropic's Messages | `ANALYZER=anthropic` | `anthropic.rs` |
//! | Bedrock's Converse | `ANALYZER=bedrock`, cargo feature `bedrock` | `bedrock.rs` |
//!
//! `RetryPolicy` decides for all of them what follows a failed call. `catalog.rs` lists an API's models for `sidenote
//! doctor`.

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

/// The API version that our requests follow. Newer versions reject sampling parameters, and we send none.
const ANTHROPIC_VERSION: &str = "2023-06-01";

/// A model that answers questions.
#[async_trait]
pub trait Model: Send + Sync {
    /// Asks a question. It retries if that can help and the deadline allows it.
    ///
    /// # Errors
    /// [`ModelError`] if there is no answer.
    async fn ask(&self, question: &Question, deadline: Deadline) -> Result<ModelReply, ModelError>;
}

/// A provider's API.
#[async_trait]
trait Api: Send + Sync {
    /// Makes one call, with the optional parts of the question that `policy` still allows.
    async fn once(
        &self,
        question: &Question,
        policy: &RetryPolicy,
        until: Deadline,
    ) -> Result<ModelReply, ApiError>;
}

/// An API with retries, until it answers or `RetryPolicy` gives up.
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

/// Builds the configured provider's API. This is the table of plug-ins.
///
/// # Errors
/// [`ModelError`] if there is no key, so that the model cannot be asked.
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

/// A question to a model.
#[derive(Debug, Clone)]
pub struct Question {
    /// The system prompt.
    pub system: String,
    /// The conversation so far; the last turn is the user's.
    pub turns: Vec<Turn>,
    /// The way in which the form of the answer is requested.
    pub format: Format,
    /// The schema of the answer, if the format needs one.
    pub schema: Option<Schema>,
    /// The limit of tokens of the answer.
    pub answer_tokens: u32,
}

/// The JSON schema of an answer. The text keeps the order of the members, and models write in this order.
#[derive(Debug, Clone, Copy)]
pub struct Schema {
    /// Its name, which consists of letters.
    pub name: &'static str,
    /// The JSON schema.
    pub text: &'static RawValue,
}

/// One turn of a conversation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Turn {
    /// The speaker.
    pub role: Role,
    /// The text.
    pub text: String,
}

/// The speaker of a turn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// Sidenote.
    User,
    /// The model.
    Assistant,
}

impl Role {
    /// The role's name, which is the same for every provider.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::User => "user",
            Self::Assistant => "assistant",
        }
    }
}

/// A model's answer.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ModelReply {
    /// The text.
    pub text: String,
    /// Whether the text was cut off at the token limit.
    pub cut: bool,
    /// Tokens of the question, as the provider counted them.
    pub tokens_in: u64,
    /// Tokens of the answer, as the provider counted them.
    pub tokens_out: u64,
}

impl ModelReply {
    /// Builds a reply from the model's text and the provider's counts of tokens.
    ///
    /// # Errors
    /// [`ModelError`] if the text is empty.
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

/// A turn in the form of the providers' JSON.
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
