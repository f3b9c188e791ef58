//! The notifier for Slack, which sends a message to a channel.

mod blocks;
mod buttons;
mod check;
mod hook;
mod keys;
mod mrkdwn;

use async_trait::async_trait;
use secrecy::SecretString;

pub use blocks::{render, render_line};
pub use buttons::{actions, decision};

use self::keys::{CHANNEL, SIGNING_SECRET, TOKEN};
use super::{
    Examination, HealthLine, IdField, LogLines, Means, Need, Notice, Notifier, Profile, Repeat, StepMetrics,
};
use crate::config::{Config, SecretLookup};
use crate::domain::check::CheckResult;
use crate::domain::message::RichText;
use crate::domain::outcome::{Failure, Step};
use crate::domain::report::Report;
use crate::domain::words::Sentence;
use crate::metrics::Metric;
use crate::slack::{Posted, SlackApi, SlackMessage};

/// The notifier that sends messages to the configured Slack channel.
pub struct Slack;

const PROFILE: Profile = Profile {
    name: "slack",
    // Slack cannot distinguish a repetition from a new message.
    repeat: Repeat::Unsafe,
    waits_for_approval: false,
    asks_for_approval: true,
    lines: LogLines {
        done: "slack_message_sent",
        failed: "slack_message_failed",
        skipped: "slack_message_skipped",
        already_done: None,
        waiting: None,
        id: IdField::Message,
        calls_sentry: false,
    },
    metrics: StepMetrics {
        done: Metric::SlackMessagesSent,
        failed: Metric::SlackMessagesFailed,
        skipped: Metric::SlackMessagesSkipped,
    },
    secrets: &[TOKEN, SIGNING_SECRET],
    settings: &[CHANNEL, "CHAT_ROUTES", "SLACK_API_BASE", "SLACK_APPROVERS", "PEOPLE"],
};

#[async_trait]
impl Notifier for Slack {
    fn profile(&self) -> &'static Profile {
        &PROFILE
    }

    fn needs(&self, config: &Config) -> Vec<(&'static str, Need)> {
        keys::needs(config)
    }

    fn mistake(&self, key: &str, value: &SecretString) -> Option<(String, &'static str)> {
        keys::mistake(key, value)
    }

    /// Returns `Off` if neither a channel nor a token is configured. If only one of the two is missing, the line names
    /// it.
    fn health(&self, config: &Config, secrets: Option<&dyn SecretLookup>) -> HealthLine {
        match (&config.slack.channel, HealthLine::of_secret(TOKEN, secrets)) {
            (None, HealthLine::Ok) => HealthLine::NotSet(CHANNEL),
            (None, _) => HealthLine::Off,
            (Some(_), token) => token,
        }
    }

    async fn check(&self, examination: &Examination<'_>) -> Vec<CheckResult> {
        check::check(examination).await
    }

    async fn announce(&self, sentence: &Sentence, means: &Means<'_>) -> Step {
        let (slack, channel) = match destination(means, None) {
            Ok(found) => found,
            Err(step) => return step,
        };
        let message = render_line(&RichText::of(sentence, means.config.language));
        match slack.post(channel, &message).await {
            Ok(posted) => Step::Done(posted.message().map(|message| message.ts)),
            Err(why) => Step::Failed(why.failure()),
        }
    }

    async fn notify(&self, notice: &Notice<'_>) -> Step {
        let (slack, channel) = match destination(&notice.means, notice.notification.report()) {
            Ok(found) => found,
            Err(step) => return step,
        };
        match slack.post(channel, &message(notice)).await.map(Posted::message) {
            Ok(Some(message)) => {
                let ts = message.ts.clone();
                // A notice is sent once, so its reference is set once.
                let _ = notice.chat.sent_in_slack.set(message);
                Step::Done(Some(ts))
            }
            Ok(None) => Step::Failed(Failure::Unreadable),
            Err(why) => Step::Failed(why.failure()),
        }
    }
}

/// Renders the message of a notice, with the buttons of its question if there is one.
fn message(notice: &Notice<'_>) -> SlackMessage {
    let mut message = render(&notice.chat.content);
    let key = notice.means.secrets.secret(SIGNING_SECRET);
    let question = notice.chat.approval.as_ref();
    message.blocks.extend(question.and_then(|it| actions(it, key, notice.means.config.language)));
    message
}

/// Returns the API and the channel. If one of them is missing, returns the step with which the notifier ends.
fn destination<'m>(means: &Means<'m>, report: Option<&Report>) -> Result<(SlackApi, &'m str), Step> {
    let config = &means.config.slack;
    match (config.place(report), means.secrets.secret(TOKEN)) {
        (None, None) => Err(Step::Off(Failure::NotConfigured(CHANNEL))),
        (None, Some(_)) => Err(Step::Skipped(Failure::NotConfigured(CHANNEL))),
        (Some(_), None) => Err(Step::Skipped(Failure::NotConfigured(TOKEN))),
        (Some(channel), Some(token)) => {
            let slack = SlackApi::new(means.http, &config.api, token, means.deadline);
            Ok((slack.map_err(Step::Skipped)?, channel))
        }
    }
}
