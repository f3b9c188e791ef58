//! Converts the outcome of a request to an HTTP response. No other module chooses HTTP statuses.

use ::http::header::{ALLOW, CONTENT_TYPE, RETRY_AFTER};
use ::http::{HeaderValue, Method, Response, StatusCode};
use bytes::Bytes;
use serde_json::{Value, json};

use super::delivery::job::Job;
use super::health::Health;
use crate::domain::evidence::Gap;
use crate::domain::ids::IssueId;
use crate::domain::issue_update::{IssueUpdate, UpdateKind};
use crate::domain::outcome::{Processed, Step};
use crate::notifiers::note::Note;
use crate::webhook::{Ignored, Unreadable};

/// The answer of Sidenote to an HTTP request.
#[derive(Debug)]
pub enum Answer {
    /// The webhook is valid and its work is accepted (202).
    Accepted {
        /// The work that follows from the webhook.
        job: Box<Job>,
        /// Whether the answer may leave before the work is complete: the queue has the webhook, or no queue is
        /// configured.
        is_queued: bool,
    },
    /// The incident of the webhook was handled before, or another invocation is handling it.
    Duplicate(Option<IssueId>),
    /// The incident of the webhook was handled before, but the issue may have changed since, so the issue is read. If
    /// the queue has the webhook or no queue is configured, the answer is that of a duplicate and leaves before this
    /// read.
    Doubtful {
        /// The work: a read of the issue, and a new analysis if the issue has changed.
        job: Box<Job>,
        /// Whether the answer may leave before the issue is read.
        is_queued: bool,
    },
    /// The webhook needs no work.
    Ignored(Ignored),
    /// The webhook reports a change that is only shown in the issue's chat message.
    Update {
        /// The change.
        noted: Box<NotedUpdate>,
        /// Whether the answer may leave before the message shows the change: the queue has the webhook, or no queue
        /// or no chat is configured.
        is_queued: bool,
    },
    /// The report of the health endpoint.
    Health(Health),
    /// The answer to a probe of an orchestrator: whether this process can receive webhooks, or the reason why not.
    Probe(Result<(), &'static str>),
    /// The request is refused.
    Refused(Refusal),
}

/// A change of an issue that is only shown in the issue's chat message.
#[derive(Debug)]
pub struct NotedUpdate {
    /// The kind of the change and the issue.
    pub update: IssueUpdate,
    /// The digest of the webhook's body in hex. A repeated webhook has the same digest.
    pub(super) id: String,
    /// The time when the webhook was received, in milliseconds since 1970 (UTC).
    pub(super) received_ms: u64,
}

/// The reason why a request is refused. The caller gets the reason's text, and never the text of an inner error.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// No route has this path.
    #[error("no such path")]
    NoSuchPath,
    /// The path accepts only this method.
    #[error("method not allowed")]
    Method(Method),
    /// The content type of the request is not JSON.
    #[error("the body is not declared as JSON")]
    NotJson,
    /// The body is larger than this number of bytes.
    #[error("the body is larger than {0} bytes")]
    TooLarge(usize),
    /// The signature header is missing.
    #[error("there is no signature")]
    Unsigned,
    /// The signature header is missing, and the body is a message in Slack's form.
    #[error(
        "there is no signature, and the body is a message for Slack, as GlitchTip and Bugsink send it: only Sentry's webhooks are supported"
    )]
    SlackMessage,
    /// No configured key matches the signature.
    #[error("invalid signature")]
    Signature,
    /// Slack signed the request more than five minutes ago, or more than five minutes in the future.
    #[error("the request is older than five minutes")]
    Stale,
    /// `SENTRY_CLIENT_SECRET` is missing.
    #[error("no client secret is configured")]
    NoClientSecret,
    /// The secrets cannot be read.
    #[error("the secrets cannot be read")]
    NoSecrets,
    /// The secret in the header of a request from Telegram is wrong.
    #[error("the secret of the webhook is wrong")]
    WebhookSecret,
    /// `TELEGRAM_WEBHOOK_SECRET` is missing or too weak.
    #[error("no usable webhook secret is configured")]
    NoWebhookSecret,
    /// Another invocation is handling the incident of the webhook.
    #[error("another invocation is handling it")]
    Busy,
    /// Within the time for an answer, the work was not completed and the queue did not take the webhook. The work
    /// continues.
    #[error("the delivery could be neither completed nor queued in time")]
    NotQueued,
    /// The body does not have the form of a Sentry webhook.
    #[error("{0}")]
    Unreadable(#[from] Unreadable),
}

impl Refusal {
    fn status(&self) -> StatusCode {
        match self {
            Self::NoSuchPath => StatusCode::NOT_FOUND,
            Self::Method(_) => StatusCode::METHOD_NOT_ALLOWED,
            Self::NotJson => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::TooLarge(_) => StatusCode::PAYLOAD_TOO_LARGE,
            Self::Unsigned
            | Self::SlackMessage
            | Self::Signature
            | Self::Stale
            | Self::NoClientSecret
            | Self::WebhookSecret
            | Self::NoWebhookSecret => StatusCode::UNAUTHORIZED,
            Self::NoSecrets | Self::NotQueued | Self::Busy => StatusCode::SERVICE_UNAVAILABLE,
            Self::Unreadable(_) => StatusCode::BAD_REQUEST,
        }
    }
}

impl From<Answer> for Response<Bytes> {
    fn from(answer: Answer) -> Self {
        match answer {
            Answer::Accepted { job, .. } => accepted(job.occurrence.issue_id().as_ref()),
            Answer::Duplicate(issue) => duplicate(issue.as_ref()),
            Answer::Doubtful { job, is_queued: true } => duplicate(job.occurrence.issue_id().as_ref()),
            Answer::Update { noted: update, is_queued: true } => noted(update.update.kind),
            Answer::Doubtful { is_queued: false, .. } | Answer::Update { is_queued: false, .. } => {
                Answer::Refused(Refusal::NotQueued).into()
            }
            Answer::Ignored(why) => {
                response(StatusCode::OK, &json!({"status": "ignored", "reason": why.reason()}))
            }
            Answer::Health(health) => response(StatusCode::OK, &health.to_json()),
            Answer::Probe(Ok(())) => response(StatusCode::OK, &json!({"status": "ok"})),
            Answer::Probe(Err(why)) => {
                let body = json!({"status": "not_ready", "reason": why});
                response(StatusCode::SERVICE_UNAVAILABLE, &body)
            }
            Answer::Refused(refusal) => {
                let mut refused = response(refusal.status(), &json!({"error": refusal.to_string()}));
                if let Refusal::Method(wanted) = &refusal {
                    let wanted =
                        HeaderValue::from_str(wanted.as_str()).unwrap_or(HeaderValue::from_static("POST"));
                    refused.headers_mut().insert(ALLOW, wanted);
                } else if refusal == Refusal::Busy {
                    refused.headers_mut().insert(RETRY_AFTER, HeaderValue::from_static("5"));
                }
                refused
            }
        }
    }
}

/// Returns the answer (200) to an accepted request of Telegram or Slack.
pub(super) fn taken() -> Response<Bytes> {
    response(StatusCode::OK, &json!({}))
}

/// Returns the answer to a change of an issue that needs no analysis. Its status is `ignored`, as in the Python
/// service that Sidenote replaces.
pub(super) fn noted(kind: UpdateKind) -> Response<Bytes> {
    response(StatusCode::OK, &json!({"status": "ignored", "reason": kind.reason()}))
}

fn duplicate(issue: Option<&IssueId>) -> Response<Bytes> {
    response(StatusCode::OK, &json!({"status": "duplicate", "issue_id": issue.map(IssueId::as_str)}))
}

/// Returns the answer (202) to a webhook whose work continues after the answer.
pub(super) fn accepted(issue: Option<&IssueId>) -> Response<Bytes> {
    let id = issue.map(IssueId::as_str);
    response(
        StatusCode::ACCEPTED,
        &json!({"status": "accepted", "issue_id": id, "message": "Analysis scheduled"}),
    )
}

/// Returns the answer (200) with the outcome of a webhook's work, for a caller that waited with `Prefer: wait`.
pub(super) fn processed(processed: &Processed) -> Response<Bytes> {
    let mut answer = response(StatusCode::OK, &outcome(processed));
    answer.headers_mut().insert("preference-applied", HeaderValue::from_static("wait"));
    answer
}

/// Returns the outcome of a webhook's work as JSON: its status, the analysis, the result of each notifier, and the
/// missing evidence.
#[must_use]
pub fn outcome(processed: &Processed) -> Value {
    // The Python service that Sidenote replaces used this name for the note's id.
    let comment = match processed.step(Note::NAME) {
        Some(Step::Done(id)) => id.as_deref(),
        _ => None,
    };
    let analysis =
        processed.analysis.map(|(status, analyzer)| json!({"status": status, "analyzer": analyzer}));
    let mut steps = serde_json::Map::new();
    for (name, outcome) in &processed.steps {
        steps.insert((*name).to_owned(), step(outcome));
    }
    json!({
        "status": processed.status().name(),
        "issue_id": processed.issue.as_ref().map(IssueId::as_str),
        "comment_id": comment,
        "analysis": analysis,
        "steps": steps,
        "gaps": processed.gaps.iter().map(gap).collect::<Vec<Value>>(),
    })
}

fn step(step: &Step) -> Value {
    let mut entry = json!({"status": step.name()});
    if let Step::Done(Some(id)) = step {
        entry["id"] = json!(id);
    }
    if let Some(why) = step.failure() {
        entry["outcome"] = json!(why.name());
        entry["reason"] = json!(why.to_string());
    }
    entry
}

fn gap(gap: &Gap) -> Value {
    json!({"what": gap.what.name(), "outcome": gap.why.name(), "reason": gap.why.to_string()})
}

fn response(status: StatusCode, body: &Value) -> Response<Bytes> {
    let mut response = Response::new(Bytes::from(body.to_string()));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_accepted_answer_equals_that_of_the_original_system() {
        let id = IssueId::parse("TEST-001").expect("an id");
        let answer = accepted(Some(&id));
        assert_eq!(answer.status(), 202);
        assert_eq!(
            serde_json::from_slice::<Value>(answer.body()).expect("JSON"),
            json!({"status": "accepted", "issue_id": "TEST-001", "message": "Analysis scheduled"})
        );
    }
}
