//! Lambda events → requests for the handler.

use std::convert::Infallible;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::{Request, Response};
use lambda_http::request::{LambdaRequest, RequestContext};
use lambda_http::{Adapter, Body, LambdaEvent, RequestExt, Service, service_fn};
use sidenote::handler::Handler;
use tower::util::MapRequest;

use crate::answer_first::{Slot, deadline};

/// The service for every event of the function. The work that an answer leaves goes into `slot`.
pub(crate) fn service(
    handler: Arc<Handler>,
    slot: Slot,
) -> impl Service<LambdaEvent<LambdaRequest>, Response: serde::Serialize, Error = Infallible, Future: Send> {
    let adapter = Adapter::from(service_fn(move |request: lambda_http::Request| {
        let (handler, slot) = (Arc::clone(&handler), slot.clone());
        async move {
            let deadline = deadline(request.lambda_context().deadline());
            let reply = handler.handle(into_bytes(request), deadline).await;
            if let Some(work) = reply.work {
                slot.leave(work);
            }
            Ok::<_, Infallible>(into_body(reply.response))
        }
    }));
    MapRequest::new(adapter, |event: LambdaEvent<LambdaRequest>| LambdaEvent {
        payload: with_decodable_body(event.payload),
        ..event
    })
}

/// A body that is not the base64 it claims to be stays as it is, and the signature decides: the adapter would panic.
fn with_decodable_body(mut request: LambdaRequest) -> LambdaRequest {
    let (encoded, body) = match &mut request {
        LambdaRequest::ApiGatewayV1(event) => (&mut event.is_base64_encoded, &event.body),
        LambdaRequest::ApiGatewayV2(event) => (&mut event.is_base64_encoded, &event.body),
        _ => return request,
    };
    *encoded = *encoded && body.as_deref().is_none_or(|body| STANDARD.decode(body).is_ok());
    request
}

fn into_bytes(request: lambda_http::Request) -> Request<Bytes> {
    let path = path_without_stage(&request);
    let (mut parts, body) = request.into_parts();
    if let Ok(uri) = path.parse() {
        parts.uri = uri;
    }
    let body = match body {
        Body::Text(text) => Bytes::from(text),
        Body::Binary(bytes) => Bytes::from(bytes),
        _ => Bytes::new(),
    };
    Request::from_parts(parts, body)
}

/// The path as our routes know it. An HTTP API's named stage stands in front of it, a REST API's does not.
fn path_without_stage(request: &lambda_http::Request) -> String {
    let path = request.raw_http_path();
    let stage = match request.request_context_ref() {
        Some(RequestContext::ApiGatewayV2(context)) => context.stage.as_deref(),
        _ => None,
    };
    let prefix = format!("/{}", stage.unwrap_or("$default"));
    let rest = path.strip_prefix(&prefix).filter(|rest| rest.is_empty() || rest.starts_with('/'));
    match rest {
        Some("") => "/".to_owned(),
        Some(rest) => rest.to_owned(),
        None => path.to_owned(),
    }
}

fn into_body(response: Response<Bytes>) -> Response<Body> {
    response.map(|body| match String::from_utf8(body.into()) {
        Ok(text) => Body::Text(text),
        Err(binary) => Body::Binary(binary.into_bytes()),
    })
}
