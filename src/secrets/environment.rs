//! Secrets from environment variables. `main` reads the environment when the process starts.

use async_trait::async_trait;
use secrecy::SecretString;

use super::{Secrets, SecretsError, Source};

/// The secrets that were in the environment when the process started.
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
