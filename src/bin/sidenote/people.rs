//! `sidenote people`: lists the people of the chats and the users of Sentry, and suggests pairs for `PEOPLE`.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde_json::{Value, json};
use sidenote::config::Config;
use sidenote::domain::approval::{Decider, UserId};
use sidenote::domain::outcome::Failure;
use sidenote::domain::people::{ChatPerson, NameMatch, SentryUser};
use sidenote::http::Http;
use sidenote::secrets::Secrets;
use sidenote::sentry::Sentry;
use sidenote::telegram::Bot;

use crate::{End, local, output};

/// A name is displayed with at most this many characters.
const NAME: usize = 60;

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
}

/// Runs `sidenote people` and prints the list. The command changes nothing in Sentry, the chats and the state store.
/// Always returns `true`. Fails with [`End::Usage`] if a setting is missing or the HTTP client cannot be built, and
/// with [`End::Failed`] if the secrets cannot be read, Sentry does not list the members, or the state store cannot be
/// read.
pub(crate) async fn run(arguments: Arguments, config: Config) -> Result<bool, End> {
    let (http, secrets) = local::clients(&config).await?;
    let users = users(&http, &config, &secrets).await.map_err(unlisted)?;
    let known = config.people.iter().map(|(person, _)| person.clone()).collect();
    let people = people(&http, config, &secrets).await?;
    let result = Listing { people, users, known };
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
        })
    }
}
