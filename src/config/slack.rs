//! The settings of Slack.

use reqwest::Url;

use super::Reader;

/// The URL of Slack's Web API.
const SLACK_API: &str = "https://slack.com/api";

/// The Slack channel for notifications.
#[derive(Debug, Clone)]
pub struct SlackConfig {
    /// The channel's id. Without it there are no notifications. A bot token without a channel is a configuration error.
    pub channel: Option<String>,
    /// The Web API's base URL.
    pub api: Url,
    /// The ids of the people who may decide. Button presses of other people have no effect.
    pub approvers: Vec<String>,
}

pub(super) fn read(reader: &mut Reader<'_>) -> SlackConfig {
    SlackConfig {
        channel: reader.parsed("SLACK_CHANNEL", "a channel's id (C…, not #name)", None, |text| {
            is_id(text, &['C', 'G', 'D']).then(|| Some(text.to_owned()))
        }),
        api: reader.url("SLACK_API_BASE", SLACK_API),
        approvers: reader.parsed("SLACK_APPROVERS", "user ids (U…) separated by commas", Vec::new(), people),
    }
}

/// User ids separated by commas.
fn people(text: &str) -> Option<Vec<String>> {
    let id = |id: &str| Some(id.trim()).filter(|id| is_id(id, &['U', 'W'])).map(str::to_owned);
    text.split(',').map(id).collect()
}

/// Whether a text is one of Slack's ids. The first letter is the kind.
fn is_id(text: &str, kinds: &[char]) -> bool {
    let is_part = |b: u8| b.is_ascii_uppercase() || b.is_ascii_digit();
    text.len() >= 9 && text.starts_with(kinds) && text.bytes().all(is_part)
}
