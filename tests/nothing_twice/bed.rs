//! The services of one test (Sentry, Telegram and AWS), each behind a wire that can hold, delay or break a call.

use std::path::Path;
use std::time::Duration;

use serde_json::{Value, json};
use sidenote::http::Http;
use sidenote_standins::{DuplicateCheck, Sentry, SentryWorld, Telegram, TelegramWorld, Token};

use super::deliveries::batch;
use crate::support::canary::CANARIES;
use crate::support::cloud::Cloud;
use crate::support::findings::{Findings, check_standins};
use crate::support::lambda_service::{Answer, LambdaService, Options, Outcome, Report};
use crate::support::machine::{Machine, PACE};
use crate::support::wire::Wire;
use crate::support::{
    AUTH_TOKEN, BOT_TOKEN, CHAT, CLIENT_SECRET, ISSUE, ORG, Webhook, changed, function_url, process::Process,
    sentry, telegram,
};

/// The number of times that SQS hands out a message before it moves the message to the dead-letter queue.
const RECEIVES: usize = 3;

/// Another token of the integration, with which a test deletes Sidenote's notes.
const DELETING_TOKEN: &str = "d3Kp8Wz5Rt1Yb6Hc9Mv4Ls7Q";
/// The API key that the stand-in model accepts.
pub(crate) const LLM_KEY: &str = "k2Tw7Rz4Mb9Qx5Yd";
/// The token of another user, who also comments on the issue.
const THEIR_TOKEN: &str = "n6Jx2Fg9Vd4Tk1Pq8Zr5Bw3S";

/// The services of one test, with the wires in front of them.
pub(crate) struct Bed {
    pub(crate) cloud: Cloud,
    pub(crate) sentry: Sentry,
    pub(crate) telegram: Telegram,
    /// The wire in front of Sentry.
    pub(crate) to_sentry: Wire,
    /// The wire in front of Telegram.
    pub(crate) to_telegram: Wire,
}

impl Bed {
    /// Starts the services with the usual content. Sentry accepts repeated comments.
    pub(crate) async fn new() -> Self {
        Self::of(sentry().duplicates(DuplicateCheck::Off), telegram()).await
    }

    /// Starts the services with the given content. Sentry also knows a token that may delete, and the token of
    /// another user.
    pub(crate) async fn of(sentry: SentryWorld, telegram: TelegramWorld) -> Self {
        let sentry = Sentry::start(
            sentry
                .token(Token::integration(DELETING_TOKEN).scopes(&[
                    "event:read",
                    "event:write",
                    "event:admin",
                ]))
                .token(Token::personal(THEIR_TOKEN, "Noor")),
        )
        .await;
        let telegram = Telegram::start(telegram).await;
        let secret = json!({"SENTRY_AUTH_TOKEN": AUTH_TOKEN, "SENTRY_CLIENT_SECRET": CLIENT_SECRET,
            "TELEGRAM_BOT_TOKEN": BOT_TOKEN, "LLM_API_KEY": LLM_KEY});
        let (sentry_url, telegram_url) = (sentry.url(), telegram.url());
        let (cloud, to_sentry, to_telegram) =
            tokio::join!(Cloud::new(&secret), Wire::to(&sentry_url), Wire::to(&telegram_url));
        Self { cloud, sentry, telegram, to_sentry, to_telegram }
    }

    /// Returns the environment variables of a Sidenote process that uses these services.
    pub(crate) fn env(&self) -> Vec<(String, String)> {
        let pairs = [
            ("SENTRY_BASE_URL", self.to_sentry.url()),
            ("SENTRY_ORG", ORG.to_owned()),
            ("TELEGRAM_API_BASE", self.to_telegram.url()),
            ("TELEGRAM_CHAT_ID", CHAT.to_string()),
        ];
        let mut env = self.cloud.env();
        env.extend(pairs.map(|(name, value)| (name.to_owned(), value)));
        env
    }

    /// Starts the Lambda function with this timeout.
    pub(crate) async fn function(&self, timeout: Duration) -> Function {
        self.function_with(timeout, &[]).await
    }

    /// Starts the Lambda function with this timeout and with additional environment variables. An empty value removes
    /// a variable.
    pub(crate) async fn function_with(&self, timeout: Duration, more: &[(&str, &str)]) -> Function {
        self.function_as(Options { timeout, ..Options::default() }, more).await
    }

    /// Starts the Lambda function with this timeout on a slow machine: in real time, the timeout and all time limits of
    /// the function are longer.
    pub(crate) async fn slow_function(
        &self,
        timeout: Duration,
        machine: &Machine,
        more: &[(&str, &str)],
    ) -> Function {
        let options = Options { timeout, pace: PACE, ..Options::default() };
        self.function_as(options, &[more, &machine.env()].concat()).await
    }

    async fn function_as(&self, options: Options, more: &[(&str, &str)]) -> Function {
        let binary = Path::new(env!("CARGO_BIN_EXE_sidenote-lambda"));
        let env = changed(self.env(), more);
        Function { lambda: LambdaService::start(binary, &env, options).await }
    }

    /// Starts `sidenote serve` as another process on the same services.
    pub(crate) async fn serve(&self, more: &[(&str, &str)]) -> Process {
        let aws =
            [("AWS_REGION", "us-east-1"), ("AWS_ACCESS_KEY_ID", "test"), ("AWS_SECRET_ACCESS_KEY", "test")];
        Process::start(&changed(changed(self.env(), &aws), more)).await
    }

    /// Runs a `sidenote` command. Returns whether it succeeded, and its standard output.
    pub(crate) async fn command(&self, arguments: &[&str], more: &[(&str, &str)]) -> (bool, String) {
        let aws =
            [("AWS_REGION", "us-east-1"), ("AWS_ACCESS_KEY_ID", "test"), ("AWS_SECRET_ACCESS_KEY", "test")];
        let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_sidenote"));
        command.args(arguments).env_clear().envs(changed(changed(self.env(), &aws), more));
        let run =
            tokio::task::spawn_blocking(move || command.output()).await.expect("the thread does not panic");
        let output = run.expect("run sidenote");
        assert!(!String::from_utf8_lossy(&output.stderr).contains("panicked"), "{output:?}");
        (output.status.success(), String::from_utf8(output.stdout).expect("UTF-8"))
    }

    /// Returns the number of notes on the issue, and the number of messages in Telegram.
    pub(crate) fn counts(&self) -> (usize, usize) {
        (self.sentry.notes(ISSUE).len(), self.telegram.messages().len())
    }

    /// Deletes the only note on an issue.
    pub(crate) async fn delete_note(&self, issue: &str) {
        let id = self.sentry.notes(issue).pop().expect("a note").id;
        let path = format!("organizations/{ORG}/issues/{issue}/comments/{id}/");
        let request = http().client().delete(format!("{}/api/0/{path}", self.sentry.url()));
        let answer = request.bearer_auth(DELETING_TOKEN).send().await.expect("an answer");
        assert_eq!((answer.status().as_u16(), self.sentry.notes(issue).len()), (204, 0));
    }

    /// Changes an issue in Sentry with this request body.
    pub(crate) async fn change(&self, issue: &str, body: &Value) {
        let path = format!("organizations/{ORG}/issues/{issue}/");
        let request = http().client().put(format!("{}/api/0/{path}", self.sentry.url()));
        let answer = request.bearer_auth(AUTH_TOKEN).json(body).send().await;
        assert_eq!(answer.expect("an answer").status().as_u16(), 200);
    }

    /// Posts a comment on the issue as another user. Returns the comment's id.
    pub(crate) async fn comment_as_another_user(&self, text: &str) -> String {
        let path = format!("organizations/{ORG}/issues/{ISSUE}/comments/");
        let request = http().client().post(format!("{}/api/0/{path}", self.sentry.url()));
        let answer = request.bearer_auth(THEIR_TOKEN).json(&json!({"text": text})).send().await;
        assert_eq!(answer.expect("an answer").status().as_u16(), 201);
        self.sentry.notes(ISSUE).pop().expect("a comment").id
    }

    /// Returns the text of the only note on the issue.
    pub(crate) fn note(&self) -> String {
        let mut notes = self.sentry.notes(ISSUE);
        assert_eq!(notes.len(), 1, "{notes:#?}");
        notes.remove(0).text
    }

    /// Returns the key of the issue's record in the state store.
    pub(crate) fn key(&self) -> String {
        format!("issue#{}/#{ISSUE}", self.to_sentry.url())
    }
}

/// The end of a test fails if Sidenote sent a request that Sentry or Telegram would reject as malformed, or one with a
/// secret in a place where it does not belong.
impl Drop for Bed {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            check_standins(&self.sentry, &self.telegram).assert_none("");
        }
    }
}

fn http() -> Http {
    Http::new(None).expect("an HTTP client")
}

/// Sidenote's function, run by an emulation of the Lambda service.
pub(crate) struct Function {
    pub(crate) lambda: LambdaService,
}

impl Function {
    /// Delivers a webhook and returns the response. The invocation may continue after the response.
    pub(crate) async fn deliver(&self, webhook: &Webhook) -> Answer {
        let answer = self.lambda.invoke(function_url(webhook)).await;
        answer.unwrap_or_else(|error| panic!("no answer: {error:?}; {}", self.lambda.logs()))
    }

    /// Delivers a webhook, waits for the end of the invocation, and returns the response and the report.
    pub(crate) async fn run(&self, webhook: &Webhook) -> (Answer, Report) {
        let answer = self.deliver(webhook).await;
        (answer, self.lambda.invocation_done().await)
    }

    /// Delivers a webhook like [`Function::run`]. The webhook is moved, so that the test can hold a call in the
    /// meantime.
    pub(crate) async fn run_owned(&self, webhook: Webhook) -> (Answer, Report) {
        self.run(&webhook).await
    }

    /// Delivers a batch of queued messages as SQS does. Returns the ids of the messages that the function reports as
    /// failed.
    pub(crate) async fn redeliver(&self, bodies: &[String]) -> Vec<String> {
        let answer = self.lambda.invoke(batch(bodies)).await;
        let answer = answer.unwrap_or_else(|error| panic!("no answer: {error:?}; {}", self.lambda.logs()));
        assert!(!answer.function_error, "{}", answer.payload);
        assert_eq!(self.lambda.invocation_done().await.outcome, Outcome::Completed);
        let failures = answer.payload["batchItemFailures"].as_array().expect("a list of failures").clone();
        failures.iter().map(|it| it["itemIdentifier"].as_str().expect("an id").to_owned()).collect()
    }

    /// Delivers a batch of queued messages until none is reported as failed. Panics if SQS would move them to the
    /// dead-letter queue before.
    pub(crate) async fn redeliver_until_done(&self, bodies: &[String]) {
        for _ in 0..RECEIVES {
            if self.redeliver(bodies).await.is_empty() {
                return;
            }
            tokio::time::sleep(Duration::from_millis(500)).await;
        }
        panic!("it goes to the dead-letter queue: {}", self.lambda.logs());
    }

    /// Returns the log lines so far whose message begins with `name`.
    pub(crate) fn log(&self, name: &str) -> Vec<Value> {
        let logs = self.lambda.logs();
        let lines = logs.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
        lines.filter(|line| line["message"].as_str().is_some_and(|it| it.starts_with(name))).collect()
    }
}

/// The end of a test fails on a breach of the Lambda runtime's contract, and on a panic or a canary in the log.
impl Drop for Function {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            let log = self.lambda.logs();
            let mut findings = Findings::default();
            findings.violations("to Lambda", self.lambda.violations());
            findings.panics(&log);
            findings.leaks(CANARIES, "the log", &log);
            findings.assert_none(&log);
        }
    }
}

/// Returns the HTTP status in the function's response.
pub(crate) fn status(answer: &Answer) -> u64 {
    assert!(!answer.function_error, "a function error: {}", answer.payload);
    answer.payload["statusCode"].as_u64().expect("a status")
}

/// Returns the JSON body of the function's response.
pub(crate) fn body(answer: &Answer) -> Value {
    serde_json::from_str(answer.payload["body"].as_str().expect("a body")).expect("a body of JSON")
}
