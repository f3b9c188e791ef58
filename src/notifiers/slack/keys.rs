//! The names of Slack's secrets, and the mistakes that the form of a secret's value shows.

use secrecy::{ExposeSecret as _, SecretString};

use crate::config::Config;
use crate::notifiers::Need;

/// The name of the secret with the app's bot token.
pub(super) const TOKEN: &str = "SLACK_BOT_TOKEN";
/// The name of the secret with which Slack signs its requests. Sidenote signs its buttons with the same secret.
pub(super) const SIGNING_SECRET: &str = "SLACK_SIGNING_SECRET";
/// The environment variable with the channel's id.
pub(super) const CHANNEL: &str = "SLACK_CHANNEL";

const OAUTH_PAGE: &str = "take the Bot User OAuth Token from the app's page OAuth & Permissions";
const BASIC_PAGE: &str = "take the Signing Secret from the app's page Basic Information, App Credentials";

/// Returns the names of Slack's secrets, each with whether the settings require it.
pub(super) fn needs(config: &Config) -> Vec<(&'static str, Need)> {
    let (token, secret) = match (&config.slack.channel, config.has_slack_buttons()) {
        (None, _) => (Need::May("Slack is off"), Need::May("Slack is off")),
        (Some(_), false) => (
            Need::Must("without it no message reaches Slack"),
            Need::May("no SLACK_APPROVERS, so no buttons"),
        ),
        (Some(_), true) => (
            Need::Must("without it no message reaches Slack"),
            Need::Must("SLACK_APPROVERS is set, and without it no button press can be trusted"),
        ),
    };
    vec![(TOKEN, token), (SIGNING_SECRET, secret)]
}

/// Returns the mistake that the value of the secret `key` shows, and the remedy.
pub(super) fn mistake(key: &str, value: &SecretString) -> Option<(String, &'static str)> {
    let text = value.expose_secret();
    let (what, remedy) = match key {
        TOKEN if text.starts_with("xoxp-") => ("it is a person's token, not the bot's", OAUTH_PAGE),
        TOKEN if text.starts_with("xapp-") => ("it is an app-level token, not the bot's", OAUTH_PAGE),
        TOKEN if !text.starts_with("xoxb-") => ("it is not a bot token: those begin with xoxb-", OAUTH_PAGE),
        SIGNING_SECRET if text.starts_with("xox") => ("it is a token, not the signing secret", BASIC_PAGE),
        SIGNING_SECRET if text.len() < 16 => ("it is too short for a signing secret", BASIC_PAGE),
        _ => return None,
    };
    Some((what.to_owned(), remedy))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slack_secret_of_the_wrong_kind_is_detected() {
        let is_mistake = |key, value: &str| mistake(key, &SecretString::from(value)).is_some();
        let token = "xoxb-1-abcdefghijklm";
        for (key, wrong) in [
            (TOKEN, "xoxp-1"),
            (TOKEN, "xapp-1"),
            (TOKEN, "1:A"),
            (SIGNING_SECRET, token),
            (SIGNING_SECRET, "8f74"),
        ] {
            assert!(is_mistake(key, wrong), "{key} {wrong}");
        }
        let secret = "8f742231b10e8888abcd99yyyzzz85a5";
        for (key, right) in [(TOKEN, token), (SIGNING_SECRET, secret), ("LLM_API_KEY", "xoxp-1")] {
            assert!(!is_mistake(key, right), "{key} {right}");
        }
    }
}
