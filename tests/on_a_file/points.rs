//! Tests of `kill -9` of `serve` at fixed points of its work, each followed by a restart on the same SQLite file. The
//! Lambda function is killed at the same points in other tests.

use futures_util::future::join_all;
use rustix::process::Signal;
use sidenote_standins::DuplicateCheck;

use super::bed::{Bed, created};
use crate::nothing_twice::kills::{POINTS, Point};
use crate::support::process::Process;
use crate::support::wire::Wire;
use crate::support::{ISSUE, eventually, sentry};

/// The proxies in front of the stand-ins, with which a test holds and counts calls.
struct Wires {
    sentry: Wire,
    telegram: Wire,
}

impl Wires {
    fn of(&self, call: &str) -> &Wire {
        if call == "POST sendMessage" { &self.telegram } else { &self.sentry }
    }

    async fn serve(&self, bed: &Bed) -> Process {
        let (sentry, telegram) = (self.sentry.url(), self.telegram.url());
        Process::start(&bed.env(&[("SENTRY_BASE_URL", &sentry), ("TELEGRAM_API_BASE", &telegram)])).await
    }
}

/// Kills `serve` at the point, restarts it, and returns the number of messages that Telegram has.
async fn killed_at(point: Point) -> usize {
    let bed = Bed::of(sentry().duplicates(DuplicateCheck::Off)).await;
    let (sentry, telegram) = (bed.sentry.url(), bed.telegram.url());
    let (sentry, telegram) = tokio::join!(Wire::to(&sentry), Wire::to(&telegram));
    let wires = Wires { sentry, telegram };
    let mut process = wires.serve(&bed).await;
    let mut held = point.hold(|call| wires.of(call));
    assert_eq!(bed.deliver(&process, &created(ISSUE)).await, Some(202), "{point:?}");
    point.reached(&mut held, |call| wires.of(call)).await;
    process.signal(Signal::KILL);
    process.ended().await.expect("it is dead");
    drop(held);
    let is_sent = !bed.telegram.messages().is_empty();
    let process = wires.serve(&bed).await;
    eventually("the end of the work", || process.stderr().contains("delivery_processed")).await;
    assert_eq!(bed.notes(ISSUE), 1, "{point:?}: {}", process.stderr());
    // Telegram does not recognise a repeated message. A message whose record was lost is therefore sent again.
    let messages = bed.telegram.messages().len();
    assert_eq!(messages, 1 + usize::from(is_sent), "{point:?}: {}", process.stderr());
    assert!(!process.stderr().contains("panicked"), "{}", process.stderr());
    messages
}

#[tokio::test]
async fn killed_at_each_point_the_issue_gets_its_note_exactly_once() {
    let is_here = |point: &Point| {
        // The names of calls to AWS have one word. Instead of them `serve` writes to its file; see the module `steps`.
        !point.held.is_empty() && point.held.iter().all(|(call, ..)| call.contains(' '))
    };
    let points: Vec<Point> = POINTS.into_iter().filter(is_here).collect();
    assert!(points.len() >= 12, "{points:?}");
    let messages = join_all(points.iter().map(|point| killed_at(*point))).await;
    let doubled = messages.iter().filter(|messages| **messages == 2).count();
    println!("{} kills of serve: one note each; a second message {doubled} times", points.len());
}
