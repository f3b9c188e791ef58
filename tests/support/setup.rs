//! The setup of a [`World`]: the initial data of the stand-ins, and the settings of `sidenote serve`.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Mutex;

use sidenote::http::Http;
use sidenote_standins::{Sentry, SentryWorld, Slack, SlackWorld, Telegram, TelegramWorld};
use tempfile::TempDir;

use super::canary::{CANARIES, SLACK_TOKEN};
use super::process::Process;
use super::wire::Wire;
use super::world::{Recorded, World};
use super::worlds;

/// The place where `sidenote serve` finds its secrets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Secrets {
    /// The secrets are in environment variables.
    Environment,
    /// The secrets are in the file that the variable `SECRETS_FILE` names.
    File,
}

/// The initial data of the stand-ins and the settings of the process. By default Sentry and Telegram are configured, in
/// English, with all log levels.
#[derive(Clone)]
#[must_use]
pub(crate) struct Setup {
    sentry: SentryWorld,
    telegram: TelegramWorld,
    slack: SlackWorld,
    secrets: BTreeMap<&'static str, String>,
    variables: BTreeMap<&'static str, Option<String>>,
    place: Secrets,
    is_wired: bool,
}

impl Setup {
    /// Creates the default setup, with the data of [`worlds`].
    pub(crate) fn new() -> Self {
        let variables = [
            ("SENTRY_ORG", worlds::ORG.to_owned()),
            ("TELEGRAM_CHAT_ID", worlds::CHAT.to_string()),
            ("RUST_LOG", "trace".to_owned()),
        ];
        Self {
            sentry: worlds::sentry(),
            telegram: worlds::telegram(),
            slack: worlds::slack(),
            secrets: CANARIES.map(|(name, value)| (name, value.to_owned())).into(),
            variables: variables.map(|(name, value)| (name, Some(value))).into(),
            place: Secrets::Environment,
            is_wired: false,
        }
    }

    /// Replaces the data of the Sentry stand-in.
    pub(crate) fn sentry(self, sentry: SentryWorld) -> Self {
        Self { sentry, ..self }
    }

    /// Replaces the data of the Telegram stand-in.
    pub(crate) fn telegram(self, telegram: TelegramWorld) -> Self {
        Self { telegram, ..self }
    }

    /// Turns Slack on, with the data of this workspace.
    pub(crate) fn slack(self, slack: SlackWorld) -> Self {
        let on = self.secret("SLACK_BOT_TOKEN", SLACK_TOKEN).variable("SLACK_CHANNEL", worlds::CHANNEL);
        Self { slack, ..on }
    }

    /// Sets a secret. The output is searched for its value as for every other secret.
    pub(crate) fn secret(mut self, name: &'static str, value: &str) -> Self {
        self.secrets.insert(name, value.to_owned());
        self
    }

    /// Sets the place where the process finds its secrets.
    pub(crate) fn secrets_in(self, place: Secrets) -> Self {
        Self { place, ..self }
    }

    /// Sets an environment variable that is not a secret.
    pub(crate) fn variable(mut self, name: &'static str, value: &str) -> Self {
        self.variables.insert(name, Some(value.to_owned()));
        self
    }

    /// Removes an environment variable or a secret.
    pub(crate) fn without(mut self, name: &'static str) -> Self {
        self.secrets.remove(name);
        self.variables.insert(name, None);
        self
    }

    /// Keeps the state in a file. Without it, each new incident also costs a search for Sidenote's own note. Updates of
    /// Telegram are still not polled.
    pub(crate) fn durable(self) -> Self {
        // The file system of the container image is read-only except for this folder.
        let is_image = std::env::var_os("SIDENOTE_IMAGE").is_some();
        let file = if is_image { "/data/sidenote.db" } else { "sidenote.db" };
        self.variable("STATE_PATH", file).variable("TELEGRAM_UPDATES", "webhook")
    }

    /// Puts a proxy in front of Sentry: [`World::to_sentry`].
    pub(crate) fn wired(self) -> Self {
        Self { is_wired: true, ..self }
    }

    /// Starts the stand-ins and `sidenote serve`, runs the test between them, and ends the process. Returns the test's
    /// result. Fails if [`World::findings`] returns a problem.
    pub(crate) async fn run<R>(self, test: impl AsyncFnOnce(&World) -> R) -> R {
        let world = self.start().await;
        let result = Box::pin(test(&world)).await;
        world.end().await;
        result
    }

    /// Starts the stand-ins and `sidenote serve`. The test must end the world.
    pub(crate) async fn start(self) -> World {
        let sentry = Sentry::start(self.sentry).await;
        let to_sentry = if self.is_wired { Some(Wire::to(&sentry.url()).await) } else { None };
        let sentry_url = to_sentry.as_ref().map_or_else(|| sentry.url(), Wire::url);
        let telegram = Telegram::start(self.telegram).await;
        let slack = Slack::start(self.slack).await;
        let file = tempfile::tempdir().expect("a directory for secrets");
        let mut variables: BTreeMap<&str, String> = [
            ("SENTRY_BASE_URL", sentry_url),
            ("TELEGRAM_API_BASE", telegram.url()),
            ("SLACK_API_BASE", slack.url()),
        ]
        .into();
        variables.extend(secret_variables(&self.secrets, self.place, &file));
        for (name, value) in self.variables {
            match value {
                Some(value) => variables.insert(name, value),
                None => variables.remove(name),
            };
        }
        let variables: Vec<(String, String)> =
            variables.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
        World {
            process: Process::start(&variables).await,
            variables,
            secrets: file,
            http: Http::new(None).expect("an HTTP client"),
            canaries: Mutex::new(canaries(&self.secrets)),
            answers: Recorded::default(),
            ended: false,
            to_sentry,
            sentry,
            telegram,
            slack,
        }
    }
}

fn secret_variables(
    secrets: &BTreeMap<&'static str, String>,
    place: Secrets,
    directory: &TempDir,
) -> Vec<(&'static str, String)> {
    match place {
        Secrets::Environment => secrets.iter().map(|(name, value)| (*name, value.clone())).collect(),
        Secrets::File => {
            let path = directory.path().join("secrets.json");
            std::fs::write(&path, serde_json::json!(secrets).to_string()).expect("write the secrets");
            vec![("SECRETS_FILE", path.to_string_lossy().into_owned())]
        }
    }
}

/// Returns the texts that must not be in any output: every secret that is set, and the tokens of the stand-ins. A list
/// of secrets in one variable is split.
fn canaries(secrets: &BTreeMap<&'static str, String>) -> Vec<(&'static str, String)> {
    let each = |(name, value): (&'static str, &str)| {
        value.split(',').map(|one| (name, one.trim().to_owned())).collect::<Vec<_>>()
    };
    let set = secrets.iter().map(|(name, value)| (*name, value.as_str()));
    let all: BTreeSet<_> =
        set.chain(CANARIES).flat_map(each).filter(|(_, canary)| !canary.is_empty()).collect();
    all.into_iter().collect()
}

/// Returns `variables` with the values in `more`. An empty value removes a variable.
pub(crate) fn changed(
    variables: Vec<(String, String)>,
    more: &[(&str, impl AsRef<str>)],
) -> Vec<(String, String)> {
    let kept = variables.into_iter().filter(|(name, _)| more.iter().all(|(other, _)| name != other));
    let added = more.iter().filter(|(_, value)| !value.as_ref().is_empty());
    kept.chain(added.map(|(name, value)| ((*name).to_owned(), value.as_ref().to_owned()))).collect()
}
