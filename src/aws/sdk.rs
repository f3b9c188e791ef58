//! The settings that every AWS client shares: region, credentials and endpoint from the environment, one connection
//! pool, and short time limits.

use std::sync::Arc;
use std::time::Duration;

use aws_config::retry::RetryConfig;
use aws_config::timeout::TimeoutConfig;
use aws_config::{BehaviorVersion, SdkConfig};
use aws_smithy_http_client::tls;
use aws_smithy_types::error::display::DisplayErrorContext;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use tokio::sync::OnceCell;

/// The time limit for one attempt of a call. It is short because Sentry waits for the response, which waits for the
/// calls.
const ATTEMPT_TIMEOUT: Duration = Duration::from_millis(1_500);
/// The time limit for a call with all its attempts.
const CALL_TIMEOUT: Duration = Duration::from_secs(4);

/// The shared settings. They are loaded on first use, so a process that calls no AWS service never loads them.
#[derive(Debug, Clone, Default)]
pub struct Aws(Arc<OnceCell<SdkConfig>>);

impl Aws {
    /// Returns the settings. The first call loads them.
    pub async fn config(&self) -> &SdkConfig {
        self.0.get_or_init(load).await
    }
}

/// Returns Mozilla's root certificates, which are compiled in. No file is read, so an `SSL_CERT_FILE` for a private
/// Sentry does not affect AWS.
fn trust() -> tls::TrustStore {
    let mut store = tls::TrustStore::empty();
    for certificate in webpki_root_certs::TLS_SERVER_ROOT_CERTS {
        let der = STANDARD.encode(certificate);
        store.add_pem_certificate(format!("-----BEGIN CERTIFICATE-----\n{der}\n-----END CERTIFICATE-----\n"));
    }
    store
}

async fn load() -> SdkConfig {
    let tls = tls::Provider::Rustls(tls::rustls_provider::CryptoMode::Ring);
    let builder = aws_smithy_http_client::Builder::new().tls_provider(tls);
    let http = match tls::TlsContext::builder().with_trust_store(trust()).build() {
        Ok(context) => builder.tls_context(context).build_https(),
        Err(_) => builder.build_https(),
    };
    let timeouts = TimeoutConfig::builder()
        .connect_timeout(ATTEMPT_TIMEOUT)
        .operation_attempt_timeout(ATTEMPT_TIMEOUT)
        .operation_timeout(CALL_TIMEOUT)
        .build();
    aws_config::defaults(BehaviorVersion::latest())
        .http_client(http)
        .timeout_config(timeouts)
        .retry_config(RetryConfig::standard().with_max_attempts(2))
        .load()
        .await
}

/// Returns the reason why an AWS call failed: the service's error code, such as `ResourceNotFoundException`, or else
/// the error with its causes.
pub fn reason<E>(error: &E) -> String
where
    E: ProvideErrorMetadata + std::error::Error,
{
    error.code().map_or_else(|| DisplayErrorContext(error).to_string(), str::to_owned)
}
