//! The HTTP transport of the AWS SDK: the client of [`Http`](crate::http::Http) instead of a second HTTP stack.
//!
//! The SDK sets the time limits of a call and repeats it. This module sends one request.

use aws_smithy_runtime_api::client::http::{
    HttpConnector, HttpConnectorFuture, SharedHttpClient, SharedHttpConnector, http_client_fn,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_types::body::SdkBody;
use bytes::Bytes;

/// Sends the SDK's requests with reqwest.
#[derive(Debug, Clone)]
struct Transport {
    client: reqwest::Client,
    /// For plain HTTP, which only a machine's own endpoints use. They return credentials, so no proxy may see them.
    direct: reqwest::Client,
}

/// Returns the SDK's view of the two clients. `direct` uses no proxy.
pub(super) fn transport(client: reqwest::Client, direct: reqwest::Client) -> SharedHttpClient {
    let connector = SharedHttpConnector::new(Transport { client, direct });
    http_client_fn(move |_, _| connector.clone())
}

impl HttpConnector for Transport {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let client = if request.uri().starts_with("http:") { &self.direct } else { &self.client }.clone();
        HttpConnectorFuture::new(async move { exchange(&client, request).await })
    }
}

/// Sends a request. The SDK reads the body of the reply. It is a stream, because the SDK's trace log prints a body that is
/// in memory, and a body can contain secrets.
///
/// # Errors
/// [`ConnectorError`] if there is no reply. The SDK repeats a call after one of the kinds `timeout` and `io`.
async fn exchange(client: &reqwest::Client, request: HttpRequest) -> Result<HttpResponse, ConnectorError> {
    let reply = client.execute(converted(request)?).await.map_err(failure)?;
    let reply = http::Response::<reqwest::Body>::from(reply).map(SdkBody::from_body_1_x);
    HttpResponse::try_from(reply).map_err(|error| ConnectorError::other(error.into(), None))
}

/// Converts a request to reqwest's type. A body that is not in memory is an error; none of our calls has one.
fn converted(request: HttpRequest) -> Result<reqwest::Request, ConnectorError> {
    let request = request.try_into_http1x().map_err(|error| ConnectorError::user(error.into()))?;
    let (parts, body) = request.into_parts();
    let body = body.bytes().map(Bytes::copy_from_slice);
    let body = body.ok_or_else(|| ConnectorError::user("the body is not in memory".into()))?;
    http::Request::from_parts(parts, body).try_into().map_err(failure)
}

/// Classifies an error. The URL is removed, as in all errors of this program.
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
