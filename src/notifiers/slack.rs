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
    ChatNotice, Examination, Examined, HealthLine, IdField, LogLines, Means, Need, Notice, Notifier, Profile,
    Repeat, StepMetrics, may_have_arrived,
};
use crate::config::{Config, SecretLookup};
use crate::domain::approval::SlackRef;
use crate::domain::check::CheckResult;
use crate::domain::message::{MessageButtons, RichText};
use crate::domain::outcome::{Failure, Step};
use crate::domain::report::Report;
use crate::domain::words::Sentence;
use crate::metrics::Metric;
use crate::slack::{Posted, SlackApi, SlackError, SlackMessage};

/// The notifier that sends messages to the configured Slack channel.
pub struct Slack;

impl Slack {
    /// The name of this notifier in answers, logs and stored records.
    pub const NAME: &'static str = PROFILE.name;
}

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

    /// Returns the state of the token if a channel is configured. Without a channel, returns `Off`, or
    /// `NotSet("SLACK_CHANNEL")` if there is a token.
    fn health(&self, config: &Config, secrets: Option<&dyn SecretLookup>) -> HealthLine {
        match (&config.slack.channel, HealthLine::of_secret(TOKEN, secrets)) {
            (None, HealthLine::Ok) => HealthLine::NotSet(CHANNEL),
            (None, _) => HealthLine::Off,
            (Some(_), token) => token,
        }
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
        let message = message(notice);
        // A message in a channel that is no longer configured stays as it is.
        let is_here = |standing: &&SlackRef| standing.channel == channel;
        if let Some(standing) = notice.chat.standing_in_slack.as_ref().filter(is_here) {
            match edit(&slack, notice, standing, &message).await {
                Err(why) if why.is_lost() || why == SlackError::Blocks => {}
                // An edit may be repeated, and the reply that follows it was not sent yet. The step therefore fails as
                // if nothing had arrived, so that the queue repeats it.
                Err(SlackError::Other(why)) if may_have_arrived(why) => {
                    return Step::Failed(Failure::Unreachable);
                }
                Ok(Some(lost)) => {
                    // The edited message shows everything, so its reference is kept.
                    let _ = notice.chat.sent_in_slack.set(standing.clone());
                    return Step::Failed(lost);
                }
                edited => return step(edited.map(|_| Some(standing.clone())), notice),
            }
        }
        step(slack.post(channel, &message).await.map(Posted::message), notice)
    }
}

#[async_trait]
impl Examined for Slack {
    async fn check(&self, examination: &Examination<'_>) -> Vec<CheckResult> {
        check::check(examination).await
    }
}

/// Renders the message of a notice with its buttons. The menu is left out if `SLACK_APPROVERS` names nobody.
fn message(notice: &Notice<'_>) -> SlackMessage {
    let ChatNotice { approval, menu, content, .. } = notice.chat;
    let (config, key) = (notice.means.config, notice.means.secrets.secret(SIGNING_SECRET));
    let menu = menu.as_ref().filter(|_| config.has_slack_buttons());
    let buttons = MessageButtons { approval: approval.as_ref(), menu, link: content.link.as_deref() };
    let mut message = render(content);
    message.blocks.extend(actions(&buttons, key, config.language));
    message
}

/// Edits the earlier message about the issue (`standing`), and replies to it if the notice has a reply. Returns the reason
/// if the reply was not sent: people then do not hear of the new incident, although the message shows it.
async fn edit(
    slack: &SlackApi,
    notice: &Notice<'_>,
    standing: &SlackRef,
    message: &SlackMessage,
) -> Result<Option<Failure>, SlackError> {
    slack.replace(standing, &message.shown()).await?;
    let Some(reply) = &notice.chat.reply else { return Ok(None) };
    let replied = slack.reply(standing, &render_line(reply)).await;
    Ok(replied.inspect_err(|why| tracing::warn!(outcome = why.name(), "slack_reply_failed")).err())
}

/// Converts the result of sending or editing to a [`Step`], and stores the message's reference in the notice.
fn step(sent: Result<Option<SlackRef>, SlackError>, notice: &Notice<'_>) -> Step {
    match sent {
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
