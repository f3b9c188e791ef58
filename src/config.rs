//! The settings from the environment variables, parsed and cross-checked. All invalid variables are reported at once.

mod chat_ids;
mod model;
mod reader;
mod routes;
mod slack;
mod source;
mod storage;
mod telegram;

pub use self::model::{Format, ModelConfig, Provider};
pub use self::reader::{Problem, Problems};
pub use self::slack::SlackConfig;
pub use self::source::{CodeHostKind, SourceConfig};
pub use self::storage::{Heartbeat, StatePath};
pub use self::telegram::{TelegramConfig, TelegramUpdates};

use std::path::PathBuf;
use std::time::Duration;

use reqwest::Url;
use secrecy::SecretString;
use tracing_subscriber::filter::Targets;

use self::reader::Reader;
use crate::domain::action::Actor;
use crate::domain::approval::UserId;
use crate::domain::ids::{EmailAddress, MemberId, Slug};
use crate::domain::words::Language;

/// The base URL of Sentry's own service.
const SENTRY_SAAS: &str = "https://sentry.io";
/// The default limit of a request's body, in bytes. A Lambda Function URL accepts no larger body.
const LARGEST_BODY: usize = 6 * 1024 * 1024;

/// The default time from the arrival of a webhook to its answer. The rest of Sentry's second is for the network.
const ANSWER_WITHIN: Duration = Duration::from_millis(750);

/// The default cooldown. An alert about an issue within this time after an analysis belongs to the same incident.
const COOLDOWN: Duration = Duration::from_hours(6);

/// The largest number of hours that a sweep covers: ninety days, as long as Sentry keeps events.
pub const LONGEST_SWEEP: u64 = 90 * 24;

/// The default time after which an approval that nobody has decided expires.
const APPROVAL_EXPIRY: Duration = Duration::from_hours(24);

/// The names of the secret settings. Each can be set in the environment, in a file or in Secrets Manager.
pub const SECRET_KEYS: [&str; 8] = [
    "SENTRY_AUTH_TOKEN",
    "SENTRY_CLIENT_SECRET",
    "TELEGRAM_BOT_TOKEN",
    "TELEGRAM_WEBHOOK_SECRET",
    "SLACK_BOT_TOKEN",
    "SLACK_SIGNING_SECRET",
    "LLM_API_KEY",
    "SOURCE_TOKEN",
];

/// The settings that need a build with AWS, besides `ANALYZER=bedrock`.
const AWS_VARIABLES: [&str; 3] = ["SECRET_ID", "STATE_TABLE", "REDELIVERY_QUEUE_URL"];

/// A source of secrets by name, such as a file or Secrets Manager.
pub trait SecretLookup: Send + Sync {
    /// Returns the secret with the name `key`, or `None` if it is not set.
    fn secret(&self, key: &str) -> Option<&SecretString>;
}

/// All settings of the program. The values are checked.
#[derive(Debug, Clone)]
pub struct Config {
    /// The place where the secrets are stored.
    pub secrets: SecretsConfig,
    /// The Sentry installation whose webhooks arrive and whose API is called.
    pub sentry: SentryConfig,
    /// The settings for notifications in Telegram.
    pub telegram: TelegramConfig,
    /// The settings for notifications in Slack.
    pub slack: SlackConfig,
    /// The language model that analyses the evidence in addition to the built-in rules; `None` for rules alone.
    pub model: Option<ModelConfig>,
    /// The code host from which the source code of frames is read; `None` if no source code is read.
    pub source: Option<SourceConfig>,
    /// The language of notes and messages.
    pub language: Language,
    /// The `DynamoDB` table for the records of incidents and approvals. `None` means that there is no such table.
    pub state_table: Option<String>,
    /// The place of records and queued deliveries without AWS: an SQLite file or memory. See [`Config::state_file`].
    pub state_path: StatePath,
    /// The interval at which `serve` searches for recent issues without a note (a sweep). `None` disables sweeps.
    pub sweep_every: Option<Duration>,
    /// The SQS queue that redelivers work of a failed invocation, if there is one.
    pub redelivery_queue: Option<String>,
    /// The minimum time between two analyses of an issue, unless the issue regresses or escalates.
    pub cooldown: Duration,
    /// The steps that wait for a person's approval, and the time limit of the decision.
    pub approval: ApprovalConfig,
    /// The people who press buttons: the user's id in Telegram or Slack, and their user in Sentry.
    pub people: Vec<(UserId, Actor)>,
    /// The scope and the limits of a sweep, the search for recent issues without a note.
    pub sweep: Sweep,
    /// The URLs that are called after a scheduled sweep.
    pub heartbeat: Heartbeat,
    /// The time from the arrival of a webhook to its answer. Sentry gives up soon after it.
    pub answer_within: Duration,
    /// The size limit of a request's body, in bytes.
    pub max_body_bytes: usize,
    /// Whether `sidenote serve` accepts unsigned webhooks from this machine. The Lambda function ignores the setting.
    pub allow_unsigned: bool,
    /// The path of a PEM file with additional root certificates.
    pub extra_roots: Option<String>,
    /// The log level for each module.
    pub log_filter: Targets,
    /// The name of the program in the metrics: the Lambda function's name, or `sidenote`. `None` disables metrics.
    pub metrics: Option<String>,
}

/// The scope and the limits of a sweep, the search for recent issues without a note.
#[derive(Debug, Clone)]
pub struct Sweep {
    /// The age limit: only issues that were first seen within this time, or that regressed or escalated and were last
    /// seen within it, are examined.
    pub window: Duration,
    /// The projects whose issues are searched. An empty list means all projects.
    pub projects: Vec<Slug>,
    /// The limit of notes that one sweep writes.
    pub limit: usize,
    /// Whether the sweep only lists the issues without a note.
    pub dry_run: bool,
}

/// The place where the secrets are stored.
#[derive(Debug, Clone)]
pub enum SecretsConfig {
    /// A JSON object in AWS Secrets Manager. The value is the id or ARN of the secret.
    Manager(String),
    /// A file with a JSON object of all secrets.
    File(PathBuf),
    /// The environment variables, by name.
    Environment(Vec<(&'static str, SecretString)>),
}

/// The Sentry installation whose webhooks arrive and whose API is called.
#[derive(Debug, Clone)]
pub struct SentryConfig {
    /// The base URL of the installation, without `/api/0`.
    pub base: Url,
    /// The slug of the organization, if it is configured.
    pub org: Option<Slug>,
}

impl SentryConfig {
    /// Whether the installation is sentry.io, Sentry's own service.
    #[must_use]
    pub fn is_saas(&self) -> bool {
        self.base.host_str().is_some_and(|host| host == "sentry.io" || host.ends_with(".sentry.io"))
    }
}

/// The settings for approvals, which are questions to people about a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ApprovalConfig {
    /// The steps that wait for an approval.
    pub mode: ApprovalMode,
    /// The time limit for a decision. Later the approval expires.
    pub expiry: Duration,
}

/// The choice of the steps that wait for a person's approval.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ApprovalMode {
    /// No step waits. An action on the Sentry issue is proposed, but never executed.
    Nothing,
    /// The proposed action on the Sentry issue waits.
    Action,
    /// The note on the Sentry issue waits, and after it the proposed action.
    Note,
}

impl Config {
    /// Returns the model that gets source code of the repository, with the host of its API. `None` if no source code
    /// goes to a model.
    #[must_use]
    pub fn source_reader(&self) -> Option<String> {
        let model = self.model.as_ref().filter(|model| model.reads_source && self.source.is_some())?;
        Some(model.place())
    }

    /// Reads all settings. `variables` returns the value of an environment variable.
    ///
    /// # Errors
    ///
    /// [`Problems`] if a variable cannot be used. The error lists every such variable.
    pub fn read(variables: &dyn Fn(&str) -> Option<String>) -> Result<Self, Problems> {
        let mut reader = Reader { variables, problems: Vec::new() };
        let routes = routes::read(&mut reader);
        let config = Self {
            secrets: secrets(&mut reader),
            sentry: SentryConfig {
                base: reader.url("SENTRY_BASE_URL", SENTRY_SAAS),
                org: reader
                    .parsed("SENTRY_ORG", "an organization's slug", None, |s| Slug::parse(s).ok().map(Some)),
            },
            telegram: telegram::read(&mut reader, routes.telegram),
            slack: slack::read(&mut reader, routes.slack),
            model: model::read(&mut reader),
            source: source::read(&mut reader),
            language: reader.parsed("OUTPUT_LANGUAGE", "en or zh-TW", Language::default(), Language::parse),
            state_table: reader.text("STATE_TABLE"),
            state_path: storage::state_path(&reader),
            sweep_every: storage::sweep_every(&mut reader),
            redelivery_queue: reader.parsed("REDELIVERY_QUEUE_URL", "a queue's URL", None, |s| {
                Url::parse(s).ok().map(|_| Some(s.to_owned()))
            }),
            cooldown: reader.parsed("ISSUE_COOLDOWN_SECONDS", "a number of seconds", COOLDOWN, |s| {
                s.parse().ok().map(Duration::from_secs)
            }),
            approval: approval(&mut reader),
            people: people(&mut reader),
            sweep: sweep(&mut reader),
            heartbeat: storage::heartbeat(&mut reader),
            answer_within: answer_within(&mut reader),
            max_body_bytes: reader
                .parsed("MAX_BODY_BYTES", "a number of bytes", LARGEST_BODY, |s| s.parse().ok()),
            allow_unsigned: reader.parsed("ALLOW_UNSIGNED", "true or false", false, truth),
            extra_roots: reader.text("SSL_CERT_FILE"),
            log_filter: log_filter(&mut reader),
            metrics: metrics(&mut reader),
        };
        if !cfg!(feature = "aws") {
            without_aws(&mut reader);
        }
        if reader.problems.is_empty() { Ok(config) } else { Err(Problems(reader.problems)) }
    }

    /// Whether messages in Telegram have buttons that people may press. The menu needs no proposed action, so it does not
    /// depend on `APPROVAL`.
    #[must_use]
    pub fn has_buttons(&self) -> bool {
        !self.telegram.approvers.is_empty()
    }

    /// Whether messages in Slack have buttons that people may press.
    #[must_use]
    pub fn has_slack_buttons(&self) -> bool {
        !self.slack.approvers.is_empty()
    }

    /// Whether messages are sent to a chat.
    #[must_use]
    pub fn has_chat(&self) -> bool {
        self.telegram.chat.is_some() || self.slack.channel.is_some()
    }

    /// Whether `sidenote serve` polls Telegram for button presses. With a state file it polls by default, because
    /// Telegram can rarely call such an installation.
    #[must_use]
    pub fn polls_telegram(&self) -> bool {
        let is_polling = match self.telegram.updates {
            Some(updates) => updates == TelegramUpdates::Poll,
            None => self.state_file().is_some(),
        };
        let has_presses = self.has_buttons() || self.approval.mode != ApprovalMode::Nothing;
        is_polling && has_presses && self.telegram.chat.is_some()
    }
}

/// Reports each setting that a build without AWS does not support.
fn without_aws(reader: &mut Reader<'_>) {
    for variable in AWS_VARIABLES {
        if reader.text(variable).is_some() {
            reader.problem(variable, "this build has no AWS: build it with the cargo feature aws");
        }
    }
}

fn answer_within(reader: &mut Reader<'_>) -> Duration {
    reader.parsed("ANSWER_WITHIN_MS", "a number of milliseconds from 100 to 30000", ANSWER_WITHIN, |s| {
        s.parse().ok().filter(|ms| (100..=30_000).contains(ms)).map(Duration::from_millis)
    })
}

fn approval(reader: &mut Reader<'_>) -> ApprovalConfig {
    let asks = |text: &str| match text {
        "action" => Some(ApprovalMode::Action),
        "note" => Some(ApprovalMode::Note),
        "off" => Some(ApprovalMode::Nothing),
        _ => None,
    };
    ApprovalConfig {
        mode: reader.parsed("APPROVAL", "action, note or off", ApprovalMode::Action, asks),
        expiry: reader.parsed("APPROVAL_EXPIRY_SECONDS", "a number of seconds", APPROVAL_EXPIRY, |s| {
            s.parse().ok().filter(|seconds| *seconds > 0).map(Duration::from_secs)
        }),
    }
}

/// Reads the people who press buttons, each with their user in Sentry. Example: `42:7, U0123456789:kim@crumb.example`.
fn people(reader: &mut Reader<'_>) -> Vec<(UserId, Actor)> {
    let pair = |text: &str| {
        let (person, member) = text.trim().split_once(':')?;
        Some((user(person.trim())?, actor(member.trim())?))
    };
    let pairs = |text: &str| text.split(',').map(pair).collect::<Option<Vec<_>>>();
    reader.parsed(
        "PEOPLE",
        "pairs of a chat user's id and a Sentry user's id or e-mail address, such as 42:7, U0123456789:kim@crumb.example",
        Vec::new(),
        pairs,
    )
}

/// Parses the id of a person in Telegram or in Slack.
fn user(text: &str) -> Option<UserId> {
    let in_slack = || chat_ids::is_person(text).then(|| UserId::Slack(text.to_owned()));
    text.parse().ok().map(UserId::Telegram).or_else(in_slack)
}

/// Parses the id or the e-mail address of a Sentry user.
fn actor(text: &str) -> Option<Actor> {
    let email = || EmailAddress::parse(text).ok().map(Actor::Email);
    MemberId::parse(text).ok().map(Actor::User).or_else(email)
}

fn sweep(reader: &mut Reader<'_>) -> Sweep {
    let slugs =
        |text: &str| text.split(',').map(|slug| Slug::parse(slug.trim()).ok()).collect::<Option<Vec<Slug>>>();
    let hours = reader
        .parsed("SWEEP_HOURS", "a number of hours", 24, |s| s.parse().ok().filter(|h| *h <= LONGEST_SWEEP));
    Sweep {
        window: Duration::from_hours(hours),
        projects: reader.parsed("SWEEP_PROJECTS", "project slugs separated by commas", Vec::new(), slugs),
        limit: reader.parsed("SWEEP_LIMIT", "a number of notes", 10, |s| s.parse().ok()),
        dry_run: false,
    }
}

fn truth(text: &str) -> Option<bool> {
    match text.to_ascii_lowercase().as_str() {
        "true" | "1" | "yes" => Some(true),
        "false" | "0" | "no" => Some(false),
        _ => None,
    }
}

/// Reads the log filter: `RUST_LOG`, or else the log level of Lambda. Examples: `debug`, `info,hyper=warn`.
fn log_filter(reader: &mut Reader<'_>) -> Targets {
    let read = |text: &str| text.to_ascii_lowercase().parse().ok();
    let info = Targets::new().with_default(tracing::Level::INFO);
    let of_lambda = reader.parsed("AWS_LAMBDA_LOG_LEVEL", "a log level", info, read);
    reader.parsed("RUST_LOG", "a log filter", of_lambda, read)
}

/// Reads the name for metrics: on Lambda the function's name, elsewhere `sidenote`. `None` means that metrics are off.
fn metrics(reader: &mut Reader<'_>) -> Option<String> {
    let function = reader.text("AWS_LAMBDA_FUNCTION_NAME");
    let read = |text: &str| match text {
        "emf" => Some(true),
        "off" => Some(false),
        _ => None,
    };
    let on = reader.parsed("METRICS", "emf or off", function.is_some(), read);
    on.then(|| function.unwrap_or_else(|| "sidenote".to_owned()))
}

fn secrets(reader: &mut Reader<'_>) -> SecretsConfig {
    match (reader.text("SECRET_ID"), reader.text("SECRETS_FILE")) {
        (Some(_), Some(_)) => {
            reader.problem("SECRETS_FILE", "set together with SECRET_ID: choose one");
            SecretsConfig::Environment(Vec::new())
        }
        (Some(id), None) => SecretsConfig::Manager(id),
        (None, Some(path)) => SecretsConfig::File(path.into()),
        (None, None) => {
            let found =
                SECRET_KEYS.iter().filter_map(|key| Some((*key, SecretString::from(reader.text(key)?))));
            SecretsConfig::Environment(found.collect())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::reader::{UnusedBase, base_url};
    use super::*;

    fn read(variables: &[(&str, &str)]) -> Result<Config, Vec<&'static str>> {
        let find =
            |name: &str| variables.iter().find(|(n, _)| *n == name).map(|(_, value)| (*value).to_owned());
        Config::read(&find).map_err(|problems| problems.0.iter().map(|p| p.variable).collect())
    }

    #[test]
    fn defaults_are_a_valid_configuration() {
        let config = read(&[]).expect("defaults");
        assert_eq!(config.sentry.base.as_str(), "https://sentry.io/");
        assert!(config.telegram.chat.is_none() && config.sentry.is_saas() && !config.allow_unsigned);
        assert_eq!(Url::from(UnusedBase).as_str(), "http://invalid/");
    }

    #[test]
    fn every_problem_is_named_at_once() {
        let problems = read(&[
            ("SENTRY_BASE_URL", "sentry.example.com"),
            ("SENTRY_ORG", "a/b"),
            ("TELEGRAM_CHAT_ID", "the team"),
            ("TELEGRAM_THREAD_ID", "x"),
            ("CHAT_ROUTES", "level=error"),
            ("PEOPLE", "Kim"),
            ("TELEGRAM_API_BASE", "ftp://example.com"),
            ("OUTPUT_LANGUAGE", "fr"),
            ("MAX_BODY_BYTES", "6MiB"),
            ("ALLOW_UNSIGNED", "maybe"),
            ("SECRET_ID", "s"),
            ("SECRETS_FILE", "/f"),
        ]);
        let expected = [
            "CHAT_ROUTES",
            "SECRETS_FILE",
            "SENTRY_BASE_URL",
            "SENTRY_ORG",
            "TELEGRAM_API_BASE",
            "TELEGRAM_THREAD_ID",
            "TELEGRAM_CHAT_ID",
            "OUTPUT_LANGUAGE",
            "PEOPLE",
            "MAX_BODY_BYTES",
            "ALLOW_UNSIGNED",
        ];
        assert_eq!(problems.expect_err("problems"), expected);
    }

    #[test]
    fn people_are_pairs_of_ids_or_e_mail_addresses_in_their_order() {
        let config = read(&[("PEOPLE", "42:7, U0123456789:kim@crumb.example,42:9")]).expect("valid");
        let member = |id: &str| Actor::User(MemberId::parse(id).expect("an id"));
        let email = Actor::Email(EmailAddress::parse("kim@crumb.example").expect("an address"));
        let expected = [
            (UserId::Telegram(42), member("7")),
            (UserId::Slack("U0123456789".to_owned()), email),
            (UserId::Telegram(42), member("9")),
        ];
        assert_eq!(config.people, expected);
        for wrong in ["42", "42:", ":7", "42:7,", "kim:7", "42:kim@", "42:a@b@c", "42:kim lee@crumb.example"]
        {
            assert_eq!(read(&[("PEOPLE", wrong)]).err(), Some(vec!["PEOPLE"]), "{wrong}");
        }
    }

    #[test]
    fn a_build_without_aws_names_the_settings_that_need_it() {
        let find = |name: &str| (name == "STATE_TABLE" || name == "SECRET_ID").then(|| "x".to_owned());
        let mut reader = Reader { variables: &find, problems: Vec::new() };
        without_aws(&mut reader);
        let named: Vec<&str> = reader.problems.iter().map(|problem| problem.variable).collect();
        assert_eq!(named, ["SECRET_ID", "STATE_TABLE"]);
        assert_eq!(Config::read(&find).is_ok(), cfg!(feature = "aws"));
    }

    #[test]
    fn a_base_keeps_its_prefix_and_loses_the_api_path() {
        let base = |text: &str| base_url(text).map(|url| url.to_string());
        assert_eq!(base("http://sentry.local:9000").as_deref(), Ok("http://sentry.local:9000/"));
        assert_eq!(base("https://example.com/sentry/api/0/").as_deref(), Ok("https://example.com/sentry/"));
        for bad in ["https://user:pw@example.com", "https://example.com/?x=1", "mailto:a@b.c"] {
            assert!(base(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn secrets_of_the_environment_are_not_printed() {
        let config = read(&[("SENTRY_AUTH_TOKEN", "canary"), ("OUTPUT_LANGUAGE", "zh-TW")]).expect("valid");
        assert!(!format!("{config:?}").contains("canary"));
        assert_eq!(config.language, Language::TraditionalChinese);
    }
}
