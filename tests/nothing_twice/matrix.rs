//! The fault matrix: tests every external service with every kind of fault, and the result for the user.
//!
//! ```text
//! cargo test --test processes matrix -- --nocapture
//! SIDENOTE_FAULT_TABLE=faults.md cargo test --test processes matrix
//! ```
//!
//! The first command prints the tables, and the second one writes them to a file. A cell of a table is one webhook,
//! while one service fails until the end of the work. Then the service is repaired, and the queue redelivers the webhook.
//! The test runs in two places: the Lambda function with DynamoDB and SQS, and `serve` with its SQLite file.

mod file;
mod function;

use std::fmt::Write as _;
use std::fs::OpenOptions;
use std::io::Write as _;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use futures_util::StreamExt as _;
use futures_util::stream;
use sidenote_standins::{Sentry, Telegram};

use crate::support::ISSUE;
use crate::support::machine::PACE;
use crate::support::wire::{Fault, response};

/// The setting for the time within which the answer is sent: long enough for the calls to AWS on a busy machine.
const ANSWER: (&str, &str) = ("ANSWER_WITHIN_MS", "3000");
/// The delay of each call to Sentry, with which no work is complete before the answer must be sent.
const SENTRY: Duration = Duration::from_millis(1_200 * PACE as u64);
/// The number of combinations of service and fault that run at the same time.
const AT_ONCE: usize = 6;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Service {
    Sentry,
    Telegram,
    Secrets,
    SecretsFile,
    Table,
    Queue,
    File,
}

/// The faults of a service that is called over HTTP.
const FAULTS: &[&str] = &["refused", "reset", "slow", "401", "403", "404", "429", "500", "garbage"];

/// A table of the matrix: the services with their names, and the faults that each of them has in turn.
type Table = (&'static [(Service, &'static str)], &'static [&'static str]);

/// A place where Sidenote runs, with the services of one cell.
trait Place: Sized {
    const TABLES: &[Table];

    /// Starts Sidenote and its services. The service fails in this way from before the first delivery on.
    async fn start(failing: (Service, &'static str)) -> Self;

    /// Removes the fault.
    async fn repair(&mut self, service: Service);

    /// Delivers a webhook, and waits for the end of the work on it. Returns the status of the answer. Fails if the work
    /// does not end in time.
    async fn deliver(&self, which: &str) -> u16;

    /// The number of deliveries in the queue.
    async fn kept(&self) -> usize;

    /// Lets the queue redeliver its deliveries until the work on each is complete. Fails if one becomes a dead letter.
    async fn redeliver(&self);

    /// Lets so much time pass that Sidenote reads secrets again after a failure.
    fn forget_failure(&self);

    fn sentry(&self) -> &Sentry;

    fn telegram(&self) -> &Telegram;

    fn log(&self) -> String;

    /// The number of notes on the issue, and of messages.
    fn counts(&self) -> (usize, usize) {
        (self.sentry().notes(ISSUE).len(), self.telegram().messages().len())
    }
}

impl Service {
    fn fault(self, name: &str) -> Fault {
        match name {
            "refused" => Fault::Refused,
            "reset" => Fault::Reset,
            "slow" => Fault::Slow,
            "garbage" => Fault::Answer(response(200, "", "{\"id\": \"47")),
            status => self.answer(status.parse().expect("a status")),
        }
    }

    /// Returns the service's error response with this HTTP status, in the service's own form.
    fn answer(self, status: u16) -> Fault {
        let seconds = SystemTime::now().duration_since(UNIX_EPOCH).expect("a clock past 1970").as_secs();
        let (headers, body) = match self {
            Self::Sentry => (
                format!("X-Sentry-Rate-Limit-Reset: {}\r\n", seconds + 3600),
                "{\"detail\": \"no\"}".to_owned(),
            ),
            Self::Telegram => (
                String::new(),
                format!(
                    "{{\"ok\": false, \"error_code\": {status}, \"description\": \"no\", \
                     \"parameters\": {{\"retry_after\": 3600}}}}"
                ),
            ),
            Self::Secrets | Self::SecretsFile | Self::Table | Self::Queue | Self::File => {
                let kind = match status {
                    401 => "UnrecognizedClientException",
                    403 => "AccessDeniedException",
                    404 => "ResourceNotFoundException",
                    429 => "ThrottlingException",
                    _ => "InternalServerError",
                };
                (
                    format!("x-amzn-errortype: {kind}\r\n"),
                    format!("{{\"__type\": \"{kind}\", \"message\": \"no\"}}"),
                )
            }
        };
        Fault::Answer(response(status, &headers, &body))
    }
}

/// The things that the user has at one moment: the note, gaps in the note, and the message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Results {
    note: bool,
    has_gaps: bool,
    message: bool,
}

fn results(place: &impl Place, which: &str) -> Results {
    let (notes, messages) = place.counts();
    assert!(notes <= 1 && messages <= 1, "{which}: {notes} notes, {messages} messages");
    let has_gaps = place.sentry().notes(ISSUE).iter().any(|note| note.text.contains("Not checked"));
    Results { note: notes == 1, has_gaps, message: messages == 1 }
}

async fn cell<P: Place>(service: Service, name: &'static str) -> String {
    let which = format!("{service:?} {name}");
    let mut place = P::start((service, name)).await;
    let answer = place.deliver(&which).await;
    let first = results(&place, &which);
    place.repair(service).await;
    let kept = place.kept().await;
    let accepted = (200..300).contains(&answer);
    assert!(first.note || kept > 0 || !accepted, "{which} loses the delivery");

    // The rejected caller cannot know that the work continues.
    let is_begun = accepted || first.note || first.message || kept > 0;
    if is_begun {
        place.redeliver().await;
        assert!(place.counts().0 == 1, "{which}: no note in the end: {}", place.log());
    } else {
        // The rejected caller may repeat the delivery as soon as the failed fetch of secrets has been forgotten.
        assert_eq!((first.note, first.message, kept), (false, false, 0), "{which}");
        place.forget_failure();
        let again = place.deliver(&which).await;
        assert_eq!(again, 202, "{which}: {}", place.log());
        assert_eq!(place.counts(), (1, 1), "{which}");
    }
    let last = results(&place, &which);
    if is_begun { words(answer, first, last) } else { format!("{answer}, nothing is begun") }
}

/// Returns the result for the user in words.
fn words(answer: u16, first: Results, last: Results) -> String {
    let mut parts = vec![match (first.note, first.has_gaps, first.message) {
        (true, false, true) => "note and message",
        (true, true, true) => "note and message, gaps named",
        (true, _, false) => "note",
        (false, _, true) => "message",
        (false, _, false) => "nothing yet",
    }];
    parts.extend((!first.note && last.note).then_some("note from the queue"));
    parts.extend((!first.message && last.message).then_some("message from the queue"));
    parts.extend((!last.message).then_some("no second try at a message that may have arrived"));
    format!("{answer}, {}", parts.join("; "))
}

/// Tests every cell of this place. Prints the tables, and appends them to the file that `SIDENOTE_FAULT_TABLE` names.
async fn test<P: Place>() {
    for (services, faults) in P::TABLES {
        let cells = faults
            .iter()
            .flat_map(|fault| services.iter().map(move |(service, _)| cell::<P>(*service, fault)));
        let cells_done: Vec<String> = stream::iter(cells).buffered(AT_ONCE).collect().await;
        let names: Vec<&str> = services.iter().map(|(_, name)| *name).collect();
        let mut table = format!("| | {} |\n|---|{}\n", names.join(" | "), "---|".repeat(names.len()));
        for (fault, row) in faults.iter().zip(cells_done.chunks(services.len())) {
            let _ = writeln!(table, "| **{fault}** | {} |", row.join(" | "));
        }
        println!("{table}");
        if let Ok(path) = std::env::var("SIDENOTE_FAULT_TABLE") {
            let file = OpenOptions::new().create(true).append(true).open(path);
            writeln!(file.expect("the file of the table"), "{table}").expect("write the table");
        }
    }
}

#[tokio::test]
async fn no_fault_of_a_service_causes_a_hang_or_a_lost_delivery() {
    test::<function::OnAws>().await;
}

#[tokio::test]
async fn with_a_file_no_fault_of_a_service_or_of_the_file_causes_a_hang_or_a_lost_delivery() {
    test::<file::OnAFile>().await;
}
