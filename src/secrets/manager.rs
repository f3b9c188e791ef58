//! Secrets from AWS Secrets Manager, in one JSON object.

use std::time::Duration;

use async_trait::async_trait;
use aws_sdk_secretsmanager::Client;
use tokio::sync::OnceCell;

use super::{Secrets, SecretsError, Source};
use crate::aws::{Aws, reason};

/// The time before a failed fetch is repeated. While Secrets Manager fails, each process reads it about once in this
/// time, however many requests arrive.
const FAILURE_AGE: Duration = Duration::from_secs(5);

/// A secret in AWS Secrets Manager with a JSON object, named by its id or ARN.
pub(super) struct Manager {
    id: String,
    aws: Aws,
    client: OnceCell<Client>,
}

impl Manager {
    pub(super) fn new(id: &str, aws: &Aws) -> Self {
        Self { id: id.to_owned(), aws: aws.clone(), client: OnceCell::new() }
    }

    fn unreadable(&self, why: String) -> SecretsError {
        SecretsError::Unreadable { place: self.place(), why }
    }

    fn place(&self) -> String {
        format!("Secrets Manager secret {}", self.id)
    }
}

#[async_trait]
impl Source for Manager {
    async fn fetch(&self) -> Result<Secrets, SecretsError> {
        let client = self.client.get_or_init(|| async { Client::new(self.aws.config().await) }).await;
        let answer = client.get_secret_value().secret_id(&self.id).send().await;
        let value = answer.map_err(|error| self.unreadable(reason(&error)))?;
        let text = value.secret_string().ok_or_else(|| self.unreadable("it is binary".to_owned()))?;
        super::parse(text, &self.place())
    }

    fn failure_age(&self) -> Duration {
        FAILURE_AGE
    }
}
