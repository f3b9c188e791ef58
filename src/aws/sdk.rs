//! The settings that all AWS clients of Sidenote share: region, credentials and endpoint from the environment, one
//! connection pool, and short time limits.

use std::sync::Arc;
use std::time::Duration;

use aws_config::retry::RetryConfig;
use aws_config::timeout::TimeoutConfig;
use aws_config::{BehaviorVersion, SdkConfig};
use aws_smithy_types::error::display::DisplayErrorContext;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use tokio::sync::OnceCell;

use super::transport::transport;
use crate::http::Http;

/// The time limit for one attempt of a call. It is short because Sentry waits only one second for the answer to a
/// webhook, and the answer waits for some of these calls.
const ATTEMPT_TIMEOUT: Duration = Duration::from_millis(1_500);
/// The time limit for a call with all its attempts.
const CALL_TIMEOUT: Duration = Duration::from_secs(4);

/// The settings that all AWS clients share. They are loaded on first use, so a process that calls no AWS service
/// never loads them.
#[derive(Debug, Clone, Default)]
pub struct Aws(Arc<OnceCell<SdkConfig>>);

impl Aws {
    /// Returns the shared settings. The first call loads them from the environment.
    pub async fn config(&self) -> &SdkConfig {
        self.0.get_or_init(load).await
    }
}

/// Loads the shared settings. The HTTP client trusts only Mozilla's root certificates, which are compiled in, so an
/// `SSL_CERT_FILE` for a private Sentry does not affect AWS. If the HTTP client cannot be built, every AWS call
/// fails.
async fn load() -> SdkConfig {
    let timeouts = TimeoutConfig::builder()
        .connect_timeout(ATTEMPT_TIMEOUT)
        .operation_attempt_timeout(ATTEMPT_TIMEOUT)
        .operation_timeout(CALL_TIMEOUT)
        .build();
    let loader = aws_config::defaults(BehaviorVersion::latest())
        .timeout_config(timeouts)
        .retry_config(RetryConfig::standard().with_max_attempts(2));
    match Http::new(None).and_then(|http| Ok((http.client().clone(), http.direct()?))) {
        Ok((client, direct)) => loader.http_client(transport(client, direct)).load().await,
        Err(_) => loader.load().await,
    }
}

/// Returns the reason why an AWS call failed: the service's error code, such as `ResourceNotFoundException`, or else
/// the error with its causes.
pub fn reason<E>(error: &E) -> String
where
    E: ProvideErrorMetadata + std::error::Error,
{
    error.code().map_or_else(|| DisplayErrorContext(error).to_string(), str::to_owned)
}
