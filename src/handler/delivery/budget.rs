//! Keeps the budget of model calls in the state store: the calls of the day, and earlier answers. While the store is
//! unavailable, the budget is in the memory of this process.

use async_trait::async_trait;

use crate::analyzers::{Memory, ModelBudget, QuestionId};
use crate::clock::unix_seconds;
use crate::state::{Spending, StateError};

/// The budget of model calls that all invocations share through the state store.
pub(super) struct Shared {
    spending: Spending,
    /// The budget in memory, which is used while the store is unavailable. It limits only the calls of this process.
    spare: Memory,
}

impl Shared {
    pub(super) fn new(spending: Spending) -> Self {
        Self { spending, spare: Memory::default() }
    }
}

fn lost(error: &StateError) {
    tracing::warn!(reason = %error, "model_ledger_unavailable");
}

#[async_trait]
impl ModelBudget for Shared {
    async fn take_call(&self, most: u32) -> bool {
        match self.spending.take_call(most, unix_seconds()).await {
            Ok(is_left) => is_left,
            Err(error) => {
                lost(&error);
                self.spare.take_call(most).await
            }
        }
    }

    async fn recall(&self, question: &QuestionId) -> Option<String> {
        match self.spending.recall(question.as_str(), unix_seconds()).await {
            Ok(answer) => answer,
            Err(error) => {
                lost(&error);
                self.spare.recall(question).await
            }
        }
    }

    async fn remember(&self, question: &QuestionId, answer: &str) {
        if let Err(error) = self.spending.remember(question.as_str(), answer, unix_seconds()).await {
            lost(&error);
            self.spare.remember(question, answer).await;
        }
    }
}
