//! The name of Slack's secret, and the mistakes that its form shows.

use secrecy::{ExposeSecret as _, SecretString};

use crate::config::SlackConfig;
use crate::notifiers::Need;

/// The app's bot token.
pub(super) const TOKEN: &str = "SLACK_BOT_TOKEN";
/// The channel's variable.
pub(super) const CHANNEL: &str = "SLACK_CHANNEL";

/// The secrets, each with whether these settings require it.
pub(super) fn needs(config: &SlackConfig) -> Vec<(&'static str, Need)> {
    let token = match &config.channel {
        None => Need::May("Slack is off"),
        Some(_) => Need::Must("without it no message reaches Slack"),
    };
    vec![(TOKEN, token)]
}

/// The mistake that a secret's form shows, and the remedy.
pub(super) fn mistake(key: &str, value: &SecretString) -> Option<(String, &'static str)> {
    let text = value.expose_secret();
    let what = match key {
        TOKEN if text.starts_with("xoxp-") => "it is a person's token, not the bot's",
        TOKEN if text.starts_with("xapp-") => "it is an app-level token, not the bot's",
        TOKEN if !text.starts_with("xoxb-") => "it is not a bot token: those begin with xoxb-",
        _ => return None,
    };
    Some((what.to_owned(), "take the Bot User OAuth Token from the app's page OAuth & Permissions"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_of_another_kind_is_a_mistake() {
        let is_mistake = |key, value: &str| mistake(key, &SecretString::from(value)).is_some();
        for wrong in ["xoxp-1", "xapp-1", "1:A"] {
            assert!(is_mistake(TOKEN, wrong), "{wrong}");
        }
        assert!(!is_mistake(TOKEN, "xoxb-1-a") && !is_mistake("LLM_API_KEY", "xoxp-1"));
    }
}
