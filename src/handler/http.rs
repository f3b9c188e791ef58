//! Requests → routes, and outcomes → responses: the one place that knows HTTP statuses.

use ::http::header::{ALLOW, CONTENT_TYPE, RETRY_AFTER};
use ::http::{HeaderMap, HeaderValue, Method, Response, StatusCode};
use bytes::Bytes;
use secrecy::SecretString;
use serde_json::{Value, json};

use super::intake::Job;
use super::request::can_decide;
use crate::config::{ApprovalMode, Config};
use crate::domain::evidence::Gap;
use crate::domain::ids::IssueId;
use crate::domain::outcome::{Processed, Step};
use crate::notifiers::note::Note;
use crate::secrets::Secrets;
use crate::telegram::{HOOK_PATH, HOOK_SECRET_RULE, is_hook_secret};
use crate::webhook::{Ignored, Keys, Unreadable};

/// What a request is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Route {
    /// A webhook from Sentry.
    Sentry,
    /// An update from Telegram.
    Telegram,
    /// The health endpoint.
    Health,
}

/// Every path, what it is for, and the method that it takes.
const ROUTES: &[(&str, Route, Method)] = &[
    ("", Route::Sentry, Method::POST),
    ("/api/v1/webhooks/sentry", Route::Sentry, Method::POST),
    ("/api/v1/webhooks/sentry/error", Route::Sentry, Method::POST),
    (HOOK_PATH, Route::Telegram, Method::POST),
    ("/api/v1/health", Route::Health, Method::GET),
];

/// Finds what a request is for; a slash at the end does not matter.
pub(super) fn route(method: &Method, path: &str) -> Result<Route, Refusal> {
    let path = path.strip_suffix('/').unwrap_or(path);
    let (_, route, wanted) = ROUTES.iter().find(|(known, ..)| *known == path).ok_or(Refusal::NoSuchPath)?;
    let fits = method == wanted || (wanted == Method::GET && method == Method::HEAD);
    if fits { Ok(*route) } else { Err(Refusal::Method(wanted.clone())) }
}

/// What the caller is told.
#[derive(Debug)]
pub(super) enum Answer {
    /// There is work.
    Accepted {
        /// The work.
        job: Box<Job>,
        /// Whether the queue has it, or there is no queue: then the answer may leave before the work.
        is_queued: bool,
    },
    /// It was worked on, or somebody does right now.
    Duplicate(Option<IssueId>),
    /// There is none.
    Ignored(Ignored),
    /// How we are.
    Health(Health),
    /// The request is turned away.
    Refused(Refusal),
}

/// Why a request is turned away. The caller gets these words, and never an inner error's.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum Refusal {
    #[error("no such path")]
    NoSuchPath,
    #[error("method not allowed")]
    Method(Method),
    #[error("the body is not declared as JSON")]
    NotJson,
    #[error("the body is larger than {0} bytes")]
    TooLarge(usize),
    #[error("there is no signature")]
    Unsigned,
    #[error("the signature does not fit")]
    Signature,
    #[error("no client secret is configured")]
    NoClientSecret,
    #[error("the secrets cannot be read")]
    NoSecrets,
    #[error("the webhook's secret does not fit")]
    WebhookSecret,
    #[error("no usable webhook secret is configured")]
    NoWebhookSecret,
    #[error("somebody is working on it")]
    Busy,
    #[error("the delivery could not be worked on, and not be kept either")]
    NotQueued,
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
            | Self::Signature
            | Self::NoClientSecret
            | Self::WebhookSecret
            | Self::NoWebhookSecret => StatusCode::UNAUTHORIZED,
            Self::NoSecrets | Self::NotQueued | Self::Busy => StatusCode::SERVICE_UNAVAILABLE,
            Self::Unreadable(_) => StatusCode::BAD_REQUEST,
        }
    }
}

/// Checks what can be checked without reading the body.
pub(super) fn check_form(headers: &HeaderMap, length: usize, most: usize) -> Result<(), Refusal> {
    if length > most {
        return Err(Refusal::TooLarge(most));
    }
    let kind = headers.get(CONTENT_TYPE).map(|kind| kind.to_str().unwrap_or_default());
    let is_json = |kind: &str| {
        let kind = kind.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
        kind == "application/json" || (kind.starts_with("application/") && kind.ends_with("+json"))
    };
    if kind.is_none_or(is_json) { Ok(()) } else { Err(Refusal::NotJson) }
}

/// How we are.
#[derive(Debug)]
pub(super) struct Health(Value);

/// What is configured, and what is missing; `degraded` when a delivery could not be worked to its end.
pub(super) fn health(config: &Config, secrets: Option<&Secrets>) -> Health {
    // A client secret of commas only is none.
    let fits = |key: &str, secret| key != "SENTRY_CLIENT_SECRET" || !Keys::parse(secret).is_empty();
    let missing = |key: &str| secrets.map(|s| !s.get(key).is_some_and(|secret| fits(key, secret)));
    let needed = |key: &str| match missing(key) {
        Some(false) => json!("ok"),
        Some(true) => json!(format!("{key} is not set")),
        // Anybody may ask: why, and where they are, is for the log.
        None => json!("the secrets cannot be read; the log says why"),
    };
    // As the delivery's step: only a chat and a token that are both missing are meant so.
    let telegram = match (&config.telegram.chat, missing("TELEGRAM_BOT_TOKEN")) {
        (None, Some(false)) => json!("TELEGRAM_CHAT_ID is not set"),
        (None, _) => json!("off"),
        (Some(_), _) => needed("TELEGRAM_BOT_TOKEN"),
    };
    let hook_secret = secrets.and_then(|secrets| secrets.get("TELEGRAM_WEBHOOK_SECRET"));
    let missing_to_decide = secrets.and_then(|secrets| can_decide(config, secrets).err());
    let approvals = approvals(config, hook_secret, missing_to_decide);
    // A note that waits for somebody who cannot answer is never written.
    let is_held = config.approval.mode == ApprovalMode::Note && approvals.starts_with(NOBODY);
    let checks = json!({
        "signature": needed("SENTRY_CLIENT_SECRET"),
        "note": if is_held { json!(approvals) } else { needed("SENTRY_AUTH_TOKEN") },
        "telegram": telegram,
    });
    let well = ["signature", "note", "telegram"]
        .iter()
        .all(|check| checks[*check] == "ok" || checks[*check] == "off");
    // Not a fault, but not to be kept quiet either.
    let redelivery = match &config.redelivery_queue {
        Some(_) => "ok",
        None => "none: a dead invocation loses its delivery",
    };
    let state = if config.state_table.is_some() { "ok" } else { "memory: one process at a time" };
    Health(json!({
        "status": if well { "ok" } else { "degraded" },
        "version": env!("CARGO_PKG_VERSION"),
        "checks": checks,
        "redelivery": redelivery,
        "state": state,
        "approvals": approvals,
    }))
}

/// How health begins when no decision can reach us.
const NOBODY: &str = "nobody can decide";

/// Whether somebody can decide in the chat. Not a fault either: a command can, too.
fn approvals(config: &Config, secret: Option<&SecretString>, missing: Option<&str>) -> String {
    let unusable = match secret {
        None => Some("is not set".to_owned()),
        Some(secret) if !is_hook_secret(secret) => Some(format!("is not {HOOK_SECRET_RULE}")),
        Some(_) => None,
    };
    let has_table = config.state_table.is_some();
    match (&config.telegram.chat, unusable) {
        _ if config.approval.mode == ApprovalMode::Nothing => "off".to_owned(),
        (Some(_), Some(why)) if secret.is_some() && !has_table => {
            format!("{NOBODY}: STATE_TABLE is not set, and TELEGRAM_WEBHOOK_SECRET {why}")
        }
        // A command sees only what is in a table.
        (None, _) | (_, Some(_)) if !has_table => {
            format!("{NOBODY}: neither STATE_TABLE nor TELEGRAM_WEBHOOK_SECRET with a chat is set")
        }
        (Some(_), None) if missing.is_some() => {
            format!("{NOBODY}: neither STATE_TABLE nor {} is set", missing.unwrap_or_default())
        }
        (None, _) => "by command only: TELEGRAM_CHAT_ID is not set".to_owned(),
        (Some(_), Some(why)) => format!("by command only: TELEGRAM_WEBHOOK_SECRET {why}"),
        (Some(_), None) if config.telegram.approvers.is_empty() => {
            "nobody may decide in the chat: TELEGRAM_APPROVERS is not set".to_owned()
        }
        (Some(_), None) => "ok".to_owned(),
    }
}

impl From<Answer> for Response<Bytes> {
    fn from(answer: Answer) -> Self {
        match answer {
            Answer::Accepted { job, .. } => accepted(job.occurrence.issue_id().as_ref()),
            Answer::Duplicate(issue) => response(
                StatusCode::OK,
                &json!({"status": "duplicate", "issue_id": issue.as_ref().map(IssueId::as_str)}),
            ),
            Answer::Ignored(why) => {
                response(StatusCode::OK, &json!({"status": "ignored", "reason": why.reason()}))
            }
            Answer::Health(health) => response(StatusCode::OK, &health.0),
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

/// The answer to an update of Telegram: it was taken.
pub(super) fn taken() -> Response<Bytes> {
    response(StatusCode::OK, &json!({}))
}

/// The answer while the work goes on.
pub(super) fn accepted(issue: Option<&IssueId>) -> Response<Bytes> {
    let id = issue.map(IssueId::as_str);
    response(
        StatusCode::ACCEPTED,
        &json!({"status": "accepted", "issue_id": id, "message": "Analysis scheduled"}),
    )
}

/// The answer with the outcome, for a caller who waited.
pub(super) fn processed(processed: &Processed) -> Response<Bytes> {
    let mut answer = response(StatusCode::OK, &outcome(processed));
    answer.headers_mut().insert("preference-applied", HeaderValue::from_static("wait"));
    answer
}

/// The outcome as JSON.
#[must_use]
pub fn outcome(processed: &Processed) -> Value {
    let comment = match processed.step(Note::NAME) {
        Some(Step::Done(id)) => id.as_deref(),
        _ => None,
    };
    let analysis =
        processed.analysis.map(|(status, analyzer)| json!({"status": status, "analyzer": analyzer}));
    let steps: serde_json::Map<String, Value> =
        processed.steps.iter().map(|(name, outcome)| ((*name).to_owned(), step(outcome))).collect();
    json!({
        "status": processed.status(),
        "issue_id": processed.issue.as_ref().map(IssueId::as_str),
        "comment_id": comment,
        "analysis": analysis,
        "steps": steps,
        "gaps": processed.gaps.iter().map(gap).collect::<Vec<Value>>(),
    })
}

fn step(step: &Step) -> Value {
    let mut told = json!({"status": step.name()});
    if let Step::Done(Some(id)) = step {
        told["id"] = json!(id);
    }
    if let Some(why) = step.failure() {
        told["outcome"] = json!(why.name());
        told["reason"] = json!(why.to_string());
    }
    told
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
    fn the_answer_of_the_original_system_stays_as_it_was() {
        let id = IssueId::parse("TEST-001").expect("an id");
        let answer = accepted(Some(&id));
        assert_eq!(answer.status(), 202);
        assert_eq!(
            serde_json::from_slice::<Value>(answer.body()).expect("JSON"),
            json!({"status": "accepted", "issue_id": "TEST-001", "message": "Analysis scheduled"})
        );
    }

    #[test]
    fn paths_and_methods_are_told_apart() {
        assert_eq!(route(&Method::POST, "/"), Ok(Route::Sentry));
        assert_eq!(route(&Method::POST, "/api/v1/webhooks/sentry/error/"), Ok(Route::Sentry));
        assert_eq!(route(&Method::HEAD, "/api/v1/health"), Ok(Route::Health));
        assert_eq!(route(&Method::GET, "/api/v1/webhooks/sentry"), Err(Refusal::Method(Method::POST)));
        assert_eq!(route(&Method::POST, "/favicon.ico"), Err(Refusal::NoSuchPath));
    }

    #[test]
    fn json_may_be_undeclared_but_not_declared_otherwise() {
        let check = |kind: &str| {
            let headers = [(CONTENT_TYPE, kind.parse().expect("a value"))];
            check_form(&headers.into_iter().collect(), 1, 1)
        };
        assert_eq!(check("application/json; charset=utf-8"), Ok(()));
        assert_eq!(check("text/plain"), Err(Refusal::NotJson));
        assert_eq!(check_form(&HeaderMap::new(), 2, 1), Err(Refusal::TooLarge(1)));
    }
}
