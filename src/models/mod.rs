//! PLUG-IN: question → a model's answer. One file a provider's API; what it does is one call.
//!
//! | API | chosen by | file |
//! |---|---|---|
//! | chat completions: OpenClaw, OpenAI and all that is compatible | `ANALYZER=openclaw`, `openai` | `chat.rs` |
//! | Anthropic's Messages | `ANALYZER=anthropic` | `anthropic.rs` |
//! | Bedrock's Converse | `ANALYZER=bedrock`, cargo feature `bedrock` | `bedrock.rs` |
//!
//! What a refused call is worth, all of them ask `RetryPolicy`. `catalog.rs` asks an API what it has, for `sidenote doctor`.

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

pub use self::catalog::{Catalog, Listed};
use self::retry::{ApiError, Part, RetryPolicy, by_status, unanswered};
use crate::aws::Aws;
use crate::config::{Format, ModelConfig, Provider};
use crate::domain::deadline::Deadline;
use crate::domain::model_error::ModelError;
use crate::http::Http;

/// The version of Anthropic's API whose request ours is; newer ones refuse sampling parameters, and we send none.
const ANTHROPIC_VERSION: &str = "2023-06-01";

/// A model that can be asked.
#[async_trait]
pub trait Model: Send + Sync {
    /// Asks, and tries again where that can help and the deadline allows it.
    ///
    /// # Errors
    /// [`ModelError`] if there is no answer.
    async fn ask(&self, question: &Question, deadline: Deadline) -> Result<ModelReply, ModelError>;
}

/// A provider's API.
#[async_trait]
trait Api: Send + Sync {
    /// One call, with the parts of the question that `patience` still allows.
    async fn once(
        &self,
        question: &Question,
        patience: &RetryPolicy,
        until: Deadline,
    ) -> Result<ModelReply, ApiError>;
}

/// An API that is tried until it answers, or until another try is not worth it.
struct Retrying<A>(A);

#[async_trait]
impl<A: Api> Model for Retrying<A> {
    async fn ask(&self, question: &Question, deadline: Deadline) -> Result<ModelReply, ModelError> {
        let mut patience = RetryPolicy::until(deadline);
        loop {
            match self.0.once(question, &patience, deadline).await {
                Ok(answer) => return Ok(answer),
                Err(refusal) => patience.after(refusal).await?,
            }
        }
    }
}

/// The configured provider's API: the table of plug-ins.
///
/// # Errors
/// [`ModelError`] if it cannot be asked at all, for want of a key.
pub fn model(
    http: &Http,
    aws: &Aws,
    config: &ModelConfig,
    key: Option<&SecretString>,
) -> Result<Box<dyn Model>, ModelError> {
    // Only Bedrock is AWS's.
    let _ = aws;
    Ok(match config.provider {
        Provider::OpenClaw | Provider::OpenAi => Box::new(Retrying(chat::Chat::new(http, config, key)?)),
        Provider::Anthropic => Box::new(Retrying(anthropic::Anthropic::new(http, config, key)?)),
        #[cfg(feature = "bedrock")]
        Provider::Bedrock => Box::new(Retrying(bedrock::Bedrock::new(aws, config))),
        // The configuration does not let it come this far.
        #[cfg(not(feature = "bedrock"))]
        Provider::Bedrock => return Err(ModelError::Internal),
    })
}

/// A question to a model.
#[derive(Debug, Clone)]
pub struct Question {
    /// Our instructions.
    pub system: String,
    /// What was said so far; the last is the user's.
    pub turns: Vec<Turn>,
    /// How the form of the answer is asked for.
    pub format: Format,
    /// The schema of the answer, when it is asked for by one.
    pub schema: Option<Schema>,
    /// The most tokens of the answer.
    pub answer_tokens: u32,
}

/// The form of an answer. The text keeps the order of its members, in which a model then writes.
#[derive(Debug, Clone, Copy)]
pub struct Schema {
    /// Its name, of letters.
    pub name: &'static str,
    /// The JSON schema.
    pub text: &'static RawValue,
}

/// One turn of a conversation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Turn {
    /// Who speaks.
    pub role: Role,
    /// What is said.
    pub text: String,
}

/// Who speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// We.
    User,
    /// The model.
    Assistant,
}

impl Role {
    /// The name that every provider has for it.
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
    /// What it wrote.
    pub text: String,
    /// Whether it was cut at the token limit.
    pub cut: bool,
    /// Tokens of the question, as the provider counted them.
    pub tokens_in: u64,
    /// Tokens of the answer, as the provider counted them.
    pub tokens_out: u64,
}

impl ModelReply {
    /// What a model wrote, with the provider's count of tokens of question and answer.
    ///
    /// # Errors
    /// [`ModelError`], if there is nothing in it.
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

/// A turn, as the providers' JSON has it.
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
