//! Tests `kill -9` at every call between a press in Slack and the end of its work. Slack does not repeat a press, but
//! the queue in the SQLite file of `sidenote serve` redelivers it.

use std::time::{Duration, Instant};

use rustix::process::Signal;
use sidenote_standins::{Sentry, Slack, SlackPerson, SlackPress};
use tempfile::TempDir;

use super::bed::{activity, orders};
use super::kills::handled;
use super::life::changed;
use super::slack::is_decided;
use super::worlds::high;
use crate::support::process::Process;
use crate::support::wire::{At, Wire};
use crate::support::{AUTH_TOKEN, CHANNEL, CLIENT_SECRET, ISSUE, ORG, SLACK_SECRET, SLACK_TOKEN, slack};

/// Stand-ins for Sentry and Slack, each behind a proxy ([`Wire`]), and the folder with the SQLite file.
struct World {
    sentry: Sentry,
    slack: Slack,
    to_sentry: Wire,
    to_slack: Wire,
    folder: TempDir,
}

impl World {
    async fn new() -> Self {
        let (sentry, slack) = tokio::join!(Sentry::start(high().sentry()), Slack::start(slack()));
        let (sentry_url, slack_url) = (sentry.url(), slack.url().trim_end_matches("/api").to_owned());
        let (to_sentry, to_slack) = tokio::join!(Wire::to(&sentry_url), Wire::to(&slack_url));
        Self { sentry, slack, to_sentry, to_slack, folder: tempfile::tempdir().expect("a folder") }
    }

    async fn serve(&self) -> Process {
        let file = self.folder.path().join("sidenote.db").display().to_string();
        let pairs = [
            ("SENTRY_BASE_URL", self.to_sentry.url()),
            ("SENTRY_ORG", ORG.to_owned()),
            ("SENTRY_AUTH_TOKEN", AUTH_TOKEN.to_owned()),
            ("SENTRY_CLIENT_SECRET", CLIENT_SECRET.to_owned()),
            ("SLACK_API_BASE", format!("{}/api", self.to_slack.url())),
            ("SLACK_BOT_TOKEN", SLACK_TOKEN.to_owned()),
            ("SLACK_SIGNING_SECRET", SLACK_SECRET.to_owned()),
            ("SLACK_CHANNEL", CHANNEL.to_owned()),
            ("SLACK_APPROVERS", "U0ANN0001".to_owned()),
            ("STATE_PATH", file),
            ("SWEEP_EVERY", "off".to_owned()),
        ];
        let variables: Vec<(String, String)> = pairs.map(|(name, value)| (name.to_owned(), value)).into();
        Process::start(&variables).await
    }
}

impl World {
    /// The press of a button by an approver.
    fn press(&self, button: &str) -> SlackPress {
        let message = self.slack.messages().pop().expect("a message");
        let ann = SlackPerson::new("U0ANN0001", "ann");
        self.slack.press(&message.ts, button, &ann, SLACK_SECRET)
    }

    /// Waits until the message contains this text, and until the end of the decision.
    async fn decided(&self, process: &Process, words: &str) {
        at_last(words, || self.slack.messages()[0].visible().contains(words)).await;
        at_last("the decision's end", || process.stderr().contains("approval_decided")).await;
    }

    /// Asserts that there is one change of the issue, one note, and one message with one line `words`.
    fn assert_once(&self, words: &str, point: &(&'static str, At)) {
        assert_eq!((orders(&self.sentry).len(), activity(&self.sentry).len()), (1, 1), "{point:?}");
        let messages = self.slack.messages();
        assert_eq!((messages[0].visible().matches(words).count(), messages.len()), (1, 1), "{point:?}");
        assert_eq!(self.sentry.notes(ISSUE).len(), 1, "{point:?}");
        assert_eq!(
            (self.slack.violations(), self.sentry.violations()),
            (Vec::new(), Vec::new()),
            "{point:?}"
        );
    }
}

/// The longest wait for the queue's redelivery. The lease of a dead process lasts 20 seconds, and the queue tries again
/// after 15 seconds and after another minute.
const PATIENCE: Duration = Duration::from_secs(110);

/// Waits until the condition holds, at most [`PATIENCE`]. `what` describes the condition in the panic.
async fn at_last(what: &str, condition: impl Fn() -> bool) {
    let limit = Instant::now() + PATIENCE;
    while !condition() {
        assert!(Instant::now() < limit, "{what} does not come");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// The points at which the process is killed: the name of the held call to Sentry or Slack, and the moment of the call.
const POINTS: [(&str, At); 6] = [
    ("PUT 5150", At::Arrival),
    ("PUT 5150", At::Answer),
    ("POST chat.postEphemeral", At::Arrival),
    ("POST chat.update", At::Arrival),
    ("POST chat.update", At::Answer),
    ("GET comments", At::Arrival),
];

#[tokio::test]
async fn killed_anywhere_the_action_happens_once_and_the_message_is_edited_to_one_decision() {
    futures_util::future::join_all(POINTS.map(killed_at)).await;
}

/// Presses a button, and kills the process at this point of its work. Returns the process after it.
async fn killed_after_a_press(world: &World, button: &str, (call, at): (&'static str, At)) -> Process {
    let process = world.serve().await;
    handled(&process).await;
    let wire = if call.starts_with("POST chat") { &world.to_slack } else { &world.to_sentry };
    let mut held = wire.hold(call, 0, at);
    let press = world.press(button);
    let hook = format!("http://{}/api/v1/webhooks/slack", process.address);
    assert_eq!(press.send(&hook).await, Some(200), "{call}: the queue has the press");
    held.caught().await;
    process.signal(Signal::KILL);
    drop(process);
    // The held call is cut off, not let through.
    drop(held);
    world.serve().await
}

async fn killed_at(point: (&'static str, At)) {
    let world = World::new().await;
    let process = killed_after_a_press(&world, "Priority high", point).await;
    world.decided(&process, "Approved by ann #U0ANN0001 on ").await;
    let shown = world.slack.messages().pop().expect("a message");
    assert!(is_decided(&shown), "{point:?}: {:?}", shown.labels());
    world.assert_once("Approved by", &point);
}

/// The points of a press of the menu.
const MENU_POINTS: [(&str, At); 5] = [
    ("PUT 5150", At::Arrival),
    ("PUT 5150", At::Answer),
    ("POST chat.postEphemeral", At::Arrival),
    ("POST chat.update", At::Arrival),
    ("POST chat.update", At::Answer),
];

#[tokio::test]
async fn killed_in_a_press_of_the_menu_the_issue_is_resolved_once_and_can_be_reopened() {
    futures_util::future::join_all(MENU_POINTS.map(killed_in_the_menu)).await;
}

async fn killed_in_the_menu(point: (&'static str, At)) {
    let world = World::new().await;
    let process = killed_after_a_press(&world, "Resolve", point).await;
    world.decided(&process, "Resolved by ann #U0ANN0001 on ").await;
    world.assert_once("Resolved by", &point);
    let press = world.press("Undo");
    let hook = format!("http://{}/api/v1/webhooks/slack", process.address);
    assert_eq!(press.send(&hook).await, Some(200), "{point:?}");
    at_last("the issue is open again", || world.slack.messages()[0].visible().contains("Reopened by ann"))
        .await;
    assert_eq!(orders(&world.sentry).len(), 2, "{point:?}");
}

#[tokio::test]
async fn killed_while_a_change_in_sentry_is_shown_the_message_is_edited_later() {
    let world = World::new().await;
    let process = world.serve().await;
    handled(&process).await;
    let mut held = world.to_slack.hold("POST chat.update", 0, At::Arrival);
    assert_eq!(process.deliver(&changed("resolved", 1)).await.0, 200);
    held.caught().await;
    process.signal(Signal::KILL);
    drop(process);
    drop(held);
    let _process = world.serve().await;
    at_last("the edit", || world.slack.messages()[0].visible().starts_with("🟢")).await;
    let shown = world.slack.messages()[0].visible();
    assert_eq!(
        (shown.matches("Resolved by Kim Lee").count(), world.slack.messages().len()),
        (1, 1),
        "{shown}"
    );
    assert_eq!(world.slack.violations(), Vec::<String>::new());
}
