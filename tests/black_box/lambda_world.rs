//! The surroundings of the Lambda function: Sentry, Telegram, the files of `events/`, and secrets that must not leak.

mod function;

pub(crate) use function::{Function, body, status};

use crate::support::lambda_service::{Deadline, Options};
use serde_json::{Value, json};
use sidenote::webhook::sign;
use sidenote_standins::{
    Chat, Event, Exception, Frame, Issue, Kind, Sentry, SentryWorld, Telegram, TelegramWorld, Token,
};
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;
use tempfile::TempDir;

/// The path of the binary under test.
pub(crate) const FUNCTION: &str = env!("CARGO_BIN_EXE_sidenote-lambda");
/// The id of the issue in `furl-event-alert.json` and `apigw-v1.json`.
pub(crate) const ALERTED: &str = "8801";
/// The id of the issue in `furl-issue-created.json` and `apigw-v2.json`.
pub(crate) const CREATED: &str = "8802";
/// The id of the issue in `furl-base64.json`.
pub(crate) const ENCODED: &str = "8803";
/// The id of the issue in `handposted.json`.
pub(crate) const HANDPOSTED: &str = "TEST-001";

/// A valid token for Sentry.
pub(crate) const AUTH_TOKEN: &str = "canary-auth-token-6d1f0b9a";
/// Another valid token for Sentry, for tests of a rotation.
pub(crate) const NEW_AUTH_TOKEN: &str = "canary-auth-token-rotated-77e2";
/// A revoked token for Sentry.
pub(crate) const REVOKED_TOKEN: &str = "canary-auth-token-revoked-0c43";
/// The token of the Telegram bot.
pub(crate) const BOT_TOKEN: &str = "100200300:AAcanary-bot-token-5e8b2f417c0d9a6b3";
const WEBHOOK_SECRET: &str = "canary-webhook-secret-91aa-7c04e2b8d5f6";
const MODEL_KEY: &str = "canary-model-key-4b7c";
const CHAT: i64 = -1_001_234_567_890;

/// Returns the client secret with which the files of `events/` are signed.
pub(crate) fn client_secret() -> String {
    event("secrets.json")["SENTRY_CLIENT_SECRET"].as_str().expect("a client secret").to_owned()
}

/// Returns the path of a file of `events/`.
pub(crate) fn event_path(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("events").join(name)
}

/// Returns the JSON of a file of `events/`.
pub(crate) fn event(name: &str) -> Value {
    let text = fs::read_to_string(event_path(name)).unwrap_or_else(|error| panic!("{name}: {error}"));
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{name}: {error}"))
}

/// Returns the event in `furl-event-alert.json` with another body and a new signature.
pub(crate) fn event_with_body(body: &str) -> Value {
    let mut event = event("furl-event-alert.json");
    event["headers"]["sentry-hook-signature"] = sign(&client_secret().into(), body.as_bytes()).into();
    event["body"] = body.into();
    event
}

/// Returns all secrets as the JSON object that Secrets Manager or a file contains.
pub(crate) fn secrets() -> Value {
    json!({
        "SENTRY_AUTH_TOKEN": AUTH_TOKEN,
        "SENTRY_CLIENT_SECRET": client_secret(),
        "TELEGRAM_BOT_TOKEN": BOT_TOKEN,
        "TELEGRAM_WEBHOOK_SECRET": WEBHOOK_SECRET,
        "LLM_API_KEY": MODEL_KEY,
    })
}

/// Returns all secrets with one value replaced.
pub(crate) fn secrets_with(key: &str, value: Value) -> Value {
    let mut secrets = secrets();
    secrets[key] = value;
    secrets
}

/// The stand-ins that the function calls, and the directory of its secrets.
pub(crate) struct World {
    pub(crate) sentry: Sentry,
    pub(crate) telegram: Telegram,
    directory: TempDir,
}

impl World {
    pub(crate) async fn new() -> Self {
        Self::with_latency(Duration::ZERO).await
    }

    /// Creates the stand-ins, with a Sentry that delays every reply by `latency`.
    pub(crate) async fn with_latency(latency: Duration) -> Self {
        let world = Self {
            sentry: Sentry::start(sentry_world().latency(latency)).await,
            telegram: Telegram::start(
                TelegramWorld::new(BOT_TOKEN).chat(Chat::supergroup(CHAT, "harbour on-call")),
            )
            .await,
            directory: tempfile::tempdir().expect("make a directory for secrets"),
        };
        fs::write(world.secrets_file(), secrets().to_string()).expect("write the secrets");
        world
    }

    fn secrets_file(&self) -> PathBuf {
        self.directory.path().join("secrets.json")
    }

    /// The environment variables of the function, except those about secrets.
    pub(crate) fn places(&self) -> Vec<(String, String)> {
        pairs(&[
            ("SENTRY_BASE_URL", &self.sentry.url()),
            ("TELEGRAM_API_BASE", &self.telegram.url()),
            ("TELEGRAM_CHAT_ID", &CHAT.to_string()),
        ])
    }

    /// The environment variables of [`Self::places`], and the one that names the file of secrets.
    pub(crate) fn settings(&self) -> Vec<(String, String)> {
        let file = self.secrets_file();
        let secrets = pairs(&[("SECRETS_FILE", file.to_str().expect("a path in UTF-8"))]);
        [self.places(), secrets].concat()
    }

    /// Starts the function with [`Self::settings`].
    pub(crate) async fn function(&self) -> Function<'_> {
        Function::start(self, &self.settings(), Options::default()).await
    }

    /// Starts the function with other variables about secrets.
    pub(crate) async fn function_from(&self, secrets: Vec<(String, String)>) -> Function<'_> {
        Function::start(self, &[self.places(), secrets].concat(), Options::default()).await
    }

    /// Starts the function with additional variables and another timeout.
    pub(crate) async fn function_with(&self, more: &[(&str, &str)], timeout: Duration) -> Function<'_> {
        let options = Options { timeout, ..Options::default() };
        Function::start(self, &[self.settings(), pairs(more)].concat(), options).await
    }

    /// Starts the function without one of the secrets.
    pub(crate) async fn function_without(&self, secret: &str) -> Function<'_> {
        let mut fewer = secrets();
        fewer.as_object_mut().expect("an object").remove(secret);
        fs::write(self.secrets_file(), fewer.to_string()).expect("write the secrets");
        self.function().await
    }

    /// Starts the function under a Lambda stand-in that sends deadlines in 1970, as `cargo lambda watch` does.
    pub(crate) async fn function_of_1970(&self) -> Function<'_> {
        let options = Options { deadline: Deadline::In1970, ..Options::default() };
        Function::start(self, &self.settings(), options).await
    }

    /// The texts of all notes on an issue.
    pub(crate) fn notes(&self, issue: &str) -> Vec<String> {
        self.sentry.notes(issue).into_iter().map(|note| note.text).collect()
    }

    /// Asserts that the stand-ins have seen no violation, and that no secret is in `output`, in a note or in a message.
    pub(crate) fn assert_clean(&self, output: &[String]) {
        assert_eq!(self.sentry.violations(), Vec::<String>::new(), "Sentry");
        assert_eq!(self.telegram.violations(), Vec::<String>::new(), "Telegram");
        self.assert_no_secret(output);
    }

    /// Asserts that no secret is in `output`, in a note or in a message.
    pub(crate) fn assert_no_secret(&self, output: &[String]) {
        let notes = [ALERTED, CREATED, ENCODED, HANDPOSTED].into_iter().flat_map(|issue| self.notes(issue));
        let messages = self.telegram.messages().into_iter().map(|message| message.text_raw);
        for text in output.iter().cloned().chain(notes).chain(messages) {
            assert!(!text.contains("canary"), "a secret leaked: {text}");
            assert!(!text.contains(&client_secret()), "the client secret leaked: {text}");
        }
    }
}

/// Converts environment variables into the form that a process takes.
pub(crate) fn pairs(variables: &[(&str, &str)]) -> Vec<(String, String)> {
    variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

/// Returns a Sentry with the issues that the files of `events/` are about.
fn sentry_world() -> SentryWorld {
    let berth = |id: &str, short: &str| {
        Issue::new(id, short, "KeyError: 'berth'")
            .project("harbour")
            .platform("python")
            .counts(31, 12)
            .hourly(&[0, 0, 1, 4, 9])
            .releases("harbour@2.8.0", "harbour@2.8.1")
            .tag("environment", &[("production", 14)])
    };
    let height = Exception::new("TypeError", "Cannot read properties of undefined (reading 'height')")
        .frame(Frame::new("src/curve.ts", "drawCurve", 71));
    let curve = Issue::new(CREATED, "TIDE-TABLE-4", "TypeError: Cannot read properties of undefined")
        .platform("javascript")
        .event(
            Event::new("d3b8c5f41e7052a9b0c4e6f8192a3b4c")
                .exception(height)
                .set("platform", "javascript".into()),
        );
    SentryWorld::new(Kind::SelfHosted, "port-office")
        .token(Token::integration(AUTH_TOKEN))
        .token(Token::integration(NEW_AUTH_TOKEN))
        .token(Token::integration(REVOKED_TOKEN).revoked())
        .issue(berth(ALERTED, "HARBOUR-9").event(Event::new("b1f6a3d29c5e4f70a8d2c4e6f8091a2b")))
        .issue(berth(ENCODED, "HARBOUR-C").event(Event::new("c2a7b4e30d6f4081b9e3d5f70a1b2c3d")))
        .issue(curve)
        .issue(Issue::new(HANDPOSTED, "AWOOOI-API-1", "AWOOOI Comment 功能測試"))
}
