//! The HTTP client: one connection pool, one set of root certificates, limited replies, and errors without URLs.
//!
//! Every call to a third party except AWS goes through [`Http::send`] or [`Http::send_within`], which enforce the
//! rules: no call outlives its deadline, no reply is larger than 2 MiB, no redirect is followed (it could leak a
//! token), and no error contains a URL (Telegram's token is in its path).

pub mod reach;
mod together;

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http::{HeaderMap, StatusCode};

pub use together::together;

use crate::clock::time_left;
use crate::domain::deadline::{Deadline, RESERVE};
use crate::domain::outcome::Failure;

/// The largest reply that is read, in bytes. Sentry's largest reply, an event with 250 frames, is smaller. Parsing a
/// reply takes about twenty times its size in memory, and the function has 256 MB.
const LARGEST_ANSWER: usize = 2 * 1024 * 1024;
/// The time limit for one call. Calls to a model have their own limit.
const CALL_TIMEOUT: Duration = Duration::from_secs(15);
/// The time limit for a new connection. It is shorter than [`RESERVE`], so that a message to a chat that cannot be
/// reached fails as unsent, and not as a message that may have arrived.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(2);
const _: () = assert!(CONNECT_TIMEOUT.as_millis() < RESERVE.as_millis());

/// The HTTP client that the whole program shares. Clones use the same connection pool.
#[derive(Debug, Clone)]
pub struct Http {
    pooled: reqwest::Client,
    /// The client that keeps no connections open. It is built after a pooled connection has broken for the first time.
    fresh: Arc<OnceLock<reqwest::Client>>,
    tls: Arc<rustls::ClientConfig>,
}

/// A complete HTTP reply.
#[derive(Debug)]
pub struct HttpReply {
    /// The HTTP status of the reply.
    pub status: StatusCode,
    /// The headers of the reply.
    pub headers: HeaderMap,
    /// The whole body of the reply.
    pub body: Bytes,
}

/// The reason why the HTTP client cannot be built.
#[derive(Debug, thiserror::Error)]
pub enum HttpError {
    /// The file that `SSL_CERT_FILE` names contains no readable certificate. The value is the path of the file.
    #[error("SSL_CERT_FILE: no certificate can be read from {0}")]
    Certificates(String),
    /// The TLS library rejects its own settings.
    #[error("the HTTP client cannot be built")]
    Client(#[source] Box<dyn std::error::Error + Send + Sync>),
}

impl Http {
    /// Builds the client. `extra_roots` is the path of a PEM file with the root certificates of a private authority.
    ///
    /// Mozilla's root certificates are compiled in. Reading the system's certificates takes longer than the rest of a
    /// cold start of the Lambda function.
    ///
    /// # Errors
    ///
    /// [`HttpError`] if the PEM file cannot be used.
    pub fn new(extra_roots: Option<&str>) -> Result<Self, HttpError> {
        let client = |error: Box<dyn std::error::Error + Send + Sync>| HttpError::Client(error);
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let tls = rustls::ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(|e| client(e.into()))?
            .with_root_certificates(roots(extra_roots)?)
            .with_no_client_auth();
        let pooled = builder(&tls).build().map_err(|e| client(e.without_url().into()))?;
        Ok(Self { pooled, fresh: Arc::default(), tls: Arc::new(tls) })
    }

    /// Returns a client that uses no proxy.
    ///
    /// # Errors
    ///
    /// [`HttpError`] if the client cannot be built.
    pub fn direct(&self) -> Result<reqwest::Client, HttpError> {
        let client = builder(&self.tls).no_proxy().build();
        client.map_err(|error| HttpError::Client(error.without_url().into()))
    }

    /// Returns the client with which callers build a request for [`Self::send`].
    #[must_use]
    pub fn client(&self) -> &reqwest::Client {
        &self.pooled
    }

    /// Returns a client that opens a new connection for each request, for retries after a broken connection: a server
    /// that closes idle connections silently may have closed every other one in the pool too.
    #[must_use]
    pub fn fresh_client(&self) -> &reqwest::Client {
        let build =
            || builder(&self.tls).pool_max_idle_per_host(0).build().unwrap_or_else(|_| self.pooled.clone());
        self.fresh.get_or_init(build)
    }

    /// Sends a request and reads the whole reply, within 15 seconds and before the deadline.
    ///
    /// # Errors
    ///
    /// [`Failure`] if there is no complete reply. A reply with any status is `Ok`.
    pub async fn send(
        &self,
        request: reqwest::RequestBuilder,
        deadline: Deadline,
    ) -> Result<HttpReply, Failure> {
        self.send_within(request, deadline, CALL_TIMEOUT).await
    }

    /// Sends a request like [`Self::send`], but with the time limit `longest`. Calls to models need more time.
    ///
    /// # Errors
    ///
    /// [`Failure`] if there is no complete reply. A reply with any status is `Ok`.
    pub async fn send_within(
        &self,
        request: reqwest::RequestBuilder,
        deadline: Deadline,
        longest: Duration,
    ) -> Result<HttpReply, Failure> {
        let left = time_left(deadline).min(longest);
        if left.is_zero() {
            return Err(Failure::OutOfTime);
        }
        tokio::time::timeout(left, receive(request)).await.unwrap_or(Err(Failure::Timeout))
    }
}

fn builder(tls: &rustls::ClientConfig) -> reqwest::ClientBuilder {
    reqwest::Client::builder()
        .tls_backend_preconfigured(tls.clone())
        .redirect(reqwest::redirect::Policy::none())
        .connect_timeout(CONNECT_TIMEOUT)
        .user_agent(concat!("sidenote/", env!("CARGO_PKG_VERSION")))
}

async fn receive(request: reqwest::RequestBuilder) -> Result<HttpReply, Failure> {
    let mut response = request.send().await.map_err(|error| failure(&error))?;
    let (status, headers) = (response.status(), std::mem::take(response.headers_mut()));
    let mut body = BytesMut::new();
    while let Some(chunk) = response.chunk().await.map_err(|error| failure(&error))? {
        if body.len() + chunk.len() > LARGEST_ANSWER {
            return Err(Failure::Unreadable);
        }
        body.extend_from_slice(&chunk);
    }
    Ok(HttpReply { status, headers, body: body.freeze() })
}

/// Converts an error of reqwest. Only the kind of the error is kept, never its URL.
fn failure(error: &reqwest::Error) -> Failure {
    if is_refused_by_proxy(error) {
        Failure::ProxyRefused
    // A timeout while connecting is a connection error and a timeout. It counts as a connection error, because nothing
    // was sent.
    } else if error.is_connect() {
        Failure::Unreachable
    } else if error.is_timeout() {
        Failure::Timeout
    } else {
        Failure::Interrupted
    }
}

/// The error text of the HTTP library for a reply 407 to a `CONNECT` request.
const PROXY_REFUSED: &str = "proxy authorization required";

/// Whether a cause of the error is a proxy that refused the client's credentials.
fn is_refused_by_proxy(error: &reqwest::Error) -> bool {
    let causes = std::iter::successors(std::error::Error::source(error), |cause| cause.source());
    causes.into_iter().any(|cause| cause.to_string().contains(PROXY_REFUSED))
}

fn roots(extra: Option<&str>) -> Result<rustls::RootCertStore, HttpError> {
    use rustls::pki_types::CertificateDer;
    use rustls::pki_types::pem::PemObject;

    let mut store = rustls::RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
    if let Some(path) = extra {
        let unusable = || HttpError::Certificates(path.to_owned());
        let certificates = CertificateDer::pem_file_iter(path).map_err(|_| unusable())?;
        let (added, _) = store.add_parsable_certificates(certificates.filter_map(Result::ok));
        if added == 0 {
            return Err(unusable());
        }
    }
    Ok(store)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::deadline_in;

    #[tokio::test]
    async fn a_call_for_which_no_time_is_left_is_not_sent() {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let url = format!("http://{}/", listener.local_addr().expect("an address"));
        let http = Http::new(None).expect("a client");
        let sent = http.send(http.client().post(url), deadline_in(Duration::ZERO)).await;
        assert_eq!(sent.map(|answer| answer.status), Err(Failure::OutOfTime));
        let connection = tokio::time::timeout(Duration::from_millis(50), listener.accept()).await;
        assert!(connection.is_err(), "nothing connects");
    }
}
