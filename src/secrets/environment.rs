//! Secrets that stand in the environment. The front door has read it already.

use async_trait::async_trait;
use secrecy::SecretString;

use super::{Secrets, SecretsError, Source};

/// Secrets that stood in the environment at the start.
pub(super) struct Environment(Secrets);

impl Environment {
    pub(super) fn new(values: &[(&'static str, SecretString)]) -> Self {
        Self(Secrets(values.to_vec()))
    }
}

#[async_trait]
impl Source for Environment {
    async fn fetch(&self) -> Result<Secrets, SecretsError> {
        Ok(self.0.clone())
    }
}
