//! Tests of the upkeep of the SQLite file: old records and dead letters are deleted, the file shrinks, expired approvals
//! are closed, a backup opens, and commands work on the file while `serve` runs.

use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use rusqlite::Connection;
use serde_json::Value;
use sidenote::clock::unix_seconds;
use sidenote_standins::Fault;

use super::bed::{Bed, complaint, created};
use crate::support::machine::Machine;
use crate::support::process::Process;
use crate::support::{eventually, log_lines};

const ISSUE: &str = "660001";
const DAY: i64 = 24 * 3600;
/// The settings with which the note waits for a person's approval.
const ASKING: [(&str, &str); 2] = [("APPROVAL", "note"), ("TELEGRAM_APPROVERS", "42")];

/// Puts a large dead letter into the file that failed so many days ago.
fn bury(file: &Connection, days: i64) {
    let dead_ms = (unix_seconds().cast_signed() - days * DAY) * 1000;
    let insert = "INSERT INTO deliveries (message, due_ms, dead_ms) VALUES (hex(zeroblob(200000)), 0, ?1)";
    file.execute(insert, [dead_ms]).expect("a dead letter");
}

/// Puts a record into the file that expires in so many days.
fn keep(file: &Connection, key: &str, days: i64) {
    let expires = unix_seconds().cast_signed() + days * DAY;
    let insert = "INSERT INTO documents VALUES (?1, 1, '{}', ?2)";
    file.execute(insert, rusqlite::params![key, expires]).expect("a record");
}

#[tokio::test]
async fn every_hour_old_records_and_dead_letters_are_deleted_and_the_file_shrinks() {
    let (bed, machine) = (Bed::new(&[], Duration::ZERO).await, Machine::new());
    let process = bed.serve_on(&machine).await;
    let file = bed.file();
    for days in [91, 92, 89] {
        bury(&file, days);
    }
    keep(&file, "over", -1);
    keep(&file, "valid", 1);
    let size =
        || -> u64 { file.query_row("PRAGMA page_count", [], |row| row.get(0)).expect("the number of pages") };
    let before = size();
    machine.pass(3600);
    eventually("the upkeep", || !log_lines(&process.stderr(), "state_tidied").is_empty()).await;
    assert_eq!(log_lines(&process.stderr(), "state_tidied")[0]["deleted"], 3);
    let keys: String =
        file.query_row("SELECT group_concat(key) FROM documents", [], |row| row.get(0)).expect("a record");
    assert_eq!((bed.queued("IS NOT NULL"), keys.as_str()), (1, "valid"));
    let after = size();
    assert!(after * 2 < before, "{before} to {after} pages");
}

/// Delivers a webhook whose note waits for approval. Returns the id of the approval.
async fn asked(bed: &Bed, process: &Process) -> String {
    assert_eq!(bed.deliver(process, &created(ISSUE)).await, Some(202));
    eventually("the end", || process.stderr().contains("delivery_processed")).await;
    let output = bed.command(&["approvals", "--json"], &ASKING).await;
    let listed: Value = serde_json::from_slice(&output.stdout).expect("a list");
    listed[0]["id"].as_str().expect("an open approval").to_owned()
}

#[tokio::test]
async fn serve_closes_expired_approvals_by_itself() {
    let (bed, machine) = (Bed::new(&[ISSUE.to_owned()], Duration::ZERO).await, Machine::new());
    let process = bed.serve_with(&machine, &ASKING).await;
    asked(&bed, &process).await;
    machine.move_clock(2 * DAY);
    machine.pass(300);
    let is_over = || bed.telegram.messages()[0].text_visible.contains("The time to decide is over.");
    eventually("the end of the question", is_over).await;
    eventually("the log line", || !log_lines(&process.stderr(), "approvals_closed").is_empty()).await;
    assert_eq!(bed.notes(ISSUE), 0, "nobody has approved it");
}

#[tokio::test]
async fn approve_and_the_doctor_work_on_the_file_while_serve_runs() {
    let bed = Bed::new(&[ISSUE.to_owned()], Duration::ZERO).await;
    let process = Process::start(&bed.env(&ASKING)).await;
    let id = asked(&bed, &process).await;
    let url = format!("http://{}/api/v1/webhooks/sentry", process.address);
    // The checks of Telegram would send the id of the bot, which is the beginning of its token.
    let doctor = bed.command(&["doctor", "--url", &url], &[("TELEGRAM_CHAT_ID", "")]).await;
    let said = String::from_utf8_lossy(&doctor.stdout);
    for check in ["state.file", "redelivery.queue", "url.health"] {
        let is_ok = |line: &str| line.starts_with("ok") && line.contains(check);
        assert!(said.lines().any(is_ok), "{check}: {said}");
    }
    assert!(said.contains("sidenote.db was read and written"), "{said}");
    let approved = bed.command(&["approve", &id, "--as", "Kim"], &ASKING).await;
    assert!(approved.status.success(), "{approved:?}");
    assert_eq!(bed.notes(ISSUE), 1);
    assert_eq!(bed.deliver(&process, &created(ISSUE)).await, Some(200), "serve knows it");
}

#[tokio::test]
async fn a_delivery_whose_attempts_all_fail_is_logged_and_can_be_redriven() {
    let bed = Bed::new(&[ISSUE.to_owned()], Duration::ZERO).await;
    let process = bed.serve().await;
    // Five attempts, each with three attempts at the note.
    bed.sentry.inject(Fault::status(500).on("POST").times(15));
    assert_eq!(bed.deliver(&process, &created(ISSUE)).await, Some(202));
    eventually("the end", || process.stderr().contains("delivery_processed")).await;
    // The first attempt was not taken out of the queue. One more note fails for it.
    bed.sentry.inject(Fault::status(500).on("POST").times(3));
    assert_eq!(bed.redelivered().await, 1, "{}", process.stderr());
    // The line is written after the record.
    let is_line = |line: &str| {
        line.contains("redelivery_dead_letter: see `sidenote dead-letters`")
            && line.contains(r#""level":"ERROR""#)
    };
    eventually("the line in the log", || process.stderr().lines().any(is_line)).await;
    assert_eq!(bed.notes(ISSUE), 0);
    let redriven = bed.command(&["dead-letters", "--redrive"], &[]).await;
    assert!(redriven.status.success(), "{}", complaint(&redriven));
    assert_eq!(bed.redelivered().await, 0);
    assert_eq!((bed.notes(ISSUE), bed.telegram.messages().len()), (1, 1));
}

/// Copies the file as `VACUUM INTO` and as `.backup` of the program sqlite3 do. Python has an SQLite of its own.
fn back_up(bed: &Bed, [vacuum, backup]: &[PathBuf; 2]) {
    let program = "import sqlite3, sys; file = sqlite3.connect(sys.argv[1]); file.execute('VACUUM INTO ?', [sys.argv[2]]); \
                   file.backup(sqlite3.connect(sys.argv[3]))";
    let mut python = Command::new("python3");
    let copied =
        python.args(["-c", program]).arg(bed.path()).args([vacuum, backup]).output().expect("run Python");
    assert!(copied.status.success(), "{copied:?}");
}

#[tokio::test]
async fn a_backup_that_is_made_while_serve_runs_opens_and_has_the_records_and_the_queue() {
    let bed = Bed::new(&[ISSUE.to_owned()], Duration::ZERO).await;
    let mut process = bed.serve().await;
    assert_eq!(bed.deliver(&process, &created(ISSUE)).await, Some(202));
    eventually("the end", || process.stderr().contains("delivery_processed")).await;
    let copies = ["vacuum.db", "backup.db"].map(|name| bed.path().with_file_name(name));
    back_up(&bed, &copies);
    process.signal(rustix::process::Signal::TERM);
    assert!(process.ended().await.is_some_and(|status| status.success()));
    for copy in copies {
        let path = copy.display().to_string();
        let queue = Connection::open(&copy).expect("the copy");
        let count = queue.query_row("SELECT count(*) FROM deliveries", [], |row| row.get::<_, i64>(0));
        assert_eq!(count.expect("the queue"), 1, "{path}");
        let process = Process::start(&bed.env(&[("STATE_PATH", &path)])).await;
        assert_eq!(bed.deliver(&process, &created(ISSUE)).await, Some(200), "{path}: a repeat");
    }
    assert_eq!(bed.notes(ISSUE), 1);
}
