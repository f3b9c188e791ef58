//! Tests `kill -9` at every call between a press in Slack and the end of its work. Slack does not repeat a press, but
//! the queue in the SQLite file of `sidenote serve` redelivers it.

use std::time::{Duration, Instant};

use rustix::process::Signal;
use sidenote_standins::{Sentry, Slack, SlackPerson};
use tempfile::TempDir;

use super::bed::{activity, orders};
use super::kills::handled;
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

async fn killed_at((call, at): (&'static str, At)) {
    let world = World::new().await;
    let process = world.serve().await;
    handled(&process).await;
    let message = world.slack.messages().pop().expect("a message");
    let wire = if call.starts_with("POST chat") { &world.to_slack } else { &world.to_sentry };
    let mut held = wire.hold(call, 0, at);
    let ann = SlackPerson::new("U0ANN0001", "ann");
    let press = world.slack.press(&message.ts, "Priority high", &ann, SLACK_SECRET);
    let hook = format!("http://{}/api/v1/webhooks/slack", process.address);
    assert_eq!(press.send(&hook).await, Some(200), "{call}: the queue has the press");
    held.caught().await;
    process.signal(Signal::KILL);
    drop(process);
    // The held call is cut off, not let through.
    drop(held);

    let process = world.serve().await;
    let decided = || world.slack.messages()[0].visible().contains("Approved by ann #U0ANN0001 on ");
    at_last("the message says who decided", decided).await;
    at_last("the decision's end", || process.stderr().contains("approval_decided")).await;
    assert_eq!((orders(&world.sentry).len(), activity(&world.sentry).len()), (1, 1), "{call} {at:?}");
    let shown = world.slack.messages().pop().expect("a message");
    assert_eq!(shown.visible().matches("Approved by").count(), 1, "{call} {at:?}");
    assert_eq!(
        (shown.labels(), world.slack.messages().len()),
        (vec!["Open in Sentry".to_owned()], 1),
        "{call} {at:?}"
    );
    assert_eq!(world.sentry.notes(ISSUE).len(), 1, "{call} {at:?}");
    assert_eq!(
        (world.slack.violations(), world.sentry.violations()),
        (Vec::new(), Vec::new()),
        "{call} {at:?}"
    );
}
