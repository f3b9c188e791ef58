//! The HTTP transport of the AWS SDK: the client of [`Http`](crate::http::Http) instead of a second HTTP stack.
//!
//! The SDK sets the time limits of a call and repeats failed calls. This module sends a single request.

use std::time::Duration;

use aws_smithy_runtime_api::client::http::{
    HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient, SharedHttpConnector,
    http_client_fn,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_types::body::SdkBody;
use bytes::Bytes;

/// The transport that sends the SDK's requests with reqwest.
#[derive(Debug, Clone)]
struct Transport {
    client: reqwest::Client,
    /// The client without a proxy, for plain HTTP. Only the endpoints of the machine itself use plain HTTP; they
    /// return credentials, so no proxy may see their replies.
    direct: reqwest::Client,
    /// The time limit of a request and its reply. `None` if the SDK itself limits the attempt.
    limit: Option<Duration>,
}

impl Transport {
    /// Creates a transport with the time limits in `settings`. The SDK sets a limit for the reply only for calls for
    /// credentials.
    fn new((client, direct): (reqwest::Client, reqwest::Client), settings: &HttpConnectorSettings) -> Self {
        let reply = settings.read_timeout();
        let limit = reply.map(|reply| reply + settings.connect_timeout().unwrap_or_default());
        Self { client, direct, limit }
    }
}

/// Returns the two clients as an HTTP client of the SDK. `direct` uses no proxy.
pub(super) fn transport(client: reqwest::Client, direct: reqwest::Client) -> SharedHttpClient {
    let clients = (client, direct);
    http_client_fn(move |settings, _| SharedHttpConnector::new(Transport::new(clients.clone(), settings)))
}

impl HttpConnector for Transport {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let client = if request.uri().starts_with("http:") { &self.direct } else { &self.client }.clone();
        let limit = self.limit;
        HttpConnectorFuture::new(async move { exchange(&client, request, limit).await })
    }
}

/// Sends a request, with a time limit for request and reply if `limit` is set. The body of the reply is returned as a
/// stream. The SDK's trace log would print a body in memory, which can contain secrets.
///
/// # Errors
/// [`ConnectorError`] if there is no reply. The SDK repeats a call after one of the kinds `timeout` and `io`.
async fn exchange(
    client: &reqwest::Client,
    request: HttpRequest,
    limit: Option<Duration>,
) -> Result<HttpResponse, ConnectorError> {
    let mut request = converted(request)?;
    *request.timeout_mut() = limit;
    let reply = client.execute(request).await.map_err(failure)?;
    let reply = http::Response::<reqwest::Body>::from(reply).map(SdkBody::from_body_1_x);
    HttpResponse::try_from(reply).map_err(|error| ConnectorError::other(error.into(), None))
}

/// Converts a request of the SDK to reqwest's type. A body that is not in memory is an error, and no call of Sidenote
/// has such a body.
fn converted(request: HttpRequest) -> Result<reqwest::Request, ConnectorError> {
    let request = request.try_into_http1x().map_err(|error| ConnectorError::user(error.into()))?;
    let (parts, body) = request.into_parts();
    let body = body.bytes().map(Bytes::copy_from_slice);
    let body = body.ok_or_else(|| ConnectorError::user("the body is not in memory".into()))?;
    http::Request::from_parts(parts, body).try_into().map_err(failure)
}

/// Converts an error of reqwest to an error of the SDK. The URL is removed, because it can contain secrets.
fn failure(error: reqwest::Error) -> ConnectorError {
    let error = error.without_url();
    if error.is_timeout() {
        ConnectorError::timeout(error.into())
    } else if error.is_builder() {
        ConnectorError::user(error.into())
    } else {
        ConnectorError::io(error.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::Http;

    /// The AWS credential chain asks the metadata service of EC2, with time limits of one second. On other machines
    /// nothing answers.
    #[tokio::test]
    async fn the_limits_of_a_call_hold_for_a_machine_that_never_answers() {
        let silent = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let http = Http::new(None).expect("a client");
        let clients = (http.client().clone(), http.direct().expect("a client"));
        let limit = Duration::from_millis(50);
        let settings = HttpConnectorSettings::builder().connect_timeout(limit).read_timeout(limit).build();
        let connector = Transport::new(clients, &settings);
        let url = format!("http://{}/latest/api/token", silent.local_addr().expect("an address"));
        let request = HttpRequest::get(url).expect("a request");
        let ended = tokio::time::timeout(Duration::from_secs(5), connector.call(request)).await;
        assert!(ended.expect("the call ends").expect_err("no answer").is_timeout());
    }
}
