//! Bedrock's Converse API. Built in with the cargo feature `bedrock` only: its SDK is large.

use async_trait::async_trait;

use super::{Answer, Model, Question};
use crate::config::ModelConfig;
use crate::domain::deadline::Deadline;
use crate::domain::silence::Silence;

/// Converse.
pub(super) struct Bedrock {
    model: String,
}

impl Bedrock {
    pub(super) fn new(config: &ModelConfig) -> Self {
        Self { model: config.model.clone() }
    }
}

#[async_trait]
impl Model for Bedrock {
    async fn ask(&self, _question: &Question, _deadline: Deadline) -> Result<Answer, Silence> {
        let _ = &self.model;
        Err(Silence::Internal)
    }
}
