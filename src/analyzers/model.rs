//! What is asked of a model, what it answers, and what a provider's plug-in has to do: one call.

use async_trait::async_trait;

use crate::config::Format;
use crate::domain::deadline::Deadline;
use crate::domain::silence::Silence;

/// A provider's API.
#[async_trait]
pub trait Model: Send + Sync {
    /// Asks, and tries again where that can help and the deadline allows it.
    ///
    /// # Errors
    /// [`Silence`] if there is no answer.
    async fn ask(&self, question: &Question, deadline: Deadline) -> Result<Answer, Silence>;
}

/// A question to a model.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Question {
    /// Our instructions.
    pub system: String,
    /// What was said so far; the last is the user's.
    pub turns: Vec<Turn>,
    /// How the form of the answer is asked for.
    pub format: Format,
    /// The most tokens of the answer.
    pub answer_tokens: u32,
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
pub struct Answer {
    /// What it wrote.
    pub text: String,
    /// Whether it was cut at the token limit.
    pub cut: bool,
    /// Tokens of the question, as the provider counted them.
    pub tokens_in: u64,
    /// Tokens of the answer, as the provider counted them.
    pub tokens_out: u64,
}
