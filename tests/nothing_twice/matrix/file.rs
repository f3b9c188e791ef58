//! `serve` with its SQLite file, as a place of the fault matrix. The file itself is one of the services.

use std::fs;
use std::path::PathBuf;
use std::time::Duration;

use rusqlite::Connection;
use serde_json::json;
use sidenote_standins::{DuplicateCheck, Sentry, Telegram};

use super::super::deliveries::new_issue;
use super::{ANSWER, FAULTS, Place, SENTRY, Service, Table};
use crate::on_a_file::bed::Bed;
use crate::support::cloud::Cloud;
use crate::support::machine::{Machine, PACE};
use crate::support::process::Process;
use crate::support::wire::Wire;
use crate::support::{AUTH_TOKEN, BOT_TOKEN, CLIENT_SECRET, SECRETS_FAILURE, log_lines, sentry};

/// The work on a delivery ends within a minute of the process's clock.
const LONGEST: Duration = Duration::from_secs(60 * PACE as u64);
/// A number of seconds after which the copy of the secrets in memory is old. Without a readable file `serve` does not
/// start, so the file is damaged after the start.
const COPY: i64 = 16 * 60;
/// The variables of the secrets, which are empty because the secrets come from another place.
const NO_SECRETS: [(&str, &str); 3] =
    [("SENTRY_AUTH_TOKEN", ""), ("SENTRY_CLIENT_SECRET", ""), ("TELEGRAM_BOT_TOKEN", "")];

pub(super) struct OnAFile {
    process: Process,
    bed: Bed,
    machine: Machine,
    cloud: Option<Cloud>,
    to_sentry: Wire,
    to_telegram: Wire,
    /// The connection that keeps the SQLite file locked.
    lock: Option<Connection>,
}

impl OnAFile {
    fn wire(&self, service: Service) -> Option<&Wire> {
        match service {
            Service::Sentry => Some(&self.to_sentry),
            Service::Telegram => Some(&self.to_telegram),
            Service::Secrets => self.cloud.as_ref().map(|cloud| &cloud.secrets),
            _ => None,
        }
    }

    /// The number of deliveries whose work has ended, or was never begun for lack of secrets.
    fn ended(&self) -> usize {
        let log = self.log();
        let count = |name: &str| log_lines(&log, name);
        let without_secrets =
            count("delivery_refused").iter().filter(|line| line["level"] == "ERROR").count();
        count("delivery_processed").len() + count("delivery_refused_late").len() + without_secrets
    }

    fn damage(&mut self, fault: &str) {
        match fault {
            "full" => self.machine.set_full(true),
            "read-only" => self.machine.set_read_only(true),
            "locked" => {
                let connection = Connection::open(self.bed.path()).expect("the file");
                connection.execute_batch("BEGIN IMMEDIATE").expect("nobody else writes");
                self.lock = Some(connection);
            }
            other => panic!("the file has no fault {other}"),
        }
    }
}

fn secrets_file(bed: &Bed) -> PathBuf {
    bed.path().with_file_name("secrets.json")
}

fn secrets() -> serde_json::Value {
    json!({"SENTRY_AUTH_TOKEN": AUTH_TOKEN, "SENTRY_CLIENT_SECRET": CLIENT_SECRET, "TELEGRAM_BOT_TOKEN": BOT_TOKEN})
}

fn write_secrets(bed: &Bed, fault: &str) {
    let path = secrets_file(bed);
    match fault {
        "missing" => drop(fs::remove_file(path)),
        "cut off" => fs::write(path, "{\"SENTRY_CLIENT_SECRET\": \"47").expect("a file"),
        "empty" => fs::write(path, "").expect("a file"),
        _ => fs::write(path, secrets().to_string()).expect("a file"),
    }
}

/// Creates an AWS account with the secret, and breaks Secrets Manager.
async fn broken_cloud(fault: &'static str) -> Cloud {
    let cloud = Cloud::new(&secrets()).await;
    cloud.secrets.fail(Service::Secrets.fault(fault)).await;
    cloud
}

impl Place for OnAFile {
    const TABLES: &[Table] = &[
        (
            &[
                (Service::Sentry, "Sentry API"),
                (Service::Telegram, "Telegram"),
                (Service::Secrets, "Secrets Manager"),
            ],
            FAULTS,
        ),
        (&[(Service::SecretsFile, "the file with the secrets")], &["missing", "cut off", "empty"]),
        (&[(Service::File, "the SQLite file")], &["full", "read-only", "locked"]),
    ];

    async fn start((service, fault): (Service, &'static str)) -> Self {
        let (bed, machine) = (Bed::of(sentry().duplicates(DuplicateCheck::Off)).await, Machine::slow());
        let (to_sentry, to_telegram) = (bed.sentry.url(), bed.telegram.url());
        let (to_sentry, to_telegram) = tokio::join!(Wire::to(&to_sentry), Wire::to(&to_telegram));
        to_sentry.slow_down(SENTRY);
        // `serve` reads its secrets at the start, so Secrets Manager fails from before it.
        let cloud = if service == Service::Secrets { Some(broken_cloud(fault).await) } else { None };
        write_secrets(&bed, "");
        let urls = [("SENTRY_BASE_URL", to_sentry.url()), ("TELEGRAM_API_BASE", to_telegram.url())];
        let mut more: Vec<(String, String)> = urls.map(|(name, url)| (name.to_owned(), url)).into();
        more.extend(cloud.as_ref().map_or_else(
            || vec![("SECRETS_FILE".to_owned(), secrets_file(&bed).display().to_string())],
            |cloud| cloud.local_env(&["SECRET_ID", "AWS_ENDPOINT_URL_SECRETS_MANAGER"]),
        ));
        let more = more.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        let more: Vec<(&str, &str)> = more.chain(NO_SECRETS).chain([ANSWER]).collect();
        let process = bed.serve_with(&machine, &more).await;
        let mut place = Self { process, bed, machine, cloud, to_sentry, to_telegram, lock: None };
        match (service, place.wire(service)) {
            (Service::File, _) => place.damage(fault),
            (Service::SecretsFile, _) => {
                write_secrets(&place.bed, fault);
                place.machine.pass(COPY);
            }
            (_, Some(wire)) => wire.fail(service.fault(fault)).await,
            _ => {}
        }
        place
    }

    async fn repair(&mut self, service: Service) {
        match service {
            Service::File if self.lock.is_some() => self.lock = None,
            Service::File => self.machine.mend(),
            Service::SecretsFile => write_secrets(&self.bed, ""),
            _ => self.wire(service).expect("a wire").repair().await,
        }
    }

    async fn deliver(&self, which: &str) -> u16 {
        let before = self.ended();
        let answer = self.bed.deliver(&self.process, &new_issue("event_alert", 1)).await;
        let end = async {
            while self.ended() == before {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        assert!(tokio::time::timeout(LONGEST, end).await.is_ok(), "{which} hangs: {}", self.log());
        answer.expect("an answer")
    }

    async fn kept(&self) -> usize {
        self.bed.queued("IS NULL")
    }

    async fn redeliver(&self) {
        assert_eq!(self.bed.redelivered().await, 0, "it is a dead letter: {}", self.log());
    }

    fn forget_failure(&self) {
        self.machine.pass(SECRETS_FAILURE);
    }

    fn sentry(&self) -> &Sentry {
        &self.bed.sentry
    }

    fn telegram(&self) -> &Telegram {
        &self.bed.telegram
    }

    fn log(&self) -> String {
        self.process.stderr()
    }
}
