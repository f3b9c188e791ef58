//! `sidenote people`: lists the people of the chats and the users of Sentry, and suggests pairs for `PEOPLE`.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use serde_json::{Value, json};
use sidenote::config::Config;
use sidenote::domain::approval::{Decider, UserId};
use sidenote::domain::outcome::Failure;
use sidenote::domain::people::{ChatPerson, NameMatch, SentryUser};
use sidenote::domain::text::Untrusted;
use sidenote::http::Http;
use sidenote::secrets::Secrets;
use sidenote::sentry::Sentry;
use sidenote::slack::SlackApi;
use sidenote::telegram::Bot;

use crate::{End, local, output};

/// A name is displayed with at most this many characters.
const NAME: usize = 60;

/// The reason why Telegram does not name every person.
const ONLY_ADMINISTRATORS: &str =
    "Telegram tells a bot about other people in its chat, but only an administrator about each of them";

/// The command-line arguments of `sidenote people`.
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// The result of `sidenote people`.
struct Listing {
    people: Vec<ChatPerson>,
    users: Vec<SentryUser>,
    /// The people that `PEOPLE` contains.
    known: Vec<UserId>,
    /// The reasons why a chat did not give the names of people.
    gaps: BTreeSet<String>,
}

/// Runs `sidenote people` and prints the list. The command changes nothing in Sentry, the chats and the state store.
/// Always returns `true`. Fails with [`End::Usage`] if a setting is missing or the HTTP client cannot be built, and
/// with [`End::Failed`] if the secrets cannot be read, Sentry does not list the members, or the state store cannot be
/// read.
pub(crate) async fn run(arguments: Arguments, config: Config) -> Result<bool, End> {
    let (http, secrets) = local::clients(&config).await?;
    let users = users(&http, &config, &secrets).await.map_err(unlisted)?;
    let known = config.people.iter().map(|(person, _)| person.clone()).collect();
    let (telegram, slack) = (telegram_names(&http, &config, &secrets), slack_names(&http, &config, &secrets));
    let mut people = people(&http, config, &secrets).await?;
    let mut gaps = BTreeSet::new();
    for person in people.iter_mut().filter(|person| person.name.is_none()) {
        let found = match &person.id {
            UserId::Telegram(id) => telegram.name(*id).await,
            UserId::Slack(id) => slack.name(id).await,
        };
        match found {
            Ok(name) => person.name = name.map(|name| name.line(NAME)),
            Err(gap) => {
                gaps.insert(gap);
            }
        }
    }
    let result = Listing { people, users, known, gaps };
    output::say(&if arguments.json { result.json().to_string() } else { result.text() });
    Ok(true)
}

async fn users(http: &Http, config: &Config, secrets: &Secrets) -> Result<Vec<SentryUser>, Failure> {
    let token = secrets.get("SENTRY_AUTH_TOKEN").ok_or(Failure::NotConfigured("SENTRY_AUTH_TOKEN"))?;
    Sentry::new(http, &config.sentry, None, token, local::deadline()).users().await
}

/// Returns the end of the command if Sentry does not list the members.
fn unlisted(why: Failure) -> End {
    match why {
        Failure::Forbidden => End::Failed(anyhow::anyhow!(
            "Sentry does not list the members (403): give the integration the permission Member: Read for this command"
        )),
        why => End::of(why, "the members of the organization"),
    }
}

/// The source of names in Telegram: the bot and its chats.
struct TelegramNames {
    bot: Option<Bot>,
    chats: Vec<Value>,
}

fn telegram_names(http: &Http, config: &Config, secrets: &Secrets) -> TelegramNames {
    let token = secrets.get("TELEGRAM_BOT_TOKEN");
    let bot = token.and_then(|token| Bot::new(http, &config.telegram.api, token, local::deadline()).ok());
    let routed = config.telegram.routes.iter().map(|route| &route.place.chat);
    let chat = |chat: &String| chat.parse::<i64>().map_or_else(|_| chat.as_str().into(), Value::from);
    TelegramNames { bot, chats: config.telegram.chat.iter().chain(routed).map(chat).collect() }
}

impl TelegramNames {
    /// Returns the name of a person in one of the chats. The error is the reason why it is unknown.
    async fn name(&self, user: i64) -> Result<Option<Untrusted>, String> {
        let Some(bot) = &self.bot else { return Err("Telegram: TELEGRAM_BOT_TOKEN is not set".to_owned()) };
        let mut gap = "Telegram: TELEGRAM_CHAT_ID is not set".to_owned();
        for chat in &self.chats {
            match bot.name_in(chat, user).await {
                Ok(name) => return Ok(name),
                Err(why) => {
                    let why = why.failure();
                    gap = format!("Telegram: getChatMember: {why}. {ONLY_ADMINISTRATORS}");
                }
            }
        }
        Err(gap)
    }
}

/// The source of names in Slack.
struct SlackNames(Option<SlackApi>);

fn slack_names(http: &Http, config: &Config, secrets: &Secrets) -> SlackNames {
    let token = secrets.get("SLACK_BOT_TOKEN");
    SlackNames(token.and_then(|token| SlackApi::new(http, &config.slack.api, token, local::deadline()).ok()))
}

impl SlackNames {
    /// Returns the name of a person. The error is the reason why it is unknown.
    async fn name(&self, user: &str) -> Result<Option<Untrusted>, String> {
        let Some(slack) = &self.0 else { return Err("Slack: SLACK_BOT_TOKEN is not set".to_owned()) };
        slack.name_of(user).await.map_err(|why| match why.failure() {
            Failure::Forbidden => {
                "Slack: users.info: the app lacks the scope users:read; add it for this command".to_owned()
            }
            why => format!("Slack: users.info: {why}"),
        })
    }
}

/// Returns the people in the chats: those who have decided, those in Telegram's pending updates, and the approvers.
async fn people(http: &Http, config: Config, secrets: &Secrets) -> Result<Vec<ChatPerson>, End> {
    let telegram = config.telegram.approvers.iter().map(|id| UserId::Telegram(*id));
    let slack = config.slack.approvers.iter().map(|id| UserId::Slack(id.clone()));
    let mut by_id: BTreeMap<String, ChatPerson> = BTreeMap::new();
    for id in telegram.chain(slack) {
        by_id.insert(id.to_string(), ChatPerson { id, name: None });
    }
    let mut named = seen_in_telegram(http, &config, secrets).await;
    if config.is_durable() {
        let handler = local::handler(config)?;
        let approvals = handler.approvals().await.map_err(|error| End::Failed(error.into()))?;
        named.extend(approvals.iter().filter_map(|approval| approval.state.by().and_then(decider)));
    }
    by_id.extend(named.into_iter().map(|person| (person.id.to_string(), person)));
    Ok(by_id.into_values().collect())
}

/// Returns the person who decided. The name of a decider ends with the id.
fn decider(by: &Decider) -> Option<ChatPerson> {
    let id = by.id.clone()?;
    let name = by.name.strip_suffix(&format!(" #{id}")).map(str::to_owned);
    Some(ChatPerson { id, name })
}

/// Returns the people in Telegram's pending updates. There are none while a webhook is set, or without a bot.
async fn seen_in_telegram(http: &Http, config: &Config, secrets: &Secrets) -> Vec<ChatPerson> {
    let Some(token) = secrets.get("TELEGRAM_BOT_TOKEN") else { return Vec::new() };
    let Ok(bot) = Bot::new(http, &config.telegram.api, token, local::deadline()) else { return Vec::new() };
    let seen = bot.seen_lately().await.unwrap_or_default();
    let people = seen.into_iter().filter_map(|seen| seen.person);
    people.map(|(id, name)| ChatPerson { id: UserId::Telegram(id), name: Some(name.line(NAME)) }).collect()
}

impl Listing {
    fn is_known(&self, person: &ChatPerson) -> bool {
        self.known.contains(&person.id)
    }

    /// Returns the pairs to check, in the form of `PEOPLE`.
    fn suggested(&self) -> Vec<String> {
        let pair = |person: &ChatPerson| match person.matches(&self.users) {
            NameMatch::One(user) => Some(format!("{}:{}", person.id, user.id)),
            NameMatch::Several(_) | NameMatch::Nobody => None,
        };
        self.people.iter().filter(|person| !self.is_known(person)).filter_map(pair).collect()
    }

    fn text(&self) -> String {
        let mut out = "People in the chats:\n".to_owned();
        for person in &self.people {
            let name = person.name.as_deref().unwrap_or("(name unknown)");
            let _ = writeln!(out, "  {}  {name}: {}", person.id, self.finding(person));
        }
        for gap in &self.gaps {
            let _ = writeln!(out, "  Some names are unknown. {gap}.");
        }
        out.push_str("\nUsers of Sentry:\n");
        for user in &self.users {
            let _ = writeln!(out, "  {}  {}", user.id, user.shown());
        }
        let suggested = self.suggested();
        if !suggested.is_empty() {
            let _ = write!(
                out,
                "\nThe names are equal, but the people may differ. If the pairs are right, add them to PEOPLE:\n  {}",
                suggested.join(",")
            );
        }
        out.trim_end().to_owned()
    }

    fn finding(&self, person: &ChatPerson) -> String {
        match person.matches(&self.users) {
            _ if self.is_known(person) => "in PEOPLE".to_owned(),
            NameMatch::One(user) => format!("user {} has this name", user.id),
            NameMatch::Several(users) => {
                let ids: Vec<&str> = users.iter().map(|user| user.id.as_str()).collect();
                format!("several users have this name: {}", ids.join(", "))
            }
            NameMatch::Nobody => "no user has this name".to_owned(),
        }
    }

    fn json(&self) -> Value {
        let person = |person: &ChatPerson| {
            let users: Vec<&str> = match person.matches(&self.users) {
                NameMatch::One(user) => vec![user.id.as_str()],
                NameMatch::Several(users) => users.into_iter().map(|user| user.id.as_str()).collect(),
                NameMatch::Nobody => Vec::new(),
            };
            json!({"id": person.id.to_string(), "name": person.name, "in_people": self.is_known(person),
                "users_with_this_name": users})
        };
        let user = |user: &SentryUser| json!({"id": user.id.as_str(), "name": user.shown()});
        json!({
            "people": self.people.iter().map(person).collect::<Vec<_>>(),
            "users": self.users.iter().map(user).collect::<Vec<_>>(),
            "suggested": self.suggested(),
            "gaps": self.gaps,
        })
    }
}
