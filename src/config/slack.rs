//! The settings for Slack: the channel, and the people who may decide approvals.

use reqwest::Url;

use super::Reader;

/// The base URL of Slack's Web API.
const SLACK_API: &str = "https://slack.com/api";

/// The settings for notifications in Slack.
#[derive(Debug, Clone)]
pub struct SlackConfig {
    /// The channel's id. Without a channel Slack gets no notifications, and a bot token is then a configuration error.
    pub channel: Option<String>,
    /// The base URL of Slack's Web API.
    pub api: Url,
    /// The Slack user ids of the people who may decide approvals. Button presses of other people have no effect.
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

/// Parses Slack user ids that are separated by commas.
fn people(text: &str) -> Option<Vec<String>> {
    let id = |id: &str| Some(id.trim()).filter(|id| is_id(id, &['U', 'W'])).map(str::to_owned);
    text.split(',').map(id).collect()
}

/// Whether a text is an id of Slack. The first letter of an id tells the kind, and `kinds` are the accepted ones.
fn is_id(text: &str, kinds: &[char]) -> bool {
    let is_part = |b: u8| b.is_ascii_uppercase() || b.is_ascii_digit();
    text.len() >= 9 && text.starts_with(kinds) && text.bytes().all(is_part)
}
