//! Reads the files that are given to commands: texts and payloads. A payload is a webhook body, a Lambda event that
//! contains such a body, or a bare event of an SDK.

use std::io::Read as _;
use std::path::Path;

use anyhow::{Context as _, bail};
use base64::Engine as _;
use bytes::Bytes;
use serde_json::{Value, json};

/// A webhook payload from a file or a form, in Sentry's format.
pub(crate) struct Given {
    /// The value of the `Sentry-Hook-Resource` header, if the file's content or name contains it.
    pub(crate) resource: Option<String>,
    /// The body of the webhook. The handler reports an error if it is not JSON.
    pub(crate) body: Bytes,
}

/// The webhook resources that a file name may begin with, as in `issue.created.json`.
const RESOURCES: &[&str] =
    &["issue", "event_alert", "error", "activity_alert", "metric_alert", "seer", "comment"];

/// Reads a payload from a file, or from standard input if `path` is `-`.
pub(crate) fn read(path: &Path) -> anyhow::Result<Given> {
    parse(named_resource(path), bytes(path)?.into())
}

/// Reads a UTF-8 text from a file, or from standard input if `path` is `-`.
pub(crate) fn text(path: &Path) -> anyhow::Result<String> {
    String::from_utf8(bytes(path)?).with_context(|| path.display().to_string())
}

fn bytes(path: &Path) -> anyhow::Result<Vec<u8>> {
    if path != Path::new("-") {
        return std::fs::read(path).with_context(|| path.display().to_string());
    }
    let mut bytes = Vec::new();
    std::io::stdin().read_to_end(&mut bytes).context("standard input")?;
    Ok(bytes)
}

/// Parses a payload. `resource` is the webhook's resource from the file name, if the name contains one.
pub(crate) fn parse(resource: Option<String>, body: Bytes) -> anyhow::Result<Given> {
    // Text that is not JSON is returned unchanged; the handler reports the error.
    let Ok(value) = serde_json::from_slice::<Value>(&body) else { return Ok(Given { resource, body }) };
    if value.get("requestContext").is_some() && value.get("headers").is_some() {
        return lambda_event(&value);
    }
    if is_bare_event(&value) {
        return Ok(Given {
            resource: Some("event_alert".to_owned()),
            body: wrapped(value).to_string().into(),
        });
    }
    Ok(Given { resource, body })
}

fn named_resource(path: &Path) -> Option<String> {
    let first = path.file_name()?.to_str()?.split('.').next()?;
    RESOURCES.contains(&first).then(|| first.to_owned())
}

fn lambda_event(event: &Value) -> anyhow::Result<Given> {
    let headers = event["headers"].as_object().into_iter().flatten();
    let mut resources = headers.filter(|(name, _)| name.eq_ignore_ascii_case("sentry-hook-resource"));
    let resource = resources.next().and_then(|(_, value)| value.as_str()).map(str::to_owned);
    let Some(body) = event["body"].as_str() else { bail!("the Lambda event has no body") };
    let body = if event["isBase64Encoded"] == json!(true) {
        base64::engine::general_purpose::STANDARD
            .decode(body)
            .context("the Lambda event's body is not base64")?
            .into()
    } else {
        Bytes::from(body.to_owned())
    };
    Ok(Given { resource, body })
}

/// Whether `value` is the bare event of an SDK, without the envelope of a webhook.
fn is_bare_event(value: &Value) -> bool {
    let has = |member: &str| value.get(member).is_some();
    let envelope = ["action", "data", "project_slug", "triggering_rules", "event"].into_iter().any(has);
    let event = ["event_id", "exception", "stacktrace", "platform", "logentry"].into_iter().any(has)
        || value
            .as_object()
            .is_some_and(|event| event.keys().any(|key| key.starts_with("sentry.interfaces.")));
    !envelope && event
}

fn wrapped(mut event: Value) -> Value {
    if event.get("issue_id").is_none() {
        event["issue_id"] = json!("PREVIEW");
    }
    json!({"action": "triggered", "data": {"event": event}})
}
