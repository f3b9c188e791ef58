//! A chat in Telegram and a channel in Slack for tests. The notifiers send to strict stand-ins for both services over
//! the loopback interface.

use std::cell::{Ref, RefCell};
use std::time::{Duration, Instant};

use secrecy::SecretString;
use serde_json::{Value, json};
use sidenote::config::{Config, SecretLookup};
use sidenote::domain::approval::{MessageRef, SlackRef};
use sidenote::domain::deadline::Deadline;
use sidenote::domain::message::ChatMessage;
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
    sent: RefCell<Vec<Shown>>,
}

/// A message as both chats hold it.
#[derive(Clone)]
pub(crate) struct Shown {
    pub(crate) telegram: standins::Message,
    pub(crate) slack: standins::SlackPost,
}

impl Shown {
    /// The two lines for `tools/check-chats.py`.
    pub(crate) fn lines(&self) -> [Value; 2] {
        let entities = self.telegram.entities.iter();
        let entities: Vec<_> =
            entities.map(|it| json!([it.kind, it.offset, it.length, it.argument])).collect();
        let (html, visible) = (&self.telegram.text_raw, &self.telegram.text_visible);
        [
            json!({"telegram": html, "visible": visible, "entities": entities}),
            json!({"slack": self.slack.blocks, "text": self.slack.text}),
        ]
    }
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
        let http = Http::new(None).expect("a client");
        Self { runtime, standin, slack, http, config, sent: RefCell::default() }
    }

    /// Returns all messages that were sent.
    pub(crate) fn sent(&self) -> Ref<'_, Vec<Shown>> {
        self.sent.borrow()
    }

    /// Sends a notification to both chats and returns the message. Checks that one request with markup was enough.
    pub(crate) fn tell(&self, notification: &Notification, language: Language) -> Result<Shown, String> {
        self.show(notification, &ChatNotice::new(notification.message(language)), language)
    }

    /// Edits the message `sent` in both chats so that it has this content, and returns it. It must be the newest message.
    /// Checks that one request with markup was enough.
    pub(crate) fn edit(
        &self,
        sent: &Shown,
        notification: &Notification,
        content: ChatMessage,
        language: Language,
    ) -> Result<Shown, String> {
        let (in_telegram, in_slack) = (&sent.telegram, &sent.slack);
        let standing = MessageRef { chat: in_telegram.chat_id, message: in_telegram.message_id };
        let in_slack = SlackRef { channel: in_slack.channel.clone(), ts: in_slack.ts.clone() };
        let chat = ChatNotice {
            standing: Some(standing),
            standing_in_slack: Some(in_slack),
            ..ChatNotice::new(content)
        };
        let edited = self.show(notification, &chat, language)?;
        let is_same = edited.telegram.message_id == standing.message && edited.slack.ts == sent.slack.ts;
        if is_same { Ok(edited) } else { Err("another message was sent".to_owned()) }
    }

    #[expect(
        clippy::disallowed_methods,
        reason = "a front door reads the clock, and this test stands for one"
    )]
    fn show(
        &self,
        notification: &Notification,
        chat: &ChatNotice,
        language: Language,
    ) -> Result<Shown, String> {
        let before = self.standin.requests().len();
        let deadline = Deadline::after(Instant::now(), Duration::from_secs(20));
        let secrets = Tokens { telegram: TOKEN.into(), slack: SLACK_TOKEN.into() };
        let config = Config { language, ..self.config.clone() };
        let means = Means { config: &config, http: &self.http, secrets: &secrets, deadline };
        let notice = Notice { notification, means, org: None, note: &NoteAction::Write, chat };
        let slack = self.tell_slack(&notice)?;
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
        let telegram = sent.ok_or("the message is not in the chat")?;
        let shown = Shown { telegram, slack };
        self.sent.borrow_mut().push(shown.clone());
        Ok(shown)
    }

    /// Sends a notification to the channel in Slack. Checks that one request was enough, and that its blocks are within
    /// Block Kit's limits, mention nobody and link only to Sentry and to the repository's files.
    fn tell_slack(&self, notice: &Notice<'_>) -> Result<standins::SlackPost, String> {
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
        let raw = Value::from(sent.blocks.clone()).to_string();
        let links = raw.split("<http").skip(1).filter_map(|rest| rest.split('|').next());
        let sources = match notice.notification {
            Notification::Issue(report) => report.evidence.source.as_slice(),
            Notification::Metric(_) => &[],
        };
        let mut own: Vec<&str> = sources.iter().filter_map(|code| code.link.as_deref()).collect();
        own.extend(notice.chat.content.link.as_deref());
        let foreign = links
            .map(|rest| format!("http{rest}"))
            .find(|url| !own.contains(&url.replace("&amp;", "&").as_str()));
        foreign.map_or(Ok(sent), |url| Err(format!("Slack links to {url}")))
    }
}
