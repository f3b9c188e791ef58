//! The fault matrix: tests every external service with every kind of fault, and the result for the user.
//!
//! ```text
//! cargo test --test processes matrix -- --nocapture
//! SIDENOTE_FAULT_TABLE=faults.md cargo test --test processes matrix
//! ```
//!
//! The first command prints the table, and the second one writes it to a file. A cell of the table is one webhook to
//! the function, while one service fails until the end of the invocation. Then the service is repaired and the queue
//! redelivers its messages.

use std::fmt::Write as _;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use futures_util::StreamExt as _;
use futures_util::stream;

use super::bed::{Bed, status};
use super::deliveries::new_issue;
use crate::support::SECRETS_FAILURE;
use crate::support::lambda_service::Outcome;
use crate::support::machine::Machine;
use crate::support::wire::{Fault, Wire, response};

/// The timeout of the function. A call with the fault "slow" takes longer. After two attempts at a slow AWS service,
/// time is left for the other work, also on a busy machine.
const TIMEOUT: Duration = Duration::from_secs(14);
/// The setting for the time within which the answer is sent: long enough for the calls to AWS on a busy machine.
const ANSWER: (&str, &str) = ("ANSWER_WITHIN_MS", "3000");
/// The delay of each call to Sentry, with which no work is complete before the answer must be sent.
const SENTRY: Duration = Duration::from_millis(1_200);
/// The number of combinations of service and fault that run at the same time.
const AT_ONCE: usize = 6;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Service {
    Sentry,
    Telegram,
    Secrets,
    Table,
    Queue,
}

const SERVICES: [(Service, &str); 5] = [
    (Service::Sentry, "Sentry API"),
    (Service::Telegram, "Telegram"),
    (Service::Secrets, "Secrets Manager"),
    (Service::Table, "DynamoDB"),
    (Service::Queue, "SQS"),
];

const FAULTS: [&str; 9] = ["refused", "reset", "slow", "401", "403", "404", "429", "500", "garbage"];

impl Service {
    fn wire(self, bed: &Bed) -> &Wire {
        match self {
            Self::Sentry => &bed.to_sentry,
            Self::Telegram => &bed.to_telegram,
            Self::Secrets => &bed.cloud.secrets,
            Self::Table => &bed.cloud.table,
            Self::Queue => &bed.cloud.queue,
        }
    }

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
            Self::Secrets | Self::Table | Self::Queue => {
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

fn results(bed: &Bed, which: &str) -> Results {
    let (notes, messages) = bed.counts();
    assert!(notes <= 1 && messages <= 1, "{which}: {notes} notes, {messages} messages");
    let has_gaps = notes == 1 && bed.note().contains("Not checked");
    Results { note: notes == 1, has_gaps, message: messages == 1 }
}

async fn cell(service: Service, name: &'static str) -> String {
    let which = format!("{service:?} {name}");
    let (bed, machine) = (Bed::new().await, Machine::new());
    let env = [&[ANSWER][..], &machine.env()].concat();
    let function = bed.function_with(TIMEOUT, &env).await;
    bed.to_sentry.slow_down(SENTRY);
    service.wire(&bed).fail(service.fault(name)).await;
    let (answer, report) = function.run(&new_issue("event_alert", 1)).await;
    assert_eq!(report.outcome, Outcome::Completed, "{which} hangs: {}", function.lambda.logs());
    let (answer, first) = (status(&answer), results(&bed, &which));
    service.wire(&bed).repair().await;
    let kept = bed.cloud.kept().await;
    let accepted = (200..300).contains(&answer);
    assert!(first.note || !kept.is_empty() || !accepted, "{which} loses the delivery");

    // The rejected caller cannot know that the work continues.
    let is_begun = accepted || first.note || first.message || !kept.is_empty();
    if is_begun {
        function.redeliver_until_done(&kept).await;
        assert!(bed.counts().0 == 1, "{which}: no note in the end: {}", function.lambda.logs());
    } else {
        // The rejected caller may repeat the delivery as soon as the failed fetch of secrets has been forgotten.
        assert_eq!((first.note, first.message, kept.len()), (false, false, 0), "{which}");
        machine.pass(SECRETS_FAILURE);
        let again = status(&function.run(&new_issue("event_alert", 1)).await.0);
        assert_eq!(again, 202, "{which}: {}", function.lambda.logs());
        assert_eq!(bed.counts(), (1, 1), "{which}");
    }
    let last = results(&bed, &which);
    if is_begun { words(answer, first, last) } else { format!("{answer}, nothing is begun") }
}

/// Returns the result for the user in words.
fn words(answer: u64, first: Results, last: Results) -> String {
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

#[tokio::test]
async fn no_fault_of_a_service_causes_a_hang_or_a_lost_delivery() {
    let cells =
        FAULTS.iter().flat_map(|fault| SERVICES.iter().map(move |(service, _)| cell(*service, fault)));
    let cells_done: Vec<String> = stream::iter(cells).buffered(AT_ONCE).collect().await;
    let mut table =
        format!("| | {} |\n|---|{}\n", SERVICES.map(|(_, name)| name).join(" | "), "---|".repeat(5));
    for (fault, row) in FAULTS.iter().zip(cells_done.chunks(SERVICES.len())) {
        let _ = writeln!(table, "| **{fault}** | {} |", row.join(" | "));
    }
    println!("{table}");
    if let Ok(path) = std::env::var("SIDENOTE_FAULT_TABLE") {
        std::fs::write(path, table).expect("write the table");
    }
}
