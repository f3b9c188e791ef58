//! Tests that kill the function's process (`kill -9`) at every point of its work. Each time the queue then redelivers
//! the webhook.
//!
//! The point of a kill is defined by calls that their wires hold. The process is killed when all of these calls are
//! held, so the point lies between the same two steps on every machine. The held calls are cut off afterwards.

use std::time::Duration;

use futures_util::StreamExt as _;
use futures_util::stream;

use super::bed::{Bed, Function, status};
use super::deliveries::new_issue;
use crate::support::function_url;
use crate::support::lambda_service::{InvokeError, Outcome};
use crate::support::wire::{At, Held, Wire};

/// The function's timeout, long enough for a busy machine. The lease of a killed invocation ends at it; no test waits that
/// long, because the cloud makes the record older.
const TIMEOUT: Duration = Duration::from_secs(20);
/// The number of kills at the same time.
const AT_ONCE: usize = 6;

/// A call that is held: its name, the number of earlier calls with the same name, and whether its request or its
/// reply is held.
pub(crate) type Hold = (&'static str, usize, At);

/// The point of a kill: the calls in `held` are being held, and the calls in `answered` were answered.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Point {
    pub(crate) held: &'static [Hold],
    answered: &'static [&'static str],
}

const fn point(held: &'static [Hold]) -> Point {
    Point { held, answered: &[] }
}

pub(crate) const POINTS: [Point; 23] = [
    point(&[("GetItem", 0, At::Arrival)]),
    point(&[("GetItem", 0, At::Answer)]),
    point(&[("SendMessage", 0, At::Arrival)]),
    point(&[("SendMessage", 0, At::Answer)]),
    point(&[("PutItem", 0, At::Arrival)]),
    point(&[("PutItem", 0, At::Answer)]),
    point(&[("GET 5150", 0, At::Arrival)]),
    point(&[("GET 5150", 0, At::Answer)]),
    point(&[("GET tags", 0, At::Arrival)]),
    point(&[("GET tags", 0, At::Answer)]),
    point(&[("GET recommended", 0, At::Arrival)]),
    point(&[("GET recommended", 0, At::Answer)]),
    point(&[("GET committers", 0, At::Arrival)]),
    point(&[("GET committers", 0, At::Answer)]),
    point(&[("POST comments", 0, At::Arrival), ("POST sendMessage", 0, At::Arrival)]),
    point(&[("POST comments", 0, At::Answer), ("POST sendMessage", 0, At::Arrival)]),
    point(&[("POST comments", 0, At::Arrival), ("POST sendMessage", 0, At::Answer)]),
    point(&[("POST comments", 0, At::Answer), ("POST sendMessage", 0, At::Answer)]),
    Point { held: &[("POST sendMessage", 0, At::Arrival)], answered: &["POST comments"] },
    Point { held: &[("POST comments", 0, At::Arrival)], answered: &["POST sendMessage"] },
    point(&[("PutItem", 1, At::Arrival)]),
    point(&[("PutItem", 1, At::Answer)]),
    // The last point is after the end of the work, when Lambda has frozen the environment.
    point(&[]),
];

impl Point {
    /// Tells the wires to hold the calls of this point.
    pub(crate) fn hold<'b>(&self, wire: impl Fn(&str) -> &'b Wire) -> Vec<Held> {
        self.held.iter().map(|(call, skip, at)| wire(call).hold(call, *skip, *at)).collect()
    }

    /// Waits until the function has reached this point of its work.
    pub(crate) async fn reached<'b>(&self, held: &mut [Held], wire: impl Fn(&str) -> &'b Wire) {
        for held in held {
            held.caught().await;
        }
        for call in self.answered {
            wire(call).answered(call).await;
        }
    }
}

fn wire<'b>(bed: &'b Bed, call: &str) -> &'b Wire {
    match call {
        "GetItem" | "PutItem" => &bed.cloud.table,
        "SendMessage" => &bed.cloud.queue,
        "POST sendMessage" => &bed.to_telegram,
        _ => &bed.to_sentry,
    }
}

/// The observations of one kill, for the table of results.
struct Killed {
    /// Whether the caller of the webhook got a 2xx.
    accepted: bool,
    /// Whether the webhook was in the queue.
    kept: bool,
    /// Whether the process was killed after Telegram's reply and before the reply was recorded.
    unrecorded: bool,
    messages: usize,
}

/// Delivers a webhook and kills the process at the point. Returns whether the caller got a 2xx.
async fn kill(bed: &Bed, function: &Function, point: Point) -> bool {
    let mut held = point.hold(|call| wire(bed, call));
    let webhook = new_issue("issue", 1);
    let event = function_url(&webhook);
    let killing = async {
        point.reached(&mut held, |call| wire(bed, call)).await;
        if point.held.is_empty() {
            bed.cloud.table.answered_times("PutItem", 2).await;
            function.lambda.invocation_done().await;
        }
        function.lambda.kill_now();
    };
    let (answer, ()) = tokio::join!(function.lambda.invoke(event), killing);
    let outcome = function.lambda.invocation_done().await.outcome;
    assert_eq!(outcome == Outcome::Completed, point.held.is_empty(), "{point:?}");
    match answer {
        Ok(answer) => status(&answer) == 202,
        Err(InvokeError::ExitError(_)) => false,
        Err(other) => panic!("{point:?}: {other:?}"),
    }
}

async fn killed_at(point: Point) -> Killed {
    let bed = Bed::new().await;
    let function = bed.function(TIMEOUT).await;
    let accepted = kill(&bed, &function, point).await;
    let kept = bed.cloud.kept().await;
    let was_kept = !kept.is_empty();
    let recorded = bed.cloud.table.effects("PutItem") == 2;
    let unrecorded = bed.telegram.messages().len() == 1 && !recorded;

    // The queue redelivers after the lease.
    bed.cloud.end_leases(TIMEOUT).await;
    if was_kept {
        function.redeliver_until_done(&kept).await;
    } else {
        // The delivery was not accepted. Sentry's next webhook of the same change is handled normally.
        assert!(!accepted, "{point:?}: an accepted delivery that is lost");
        assert_eq!(bed.counts(), (0, 0), "{point:?}");
        let (answer, _) = function.run(&new_issue("event_alert", 2)).await;
        assert_eq!(status(&answer), 202, "{point:?}");
    }
    let (notes, messages) = bed.counts();
    assert_eq!(notes, 1, "{point:?}: {}", function.lambda.logs());
    assert_eq!(messages, 1 + usize::from(unrecorded), "{point:?}: {}", function.lambda.logs());

    // From here on all work is complete, whatever is redelivered.
    let kept = bed.cloud.kept().await;
    let (reads, writes) = (bed.cloud.table.count("GetItem"), bed.cloud.table.count("PutItem"));
    function.redeliver_until_done(&kept).await;
    assert_eq!(bed.cloud.table.count("GetItem"), reads + kept.len(), "{point:?}");
    assert_eq!((bed.cloud.table.count("PutItem"), bed.counts()), (writes, (1, messages)), "{point:?}");
    Killed { accepted, kept: was_kept, unrecorded, messages }
}

#[tokio::test]
async fn killed_anywhere_the_issue_gets_its_note_exactly_once() {
    let killed: Vec<Killed> = stream::iter(POINTS).map(killed_at).buffered(AT_ONCE).collect().await;
    let count = |of: fn(&Killed) -> bool| killed.iter().filter(|killed| of(killed)).count();
    println!(
        "{} kills: {} after the 2xx; {} followed by the redelivered message; one note each; a second message {} \
         times, each time because the kill fell between Telegram's answer and its record",
        killed.len(),
        count(|killed| killed.accepted),
        count(|killed| killed.kept),
        count(|killed| killed.messages == 2),
    );
    assert!(killed.iter().all(|killed| killed.unrecorded == (killed.messages == 2)));
    assert!(killed.iter().all(|killed| killed.kept || !killed.accepted));
    assert!(count(|killed| killed.kept) >= 20, "twenty points of the work");
}
