//! Tests of SQLite files that are invalid, and of a file that another process uses.

use std::time::Duration;

use rusqlite::Connection;
use rustix::process::Signal;
use sidenote::sqlite::Database;

use super::bed::{Bed, complaint, created};
use crate::support::eventually;

const SERVE: [&str; 3] = ["serve", "--listen", "127.0.0.1:0"];

#[tokio::test]
async fn a_second_serve_on_the_same_file_is_refused_until_the_first_is_gone() {
    let bed = Bed::new(&["630001".to_owned()], Duration::ZERO).await;
    let mut first = bed.serve().await;
    let second = bed.command(&SERVE, &[]).await;
    assert_eq!(second.status.code(), Some(2), "{second:?}");
    assert!(complaint(&second).contains("another `sidenote serve` uses this file"), "{second:?}");
    let link = bed.path().with_file_name("link.db");
    std::os::unix::fs::symlink(bed.path(), &link).expect("a link");
    let linked = bed.command(&SERVE, &[("STATE_PATH", &link.display().to_string())]).await;
    assert_eq!(linked.status.code(), Some(2), "{linked:?}");
    // Commands can use the file while `serve` runs.
    for arguments in
        [&["approvals", "--json"][..], &["dead-letters", "--json"], &["sweep", "--json", "--dry-run"]]
    {
        let output = bed.command(arguments, &[]).await;
        assert!(output.status.success(), "{arguments:?}: {output:?}");
    }
    assert_eq!(bed.deliver(&first, &created("630001")).await, Some(202));
    eventually("the note", || bed.notes("630001") == 1).await;
    first.signal(Signal::KILL);
    first.ended().await.expect("it is dead");
    drop(bed.serve().await);
}

#[tokio::test]
async fn an_unusable_file_is_refused_with_the_reason() {
    let bed = Bed::new(&[], Duration::ZERO).await;
    let folder = tempfile::tempdir().expect("a folder");
    let file = |name: &str| folder.path().join(name);
    std::fs::write(file("junk.db"), "no database at all, and longer than a header".repeat(99))
        .expect("a file");
    let altered = async |name: &str, how: &str| {
        Database::at(&file(name)).check("https://sentry.io/").await.expect("a new file");
        let connection = Connection::open(file(name)).expect("a database");
        connection.execute_batch(how).expect("it can be written");
    };
    altered("newer.db", "PRAGMA user_version = 99").await;
    altered("foreign.db", "PRAGMA application_id = 7").await;
    altered("other.db", "UPDATE installation SET sentry = 'https://sentry.example/'").await;
    altered("corrupt.db", "").await;
    let mut bytes = std::fs::read(file("corrupt.db")).expect("the file");
    bytes[4096..].fill(7);
    std::fs::write(file("corrupt.db"), bytes).expect("the file");
    for (name, why) in [
        ("corrupt.db", "is corrupt; restore a backup"),
        ("junk.db", "is not an SQLite database"),
        ("newer.db", "was written by a newer version"),
        ("foreign.db", "is a database of another program"),
        ("other.db", "belongs to the Sentry at https://sentry.example/"),
        ("no/such/folder.db", "no lock file can be made"),
    ] {
        let path = file(name).display().to_string();
        let output = bed.command(&SERVE, &[("STATE_PATH", &path)]).await;
        assert_eq!(output.status.code(), Some(2), "{name}: {output:?}");
        assert!(complaint(&output).contains(why), "{name}: {output:?}");
    }
}

#[tokio::test]
async fn with_a_file_that_another_program_locks_only_complete_work_is_accepted() {
    let bed = Bed::new(&["630002".to_owned()], Duration::ZERO).await;
    let process = bed.serve().await;
    let connection = bed.file();
    connection.execute_batch("BEGIN IMMEDIATE").expect("nobody else writes");
    bed.sentry.inject(sidenote_standins::Fault::status(500).on("POST"));
    // The delivery is neither queued nor completed.
    assert_eq!(bed.deliver(&process, &created("630002")).await, Some(503));
    assert_eq!(bed.notes("630002"), 0);
    eventually("the reason", || process.stderr().contains("redelivery_unavailable")).await;
}
