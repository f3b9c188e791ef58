//! The events of the Lambda function: HTTP requests, batches of the redelivery queue, and the schedule of the sweep.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use futures_util::future::join_all;
use http::Request;
use http::header::{HOST, HeaderName, HeaderValue};
use lambda_http::request::{LambdaRequest, RequestContext};
use lambda_http::{Adapter, Body, LambdaEvent, RequestExt, Service, service_fn};
use lambda_runtime::Error;
use serde::de::IgnoredAny;
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;
use serde_json::{Value, json};
use sidenote::domain::deadline::Deadline;
use sidenote::handler::Handler;

use crate::answer_first::{Slot, deadline};

/// The kinds of events that the Lambda function handles.
pub(crate) enum Event {
    /// An HTTP request from a Function URL or API Gateway.
    Http(Box<LambdaRequest>),
    /// A batch of queued webhook deliveries and button presses from SQS.
    Redelivered(Vec<Message>),
    /// A scheduled search for issues without a note.
    Sweep,
}

/// One SQS message of a batch.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Message {
    message_id: String,
    #[serde(default)]
    body: String,
}

/// The members of an event that tell its kind. Only these members are parsed at first.
#[derive(Deserialize)]
struct Kind<'e> {
    #[serde(rename = "Records", borrow)]
    records: Option<&'e RawValue>,
    #[serde(rename = "detail-type")]
    detail_type: Option<String>,
    #[serde(rename = "requestContext", default)]
    context: Origin,
}

/// The member of `requestContext` that is present if an Application Load Balancer sent the event.
#[derive(Default, Deserialize)]
struct Origin {
    elb: Option<IgnoredAny>,
}

/// The `detail-type` of an event of the schedule.
const SCHEDULED: &str = "Scheduled Event";

impl<'de> Deserialize<'de> for Event {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let event = Box::<RawValue>::deserialize(deserializer)?;
        let kind: Option<Kind<'_>> = serde_json::from_slice(event.get().as_bytes()).ok();
        let read = |error: serde_json::Error| serde::de::Error::custom(error);
        match kind {
            Some(Kind { records: Some(records), .. }) => {
                serde_json::from_slice(records.get().as_bytes()).map(Self::Redelivered).map_err(read)
            }
            Some(Kind { detail_type: Some(kind), .. }) if kind == SCHEDULED => Ok(Self::Sweep),
            Some(Kind { detail_type: Some(_), .. }) => {
                Err(unsupported("an EventBridge event other than a schedule"))
            }
            Some(Kind { context: Origin { elb: Some(_) }, .. }) => {
                Err(unsupported("a request of an Application Load Balancer"))
            }
            _ => request(event.get()).map(|request| Self::Http(Box::new(request))).map_err(read),
        }
    }
}

/// Reads an HTTP request. A header whose name or value is invalid in HTTP is left out, because a request of a stranger
/// must not count as an error of the function.
fn request(event: &str) -> serde_json::Result<LambdaRequest> {
    serde_json::from_str(event).or_else(|_| {
        let mut event: Value = serde_json::from_str(event)?;
        for member in ["headers", "multiValueHeaders"] {
            if let Some(Value::Object(headers)) = event.get_mut(member) {
                headers.retain(|name, value| is_header(name, value));
            }
        }
        serde_json::from_value(event)
    })
}

/// Whether the name and the value, or each of several values, are valid in HTTP.
fn is_header(name: &str, value: &Value) -> bool {
    let is_text = |value: &Value| value.as_str().is_some_and(|text| HeaderValue::from_str(text).is_ok());
    let is_value = value.as_array().map_or_else(|| is_text(value), |values| values.iter().all(is_text));
    is_value && HeaderName::from_bytes(name.as_bytes()).is_ok()
}

fn unsupported<E: serde::de::Error>(what: &str) -> E {
    E::custom(format!(
        "{what} is not supported: use a function URL or API Gateway, and a schedule for the sweep"
    ))
}

/// Returns the service that handles every event. The work for after a response is left in `slot`.
pub(crate) fn service(
    handler: Arc<Handler>,
    slot: Slot,
) -> impl Service<LambdaEvent<Event>, Response = Value, Error = Error, Future: Send> {
    let requests = requests(Arc::clone(&handler), slot);
    service_fn(move |event: LambdaEvent<Event>| {
        let (handler, mut requests) = (Arc::clone(&handler), requests.clone());
        async move {
            let LambdaEvent { payload, context } = event;
            let deadline = deadline(context.deadline());
            match payload {
                Event::Http(request) => Ok(requests.call(LambdaEvent::new(*request, context)).await?),
                Event::Redelivered(messages) => Ok(redelivered(&handler, &messages, deadline).await),
                Event::Sweep => Ok(handler.sweep_on_schedule(deadline).await),
            }
        }
    })
}

/// Processes a batch of SQS messages. The result names the messages that SQS must deliver again.
async fn redelivered(handler: &Handler, messages: &[Message], deadline: Deadline) -> Value {
    let each = messages.iter().map(|message| async {
        let outcome = handler.redelivered(&message.body, deadline).await;
        if let Err(why) = outcome {
            tracing::warn!(message_id = message.message_id, reason = %why, "redelivery_kept");
        }
        outcome.err().map(|_| json!({"itemIdentifier": message.message_id}))
    });
    let failures: Vec<Value> = join_all(each).await.into_iter().flatten().collect();
    json!({ "batchItemFailures": failures })
}

/// Returns the service for HTTP requests. It returns the response as JSON in Lambda's format.
fn requests(
    handler: Arc<Handler>,
    slot: Slot,
) -> impl Service<LambdaEvent<LambdaRequest>, Response = Value, Error = Error, Future: Send> + Clone {
    let adapter = Adapter::from(service_fn(move |request: lambda_http::Request| {
        let (handler, slot) = (Arc::clone(&handler), slot.clone());
        async move {
            let deadline = deadline(request.lambda_context().deadline());
            let reply = handler.handle(into_bytes(request), deadline).await;
            if let Some(work) = reply.work {
                slot.leave(work);
            }
            Ok::<_, Error>(reply.response.map(into_body))
        }
    }));
    service_fn(move |event: LambdaEvent<LambdaRequest>| {
        let mut adapter = adapter.clone();
        let event = LambdaEvent { payload: convertible(event.payload), ..event };
        async move { Ok(serde_json::to_value(adapter.call(event).await?)?) }
    })
}

/// The longest request path that is matched to a route, in bytes. The function's own paths have at most 36 bytes.
const LONGEST_PATH: usize = 1024;

/// Makes a request safe for the adapter, which panics if the path, the query or the host is not valid in a URI, or if
/// the body is not valid base64.
///
/// The handler reads neither the query nor the host, so both are dropped. An invalid path leads to 404. An undecodable
/// body stays as it is, and its signature is then invalid.
fn convertible(mut request: LambdaRequest) -> LambdaRequest {
    let (encoded, body, path) = match &mut request {
        LambdaRequest::ApiGatewayV1(event) => {
            event.headers.remove(HOST);
            event.request_context.domain_name = None;
            drop(std::mem::take(&mut event.query_string_parameters));
            drop(std::mem::take(&mut event.multi_value_query_string_parameters));
            (&mut event.is_base64_encoded, &event.body, &mut event.path)
        }
        LambdaRequest::ApiGatewayV2(event) => {
            event.headers.remove(HOST);
            event.request_context.domain_name = None;
            event.raw_query_string = None;
            (&mut event.is_base64_encoded, &event.body, &mut event.raw_path)
        }
        _ => return request,
    };
    *encoded = *encoded && body.as_deref().is_none_or(|body| STANDARD.decode(body).is_ok());
    let is_path = |path: &str| {
        path.starts_with('/')
            && path.len() <= LONGEST_PATH
            && path.bytes().all(|byte| byte.is_ascii_graphic())
    };
    if !path.as_deref().is_none_or(is_path) {
        *path = Some("/-".to_owned());
    }
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

/// Returns the request's path without the API's stage. An HTTP API puts a named stage into the path, a REST API not.
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

fn into_body(body: Bytes) -> Body {
    match String::from_utf8(body.into()) {
        Ok(text) => Body::Text(text),
        Err(binary) => Body::Binary(binary.into_bytes()),
    }
}
