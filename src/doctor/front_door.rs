//! Checks the webhook's URL: Sidenote reports that it is healthy, a signed request arrives and gets an answer within
//! Sentry's limit of one second, and an unsigned request is rejected.

use std::time::Duration;

use bytes::Bytes;
use http::header::{CONTENT_TYPE, LOCATION};
use reqwest::Url;
use secrecy::SecretString;
use serde_json::{Value, json};

use super::finding::{CheckResult, CheckStatus};
use super::{Visit, reach};
use crate::clock::Stopwatch;
use crate::domain::outcome::Failure;
use crate::domain::text::Untrusted;
use crate::http::HttpReply;
use crate::webhook::{Keys, SIGNATURE_HEADER};

const HEALTH: &str = "url.health";
const DELIVERY: &str = "url.delivery";
const SPEED: &str = "url.speed";
const LOCK: &str = "url.lock";

/// The time after which Sentry gives up waiting for the answer to a webhook.
const SENTRYS_PATIENCE: Duration = Duration::from_secs(1);
/// The path of Sidenote's webhook, for a URL that has no path.
const WEBHOOK: &str = "/api/v1/webhooks/sentry/error";
const HEALTH_PATH: &str = "/api/v1/health";
/// The evidence text for an accepted sample webhook. The doctor and the function use the same client secret, so the
/// check cannot show whether Sentry has the same secret.
const SAMPLE_TAKEN: &str = "a signed sample was accepted and correctly ignored. Only a webhook from Sentry shows whether Sentry has the \
                             same client secret";
const DEGRADED: &str = "it reports that it is degraded";

/// Requests the health of the function behind `--url`, and sends a sample webhook twice: signed, if there is a valid
/// client secret, and unsigned. The sample starts no work. Without `--url` all results are `skipped`.
pub(super) async fn check(visit: &Visit<'_>, key: Option<&SecretString>) -> Vec<CheckResult> {
    let Some(url) = &visit.scope.url else {
        return [HEALTH, DELIVERY, SPEED, LOCK]
            .map(|name| CheckResult::skipped(name, "no URL was given: --url WEBHOOK-URL"))
            .to_vec();
    };
    let webhook = webhook(url);
    let signature = key.map(Keys::parse).and_then(|keys| keys.sign(&sample()));
    let signed = async {
        match &signature {
            Some(signature) => Some(deliver(visit, &webhook, Some(signature)).await),
            None => None,
        }
    };
    let (health, signed, unsigned) =
        tokio::join!(health(visit, &webhook), signed, deliver(visit, &webhook, None));
    let lock = lock(&unsigned.0);
    let Some((answer, took)) = signed else {
        let why = "there is no valid SENTRY_CLIENT_SECRET for signing";
        let [delivery, speed] = [DELIVERY, SPEED].map(|name| CheckResult::skipped(name, why));
        return vec![health, delivery, speed, lock];
    };
    let delivery = delivered(&webhook, answer).await;
    let speed = match delivery.remedy {
        Some(_) => CheckResult::skipped(SPEED, "see url.delivery"),
        None => quick(took),
    };
    // A problem on the way to the function is reported once.
    let is_lost = delivery.verdict == CheckStatus::Failed && !health.evidence.contains(DEGRADED);
    let is_reported = is_lost && health.verdict == CheckStatus::Failed;
    let health = if is_reported { CheckResult::skipped(HEALTH, "see url.delivery") } else { health };
    vec![health, delivery, speed, lock]
}

/// Returns the webhook's URL without its query. The path of Sidenote's webhook is added if the URL has only a host.
fn webhook(url: &Url) -> Url {
    let mut webhook = url.clone();
    webhook.set_query(None);
    if webhook.path() == "/" {
        webhook.set_path(WEBHOOK);
    }
    webhook
}

/// Returns the body of a sample webhook about a new comment. Sidenote ignores all webhooks about comments.
fn sample() -> Bytes {
    let sample = json!({"action": "created", "installation": {"uuid": "00000000-0000-4000-8000-000000000000"},
        "actor": {"type": "application", "id": "sidenote-doctor", "name": "sidenote doctor"},
        "data": {"issue_id": 0, "comment_id": null, "comment": "a sample of sidenote doctor"}});
    Bytes::from(sample.to_string())
}

async fn deliver(
    visit: &Visit<'_>,
    url: &Url,
    signature: Option<&String>,
) -> (Result<HttpReply, Failure>, Duration) {
    let request = visit.http.client().post(url.clone()).header(CONTENT_TYPE, "application/json");
    let mut request = request.header("sentry-hook-resource", "comment").body(sample());
    if let Some(signature) = signature {
        request = request.header(SIGNATURE_HEADER, signature);
    }
    let watch = Stopwatch::start();
    let answer = visit.http.send(request, visit.deadline).await;
    (answer, watch.elapsed())
}

async fn delivered(url: &Url, answer: Result<HttpReply, Failure>) -> CheckResult {
    let answer = match answer {
        Ok(answer) if is_taken(&answer) => {
            return CheckResult::ok(DELIVERY, SAMPLE_TAKEN);
        }
        Ok(answer) => answer,
        Err(why) => {
            let (evidence, remedy) = reach::explained(url, why, "the URL").await;
            return CheckResult::failed(DELIVERY, evidence, remedy);
        }
    };
    let body: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
    let said = body["error"].as_str().map(|error| format!(": {}", Untrusted::new(error).line(80)));
    let evidence = format!("{} returned {}{}", reach::shown(url), answer.status, said.unwrap_or_default());
    CheckResult::failed(DELIVERY, evidence, cure(url, &answer, &body))
}

fn cure(url: &Url, answer: &HttpReply, body: &Value) -> String {
    let remedy = match answer.status.as_u16() {
        200..=299 => "this is not Sidenote: paste the stack's output WebhookUrl",
        300..=399 => {
            let to = answer.headers.get(LOCATION).and_then(|to| url.join(to.to_str().ok()?).ok());
            let to = to.map_or_else(|| "its target".to_owned(), |to| reach::shown(&to));
            return format!(
                "Sentry does not follow redirects and counts them as success, so no delivery arrives: paste {to} into the integration"
            );
        }
        401 if body["error"] == "no client secret is configured" => {
            "put SENTRY_CLIENT_SECRET into the function's secret"
        }
        401 => {
            "the function's SENTRY_CLIENT_SECRET differs from the one here: take both from the integration's page, \
             Credentials; or something before the function changes the body"
        }
        403 => {
            "a function URL needs AuthType NONE (template.yaml); a firewall in front of it must allow Sentry"
        }
        404 | 405 => return format!("the path is wrong: the webhook's path is {WEBHOOK}"),
        503 if body["error"].is_string() => {
            "the function cannot read its secret: see its log, secrets_unavailable"
        }
        502..=504 => {
            "the function does not start or crashes: read its log, which names the variable after exit code 2"
        }
        _ => "read the function's log: delivery_refused contains the reason",
    };
    remedy.to_owned()
}

/// Whether the answer shows that Sidenote accepted the sample webhook and ignored it.
fn is_taken(answer: &HttpReply) -> bool {
    let body: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
    answer.status.is_success() && body["status"] == "ignored"
}

fn quick(took: Duration) -> CheckResult {
    let evidence = format!("the answer took {} ms", took.as_millis());
    if took <= SENTRYS_PATIENCE {
        return CheckResult::ok(SPEED, evidence);
    }
    let remedy = "Sentry gives up after 1 s and does not try again: raise MemorySize (a cold start is processor time), take \
                  a region near Sentry's, look for what waits before the function; try again to see it warm";
    CheckResult::failed(SPEED, format!("{evidence}, which is too late for Sentry"), remedy)
}

/// Checks that the unsigned sample webhook was rejected with 401.
fn lock(unsigned: &Result<HttpReply, Failure>) -> CheckResult {
    match unsigned {
        Ok(answer) if answer.status.as_u16() == 401 => {
            CheckResult::ok(LOCK, "an unsigned sample is rejected (401)")
        }
        Ok(answer) if is_taken(answer) => CheckResult::failed(
            LOCK,
            "an unsigned sample is accepted: anybody can start work",
            "unset ALLOW_UNSIGNED if other machines can reach the port",
        ),
        Ok(_) | Err(_) => CheckResult::skipped(LOCK, "see url.delivery"),
    }
}

/// Requests `/api/v1/health`, in which the function reports on its settings and secrets, and returns the result.
async fn health(visit: &Visit<'_>, webhook: &Url) -> CheckResult {
    let mut url = webhook.clone();
    // The path can have a prefix of a proxy or of an API Gateway stage.
    let before = webhook.path().split("/api/v1/").next().unwrap_or_default().trim_end_matches('/').to_owned();
    url.set_path(&format!("{before}{HEALTH_PATH}"));
    let answer = match visit.http.send(visit.http.client().get(url.clone()), visit.deadline).await {
        Ok(answer) => answer,
        Err(why) => {
            let (evidence, remedy) = reach::explained(&url, why, "the URL").await;
            return CheckResult::failed(HEALTH, evidence, remedy);
        }
    };
    let body: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
    let version = Untrusted::new(body["version"].as_str().unwrap_or_default()).line(20);
    match body["status"].as_str() {
        Some("ok") => CheckResult::ok(HEALTH, format!("version {version} reports that it is ok")),
        Some("degraded") => CheckResult::failed(
            HEALTH,
            degraded(&body),
            "correct the listed items in the function's secret or settings",
        ),
        _ => CheckResult::failed(
            HEALTH,
            format!("{} returned {}, but not Sidenote's response", reach::shown(&url), answer.status),
            "use exactly the stack's output WebhookUrl",
        ),
    }
}

fn degraded(body: &Value) -> String {
    let checks = body["checks"].as_object().into_iter().flatten();
    let bad = checks.filter_map(|(name, said)| {
        let said = said.as_str().filter(|said| !matches!(*said, "ok" | "off"))?;
        Some(format!("{}: {}", Untrusted::new(name.as_str()).line(20), Untrusted::new(said).line(80)))
    });
    format!("{DEGRADED}: {}", bad.collect::<Vec<_>>().join("; "))
}
