//! A test of every file of `events/` with `sam local invoke` in SAM's container. `make test-sam` starts a container
//! engine, builds an image and passes the place of both. Without `make test-sam` the test is skipped.

use crate::black_box::lambda_world::{
    ALERTED, CREATED, ENCODED, HANDPOSTED, World, event, event_path, secrets_with,
};
use crate::support::fetched::tool;
use crate::support::proxies;
use serde_json::{Map, Value, json};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use tempfile::TempDir;

/// The number of invocations at the same time. The machine of the tests has two cores.
const AT_ONCE: usize = 2;

/// The expected result of an invocation with a file of `events/`.
struct Expected {
    file: &'static str,
    answer: Answer,
    /// The id of the issue that gets a note, if any.
    issue: Option<&'static str>,
    /// The method of the Bot API that is called, if any.
    telegram: Option<&'static str>,
}

/// The expected response of the function.
enum Answer {
    /// An HTTP response with this status and, if set, this value of `status` in its body.
    Http(u64, Option<&'static str>),
    /// A response with this JSON, for an event that is not an HTTP request.
    Json(&'static str),
    /// An error of the function, for an event of an unknown kind.
    Refused,
}

const fn expected(
    file: &'static str,
    answer: Answer,
    issue: Option<&'static str>,
    telegram: Option<&'static str>,
) -> Expected {
    Expected { file, answer, issue, telegram }
}

const fn accepted(file: &'static str, issue: &'static str) -> Expected {
    expected(file, Answer::Http(202, Some("accepted")), Some(issue), Some("sendMessage"))
}

const NOTHING_LEFT: Answer = Answer::Json(r#"{"batchItemFailures":[]}"#);

/// The expected results of all files of `events/` except the file of secrets.
const EXPECTED: &[Expected] = &[
    accepted("apigw-v1.json", ALERTED),
    accepted("apigw-v2.json", CREATED),
    expected("console-test.json", Answer::Refused, None, None),
    accepted("furl-base64.json", ENCODED),
    accepted("furl-event-alert.json", ALERTED),
    accepted("furl-issue-created.json", CREATED),
    // The button's data was not made by the function. The person who pressed the button gets an answer.
    expected("furl-telegram.json", Answer::Http(200, None), None, Some("answerCallbackQuery")),
    accepted("handposted.json", HANDPOSTED),
    expected("health.json", Answer::Http(200, Some("ok")), None, None),
    expected("sqs-redelivery.json", NOTHING_LEFT, Some(ALERTED), Some("sendMessage")),
];

#[tokio::test]
#[ignore = "needs SAM's container: make test-sam"]
async fn every_sample_event_has_its_expected_result_in_sam() {
    let sam = Sam::from_environment();
    let mut files: Vec<String> = fs::read_dir(event_path(""))
        .expect("read events/")
        .map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned())
        .filter(|name| name != "secrets.json")
        .collect();
    files.sort();
    let expected: Vec<&str> = EXPECTED.iter().map(|expected| expected.file).collect();
    assert_eq!(files, expected, "each file of events/ has a row in EXPECTED, and each row its file");
    // SAM adds its emulator to the image in the first call. Two first calls at the same time would both do so.
    let (first, others) = EXPECTED.split_first().expect("a file");
    check(&sam, first).await;
    for some in others.chunks(AT_ONCE) {
        futures_util::future::join_all(some.iter().map(|expected| check(&sam, expected))).await;
    }
}

async fn check(sam: &Sam, expected: &Expected) {
    let file = expected.file;
    let world = World::new().await;
    let (sentry, telegram) = (world.sentry.url(), world.telegram.url());
    let _doors =
        [proxies::on_bridge(&sentry, &sam.bridge).await, proxies::on_bridge(&telegram, &sam.bridge).await];
    let settings = world.places().into_iter().map(|(name, value)| {
        let reachable = value.replace("127.0.0.1", &sam.bridge);
        (name, Value::from(reachable))
    });
    let Invoked { answer, log } = sam.invoke(file, settings.collect()).await;
    println!("{file}: {answer}");
    match expected.answer {
        Answer::Refused => assert!(answer["errorType"].is_string(), "{file}: {answer} {log}"),
        Answer::Json(json) => assert_eq!(answer.to_string(), json, "{file}: {log}"),
        Answer::Http(status, says) => {
            assert_eq!(answer["statusCode"], status, "{file}: {answer} {log}");
            let body = answer["body"].as_str().expect("a body");
            let body: Value = serde_json::from_str(body).expect("a body of JSON");
            assert_eq!(body["status"].as_str(), says, "{file}: {answer}");
            assert!(expected.issue.is_none_or(|issue| body["issue_id"] == issue), "{file}: {answer}");
        }
    }
    let notes: Vec<usize> =
        [ALERTED, CREATED, ENCODED, HANDPOSTED].iter().map(|issue| world.notes(issue).len()).collect();
    let here = |issue: &&str| usize::from(expected.issue == Some(*issue));
    let wanted: Vec<usize> = [ALERTED, CREATED, ENCODED, HANDPOSTED].iter().map(here).collect();
    assert_eq!(notes, wanted, "{file}: notes on each issue; {log}");
    let asked = world.telegram.requests();
    let asked: Vec<&str> = asked.iter().filter_map(|request| request.path.rsplit('/').next()).collect();
    assert_eq!(asked, expected.telegram.as_slice(), "{file}: what Telegram was asked; {log}");
    world.assert_clean(&[answer.to_string(), log]);
}

/// The build of SAM, and the address of this machine as SAM's containers see it.
struct Sam {
    built: PathBuf,
    image: String,
    bridge: String,
}

/// The result of an invocation: the response and the log.
struct Invoked {
    /// The response, from the last line of standard output. SAM may lose other lines of the container.
    answer: Value,
    log: String,
}

impl Sam {
    fn from_environment() -> Self {
        let variable = |name| std::env::var(name).unwrap_or_else(|_| panic!("{name}: run `make test-sam`"));
        let built = Path::new(env!("CARGO_MANIFEST_DIR")).join(".aws-sam/build");
        Self { built, image: variable("SIDENOTE_SAM_IMAGE"), bridge: variable("SIDENOTE_ENGINE") }
    }

    /// Runs `sam local invoke` with the built function. The secrets are in the function's directory.
    async fn invoke(&self, file: &str, mut settings: Map<String, Value>) -> Invoked {
        let directory = self.function_with_secrets();
        for unused in ["SECRET_ID", "STATE_TABLE", "REDELIVERY_QUEUE_URL"] {
            settings.insert(unused.to_owned(), "".into());
        }
        settings.insert("SECRETS_FILE".to_owned(), "/var/task/secrets.json".into());
        let variables = directory.path().join("variables.json");
        fs::write(&variables, json!({"SidenoteFunction": settings}).to_string()).expect("write settings");
        let mut command = Command::new(tool("sam"));
        command
            .args(["local", "invoke", "SidenoteFunction", "--skip-pull-image"])
            .args(["--invoke-image", &self.image])
            .arg("--template-file")
            .arg(directory.path().join("template.yaml"))
            .arg("--event")
            .arg(event_path(file))
            .arg("--env-vars")
            .arg(&variables)
            .current_dir(directory.path())
            // SAM asks AWS for the caller's identity, and there is no AWS. After one attempt at a closed port SAM
            // continues.
            .env("AWS_ENDPOINT_URL_STS", "http://127.0.0.1:1")
            .env("AWS_MAX_ATTEMPTS", "1")
            .env("AWS_EC2_METADATA_DISABLED", "true")
            .env("AWS_DEFAULT_REGION", "us-east-1");
        let run = tokio::task::spawn_blocking(move || command.output()).await.expect("no panic");
        let output = run.expect("run sam");
        let log = String::from_utf8_lossy(&output.stderr).into_owned();
        let stdout = String::from_utf8_lossy(&output.stdout).into_owned();
        let answer = stdout.lines().rev().find_map(|line| serde_json::from_str(line).ok());
        let answer = answer.unwrap_or_else(|| panic!("{file}: no answer in {stdout:?}; {log}"));
        Invoked { answer, log: format!("{stdout}{log}") }
    }

    /// Copies SAM's build into a new directory and adds the secrets, because a container sees no other directory.
    fn function_with_secrets(&self) -> TempDir {
        let directory = tempfile::tempdir().expect("a directory");
        let function = directory.path().join("SidenoteFunction");
        fs::create_dir(&function).expect("a directory for the function");
        let copied = [("template.yaml", "template.yaml"), ("SidenoteFunction/bootstrap", "bootstrap")];
        for (from, to) in copied {
            let to = if to == "bootstrap" { function.join(to) } else { directory.path().join(to) };
            fs::copy(self.built.join(from), to).unwrap_or_else(|error| panic!("{from}: {error}"));
        }
        let signed_for = event("secrets.json")["TELEGRAM_WEBHOOK_SECRET"].clone();
        let secrets = secrets_with("TELEGRAM_WEBHOOK_SECRET", signed_for);
        fs::write(function.join("secrets.json"), secrets.to_string()).expect("write the secrets");
        directory
    }
}
