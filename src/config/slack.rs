//! The settings for Slack: the channel, and the people who may decide approvals.

use reqwest::Url;

use super::chat_ids::{is_channel, is_person};
use super::{Reader, routes};
use crate::domain::report::Report;
use crate::domain::route::ChatRoute;

/// The base URL of Slack's Web API.
const SLACK_API: &str = "https://slack.com/api";

/// The settings for notifications in Slack.
#[derive(Debug, Clone)]
pub struct SlackConfig {
    /// The channel's id. Without a channel Slack gets no notifications. If there is a bot token without a channel, the
    /// health endpoint and each delivery report the missing setting.
    pub channel: Option<String>,
    /// The routes to other channels. The first one that takes an issue decides.
    pub routes: Vec<ChatRoute<String>>,
    /// The base URL of Slack's Web API.
    pub api: Url,
    /// The Slack user ids of the people who may decide approvals. Button presses of other people have no effect.
    pub approvers: Vec<String>,
}

impl SlackConfig {
    /// Returns the channel for a message. `report` is the report about its issue, if there is an issue.
    #[must_use]
    pub fn place(&self, report: Option<&Report>) -> Option<&str> {
        ChatRoute::first(&self.routes, report).or(self.channel.as_ref()).map(String::as_str)
    }

    /// Iterates over all configured channels: the general channel, then the channels of the routes.
    pub fn channels(&self) -> impl Iterator<Item = &str> {
        self.channel.as_deref().into_iter().chain(self.routes.iter().map(|route| route.place.as_str()))
    }
}

pub(super) fn read(reader: &mut Reader<'_>, routes: Vec<ChatRoute<String>>) -> SlackConfig {
    let channel = reader.parsed("SLACK_CHANNEL", "a channel's id (C…, not #name)", None, |text| {
        is_channel(text).then(|| Some(text.to_owned()))
    });
    routes::check(reader, &routes, channel.as_deref(), "SLACK_CHANNEL");
    SlackConfig {
        channel,
        routes,
        api: reader.url("SLACK_API_BASE", SLACK_API),
        approvers: reader.parsed("SLACK_APPROVERS", "user ids (U…) separated by commas", Vec::new(), people),
    }
}

/// Parses Slack user ids that are separated by commas.
fn people(text: &str) -> Option<Vec<String>> {
    let id = |id: &str| Some(id.trim()).filter(|id| is_person(id)).map(str::to_owned);
    text.split(',').map(id).collect()
}
