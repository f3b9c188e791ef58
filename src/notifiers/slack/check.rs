//! The Slack checks of `sidenote doctor`: the token, its scopes, the channel, and the URL for button presses.

use super::hook;
use super::keys::{CHANNEL as CHANNEL_VARIABLE, TOKEN};
use crate::config::SlackConfig;
use crate::domain::check::{CheckResult, CheckStatus};
use crate::domain::outcome::{ChatRefusal, Failure};
use crate::domain::text::Untrusted;
use crate::http::reach;
use crate::notifiers::Examination;
use crate::slack::{AppInfo, ChannelInfo, SCOPES as SCOPES_USED, SlackApi, SlackError};

const APP: &str = "slack.app";
const SCOPES: &str = "slack.scopes";
const CHANNEL: &str = "slack.channel";
const ROUTES: &str = "slack.routes";

/// The names of all checks that need an app, except the check of the routes.
const ALL: [&str; 4] = [APP, SCOPES, CHANNEL, hook::NAME];

const NEW_TOKEN: &str = "take the Bot User OAuth Token from the app's page OAuth & Permissions and put it into the \
                         secret as SLACK_BOT_TOKEN";
const REINSTALL: &str = "add it on the app's page OAuth & Permissions, and reinstall the app; `sidenote slack connect` \
                         prints a manifest with every scope";
const INVITE: &str = "write /invite @sidenote in the channel, or give the app the scope channels:join";

/// The OAuth scopes that every message needs.
const NEEDED: [&str; 1] = ["chat:write"];

/// Checks the app, and then everything that needs the app.
pub(super) async fn check(examination: &Examination<'_>) -> Vec<CheckResult> {
    let skipped = |why: &str| ALL.map(|name| CheckResult::skipped(name, why)).to_vec();
    let means = &examination.means;
    let config = &means.config.slack;
    let Some(token) = means.secrets.secret(TOKEN) else {
        return skipped(match config.channel {
            Some(_) => "there is no valid SLACK_BOT_TOKEN",
            None => "Slack is off: SLACK_CHANNEL is not set",
        });
    };
    let app = match SlackApi::new(means.http, &config.api, token, means.deadline) {
        Ok(slack) => slack.app().await.map(|app| (slack, app)),
        Err(why) => Err(SlackError::Other(why)),
    };
    match app {
        Ok((slack, app)) => {
            let (channel, routes, hook) = tokio::join!(
                channel(&slack, config, &app),
                routes(&slack, config, &app),
                hook::check(examination)
            );
            let first = [identity(&app), scopes(&app), channel];
            first.into_iter().chain(routes).chain([hook]).collect()
        }
        Err(why) => {
            let mut findings = skipped("see slack.app");
            findings[0] = refused(config, why).await;
            findings
        }
    }
}

fn identity(app: &AppInfo) -> CheckResult {
    let name = |text: Option<&str>| Untrusted::new(text.unwrap_or_default()).line(40);
    let (user, team) = (name(app.user.as_deref()), name(app.team.as_deref()));
    CheckResult::ok(APP, format!("the token is @{user}'s in the workspace “{team}”"))
}

async fn refused(config: &SlackConfig, why: SlackError) -> CheckResult {
    match why.failure() {
        why @ Failure::Unauthorized => {
            CheckResult::failed(APP, "the token was refused: it is invalid or revoked", remedy_of(why))
        }
        why @ (Failure::Unreachable | Failure::Timeout | Failure::Interrupted) => {
            let (evidence, remedy) = reach::explained(&config.api, why, "SLACK_API_BASE").await;
            CheckResult::failed(APP, evidence, remedy)
        }
        why => CheckResult::failed(APP, format!("auth.test: {why}"), remedy_of(why)),
    }
}

fn remedy_of(why: Failure) -> &'static str {
    match why {
        Failure::Unauthorized => NEW_TOKEN,
        _ => {
            "SLACK_API_BASE is not the URL of Slack's Web API, or the server is failing; unset it to use Slack's own"
        }
    }
}

/// Checks the token's scopes. If the server does not name the scopes, the check is skipped.
fn scopes(app: &AppInfo) -> CheckResult {
    let lacks = |all: &[&str]| {
        let lacking = all.iter().filter(|scope| !app.scopes.iter().any(|given| given == *scope));
        lacking.copied().collect::<Vec<_>>().join(", ")
    };
    let (needed, helpful) = (lacks(&NEEDED), lacks(&SCOPES_USED));
    match (needed.is_empty(), helpful.is_empty()) {
        _ if app.scopes.is_empty() => {
            CheckResult::skipped(SCOPES, "the server does not name the token's scopes")
        }
        (false, _) => CheckResult::failed(SCOPES, format!("the token lacks {needed}"), REINSTALL),
        (true, false) => CheckResult::warning(
            SCOPES,
            format!("the token lacks {helpful}: a channel cannot be checked or joined"),
            REINSTALL,
        ),
        (true, true) => CheckResult::ok(SCOPES, "the token has every scope that Sidenote uses"),
    }
}

async fn channel(slack: &SlackApi, config: &SlackConfig, app: &AppInfo) -> CheckResult {
    let Some(channel) = config.channel.as_deref() else {
        let remedy = "set it to the channel's id: in Slack, open the channel's details, at the bottom";
        return CheckResult::failed(CHANNEL, format!("{CHANNEL_VARIABLE} is not set"), remedy);
    };
    seen(slack, channel, app).await
}

/// Checks the channel of each route (`CHAT_ROUTES`), until one fails. Returns that failure, success if no channel
/// failed, or `None` without routes.
async fn routes(slack: &SlackApi, config: &SlackConfig, app: &AppInfo) -> Option<CheckResult> {
    for route in &config.routes {
        let found = seen(slack, &route.place, app).await;
        if found.verdict == CheckStatus::Failed {
            let remedy = found.remedy.map(|remedy| remedy.replace(CHANNEL_VARIABLE, "CHAT_ROUTES"));
            return Some(CheckResult { name: ROUTES.to_owned(), remedy, ..found });
        }
    }
    let count = config.routes.len();
    (count > 0)
        .then(|| CheckResult::ok(ROUTES, format!("the app can write to the channels of all {count} routes")))
}

async fn seen(slack: &SlackApi, channel: &str, app: &AppInfo) -> CheckResult {
    match slack.channel(channel).await {
        Ok(info) => judged(channel, &info, app.scopes.iter().any(|scope| scope == "channels:join")),
        Err(why) => unseen(channel, why),
    }
}

fn judged(channel: &str, info: &ChannelInfo, can_join: bool) -> CheckResult {
    let name = Untrusted::new(info.name.as_deref().unwrap_or(channel)).line(60);
    let is = |flag: Option<bool>| flag == Some(true);
    if is(info.is_archived.0) {
        return CheckResult::failed(
            CHANNEL,
            format!("#{name} is archived"),
            "unarchive it, or choose another channel",
        );
    }
    if is(info.is_member.0) || is(info.is_im.0) {
        return CheckResult::ok(CHANNEL, format!("the app is in #{name}"));
    }
    if can_join && !is(info.is_private.0) {
        return CheckResult::ok(
            CHANNEL,
            format!("the app is not in #{name} yet, and joins it with the first message"),
        );
    }
    CheckResult::failed(CHANNEL, format!("the app is not in #{name} (not_in_channel)"), INVITE)
}

fn unseen(channel: &str, why: SlackError) -> CheckResult {
    match why.failure() {
        Failure::Chat(ChatRefusal::ChatNotFound) => CheckResult::failed(
            CHANNEL,
            format!("the app cannot find {channel} (channel_not_found)"),
            "correct SLACK_CHANNEL; a private channel must invite the app first: /invite @sidenote",
        ),
        Failure::Forbidden => CheckResult::skipped(
            CHANNEL,
            "the token has no scope to look at this channel: channels:read, or groups:read for a private one",
        ),
        why => CheckResult::failed(
            CHANNEL,
            format!("conversations.info: {why}"),
            "try again; then check SLACK_CHANNEL",
        ),
    }
}
