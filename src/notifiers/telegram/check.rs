//! The Telegram checks of `sidenote doctor`: the bot, the chat, the bot's permission to write there, the topic, and the
//! webhook.

use serde_json::{Value, json};

use super::keys::{HOOK_SECRET, TOKEN};
use super::webhook;
use crate::config::TelegramConfig;
use crate::domain::check::CheckResult;
use crate::domain::outcome::{ChatRefusal, Failure};
use crate::domain::text::Untrusted;
use crate::http::reach;
use crate::notifiers::Examination;
use crate::telegram::{Bot, BotError, ChatInfo, Me, Membership};

const BOT: &str = "telegram.bot";
const CHAT: &str = "telegram.chat";
const RIGHTS: &str = "telegram.rights";
const THREAD: &str = "telegram.thread";
const ROUTES: &str = "telegram.routes";
/// The names of all checks that need a bot, except the check of the routes.
const ALL: [&str; 5] = [BOT, CHAT, RIGHTS, THREAD, webhook::NAME];

const SET_CHAT: &str = "set TELEGRAM_CHAT_ID to the chat's number: add the bot, write /start there, and run sidenote telegram connect";
const INVITE: &str = "add the bot to the chat (in a private chat: write /start to it), then try again";

/// Checks the bot, and then everything that needs the bot.
pub(super) async fn check(examination: &Examination<'_>) -> Vec<CheckResult> {
    let skipped = |why: &str| ALL.map(|name| CheckResult::skipped(name, why)).to_vec();
    let means = &examination.means;
    let config = &means.config.telegram;
    let Some(token) = means.secrets.secret(TOKEN) else {
        return skipped(match config.chat {
            Some(_) => "there is no valid TELEGRAM_BOT_TOKEN",
            None => "Telegram is off: TELEGRAM_CHAT_ID is not set",
        });
    };
    let Ok(bot) = Bot::new(means.http, &config.api, token, means.deadline) else {
        let mut findings = skipped("see telegram.bot");
        findings[0] = CheckResult::failed(BOT, "the token contains invalid characters", NEW_TOKEN);
        return findings;
    };
    let chat = config.chat.as_deref().map(chat_id);
    let (me, info, updates) = tokio::join!(bot.me(), seen(&bot, chat.as_ref()), bot.webhook_info());
    let me = match me {
        Ok(me) => me,
        Err(why) => {
            let mut findings = skipped("see telegram.bot");
            findings[0] = refused(config, why).await;
            return findings;
        }
    };
    let name = Untrusted::new(me.username.as_deref().unwrap_or_default()).line(40);
    let mut findings = vec![CheckResult::ok(BOT, format!("the token is @{name}'s"))];
    findings.extend(in_chat(&bot, config, &me, chat.as_ref(), info).await);
    if !config.routes.is_empty() {
        findings.push(routes(&bot, config).await);
    }
    findings.push(webhook::check(examination, updates, means.secrets.secret(HOOK_SECRET).is_some()));
    findings
}

const NEW_TOKEN: &str = "take the token from @BotFather (/mybots, the bot, API Token) and put it into the secret as \
                         TELEGRAM_BOT_TOKEN";

/// A chat id as JSON: a number if it is numeric, otherwise a string.
fn chat_id(chat: &str) -> Value {
    chat.parse::<i64>().map_or_else(|_| json!(chat), |id| json!(id))
}

async fn seen(bot: &Bot, chat: Option<&Value>) -> Option<Result<ChatInfo, BotError>> {
    match chat {
        Some(chat) => Some(bot.chat(chat).await),
        None => None,
    }
}

/// Checks that the bot has access to the chat of each route (`CHAT_ROUTES`).
async fn routes(bot: &Bot, config: &TelegramConfig) -> CheckResult {
    for route in &config.routes {
        let chat = &route.place.chat;
        if let Err(why) = bot.chat(&chat_id(chat)).await {
            let evidence = format!("the bot cannot see the chat {chat}: {}", why.failure());
            return CheckResult::failed(ROUTES, evidence, format!("correct CHAT_ROUTES, or {INVITE}"));
        }
    }
    CheckResult::ok(ROUTES, format!("the bot sees the chats of all {} routes", config.routes.len()))
}

async fn refused(config: &TelegramConfig, why: BotError) -> CheckResult {
    match why.failure() {
        why @ Failure::Unauthorized => CheckResult::failed(BOT, why.to_string(), NEW_TOKEN),
        why @ (Failure::Unreachable | Failure::Timeout | Failure::Interrupted) => {
            let (evidence, remedy) = reach::explained(&config.api, why, "TELEGRAM_API_BASE").await;
            CheckResult::failed(BOT, evidence, remedy)
        }
        why => CheckResult::failed(
            BOT,
            format!("getMe: {why}"),
            "TELEGRAM_API_BASE is not the URL of a Bot API server, or the server is failing; unset it to use Telegram's own",
        ),
    }
}

/// Checks the chat, the bot's permissions and the topic.
async fn in_chat(
    bot: &Bot,
    config: &TelegramConfig,
    me: &Me,
    chat: Option<&Value>,
    info: Option<Result<ChatInfo, BotError>>,
) -> [CheckResult; 3] {
    let skipped = |first| {
        [
            first,
            CheckResult::skipped(RIGHTS, "see telegram.chat"),
            CheckResult::skipped(THREAD, "see telegram.chat"),
        ]
    };
    let (Some(chat), Some(info)) = (chat, info) else {
        return skipped(CheckResult::failed(CHAT, "TELEGRAM_CHAT_ID is not set", SET_CHAT));
    };
    let info = match info {
        Ok(info) => info,
        Err(why) => return skipped(unseen(chat, why)),
    };
    let kind = info.kind.as_deref().unwrap_or("chat");
    // Channels do not support the "typing" action.
    let writes = async { if kind == "channel" { Ok(true) } else { bot.type_in(chat, None).await } };
    let threads = async {
        match config.thread {
            Some(thread) if info.is_forum.0 == Some(true) => Some(bot.type_in(chat, Some(thread)).await),
            _ => None,
        }
    };
    let member = bot.member(chat, me.id.0.unwrap_or_default());
    let (member, writes, threads) = tokio::join!(member, writes, threads);
    let title = info.title.as_deref().map(|title| format!(" “{}”", Untrusted::new(title).line(60)));
    let found = CheckResult::ok(CHAT, format!("the {kind}{} is there", title.unwrap_or_default()));
    [found, rights(&info, kind, member, writes), thread(config, &info, threads)]
}

fn unseen(chat: &Value, why: BotError) -> CheckResult {
    match why {
        BotError::Moved(id) => moved(CHAT, id),
        other => match other.failure() {
            Failure::Chat(ChatRefusal::ChatNotFound) | Failure::NotFound => CheckResult::failed(
                CHAT,
                format!("the bot cannot find chat {chat} (chat not found)"),
                format!(
                    "correct TELEGRAM_CHAT_ID (groups are negative, supergroups begin with -100), or {INVITE}"
                ),
            ),
            Failure::Chat(ChatRefusal::BotRemoved) | Failure::Forbidden => CheckResult::failed(
                CHAT,
                format!("the bot was removed from {chat}, or was never a member (403)"),
                INVITE,
            ),
            why => {
                CheckResult::failed(CHAT, format!("getChat: {why}"), "try again; then check TELEGRAM_CHAT_ID")
            }
        },
    }
}

fn moved(name: &str, id: i64) -> CheckResult {
    let remedy = format!("set TELEGRAM_CHAT_ID={id}");
    CheckResult::failed(name, "the group became a supergroup, which has another id", remedy)
}

fn rights(
    info: &ChatInfo,
    kind: &str,
    member: Result<Membership, BotError>,
    writes: Result<bool, BotError>,
) -> CheckResult {
    if let Err(BotError::Moved(id)) = writes {
        return moved(RIGHTS, id);
    }
    let member = match member {
        Ok(member) => member,
        Err(why) => return CheckResult::failed(RIGHTS, format!("getChatMember: {}", why.failure()), INVITE),
    };
    let status = member.status.as_deref().unwrap_or_default();
    let Some(may) = may_write(info, kind, &member) else {
        return CheckResult::failed(
            RIGHTS,
            format!("the bot is not a member of the chat ({status})"),
            INVITE,
        );
    };
    if !may {
        let remedy = if kind == "channel" {
            "make the bot an administrator of the channel with the right to post messages"
        } else {
            "let the bot send messages: the group's Permissions, or make it an administrator"
        };
        return CheckResult::failed(RIGHTS, format!("the bot may not write ({status})"), remedy);
    }
    match writes {
        Ok(_) => CheckResult::ok(RIGHTS, format!("the bot may write there ({status})")),
        Err(why) => CheckResult::failed(
            RIGHTS,
            format!("the bot is there ({status}), but may not write: {}", why.failure()),
            "the person has blocked the bot, or the group does not let it write: unblock it, or check the group's Permissions",
        ),
    }
}

/// Whether the bot's permissions allow it to write. `None` if the bot is not in the chat.
fn may_write(info: &ChatInfo, kind: &str, member: &Membership) -> Option<bool> {
    let all_may = info.permissions.0.as_ref().is_none_or(|all| all.can_send_messages.0 != Some(false));
    Some(match member.status.as_deref().unwrap_or_default() {
        "creator" => true,
        "administrator" => kind != "channel" || member.can_post_messages.0 == Some(true),
        "restricted" => member.can_send_messages.0 == Some(true),
        "member" => kind != "channel" && all_may,
        _ => return None,
    })
}

fn thread(config: &TelegramConfig, info: &ChatInfo, tried: Option<Result<bool, BotError>>) -> CheckResult {
    let is_forum = info.is_forum.0 == Some(true);
    match (config.thread, tried) {
        (None, _) if is_forum => {
            CheckResult::ok(THREAD, "TELEGRAM_THREAD_ID is not set: messages go to the topic General")
        }
        (None, _) => {
            CheckResult::skipped(THREAD, "TELEGRAM_THREAD_ID is not set, and the chat has no topics")
        }
        (Some(thread), Some(Ok(_))) => CheckResult::ok(THREAD, format!("topic {thread} exists")),
        (Some(thread), Some(Err(why))) if why.failure() == Failure::Chat(ChatRefusal::TopicClosed) => {
            CheckResult::failed(
                THREAD,
                format!("topic {thread}: {}", why.failure()),
                "reopen the topic, make the bot an administrator that may manage topics, or set TELEGRAM_THREAD_ID to \
                 another topic",
            )
        }
        (Some(thread), Some(Err(why))) => CheckResult::failed(
            THREAD,
            format!("topic {thread}: {}", why.failure()),
            "use the topic's number in a link to one of its messages, t.me/c/CHAT/TOPIC/MESSAGE, or unset \
             TELEGRAM_THREAD_ID",
        ),
        (Some(thread), None) => CheckResult::failed(
            THREAD,
            format!("TELEGRAM_THREAD_ID is {thread}, but the chat has no topics"),
            "unset TELEGRAM_THREAD_ID, or turn topics on in the group's settings",
        ),
    }
}
