//! Measures signed deliveries while strangers flood `serve` in a control group with the memory limit of the manifest in
//! `deploy/`. `make floods` runs the test with a release build and prints the table.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use serde_json::json;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::task::JoinHandle;

use crate::on_a_file::bed::{Bed, created};
use crate::on_a_file::load::{Answers, memory_mb};
use crate::support::cgroup::Cgroup;
use crate::support::cloud::Cloud;
use crate::support::fetched::skipped;
use crate::support::machine::Machine;
use crate::support::process::{Process, program};
use crate::support::wire::{Fault, response};
use crate::support::{AUTH_TOKEN, BOT_TOKEN, CLIENT_SECRET, Webhook};

/// The memory limit, as in `deploy/kubernetes/serve.yaml`.
const LIMIT: u64 = 256 * 1024 * 1024;
/// The number of signed deliveries during each flood, sent one after the other.
const SIGNED: usize = 60;
/// The time before the first signed delivery, in which the flood takes what it can get.
const RISE: Duration = Duration::from_secs(1);
/// The size of a large body.
const LARGE: usize = 6 * 1024 * 1024 - 1;
/// The largest size of a body in the memory for small ones.
const MEDIUM: usize = 1024 * 1024;
const SMALL: usize = 4 * 1024;

/// The requests of a flood.
#[derive(Clone, Copy)]
struct Flood {
    name: &'static str,
    /// The number of clients, each with one connection at a time.
    clients: usize,
    /// The part of the request that each client sends before it waits for the answer.
    sends: Sends,
    /// Whether the requests have a signature of the right form.
    is_forged: bool,
    /// What Secrets Manager does during the flood.
    secrets: Secrets,
}

#[derive(Clone, Copy)]
enum Sends {
    Nothing,
    HalfOfTheHeaders,
    HalfOf(usize),
    All(usize),
}

#[derive(Clone, Copy)]
enum Secrets {
    Well,
    Failing,
    Hanging,
}

const FLOODS: [Flood; 11] = {
    const fn flood(name: &'static str, clients: usize, sends: Sends) -> Flood {
        Flood { name, clients, sends, is_forged: false, secrets: Secrets::Well }
    }
    const fn forged(name: &'static str, clients: usize, size: usize, secrets: Secrets) -> Flood {
        Flood { is_forged: true, secrets, ..flood(name, clients, Sends::All(size)) }
    }
    [
        flood("none", 0, Sends::Nothing),
        flood("unsigned bodies of 6 MiB", 100, Sends::All(LARGE)),
        forged("forged bodies of 6 MiB", 100, LARGE, Secrets::Well),
        forged("forged bodies of 6 MiB, Secrets Manager hangs", 100, LARGE, Secrets::Hanging),
        flood("half-sent headers", 1_100, Sends::HalfOfTheHeaders),
        flood("half-sent bodies", 1_100, Sends::HalfOf(SMALL)),
        Flood { is_forged: true, ..flood("half-sent forged bodies of 1 MiB", 100, Sends::HalfOf(MEDIUM)) },
        Flood { is_forged: true, ..flood("half-sent forged bodies of 6 MiB", 100, Sends::HalfOf(LARGE)) },
        forged("forged signatures, Secrets Manager well", 32, SMALL, Secrets::Well),
        forged("forged signatures, Secrets Manager fails", 32, SMALL, Secrets::Failing),
        forged("forged signatures, Secrets Manager hangs", 32, SMALL, Secrets::Hanging),
    ]
};

impl Flood {
    /// The bytes that a client sends.
    fn request(self) -> Vec<u8> {
        let signature = format!("sentry-hook-signature: {}\r\n", "0".repeat(64));
        let size = match self.sends {
            Sends::Nothing | Sends::HalfOfTheHeaders => 0,
            Sends::HalfOf(size) | Sends::All(size) => size,
        };
        let line = if self.is_forged { signature.as_str() } else { "" };
        let head = format!(
            "POST / HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n{line}content-length: {size}\r\n"
        );
        match self.sends {
            Sends::Nothing => Vec::new(),
            Sends::HalfOfTheHeaders => head.into_bytes(),
            Sends::HalfOf(size) => [head.as_bytes(), b"\r\n", &vec![b' '; size / 2]].concat(),
            Sends::All(size) => [head.as_bytes(), b"\r\n", &vec![b' '; size]].concat(),
        }
    }

    /// Starts the clients. Each sends one request after the other, each on a new connection.
    fn start(self, process: &Process, answered: &Arc<AtomicUsize>) -> Vec<JoinHandle<()>> {
        let (address, request) = (process.address, Arc::new(self.request()));
        let client = |_| {
            let (request, answered) = (Arc::clone(&request), Arc::clone(answered));
            tokio::spawn(async move {
                loop {
                    // A refused or broken connection is one of the intended results.
                    let is_answered = ask(address, &request).await.is_ok_and(|length| length > 0);
                    answered.fetch_add(usize::from(is_answered), Ordering::Relaxed);
                    tokio::time::sleep(Duration::from_millis(5)).await;
                }
            })
        };
        (0..self.clients).map(client).collect()
    }
}

/// Sends a request, or a part of one. Returns the length of the answer's beginning, which is 0 without an answer.
async fn ask(address: std::net::SocketAddr, request: &[u8]) -> std::io::Result<usize> {
    let mut stream = TcpStream::connect(address).await?;
    stream.write_all(request).await?;
    stream.read(&mut [0; 512]).await
}

/// Runs a flood, and prints its line of the table. Returns the number of signed deliveries that got a 202.
async fn measure(flood: Flood) -> usize {
    let issues: Vec<String> = (0..SIGNED).map(|n| format!("{}", 690_000 + n)).collect();
    let (bed, machine) = (Bed::new(&issues, Duration::ZERO).await, Machine::new());
    let secret = json!({"SENTRY_AUTH_TOKEN": AUTH_TOKEN, "SENTRY_CLIENT_SECRET": CLIENT_SECRET,
        "TELEGRAM_BOT_TOKEN": BOT_TOKEN});
    let (cloud, group) = (Cloud::new(&secret).await, Cgroup::new(LIMIT));
    if group.is_none() {
        skipped("no control group can be made here, so nothing limits the memory");
    }
    let of_secrets = cloud.env().into_iter().filter(|(name, _)| name.contains("SECRET"));
    let env: Vec<(String, String)> =
        of_secrets.chain(machine.env().map(|(name, value)| (name.to_owned(), value.to_owned()))).collect();
    let mut more: Vec<(&str, &str)> =
        env.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    more.extend([
        ("AWS_REGION", "us-east-1"),
        ("AWS_ACCESS_KEY_ID", "test"),
        ("AWS_SECRET_ACCESS_KEY", "test"),
    ]);
    more.extend([("RUST_LOG", "info"), ("ANSWER_WITHIN_MS", "750")]);
    let program = program();
    let program =
        group.as_ref().map_or_else(|| program.clone().into(), |group| group.program(program.as_ref()));
    let process = Process::start_as(&program, &bed.env(&more)).await;
    match flood.secrets {
        Secrets::Well => {}
        Secrets::Failing => cloud.secrets.fail(Fault::Answer(response(500, "", "{}"))).await,
        Secrets::Hanging => cloud.secrets.fail(Fault::Slow).await,
    }
    // The secrets in memory are now old enough that a wrong signature causes a read.
    machine.pass(60);

    let answered = Arc::default();
    let clients = flood.start(&process, &answered);
    tokio::time::sleep(RISE).await;
    // Sentry opens a connection for each webhook.
    let webhooks: Vec<Webhook> =
        issues.iter().map(|issue| created(issue).header("connection", "close")).collect();
    let answers = Answers::of(&bed, &process, &webhooks, 1).await;
    let live = bed.get(&process, "/api/v1/health/live").await.0;
    clients.iter().for_each(JoinHandle::abort);
    let peak = group.as_ref().map_or_else(|| memory_mb(&process, "VmHWM"), Cgroup::peak_mb);
    println!(
        "| {} | {} | {} of {SIGNED} | {:.0} | {:.0} | {peak:.0} | {live} |",
        flood.name,
        answered.load(Ordering::Relaxed),
        answers.count(202),
        answers.ms(50),
        answers.ms(99),
    );
    answers.count(202)
}

#[tokio::test]
#[ignore = "takes some minutes, and measures only with a release build: make floods"]
async fn signed_deliveries_are_answered_during_every_flood() {
    println!(
        "| flood | its answers | signed deliveries with 202 | median (ms) | 99th percentile (ms) | most memory (MB) | liveness |"
    );
    println!("|---|---|---|---|---|---|---|");
    let mut refused = Vec::new();
    for flood in FLOODS {
        if measure(flood).await < SIGNED {
            refused.push(flood.name);
        }
    }
    assert!(refused.is_empty(), "{refused:?}");
}
