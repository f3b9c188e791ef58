//! Secrets in AWS Secrets Manager: one JSON object.

use std::time::Duration;

use async_trait::async_trait;
use aws_config::BehaviorVersion;
use aws_config::retry::RetryConfig;
use aws_config::timeout::TimeoutConfig;
use aws_sdk_secretsmanager::Client;
use aws_sdk_secretsmanager::error::{DisplayErrorContext, ProvideErrorMetadata, SdkError};
use aws_smithy_http_client::tls;
use tokio::sync::OnceCell;

use super::{Secrets, SecretsError, Source};

/// Sentry waits one second for an answer, and the first answer waits for this.
const ATTEMPT_TIMEOUT: Duration = Duration::from_millis(1_500);
const TOTAL_TIMEOUT: Duration = Duration::from_secs(4);

/// A JSON object in Secrets Manager, by id or ARN.
pub(super) struct Manager {
    id: String,
    client: OnceCell<Client>,
}

impl Manager {
    pub(super) fn new(id: &str) -> Self {
        Self { id: id.to_owned(), client: OnceCell::new() }
    }

    fn unreadable(&self, why: String) -> SecretsError {
        SecretsError::Unreadable { place: self.place(), why }
    }

    fn place(&self) -> String {
        format!("Secrets Manager secret {}", self.id)
    }
}

/// Region, credentials and endpoint come from the environment, as everywhere in AWS.
async fn connect() -> Client {
    let tls = tls::Provider::Rustls(tls::rustls_provider::CryptoMode::Ring);
    let http = aws_smithy_http_client::Builder::new().tls_provider(tls).build_https();
    let timeouts = TimeoutConfig::builder()
        .connect_timeout(ATTEMPT_TIMEOUT)
        .operation_attempt_timeout(ATTEMPT_TIMEOUT)
        .operation_timeout(TOTAL_TIMEOUT)
        .build();
    let config = aws_config::defaults(BehaviorVersion::latest())
        .http_client(http)
        .timeout_config(timeouts)
        .retry_config(RetryConfig::standard().with_max_attempts(2))
        .load()
        .await;
    Client::new(&config)
}

#[async_trait]
impl Source for Manager {
    async fn fetch(&self) -> Result<Secrets, SecretsError> {
        let client = self.client.get_or_init(connect).await;
        let answer = client.get_secret_value().secret_id(&self.id).send().await;
        let value = answer.map_err(|error| self.unreadable(reason(&error)))?;
        let text = value.secret_string().ok_or_else(|| self.unreadable("it is binary".to_owned()))?;
        super::parse(text, &self.place())
    }
}

/// The service's own error code where there is one (`ResourceNotFoundException`), else the chain of causes.
fn reason<E>(error: &SdkError<E>) -> String
where
    E: ProvideErrorMetadata + std::error::Error + 'static,
{
    match error.as_service_error().and_then(ProvideErrorMetadata::code) {
        Some(code) => code.to_owned(),
        None => DisplayErrorContext(error).to_string(),
    }
}
