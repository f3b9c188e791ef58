//! Checks the URL to which Slack sends button presses.
//!
//! Slack's API does not show this URL. If the user passes `--url` to `sidenote doctor`, the check sends a signed
//! request without a button press to Sidenote's own webhook.

use reqwest::Url;
use secrecy::SecretString;

use super::keys::SIGNING_SECRET;
use crate::clock::unix_seconds;
use crate::domain::check::CheckResult;
use crate::http::HttpReply;
use crate::http::reach::shown;
use crate::notifiers::Examination;
use crate::slack::{SIGNATURE_HEADER, SLACK_HOOK_PATH, TIMESTAMP_HEADER, sign};

pub(super) const NAME: &str = "slack.buttons";

/// The body of a request that contains no button press and has no effect.
const NOTHING: &str = "payload=%7B%22type%22%3A%22doctor%22%7D";
const SET: &str =
    "run sidenote slack connect --url URL, and paste its manifest into the app's page App Manifest";

/// Checks the webhook for button presses.
pub(super) async fn check(examination: &Examination<'_>) -> CheckResult {
    let means = &examination.means;
    let secret = means.secrets.secret(SIGNING_SECRET);
    match (means.config.has_slack_buttons(), secret, examination.url) {
        (false, None, _) => CheckResult::skipped(
            NAME,
            "neither SLACK_APPROVERS nor SLACK_SIGNING_SECRET is set: there are no buttons",
        ),
        (true, None, _) => CheckResult::skipped(NAME, "see secrets.SLACK_SIGNING_SECRET"),
        (false, Some(_), _) => CheckResult::warning(
            NAME,
            "SLACK_SIGNING_SECRET is set, but SLACK_APPROVERS is empty",
            "set SLACK_APPROVERS to the ids of the people who may decide, separated by commas",
        ),
        (true, Some(_), None) => CheckResult::skipped(NAME, "give the webhook's URL with --url to check it"),
        (true, Some(secret), Some(url)) => asked(examination, secret, url).await,
    }
}

async fn asked(examination: &Examination<'_>, secret: &SecretString, url: &Url) -> CheckResult {
    let (hook, at) = (hook(url), unix_seconds().to_string());
    let request = examination.means.http.client().post(hook.clone()).body(NOTHING);
    let request = request
        .header("content-type", "application/x-www-form-urlencoded")
        .header(SIGNATURE_HEADER, sign(secret, &at, NOTHING.as_bytes()))
        .header(TIMESTAMP_HEADER, at);
    match examination.means.http.send(request, examination.means.deadline).await {
        Ok(reply) => judged(&hook, &reply),
        Err(why) => CheckResult::failed(NAME, format!("{}: {why}", shown(&hook)), SET),
    }
}

fn judged(hook: &Url, reply: &HttpReply) -> CheckResult {
    let status = reply.status.as_u16();
    match status {
        200 => CheckResult::ok(
            NAME,
            format!("{} takes what Slack signs; it must be the app's Request URL", shown(hook)),
        ),
        401 => CheckResult::failed(
            NAME,
            format!("{} refuses our own signature (401)", shown(hook)),
            "the function has another SLACK_SIGNING_SECRET, or its clock is wrong",
        ),
        _ => CheckResult::failed(NAME, format!("{} answers {status}", shown(hook)), SET),
    }
}

/// Derives the URL of Sidenote's webhook for Slack from the URL of its webhook for Sentry. The path prefix of a proxy
/// is kept.
fn hook(url: &Url) -> Url {
    let mut hook = url.clone();
    let path = url.path().trim_end_matches('/');
    let prefix = path.find("/api/v1/").map_or(path, |at| &path[..at]);
    hook.set_path(&format!("{prefix}{SLACK_HOOK_PATH}"));
    hook
}
