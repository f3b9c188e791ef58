//! `sidenote slack connect`: prints the Slack app's manifest, checks the installed app, and sends a test message.

use std::fmt::Write as _;

use anyhow::{Context as _, anyhow};
use reqwest::Url;
use secrecy::SecretString;
use serde_json::{Value, json};
use sidenote::config::Config;
use sidenote::domain::outcome::{ChatRefusal, Failure};
use sidenote::domain::text::Untrusted;
use sidenote::http::Http;
use sidenote::slack::{AppInfo, ChannelInfo, SCOPES, SLACK_HOOK_PATH, SlackApi, SlackError, SlackMessage};

use crate::{End, local, output, webhook_url};

const TEST: &str = "Sidenote: this is a test message. Alerts will be sent here.";
/// The URL at which Slack accepts the manifest of a new app.
const PAGE: &str = "https://api.slack.com/apps?new_app=1";
/// The length limit of a displayed name, in characters.
const NAME: usize = 60;

/// The command-line arguments of `sidenote slack`.
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// Print the app's manifest; with a token check the app, and send a test message
    Connect(Connect),
}

/// The command-line arguments of `sidenote slack connect`. Without options the command changes nothing.
#[derive(Debug, clap::Args)]
struct Connect {
    /// The function URL; the manifest then has the URL for button presses
    #[arg(long)]
    url: Option<String>,
    /// Send a test message to `SLACK_CHANNEL`
    #[arg(long)]
    test: bool,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// The result of `sidenote slack connect`.
struct Connected {
    manifest: Value,
    /// The installed Slack app, or `None` if no token is configured.
    app: Option<AppInfo>,
    /// The channel in the settings, or the reason why it cannot be read. `None` if no channel is set.
    channel: Option<Result<ChannelInfo, Failure>>,
    /// The id of the test message, if one was sent.
    test: Option<String>,
}

/// Runs `sidenote slack connect` and prints its result. Without a bot token it prints only the manifest. Always returns
/// `true`. Fails with [`End::Usage`] if `--url`, the token or another setting cannot be used, and with [`End::Failed`]
/// if the secrets cannot be read or a call to Slack fails. An unreadable channel is a part of the result and no error.
pub(crate) async fn run(arguments: Arguments, config: Config) -> Result<bool, End> {
    let Command::Connect(wanted) = arguments.command;
    let hook = wanted.url.as_deref().map(hook_url).transpose().context("--url").map_err(End::Usage)?;
    let (http, secrets) = local::clients(&config).await?;
    let slack = secrets.get("SLACK_BOT_TOKEN").map(|token| api(&http, &config, token)).transpose()?;
    let manifest = manifest(hook.as_ref());
    let result = connect(slack.as_ref(), wanted.test, config.slack.channel.as_deref(), manifest).await?;
    output::say(&if wanted.json { result.json().to_string() } else { result.text() });
    Ok(true)
}

fn api(http: &Http, config: &Config, token: &SecretString) -> Result<SlackApi, End> {
    let slack = SlackApi::new(http, &config.slack.api, token, local::deadline());
    slack.map_err(|_| End::Usage(anyhow!("SLACK_BOT_TOKEN contains invalid characters")))
}

async fn connect(
    slack: Option<&SlackApi>,
    has_test: bool,
    channel: Option<&str>,
    manifest: Value,
) -> Result<Connected, End> {
    let mut result = Connected { manifest, app: None, channel: None, test: None };
    let (channel, slack) = match (slack, channel) {
        (None, _) if has_test => return Err(End::Usage(anyhow!("SLACK_BOT_TOKEN is not set"))),
        (_, None) if has_test => return Err(End::Usage(anyhow!("SLACK_CHANNEL is not set"))),
        (None, _) => return Ok(result),
        (Some(slack), channel) => (channel, slack),
    };
    result.app = Some(slack.app().await.map_err(|why| failed("auth.test", why))?);
    let Some(channel) = channel else { return Ok(result) };
    if has_test {
        let message = SlackMessage { preview: TEST.to_owned(), plain: TEST.to_owned(), blocks: Vec::new() };
        let posted = slack.post(channel, &message).await.map_err(|why| failed("chat.postMessage", why))?;
        result.test = posted.ts.0.map(|ts| ts.to_string());
    }
    result.channel = Some(slack.channel(channel).await.map_err(SlackError::failure));
    Ok(result)
}

/// Returns the manifest of the Slack app: its name, its bot user, its scopes. `hook` is the URL for button presses.
fn manifest(hook: Option<&Url>) -> Value {
    let interactivity = match hook {
        Some(url) => json!({"is_enabled": true, "request_url": url.as_str()}),
        None => json!({"is_enabled": false}),
    };
    json!({
        "display_information": {
            "name": "Sidenote",
            "description": "Reads a Sentry alert before you do",
        },
        "features": {"bot_user": {"display_name": "sidenote", "always_online": false}},
        "oauth_config": {"scopes": {"bot": SCOPES}},
        "settings": {
            "interactivity": interactivity,
            "org_deploy_enabled": false,
            "socket_mode_enabled": false,
            "token_rotation_enabled": false,
        },
    })
}

fn failed(method: &'static str, why: SlackError) -> End {
    let advice = match why.failure() {
        Failure::Unauthorized => ": take the Bot User OAuth Token from the app's page OAuth & Permissions",
        Failure::Forbidden => ": the token lacks a scope; paste the manifest again and reinstall the app",
        Failure::Chat(ChatRefusal::ChatNotFound) => {
            ": correct SLACK_CHANNEL, or invite the app: /invite @sidenote"
        }
        Failure::Chat(ChatRefusal::NotMember) => ": write /invite @sidenote in the channel",
        _ => "",
    };
    End::Failed(anyhow!("{method}: {}{advice}", why.failure()))
}

impl Connected {
    /// Returns the scopes in the manifest that the token lacks. The result is empty if Slack does not name the token's
    /// scopes.
    fn lacking(&self) -> Vec<&'static str> {
        let Some(app) = self.app.as_ref().filter(|app| !app.scopes.is_empty()) else { return Vec::new() };
        SCOPES.into_iter().filter(|scope| !app.scopes.iter().any(|given| given == scope)).collect()
    }

    fn text(&self) -> String {
        let mut out = format!("Paste this manifest at {PAGE} (From a manifest), and install the app:\n\n");
        let _ = writeln!(out, "{:#}\n", self.manifest);
        let Some(app) = &self.app else {
            out.push_str("SLACK_BOT_TOKEN is not set: store the app's Bot User OAuth Token, and look again.");
            return out;
        };
        let _ = writeln!(
            out,
            "The token is @{}'s in the workspace “{}”.",
            name(app.user.as_deref()),
            name(app.team.as_deref())
        );
        let lacking = self.lacking();
        if !lacking.is_empty() {
            let _ = writeln!(
                out,
                "It lacks the scopes {}: paste the manifest again, and reinstall the app.",
                lacking.join(", ")
            );
        }
        out.push_str(&self.channel_line());
        if let Some(ts) = &self.test {
            let _ = write!(out, "\nA test message was sent: {ts}.");
        }
        out
    }

    fn channel_line(&self) -> String {
        match &self.channel {
            None => {
                "SLACK_CHANNEL is not set: copy the id at the bottom of the channel's details.".to_owned()
            }
            Some(Err(why)) => format!("The channel cannot be looked at: {why}."),
            Some(Ok(info)) if info.is_member.0 == Some(true) => {
                format!("The app is in #{}.", name(info.name.as_deref()))
            }
            Some(Ok(info)) => format!(
                "The app is not in #{}: it joins a public channel with the first message; a private one must invite it.",
                name(info.name.as_deref())
            ),
        }
    }

    fn json(&self) -> Value {
        let app = self.app.as_ref().map(|app| {
            json!({"user": name(app.user.as_deref()), "team": name(app.team.as_deref()), "lacking_scopes": self.lacking()})
        });
        let channel = self.channel.as_ref().map(|channel| match channel {
            Ok(info) => json!({"name": name(info.name.as_deref()), "is_member": info.is_member.0}),
            Err(why) => json!({"outcome": why.name()}),
        });
        json!({"manifest": self.manifest, "app": app, "channel": channel, "test": self.test})
    }
}

fn name(text: Option<&str>) -> String {
    Untrusted::new(text.unwrap_or_default()).line(NAME)
}

/// Parses the URL for button presses. `text` is a function URL or the full URL.
fn hook_url(text: &str) -> anyhow::Result<Url> {
    webhook_url::parse(text, "Slack", SLACK_HOOK_PATH)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_slack_manifest_has_the_complete_url_or_disables_interactivity() {
        for given in ["https://x.example", "https://x.example/", "https://x.example/api/v1/webhooks/slack/"] {
            let url = hook_url(given).expect("a URL");
            let settings = &manifest(Some(&url))["settings"]["interactivity"];
            let expected =
                json!({"is_enabled": true, "request_url": "https://x.example/api/v1/webhooks/slack"});
            assert_eq!(*settings, expected, "{given}");
        }
        assert_eq!(manifest(None)["settings"]["interactivity"], json!({"is_enabled": false}));
        for wrong in ["x.example", "http://x.example", "https://u:p@x.example", "https://x.example/?a=1"] {
            assert!(hook_url(wrong).is_err(), "{wrong}");
        }
    }
}
