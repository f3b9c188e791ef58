//! Tests of `sidenote serve` with its state in a SQLite file: on a full disk, with a file that is deleted or replaced
//! while it is open, and with a clock that is set back.

use std::fs;
use std::time::Duration;

use sidenote::domain::queued_delivery::QueuedDelivery;
use sidenote::redelivery::{FileQueue, Redelivery as _};
use sidenote::sqlite::Database;
use sidenote_standins::Fault;

use super::bed::{Bed, complaint, created};
use crate::support::machine::Machine;
use crate::support::process::Process;
use crate::support::{CLIENT_SECRET, eventually};

impl Bed {
    /// Starts `sidenote serve` with the disk and the clock of `machine`.
    pub(crate) async fn serve_on(&self, machine: &Machine) -> Process {
        self.serve_with(machine, &[]).await
    }

    /// Starts `sidenote serve` like [`Self::serve_on`], with more variables.
    pub(crate) async fn serve_with(&self, machine: &Machine, more: &[(&str, &str)]) -> Process {
        let mut all = machine.env().to_vec();
        all.extend(more);
        Process::start(&self.env(&all)).await
    }

    /// Returns three parts of health: the status, the line about the state, and the HTTP status of the readiness probe.
    async fn health(&self, process: &Process) -> (String, String, u16) {
        let (_, health) = self.get(process, "/api/v1/health").await;
        let text = |name: &str| health[name].as_str().unwrap_or_default().to_owned();
        (text("status"), text("state"), self.get(process, "/api/v1/health/ready").await.0)
    }
}

/// Makes every attempt to write the next note fail.
fn refuse_note(bed: &Bed) {
    bed.sentry.inject(Fault::status(500).on("POST").times(3));
}

fn put_aside(bed: &Bed, name: &str) -> std::io::Result<()> {
    fs::rename(bed.path().with_file_name(name), bed.path().with_extension("old"))
}

/// Sets or removes a condition of the disk.
type Set = fn(&Machine, bool);

/// The two conditions in which a file can be read and not written, with the words for it in the log of a running `serve`.
const UNWRITABLE: [(Set, &str); 2] = [
    (Machine::set_full, "the disk is full"),
    (Machine::set_read_only, "cannot be written; is its file system read-only?"),
];

#[tokio::test]
async fn on_a_full_or_read_only_disk_no_delivery_is_accepted_and_health_reports_it() {
    for (set, why) in UNWRITABLE {
        let issues = ["640001", "640002", "640003"].map(str::to_owned);
        let bed = Bed::new(&issues, Duration::ZERO).await;
        let machine = Machine::new();
        let process = bed.serve_with(&machine, &[]).await;
        set(&machine, true);
        // Without the queue, a 202 means complete work.
        assert_eq!(bed.deliver(&process, &created("640001")).await, Some(202), "{why}");
        assert_eq!(bed.notes("640001"), 1);
        refuse_note(&bed);
        assert_eq!(bed.deliver(&process, &created("640002")).await, Some(503), "neither queued nor complete");
        let degraded = ("degraded".to_owned(), "cannot be written; the log says why".to_owned(), 200);
        assert_eq!(bed.health(&process).await, degraded, "{why}");
        assert!(process.stderr().contains(why), "{why}: {}", process.stderr());
        set(&machine, false);
        assert_eq!(bed.health(&process).await, ("ok".to_owned(), "ok".to_owned(), 200), "{why}");
        assert_eq!(bed.deliver(&process, &created("640003")).await, Some(202), "{why}");
        eventually("the note", || bed.notes("640003") == 1).await;
    }
}

/// Asserts that `serve` and a command refuse the file on this machine with exit code 2, and say why.
async fn assert_refused(bed: &Bed, machine: &Machine, why: &str) {
    let env = machine.env();
    for arguments in [&["serve", "--listen", "127.0.0.1:0"][..], &["dead-letters", "--redrive"]] {
        let output = bed.command(arguments, &env).await;
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {output:?}");
        assert!(complaint(&output).contains(why), "{arguments:?}: {output:?}");
    }
}

#[tokio::test]
async fn a_full_disk_is_refused_at_the_start() {
    let (bed, machine) = (Bed::new(&[], Duration::ZERO).await, Machine::new());
    machine.set_full(true);
    assert_refused(&bed, &machine, "the disk is full").await;
}

#[tokio::test]
async fn a_read_only_file_is_refused_at_the_start() {
    let (bed, machine) = (Bed::new(&[], Duration::ZERO).await, Machine::new());
    drop(bed.serve().await);
    machine.set_read_only(true);
    assert_refused(&bed, &machine, "the file or its folder is read-only").await;
}

#[tokio::test]
async fn a_file_that_is_deleted_or_replaced_accepts_nothing_more() {
    type Loss = fn(&Bed) -> std::io::Result<()>;
    let losses: [(&str, Loss); 3] = [
        ("deleted", |bed| put_aside(bed, "sidenote.db")),
        ("without its log", |bed| put_aside(bed, "sidenote.db-wal")),
        ("replaced by a copy", |bed| {
            put_aside(bed, "sidenote.db")?;
            fs::copy(bed.path().with_extension("old"), bed.path()).map(drop)
        }),
    ];
    for (what, lose) in losses {
        let bed = Bed::new(&["640004".to_owned()], Duration::ZERO).await;
        let mut process = bed.serve().await;
        lose(&bed).expect(what);
        refuse_note(&bed);
        assert_eq!(bed.deliver(&process, &created("640004")).await, Some(503), "{what}");
        let degraded = ("degraded".to_owned(), "cannot be read; the log says why".to_owned(), 503);
        assert_eq!(bed.health(&process).await, degraded, "{what}");
        assert!(process.stderr().contains("was deleted or replaced"), "{what}: {}", process.stderr());
        process.signal(rustix::process::Signal::KILL);
        process.ended().await.expect("it is dead");
        let process = bed.serve().await;
        assert_eq!(bed.deliver(&process, &created("640004")).await, Some(202), "{what}: after a restart");
    }
}

#[tokio::test]
async fn a_clock_that_is_put_back_by_a_day_does_not_hold_the_queue_for_a_day() {
    let bed = Bed::new(&["640005".to_owned()], Duration::ZERO).await;
    let machine = Machine::new();
    let process = bed.serve_on(&machine).await;
    let webhook = created("640005");
    let queued = QueuedDelivery {
        resource: Some("issue".to_owned()),
        signature: sidenote::webhook::sign(&CLIENT_SECRET.into(), webhook.body()),
        received_ms: 1,
        body: webhook.body().to_vec(),
    };
    let queue = FileQueue::new(&Database::at(&bed.path()));
    queue.enqueue(&queued, Duration::from_secs(3)).await.expect("the file");
    machine.move_clock(-24 * 3600);
    eventually("the note", || bed.notes("640005") == 1).await;
    let log = process.stderr();
    assert!(log.contains(r#""moved_ms":-86"#), "{log}");
}
