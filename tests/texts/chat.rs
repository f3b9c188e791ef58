//! A chat in Telegram and a channel in Slack for tests. The notifiers send to strict stand-ins for both services over
//! the loopback interface.

use std::time::{Duration, Instant};

use secrecy::SecretString;
use sidenote::config::{Config, SecretLookup};
use sidenote::domain::deadline::Deadline;
use sidenote::domain::outcome::Step;
use sidenote::domain::words::Language;
use sidenote::http::Http;
use sidenote::notifiers::note::NoteAction;
use sidenote::notifiers::slack::Slack;
use sidenote::notifiers::telegram::Telegram;
use sidenote::notifiers::{ChatNotice, Means, Notice, Notification, Notifier};
use sidenote_standins::{self as standins, SlackChannel, SlackWorld, TelegramWorld};
use tokio::runtime::Runtime;

const TOKEN: &str = "123456:AAH-secret_of_the_bot";
const CHAT: i64 = -1_001_234;
const SLACK_TOKEN: &str = "xoxb-secret-of-the-app";
const CHANNEL: &str = "C0ALERTS1";

/// A chat in Telegram and a channel in Slack, with a client that sends to both.
pub(crate) struct Chat {
    runtime: Runtime,
    standin: standins::Telegram,
    slack: standins::Slack,
    http: Http,
    config: Config,
}

/// A source of secrets that has only the tokens of both chats.
struct Tokens {
    telegram: SecretString,
    slack: SecretString,
}

impl SecretLookup for Tokens {
    fn secret(&self, key: &str) -> Option<&SecretString> {
        match key {
            "TELEGRAM_BOT_TOKEN" => Some(&self.telegram),
            "SLACK_BOT_TOKEN" => Some(&self.slack),
            _ => None,
        }
    }
}

impl Chat {
    pub(crate) fn open() -> Self {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        let world = TelegramWorld::new(TOKEN).chat(standins::Chat::supergroup(CHAT, "Alerts"));
        let standin = runtime.block_on(standins::Telegram::start(world));
        let world = SlackWorld::new(SLACK_TOKEN).channel(SlackChannel::new(CHANNEL, "alerts"));
        let slack = runtime.block_on(standins::Slack::start(world));
        let find = |name: &str| match name {
            "SLACK_CHANNEL" => Some(CHANNEL.to_owned()),
            "SLACK_API_BASE" => Some(slack.url()),
            "TELEGRAM_CHAT_ID" => Some(CHAT.to_string()),
            "TELEGRAM_API_BASE" => Some(standin.url()),
            _ => None,
        };
        let config = Config::read(&find).expect("valid");
        Self { runtime, standin, slack, http: Http::new(None).expect("a client"), config }
    }

    /// Sends a notification and returns the message in the chat. Checks that one request with markup was enough.
    #[expect(
        clippy::disallowed_methods,
        reason = "a front door reads the clock, and this test stands for one"
    )]
    pub(crate) fn tell(
        &self,
        notification: &Notification,
        language: Language,
    ) -> Result<standins::Message, String> {
        let before = self.standin.requests().len();
        let deadline = Deadline::after(Instant::now(), Duration::from_secs(20));
        let secrets = Tokens { telegram: TOKEN.into(), slack: SLACK_TOKEN.into() };
        let config = Config { language, ..self.config.clone() };
        let means = Means { config: &config, http: &self.http, secrets: &secrets, deadline };
        let chat = &ChatNotice::new(notification.message(language));
        let notice = Notice { notification, means, org: None, note: &NoteAction::Write, chat };
        self.tell_slack(&notice)?;
        let step = self.runtime.block_on(Telegram.notify(&notice));
        let Step::Done(Some(id)) = &step else { return Err(format!("{step:?}")) };
        let problems = self.standin.violations();
        if !problems.is_empty() {
            return Err(problems.join("; "));
        }
        if self.standin.requests().len() != before + 1 {
            return Err("the first attempt was refused".to_owned());
        }
        let messages = self.standin.messages();
        let sent = messages.into_iter().rev().find(|message| message.message_id.to_string() == *id);
        sent.ok_or_else(|| "the message is not in the chat".to_owned())
    }

    /// Sends a notification to the channel in Slack. Checks that one request was enough, and that its blocks are within
    /// Block Kit's limits, mention nobody and link only to Sentry.
    fn tell_slack(&self, notice: &Notice<'_>) -> Result<(), String> {
        let before = self.slack.requests().len();
        let step = self.runtime.block_on(Slack.notify(notice));
        let problems = self.slack.violations();
        match step {
            Step::Done(Some(_)) if problems.is_empty() => {}
            step => return Err(format!("Slack: {step:?}: {}", problems.join("; "))),
        }
        if self.slack.requests().len() != before + 1 {
            return Err("Slack refused the first attempt".to_owned());
        }
        let sent = self.slack.messages().pop().ok_or("the message is not in the channel")?;
        keep(&sent);
        let raw = serde_json::Value::from(sent.blocks).to_string();
        let links = raw.split("<http").skip(1).filter_map(|rest| rest.split('|').next());
        let foreign = links
            .map(|rest| format!("http{rest}"))
            .find(|url| Some(url.replace("&amp;", "&")) != notice.chat.content.link);
        foreign.map_or(Ok(()), |url| Err(format!("Slack links to {url}")))
    }
}

/// Writes a message into the directory that `SIDENOTE_SLACK_MESSAGES` names, for a check by Slack's own library.
#[expect(clippy::disallowed_methods, reason = "a test reads what it is asked for")]
fn keep(sent: &standins::SlackPost) {
    use std::sync::atomic::{AtomicUsize, Ordering};
    static NUMBER: AtomicUsize = AtomicUsize::new(0);
    let Ok(directory) = std::env::var("SIDENOTE_SLACK_MESSAGES") else { return };
    let name = format!("{directory}/{}.json", NUMBER.fetch_add(1, Ordering::Relaxed));
    let message = serde_json::json!({"text": sent.text, "blocks": sent.blocks});
    std::fs::write(name, message.to_string()).expect("write the message");
}
