//! Tests of the commands that also work on DynamoDB and SQS: moves of the state, and dead letters.

use std::fs;
use std::process::Output;
use std::time::Duration;

use rustix::process::Signal;
use serde_json::{Value, json};
use sidenote::clock::{unix_millis, unix_seconds};
use sidenote::domain::queued_delivery::QueuedDelivery;
use sidenote::sqlite::Database;
use sidenote::state::{Polling, Spending, open};

use super::bed::{Bed, complaint, created};
use crate::support::cloud::Cloud;
use crate::support::eventually;
use crate::support::process::Process;
use crate::support::wire::At;

/// The settings that make the note wait for a person's approval.
const ASKING: [(&str, &str); 2] = [("APPROVAL", "note"), ("TELEGRAM_APPROVERS", "42")];
const ISSUE: &str = "640001";

/// The variables of a command that uses the emulator, without the SQLite file.
fn in_the_cloud(cloud: &Cloud, names: &[&str]) -> Vec<(String, String)> {
    let no_file = ("STATE_PATH".to_owned(), String::new());
    cloud.local_env(names).into_iter().chain([no_file]).collect()
}

async fn run(bed: &Bed, arguments: &[&str], more: &[(String, String)]) -> Output {
    let more: Vec<(&str, &str)> = more.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    bed.command(arguments, &more).await
}

/// Runs a command that must succeed. Returns its standard output.
async fn done(bed: &Bed, arguments: &[&str], more: &[(String, String)]) -> String {
    let output = run(bed, arguments, more).await;
    assert!(output.status.success(), "{arguments:?}: {output:?}");
    String::from_utf8(output.stdout).expect("UTF-8")
}

fn at(path: &str) -> [(String, String); 1] {
    [("STATE_PATH".to_owned(), path.to_owned())]
}

/// Fills the SQLite file of `bed`: a delivery whose note waits for approval, a position of Telegram's updates, and a
/// call of the model.
async fn fill(bed: &Bed) {
    let mut process = Process::start(&bed.env(&ASKING)).await;
    assert_eq!(bed.deliver(&process, &created(ISSUE)).await, Some(202));
    eventually("the end", || process.stderr().contains("delivery_processed")).await;
    process.signal(Signal::TERM);
    assert!(process.ended().await.expect("it ends").success());
    let documents = open(None, Some(&Database::at(&bed.path())), &sidenote::aws::Aws::default());
    assert!(Spending::new(&documents).take_call(1, unix_seconds()).await.expect("the file"));
    let (now, polling) = (unix_millis(), Polling::new(&documents));
    polling.take("a process", now, now + 30_000).await.expect("the file");
    polling.advance("a process", 7, now).await.expect("the file");
}

#[tokio::test]
async fn the_state_moves_from_a_file_to_a_table_and_into_another_file() {
    let bed = Bed::new(&[ISSUE.to_owned()], Duration::ZERO).await;
    let cloud = Cloud::new(&json!({})).await;
    fill(&bed).await;
    let exported = done(&bed, &["state", "export"], &[]).await;
    let count = exported.lines().count() - 1;
    let keys = ["issue#", "approval#", "telegram-updates", "model-calls#"];
    assert!(keys.iter().all(|key| exported.contains(&format!(r#"{{"key":"{key}"#))), "{exported}");
    assert!(exported.contains(&format!(r#""documents":{count}"#)), "{exported}");
    let file = bed.path().with_file_name("state.jsonl");
    fs::write(&file, &exported).expect("a file");

    let table = in_the_cloud(&cloud, &["STATE_TABLE", "AWS_ENDPOINT_URL_DYNAMODB"]);
    let import = ["state", "import", "--json", &file.display().to_string()];
    let written = format!("{{\"kept\":0,\"unchanged\":0,\"written\":{count}}}\n");
    assert_eq!(done(&bed, &import, &table).await, written);
    assert_eq!(done(&bed, &["state", "export"], &table).await, exported);
    let unchanged = format!("{{\"kept\":0,\"unchanged\":{count},\"written\":0}}\n");
    assert_eq!(done(&bed, &import, &table).await, unchanged);

    let other = bed.path().with_file_name("other.db").display().to_string();
    assert_eq!(done(&bed, &import, &at(&other)).await, written);
    assert_eq!(done(&bed, &["state", "export"], &at(&other)).await, exported);
    works_on(&bed, &other).await;
}

/// Asserts that the approval, the message and the budget of [`fill`] are in another file, and can be used.
async fn works_on(bed: &Bed, path: &str) {
    let env = [&at(path)[..], &ASKING.map(|(name, value)| (name.to_owned(), value.to_owned()))].concat();
    let listed: Value =
        serde_json::from_str(&done(bed, &["approvals", "--json"], &env).await).expect("a list");
    let id = listed[0]["id"].as_str().expect("an open approval");
    assert_eq!((bed.notes(ISSUE), bed.telegram.messages().len()), (0, 1));
    done(bed, &["approve", id, "--as", "Kim"], &env).await;
    assert_eq!(bed.notes(ISSUE), 1);
    let messages = bed.telegram.messages();
    assert_eq!(messages.len(), 1, "the message is edited: {messages:?}");
    assert!(messages[0].text_visible.contains("Kim"), "{}", messages[0].text_visible);
    let documents = open(None, Some(&Database::at(path.as_ref())), &sidenote::aws::Aws::default());
    let has_call = Spending::new(&documents).take_call(1, unix_seconds()).await;
    assert!(!has_call.expect("the file"), "the call of the day was taken before the move");
}

#[tokio::test]
async fn an_export_with_a_wrong_line_or_of_another_sentry_writes_nothing() {
    let bed = Bed::new(&[ISSUE.to_owned()], Duration::ZERO).await;
    fill(&bed).await;
    let exported = done(&bed, &["state", "export"], &[]).await;
    let other = bed.path().with_file_name("other.db");
    let (to, file) = (at(&other.display().to_string()), bed.path().with_file_name("state.jsonl"));
    let elsewhere =
        [&to[..], &[("SENTRY_BASE_URL".to_owned(), "https://sentry.example/".to_owned())]].concat();
    let last = exported.lines().count();
    for (text, env, why) in [
        (exported.clone(), &elsewhere[..], "line 1: the export belongs to the Sentry at".to_owned()),
        (exported.trim_end_matches("}\n").to_owned(), &to, format!("line {last}: EOF")),
        (exported.replacen(r#""version":"#, r#""version":-"#, 1), &to, "line 2: ".to_owned()),
    ] {
        fs::write(&file, text).expect("a file");
        let output = run(&bed, &["state", "import", &file.display().to_string()], env).await;
        assert_eq!(output.status.code(), Some(2), "{output:?}");
        assert!(complaint(&output).contains(&why), "{why}: {output:?}");
        assert!(!other.exists(), "nothing is written");
    }
    // A file of another Sentry is refused, too.
    let export = run(&bed, &["state", "export"], &elsewhere[1..]).await;
    assert_eq!(export.status.code(), Some(2), "{export:?}");
    assert!(complaint(&export).contains("belongs to the Sentry at"), "{export:?}");
}

/// Puts this many deliveries into a new dead-letter queue.
async fn fill_dead_letters(cloud: &Cloud, letters: usize) {
    let dead = cloud.add_dead_letter_queue().await;
    for number in 0..letters {
        let body = number.to_string().into_bytes();
        let queued = QueuedDelivery {
            resource: Some("issue".to_owned()),
            signature: "0".repeat(64),
            received_ms: 60_000 * number as u64,
            body,
        };
        let message = json!({"QueueUrl": dead, "MessageBody": queued.pack().expect("it is small")});
        cloud.call("sqs", "AmazonSQS.SendMessage", &message).await;
    }
}

#[tokio::test]
async fn dead_letters_of_sqs_are_listed_dropped_and_redriven() {
    const LETTERS: usize = 12;
    let (bed, cloud) = (Bed::new(&[], Duration::ZERO).await, Cloud::new(&json!({})).await);
    fill_dead_letters(&cloud, LETTERS).await;
    let env = in_the_cloud(&cloud, &["REDELIVERY_QUEUE_URL", "AWS_ENDPOINT_URL_SQS"]);
    let list = async || -> Vec<Value> {
        serde_json::from_str(&done(&bed, &["dead-letters", "--json"], &env).await).expect("a list")
    };
    let letters = list().await;
    assert_eq!((letters.len(), &letters[1]["resource"]), (LETTERS, &json!("issue")), "{letters:?}");
    assert_eq!(letters[1]["since"], "1970-01-01 00:01 UTC");
    assert_eq!(list().await, letters, "a list hides nothing");

    let id = letters[0]["id"].as_str().expect("an id");
    done(&bed, &["dead-letters", "--drop", id], &env).await;
    let again = run(&bed, &["dead-letters", "--drop", id], &env).await;
    assert_eq!(again.status.code(), Some(1), "{again:?}");
    let redriven = done(&bed, &["dead-letters", "--redrive", "--json"], &env).await;
    assert_eq!(redriven, format!("{{\"redriven\":{}}}\n", LETTERS - 1));
    assert_eq!(cloud.kept().await.len(), LETTERS - 1, "they are in the queue");
    assert_eq!(list().await, Vec::<Value>::new());
}

#[tokio::test]
async fn dead_letters_of_sqs_are_listed_even_if_they_cannot_be_made_visible_again() {
    let (bed, cloud) = (Bed::new(&[], Duration::ZERO).await, Cloud::new(&json!({})).await);
    fill_dead_letters(&cloud, 2).await;
    let env = in_the_cloud(&cloud, &["REDELIVERY_QUEUE_URL", "AWS_ENDPOINT_URL_SQS"]);
    let listed = run(&bed, &["dead-letters", "--json"], &env);
    let cut = async {
        // Each call has two attempts.
        for _ in 0..2 {
            let mut held = cloud.queue.hold("ChangeMessageVisibilityBatch", 0, At::Arrival);
            held.caught().await;
        }
    };
    let (listed, ()) = tokio::join!(listed, cut);
    assert!(listed.status.success(), "{listed:?}");
    let letters: Value = serde_json::from_slice(&listed.stdout).expect("a list");
    assert_eq!(letters.as_array().map(Vec::len), Some(2), "{letters}");
    assert!(complaint(&listed).contains("dead_letters_hidden"), "{listed:?}");
}
