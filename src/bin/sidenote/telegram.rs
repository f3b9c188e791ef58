//! `sidenote telegram connect`: sets up the bot's webhook and helps to find chat and user ids.

use anyhow::{Context as _, anyhow, bail};
use reqwest::Url;
use secrecy::SecretString;
use serde_json::Value;
use sidenote::config::Config;
use sidenote::domain::outcome::{ChatRefusal, Failure};
use sidenote::telegram::{Bot, BotError, HOOK_PATH, HOOK_PORTS, HOOK_SECRET_RULE, is_hook_secret};

use crate::connected::{Connected, Lately};
use crate::{End, local, output, webhook_url};

const TEST: &str = "Sidenote: this is a test message. Alerts will be sent here.";

/// The command-line arguments of `sidenote telegram`.
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// Set the webhook, find chats and people, send a test message
    Connect(Connect),
}

/// The command-line arguments of `sidenote telegram connect`. Without options the command changes nothing.
#[derive(Debug, clap::Args)]
struct Connect {
    /// The function URL; sets the webhook there with `TELEGRAM_WEBHOOK_SECRET`
    #[arg(long)]
    url: Option<String>,
    /// Remove the webhook, so that chats and people can be found in recent updates
    #[arg(long, conflicts_with = "url")]
    remove: bool,
    /// Send a test message to `TELEGRAM_CHAT_ID`
    #[arg(long)]
    test: bool,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// Runs `sidenote telegram connect` and prints its result. Always returns `true`. Fails with [`End::Usage`] if `--url`,
/// the token or another setting is missing or cannot be used, and with [`End::Failed`] if the secrets cannot be read or
/// a call to Telegram fails.
pub(crate) async fn run(arguments: Arguments, config: Config) -> Result<bool, End> {
    let Command::Connect(wanted) = arguments.command;
    let url = wanted.url.as_deref().map(hook_url).transpose().context("--url").map_err(End::Usage)?;
    let (http, secrets) = local::clients(&config).await?;
    let token = secrets.get("TELEGRAM_BOT_TOKEN").ok_or_else(|| unset("TELEGRAM_BOT_TOKEN"))?;
    let secret = secrets.get("TELEGRAM_WEBHOOK_SECRET");
    let hook = match url {
        None => None,
        Some(url) => Some((url, checked(secret)?)),
    };
    let chat = config.telegram.chat.as_deref().map(|chat| (chat_id(chat), config.telegram.thread));
    if wanted.test && chat.is_none() {
        return Err(unset("TELEGRAM_CHAT_ID"));
    }
    let bot = Bot::new(&http, &config.telegram.api, token, local::deadline());
    let bot = bot.map_err(|_| End::Usage(anyhow!("TELEGRAM_BOT_TOKEN contains invalid characters")))?;
    let result = connect(&bot, &wanted, hook, chat).await?;
    output::say(&if wanted.json { result.json().to_string() } else { result.text() });
    Ok(true)
}

/// Runs the requested steps. Recent chats and people are read after a webhook is removed and before one is set, because
/// Telegram returns no pending updates while a webhook is set.
async fn connect(
    bot: &Bot,
    wanted: &Connect,
    hook: Option<(Url, &SecretString)>,
    chat: Option<(Value, Option<i64>)>,
) -> Result<Connected, End> {
    let me = bot.me().await.map_err(|why| failed("getMe", why))?;
    if wanted.remove {
        bot.remove_webhook().await.map_err(|why| failed("deleteWebhook", why))?;
    }
    let before = bot.webhook_info().await.map_err(|why| failed("getWebhookInfo", why))?;
    let lately = if before.url.as_deref().is_some_and(|url| !url.is_empty()) {
        Lately::Hidden
    } else {
        Lately::Seen(bot.seen_lately().await.map_err(|why| failed("getUpdates", why))?)
    };
    let webhook = match hook {
        None => before,
        Some((url, secret)) => {
            bot.set_webhook(&url, secret).await.map_err(|why| failed("setWebhook", why))?;
            bot.webhook_info().await.map_err(|why| failed("getWebhookInfo", why))?
        }
    };
    let test = match chat.filter(|_| wanted.test) {
        None => None,
        Some((chat, thread)) => {
            let sent = bot.write(&chat, thread, TEST).await.map_err(|why| failed("sendMessage", why))?;
            Some((chat, sent.message_id))
        }
    };
    Ok(Connected { me, webhook, lately, test })
}

fn unset(variable: &str) -> End {
    End::Usage(anyhow!("{variable} is not set"))
}

fn checked(secret: Option<&SecretString>) -> Result<&SecretString, End> {
    let is = match secret {
        Some(secret) if is_hook_secret(secret) => return Ok(secret),
        Some(_) => "is not",
        None => "is not set; it must be",
    };
    let cure = "create one with: openssl rand -hex 32";
    Err(End::Usage(anyhow!("TELEGRAM_WEBHOOK_SECRET {is} {HOOK_SECRET_RULE}; {cure}")))
}

/// Returns a chat id as JSON: a number if it is numeric, otherwise a string such as `@channel`.
fn chat_id(chat: &str) -> Value {
    chat.parse::<i64>().map_or_else(|_| chat.into(), Value::from)
}

fn failed(method: &'static str, why: BotError) -> End {
    let advice = match (method, why.failure()) {
        (_, Failure::Unauthorized) => ": take the token from @BotFather",
        ("setWebhook", Failure::Refused(_)) => {
            ": the URL's name must resolve to a public address with a certificate that Telegram trusts"
        }
        ("sendMessage", Failure::Chat(ChatRefusal::ChatNotFound)) => {
            ": add the bot to the chat, or write /start to it"
        }
        ("sendMessage", Failure::Chat(ChatRefusal::BotRemoved)) => ": add the bot to the chat again",
        ("sendMessage", Failure::Chat(ChatRefusal::ThreadNotFound)) => ": correct TELEGRAM_THREAD_ID",
        ("getUpdates", Failure::Refused(409)) => {
            ": another program reads this bot's updates; `serve` does, if it polls"
        }
        _ => "",
    };
    End::Failed(anyhow!("{method}: {}{advice}", why.failure()))
}

/// Parses the URL of the bot's webhook. `text` is a function URL or the full URL.
fn hook_url(text: &str) -> anyhow::Result<Url> {
    let url = webhook_url::parse(text, "Telegram", HOOK_PATH)?;
    let port = url.port_or_known_default().unwrap_or_default();
    if !HOOK_PORTS.contains(&port) {
        bail!("Telegram delivers to the ports 443, 80, 88 and 8443 only, not to {port}");
    }
    Ok(url)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_base_url_and_the_complete_telegram_webhook_url_are_equivalent() {
        let url = |text: &str| hook_url(text).map(|url| url.to_string()).map_err(|error| error.to_string());
        let whole = "https://x.lambda-url.eu-west-1.on.aws/api/v1/webhooks/telegram";
        for given in
            ["https://x.lambda-url.eu-west-1.on.aws", "https://x.lambda-url.eu-west-1.on.aws/", whole]
        {
            assert_eq!(url(given).as_deref(), Ok(whole), "{given}");
        }
        assert_eq!(url(&format!("{whole}/")).as_deref(), Ok(whole));
        assert_eq!(
            url("https://a.b:8443/prod").as_deref(),
            Ok("https://a.b:8443/prod/api/v1/webhooks/telegram")
        );
        for wrong in
            ["a.b", "http://a.b", "https://u:p@a.b", "https://a.b/?x=1", "https://a.b/#x", "https://a.b:9000"]
        {
            assert!(url(wrong).is_err(), "{wrong}");
        }
    }
}
