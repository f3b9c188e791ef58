//! A chat that receives messages: the notifier with the strict Telegram stand-in, over loopback.

use std::time::{Duration, Instant};

use secrecy::SecretString;
use sidenote::config::{Config, SecretLookup};
use sidenote::domain::deadline::Deadline;
use sidenote::domain::outcome::Step;
use sidenote::domain::words::Language;
use sidenote::http::Http;
use sidenote::notifiers::note::NoteAction;
use sidenote::notifiers::telegram::Telegram;
use sidenote::notifiers::{ChatNotice, Means, Notice, Notification, Notifier};
use sidenote_standins::{self as standins, TelegramWorld};
use tokio::runtime::Runtime;

const TOKEN: &str = "123456:AAH-secret_of_the_bot";
const CHAT: i64 = -1_001_234;

/// A chat, with a client that sends to it.
pub(crate) struct Chat {
    runtime: Runtime,
    standin: standins::Telegram,
    http: Http,
    config: Config,
}

/// A source of secrets that has only the bot's token.
struct Token(SecretString);

impl SecretLookup for Token {
    fn secret(&self, key: &str) -> Option<&SecretString> {
        (key == "TELEGRAM_BOT_TOKEN").then_some(&self.0)
    }
}

impl Chat {
    pub(crate) fn open() -> Self {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        let world = TelegramWorld::new(TOKEN).chat(standins::Chat::supergroup(CHAT, "Alerts"));
        let standin = runtime.block_on(standins::Telegram::start(world));
        let find = |name: &str| match name {
            "TELEGRAM_CHAT_ID" => Some(CHAT.to_string()),
            "TELEGRAM_API_BASE" => Some(standin.url()),
            _ => None,
        };
        let config = Config::read(&find).expect("valid");
        Self { runtime, standin, http: Http::new(None).expect("a client"), config }
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
        let (config, secrets) =
            (Config { language, ..self.config.clone() }, Token(SecretString::from(TOKEN)));
        let means = Means { config: &config, http: &self.http, secrets: &secrets, deadline };
        let chat = &ChatNotice::new(notification.message(language));
        let notice = Notice { notification, means, org: None, note: &NoteAction::Write, chat };
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
}
