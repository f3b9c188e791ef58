//! The check of `sidenote doctor` for Telegram's webhook, which sends button presses to Sidenote.

use reqwest::Url;

use crate::clock::unix_seconds;
use crate::config::TelegramUpdates;
use crate::domain::check::CheckResult;
use crate::domain::text::Untrusted;
use crate::notifiers::Examination;
use crate::telegram::{BotError, HOOK_PATH, WebhookInfo};

pub(super) const NAME: &str = "telegram.webhook";
/// The age from which Telegram's last error is ignored, in seconds. If the last error is older, the cause was repaired
/// or no button has been pressed since.
const RECENT_SECONDS: i64 = 24 * 3600;

const SET: &str = "run `sidenote telegram connect --url URL` with the output TelegramWebhookUrl";

/// Checks the webhook that is set at Telegram. `secret` is whether the webhook's secret is set in Sidenote.
pub(super) fn check(
    examination: &Examination<'_>,
    info: Result<WebhookInfo, BotError>,
    secret: bool,
) -> CheckResult {
    let info = match info {
        Ok(info) => info,
        Err(why) => {
            return CheckResult::failed(NAME, format!("getWebhookInfo: {}", why.failure()), "try again");
        }
    };
    let config = examination.means.config;
    let is_wanted = config.has_buttons();
    let Some(url) = info.url.as_deref() else {
        return if config.polls_telegram() {
            CheckResult::ok(NAME, "no webhook is set: `serve` polls for button presses")
        } else if is_wanted {
            CheckResult::failed(
                NAME,
                "TELEGRAM_APPROVERS is set, but there is no webhook: buttons do nothing",
                SET,
            )
        } else {
            CheckResult::skipped(
                NAME,
                "neither a webhook nor TELEGRAM_APPROVERS is set: there are no buttons",
            )
        };
    };
    if config.telegram.updates == Some(TelegramUpdates::Poll) {
        let evidence = format!("TELEGRAM_UPDATES is poll, but a webhook is set to {}", shown(url));
        return CheckResult::failed(NAME, evidence, "run `sidenote telegram connect --remove`");
    }
    if is_wanted && !secret {
        return CheckResult::skipped(NAME, "see secrets.TELEGRAM_WEBHOOK_SECRET");
    }
    misplaced(examination, url)
        .or_else(|| locked(is_wanted, secret))
        .or_else(|| filtered(&info))
        .or_else(|| failing(&info))
        .unwrap_or_else(|| CheckResult::ok(NAME, format!("set to {}", shown(url))))
}

/// Returns the URL without its query, which may contain a secret.
fn shown(url: &str) -> String {
    Untrusted::new(url.split(['?', '#']).next().unwrap_or_default()).line(120)
}

/// Returns the path prefix of a proxy: the part of the path of Sidenote's webhook URL (`ours`) before `/api/v1/`.
fn prefix(ours: &Url) -> &str {
    let path = ours.path().trim_end_matches('/');
    path.find("/api/v1/").map_or(path, |at| &path[..at])
}

fn misplaced(examination: &Examination<'_>, url: &str) -> Option<CheckResult> {
    let is_ours = match examination.url {
        Some(ours) => {
            let theirs = Url::parse(url).ok()?;
            let same = theirs.host() == ours.host()
                && theirs.port_or_known_default() == ours.port_or_known_default();
            let path = theirs.path().trim_end_matches('/');
            // Another check reports a wrong path of this URL.
            same && (path == HOOK_PATH || path == format!("{}{HOOK_PATH}", prefix(ours)))
        }
        // A proxy may add a path prefix.
        None => url.split(['?', '#']).next().unwrap_or_default().trim_end_matches('/').ends_with(HOOK_PATH),
    };
    let evidence = || format!("the webhook is set to {}, which is not Sidenote's URL", shown(url));
    let remedy = || format!("a bot has only one webhook: use another bot for the other program, or {SET}");
    (!is_ours).then(|| CheckResult::failed(NAME, evidence(), remedy()))
}

fn locked(is_wanted: bool, secret: bool) -> Option<CheckResult> {
    if !secret {
        let remedy = format!(
            "put the output of openssl rand -hex 32 into the secret as TELEGRAM_WEBHOOK_SECRET, then {SET}"
        );
        return Some(CheckResult::failed(
            NAME,
            "it is set, but there is no valid TELEGRAM_WEBHOOK_SECRET: every update gets 401",
            remedy,
        ));
    }
    let remedy = "set TELEGRAM_APPROVERS to the ids of the people who may decide, separated by commas";
    (!is_wanted).then(|| CheckResult::warning(NAME, "it is set, but TELEGRAM_APPROVERS is empty", remedy))
}

fn filtered(info: &WebhookInfo) -> Option<CheckResult> {
    let allowed = info.allowed_updates.as_ref().filter(|list| !list.0.is_empty())?;
    let lacks = !allowed.0.iter().any(|kind| kind.as_deref() == Some("callback_query"));
    lacks.then(|| {
        CheckResult::failed(NAME, "its allowed_updates lack callback_query: no button press arrives", SET)
    })
}

fn failing(info: &WebhookInfo) -> Option<CheckResult> {
    let waiting = info.pending_update_count.non_negative().unwrap_or(0);
    let now = i64::try_from(unix_seconds()).unwrap_or(i64::MAX);
    let message = info.last_error_message.as_deref();
    let message = message.filter(|_| info.last_error_date.0.is_none_or(|at| now - at < RECENT_SECONDS));
    let Some(message) = message else {
        let remedy =
            "they should be delivered in a moment; if not, the function does not return 200: read its log";
        return (waiting > 0)
            .then(|| CheckResult::warning(NAME, format!("{waiting} updates are pending"), remedy));
    };
    let message = Untrusted::new(message).line(120);
    let remedy = match message.to_ascii_lowercase() {
        it if it.contains("401") => format!("the secret differs: {SET}"),
        it if it.contains("404") => format!("the path is wrong: {SET}"),
        it if it.contains("ssl") || it.contains("certificate") => {
            "the URL's certificate must be valid: run sidenote doctor --url URL".to_owned()
        }
        _ => "read the function's log, and run sidenote doctor --url URL".to_owned(),
    };
    let evidence = format!("Telegram's last delivery failed: {message}; {waiting} updates are pending");
    // Pending updates show that the error persists. Without them it may have been repaired.
    Some(if waiting > 0 {
        CheckResult::failed(NAME, evidence, remedy)
    } else {
        CheckResult::warning(NAME, evidence, remedy)
    })
}
