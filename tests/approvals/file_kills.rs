//! Tests `kill -9` between a button press and the end of its work, with the state in a SQLite file and with polling: at
//! the calls to Telegram and Sentry, and at the writes of the file. A new process then completes the work.

use std::sync::atomic::{AtomicUsize, Ordering};

use rustix::process::Signal;
use sidenote_standins::{Message, NoteRecord, Sentry, Telegram};

use super::bed::is_decided;
use super::kills::{MENU_POINTS, POINTS, Place, Point, approved_after, kill_at, kill_at_all, resolved_after};
use super::polling::BUTTONS;
use super::worlds::{high, kim};
use crate::on_a_file::bed::Bed;
use crate::support::machine::Machine;
use crate::support::process::Process;
use crate::support::wire::{At, Wire};
use crate::support::{ISSUE, eventually};

/// Every so many writes of the file, the process is killed at one.
const STRIDE: usize = 3;

/// `serve` with its file and with polling, behind wires.
struct OnAFile {
    bed: Bed,
    machine: Machine,
    to_sentry: Wire,
    to_telegram: Wire,
}

impl OnAFile {
    async fn new() -> Self {
        let bed = Bed::of(high().sentry()).await;
        let (sentry, telegram) = (bed.sentry.url(), bed.telegram.url());
        let (to_sentry, to_telegram) = tokio::join!(Wire::to(&sentry), Wire::to(&telegram));
        Self { bed, machine: Machine::new(), to_sentry, to_telegram }
    }
}

impl Place for OnAFile {
    async fn serve(&self) -> Process {
        self.machine.kill_at(0);
        let urls = [("SENTRY_BASE_URL", self.to_sentry.url()), ("TELEGRAM_API_BASE", self.to_telegram.url())];
        let urls = urls.iter().map(|(name, url)| (*name, url.as_str()));
        self.bed.serve_with(&self.machine, &urls.chain(BUTTONS).collect::<Vec<_>>()).await
    }

    fn wire(&self, call: &str) -> &Wire {
        match call {
            "POST editMessageText" | "POST answerCallbackQuery" | "POST getUpdates" => &self.to_telegram,
            _ => &self.to_sentry,
        }
    }

    fn sentry(&self) -> &Sentry {
        &self.bed.sentry
    }

    fn telegram(&self) -> &Telegram {
        &self.bed.telegram
    }
}

/// The points that are calls to Sentry and Telegram. The names of calls to AWS have one word.
fn calls(points: &[Point]) -> Vec<Point> {
    points.iter().copied().filter(|(call, ..)| call.contains(' ')).collect()
}

#[tokio::test]
async fn killed_at_every_call_the_action_happens_exactly_once() {
    let points = calls(&POINTS);
    assert!(points.len() >= 7, "{points:?}");
    kill_at_all(&points, async |point| {
        let place = &OnAFile::new().await;
        let press =
            async |process, message: &Message| kill_at(place, process, message, high().button, point).await;
        approved_after(place, point, press).await;
    })
    .await;
}

#[tokio::test]
async fn killed_at_every_call_an_action_of_the_menu_happens_exactly_once() {
    let points = calls(&MENU_POINTS);
    assert!(points.len() >= 4, "{points:?}");
    kill_at_all(&points, async |point| {
        let place = &OnAFile::new().await;
        let press =
            async |process, message: &Message| kill_at(place, process, message, "Resolve", point).await;
        resolved_after(place, point, press).await;
    })
    .await;
}

/// Presses a button, and kills the process when Telegram has handed over the press and the process has not received it.
async fn kill_at_the_update(place: &OnAFile, process: Process, message: &Message) {
    let poll = "POST getUpdates";
    // The next poll waits for the press.
    let mut before = place.wire(poll).hold(poll, 0, At::Arrival);
    before.caught().await;
    place.telegram().tap(message.message_id, high().button, &kim());
    let mut held = place.wire(poll).hold(poll, 0, At::Answer);
    before.release();
    held.caught().await;
    process.signal(Signal::KILL);
    drop(process);
}

#[tokio::test]
async fn killed_before_it_receives_the_update_the_action_happens_exactly_once() {
    let place = &OnAFile::new().await;
    let press = async |process, message: &Message| kill_at_the_update(place, process, message).await;
    approved_after(place, "getUpdates", press).await;
}

/// Whether the message and the note show the decision.
fn is_shown(place: &OnAFile) -> bool {
    let is_in_note = |note: &NoteRecord| note.text.contains("Approved by");
    is_decided(&place.bed.telegram.messages()[0]) && place.bed.sentry.notes(ISSUE).iter().any(is_in_note)
}

/// Presses a button, and kills the process instead of this write or sync of the file from then on. Returns whether it
/// was killed before the press was handled.
async fn kill_at_the_write(place: &OnAFile, mut process: Process, message: &Message, step: usize) -> bool {
    let poll = "POST getUpdates";
    let mut before = place.wire(poll).hold(poll, 0, At::Arrival);
    before.caught().await;
    place.telegram().tap(message.message_id, high().button, &kim());
    place.machine.kill_at(i64::try_from(step).expect("a step"));
    before.release();
    let is_over = || {
        let is_shown = is_shown(place);
        // The queue deletes the press when it is due and its work is complete.
        if is_shown {
            place.bed.make_due();
        }
        is_shown && place.bed.queued("IS NULL") == 0
    };
    eventually("the end of the press", || !process.runs() || is_over()).await;
    let was_killed = !process.runs();
    process.signal(Signal::KILL);
    process.ended().await.expect("it is dead");
    was_killed
}

/// The number of writes and syncs of the file from a press to its end.
async fn steps() -> usize {
    let place = OnAFile::new().await;
    let mut number = 0;
    approved_after(&place, "no kill", async |process, message| {
        kill_at_the_write(&place, process, message, 0).await;
        number = usize::try_from(place.machine.steps()).expect("it counts up");
    })
    .await;
    number
}

#[tokio::test]
async fn killed_at_the_writes_of_the_file_the_action_happens_exactly_once() {
    let steps = steps().await;
    let first = fastrand::usize(1..=STRIDE);
    let kills: Vec<usize> = (first..=steps).step_by(STRIDE).collect();
    println!("{steps} writes and syncs from a press to its end; kills at {kills:?}");
    let killed = AtomicUsize::new(0);
    kill_at_all(&kills, async |step| {
        let place = &OnAFile::new().await;
        approved_after(place, step, async |process, message| {
            if kill_at_the_write(place, process, message, step).await {
                killed.fetch_add(1, Ordering::Relaxed);
            }
        })
        .await;
    })
    .await;
    let killed = killed.into_inner();
    println!("{killed} kills; each time the issue was changed exactly once");
    assert!(killed * 2 > kills.len(), "{killed} of {}", kills.len());
}
