//! Tests `kill -9` at every call between a button press and the end of its work. A new process then gets Telegram's
//! repeated update. The state is in the AWS emulator moto. There is no queue, so the work precedes the reply, and
//! Telegram repeats an update that got no 2xx.

use std::fmt::Debug;
use std::process::Output;
use std::time::Duration;

use futures_util::future::join_all;
use rustix::process::Signal;
use serde_json::{Value, json};
use sidenote_standins::{Message, Sentry, Telegram, TelegramWorld};

use super::bed::{HOOK, SECRET, activity, delivered, is_decided, orders};
use super::worlds::{APPROVERS, Case, high, kim, quick_retries};
use crate::support::cloud::Cloud;
use crate::support::process::Process;
use crate::support::wire::{At, Wire};
use crate::support::{AUTH_TOKEN, BOT_TOKEN, CHAT, CLIENT_SECRET, ISSUE, ORG, changed, eventually};

/// Stand-ins for Sentry, Telegram and AWS, each behind a proxy ([`Wire`]) that can hold calls.
pub(crate) struct World {
    pub(crate) cloud: Cloud,
    pub(crate) sentry: Sentry,
    pub(crate) telegram: Telegram,
    to_sentry: Wire,
    to_telegram: Wire,
}

impl World {
    pub(crate) async fn new() -> Self {
        Self::with(quick_retries()).await
    }

    /// Starts the stand-ins with these initial data of Telegram.
    pub(crate) async fn with(telegram: TelegramWorld) -> Self {
        Self::about(&high(), telegram).await
    }

    /// Starts the stand-ins with the issue of this case and these initial data of Telegram.
    pub(crate) async fn about(case: &Case, telegram: TelegramWorld) -> Self {
        let sentry = Sentry::start(case.sentry()).await;
        let telegram = Telegram::start(telegram).await;
        let secret = json!({"SENTRY_AUTH_TOKEN": AUTH_TOKEN, "SENTRY_CLIENT_SECRET": CLIENT_SECRET,
            "TELEGRAM_BOT_TOKEN": BOT_TOKEN, "TELEGRAM_WEBHOOK_SECRET": SECRET});
        let (sentry_url, telegram_url) = (sentry.url(), telegram.url());
        let (cloud, to_sentry, to_telegram) =
            tokio::join!(Cloud::new(&secret), Wire::to(&sentry_url), Wire::to(&telegram_url));
        Self { cloud, sentry, telegram, to_sentry, to_telegram }
    }

    /// Returns the environment variables of the Lambda function.
    pub(crate) fn env(&self) -> Vec<(String, String)> {
        let pairs = [
            ("SENTRY_BASE_URL", self.to_sentry.url()),
            ("SENTRY_ORG", ORG.to_owned()),
            ("TELEGRAM_API_BASE", self.to_telegram.url()),
            ("TELEGRAM_CHAT_ID", CHAT.to_string()),
            ("TELEGRAM_APPROVERS", APPROVERS.to_owned()),
        ];
        let mut env = self.cloud.env();
        env.extend(pairs.map(|(name, value)| (name.to_owned(), value)));
        env
    }

    /// Returns the environment variables of a command or of `sidenote serve`, without a queue.
    fn local_env(&self) -> Vec<(String, String)> {
        let aws =
            [("AWS_REGION", "us-east-1"), ("AWS_ACCESS_KEY_ID", "test"), ("AWS_SECRET_ACCESS_KEY", "test")];
        let mut env = self.env();
        env.retain(|(name, _)| name != "REDELIVERY_QUEUE_URL");
        env.extend(aws.map(|(name, value)| (name.to_owned(), value.to_owned())));
        env
    }

    /// Runs a `sidenote` command. Returns whether it succeeded, and the JSON on its standard output.
    pub(crate) async fn command(&self, arguments: &[&str]) -> (bool, Value) {
        self.command_with(&[], arguments).await
    }

    /// Runs a `sidenote` command with additional variables; an empty value removes a variable. Returns whether it
    /// succeeded, and the JSON on its standard output.
    pub(crate) async fn command_with(&self, more: &[(&str, &str)], arguments: &[&str]) -> (bool, Value) {
        let output = self.run(more, arguments).await;
        let json = serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{output:?}"));
        (output.status.success(), json)
    }

    /// Runs a `sidenote` command with additional variables. Returns its exit status and its output.
    pub(crate) async fn run(&self, more: &[(&str, &str)], arguments: &[&str]) -> Output {
        let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_sidenote"));
        command.args(arguments).arg("--json").env_clear().envs(changed(self.local_env(), more));
        let run = tokio::task::spawn_blocking(move || command.output()).await;
        run.expect("the thread does not panic").expect("run sidenote")
    }

    /// Starts `sidenote serve` without a queue. Telegram pushes updates to this process from now on.
    pub(crate) async fn serve(&self) -> Process {
        let process = Process::start(&self.local_env()).await;
        self.telegram.push_to(&format!("http://{}{HOOK}", process.address), SECRET);
        process
    }

    /// Delivers a webhook that leads to a proposed action. Returns the message with the buttons.
    pub(crate) async fn asked(&self, process: &Process) -> Message {
        handled(process).await;
        self.telegram.messages().remove(0)
    }

    pub(crate) fn wire(&self, call: &str) -> &Wire {
        match call {
            "GetItem" | "PutItem" => &self.cloud.table,
            "POST editMessageText" | "POST answerCallbackQuery" => &self.to_telegram,
            _ => &self.to_sentry,
        }
    }
}

/// A place where Sidenote runs, in which a kill interrupts the work on a press.
pub(super) trait Place {
    /// Starts Sidenote, which gets Telegram's updates from now on.
    async fn serve(&self) -> Process;

    fn wire(&self, call: &str) -> &Wire;

    fn sentry(&self) -> &Sentry;

    fn telegram(&self) -> &Telegram;
}

impl Place for World {
    async fn serve(&self) -> Process {
        self.serve().await
    }

    fn wire(&self, call: &str) -> &Wire {
        self.wire(call)
    }

    fn sentry(&self) -> &Sentry {
        &self.sentry
    }

    fn telegram(&self) -> &Telegram {
        &self.telegram
    }
}

/// The point at which the process is killed: the held call, the number of earlier calls with the same name, and whether
/// the call is held at its arrival or at its answer.
pub(crate) type Point = (&'static str, usize, At);

pub(super) const POINTS: [Point; 14] = [
    // Before the decision is recorded.
    ("GetItem", 0, At::Arrival),
    ("PutItem", 0, At::Arrival),
    // After the decision was recorded; the process may not have received the reply.
    ("PutItem", 0, At::Answer),
    // Between the decision and the change.
    ("PUT 5150", 0, At::Arrival),
    // After the change, before the process received the reply.
    ("PUT 5150", 0, At::Answer),
    ("POST answerCallbackQuery", 0, At::Arrival),
    ("POST answerCallbackQuery", 0, At::Answer),
    ("POST editMessageText", 0, At::Arrival),
    ("POST editMessageText", 0, At::Answer),
    // While the note is being completed.
    ("GET comments", 0, At::Arrival),
    // While the decision is added to the stored message.
    ("PutItem", 1, At::Arrival),
    ("PutItem", 1, At::Answer),
    // After all work, before the record; or before the process received the reply to it.
    ("PutItem", 2, At::Arrival),
    ("PutItem", 2, At::Answer),
];

/// The points of a press of a button in the menu of actions. The approval of such an action is recorded first.
pub(super) const MENU_POINTS: [Point; 9] = [
    ("PutItem", 0, At::Arrival),
    ("PutItem", 0, At::Answer),
    ("PutItem", 1, At::Answer),
    ("PUT 5150", 0, At::Arrival),
    ("PUT 5150", 0, At::Answer),
    ("POST editMessageText", 0, At::Arrival),
    ("POST editMessageText", 0, At::Answer),
    ("PutItem", 2, At::Answer),
    ("PutItem", 3, At::Arrival),
];

/// Delivers a webhook that leads to a proposed action, and waits for the end of its work.
pub(super) async fn handled(process: &Process) {
    handled_of(&high(), process).await;
}

/// Delivers the webhook of a case, and waits for the end of its work.
pub(super) async fn handled_of(case: &Case, process: &Process) {
    assert_eq!(process.deliver(&(case.webhook)()).await.0, 202);
    eventually("the delivery's end", || process.stderr().contains("delivery_processed")).await;
}

/// Presses a button, and kills the process at this point of its work.
pub(super) async fn kill_at(
    place: &impl Place,
    process: Process,
    message: &Message,
    button: &str,
    (call, skip, at): Point,
) {
    let mut held = place.wire(call).hold(call, skip, at);
    place.telegram().tap(message.message_id, button, &kim());
    held.caught().await;
    process.signal(Signal::KILL);
    drop(process);
    // The held calls are cut off, not let through.
    drop(held);
}

/// Starts a process, and delivers a webhook that leads to a proposed action. Returns the process and the message with
/// the buttons.
async fn asking(place: &impl Place) -> (Process, Message) {
    let process = place.serve().await;
    handled(&process).await;
    assert!(process.stderr().contains("approval_asked"), "{}", process.stderr());
    let message = place.telegram().messages().remove(0);
    (process, message)
}

/// Lets `press` press a button of the message and kill the process. Returns the process that takes over, after Telegram has
/// delivered the press.
async fn taken_over<P: Place>(place: &P, press: impl AsyncFnOnce(Process, &Message)) -> Process {
    let (process, message) = asking(place).await;
    press(process, &message).await;
    let process = place.serve().await;
    delivered(place.telegram()).await;
    process
}

/// Lets `press` press the button "Resolve" in the menu and kill the process. Asserts that another process completes the
/// work. `point` names the kill.
pub(super) async fn resolved_after<P: Place>(
    place: &P,
    point: impl Debug,
    press: impl AsyncFnOnce(Process, &Message),
) {
    let (process, telegram) = (taken_over(place, press).await, place.telegram());
    let resolved = || telegram.messages()[0].text_visible.contains("Resolved by Kim (@kim) #42 on ");
    eventually("the message says who resolved it", resolved).await;
    assert_eq!(orders(place.sentry()), [json!({"status": "resolved"})], "{point:?}: {}", process.stderr());
    let message = telegram.messages().remove(0);
    assert_eq!(message.text_visible.matches("Resolved by").count(), 1, "{point:?}");
    assert_eq!(telegram.messages().len(), 1, "{point:?}");
    assert!(!process.stderr().contains("panicked"), "{}", process.stderr());
    assert_eq!(telegram.violations(), Vec::<String>::new(), "{point:?}");
}

/// Kills the process that received a press in the menu at this point.
async fn menu_killed_at(point: Point) {
    let world = &World::new().await;
    let press = async |process, message: &Message| kill_at(world, process, message, "Resolve", point).await;
    resolved_after(world, point, press).await;
}

#[tokio::test]
async fn killed_anywhere_an_action_of_the_menu_happens_exactly_once() {
    kill_at_all(&MENU_POINTS, menu_killed_at).await;
}

/// Lets `press` press the button of the proposed action and kill the process. Asserts that another process completes the
/// work, and that the change happened once and was reported once. `point` names the kill.
pub(super) async fn approved_after<P: Place>(
    place: &P,
    point: impl Debug,
    press: impl AsyncFnOnce(Process, &Message),
) {
    let (process, telegram) = (taken_over(place, press).await, place.telegram());
    let decided = || telegram.messages()[0].text_visible.contains("Approved by Kim (@kim) #42 on ");
    eventually("the message says who decided", decided).await;
    let done = || place.sentry().notes(ISSUE)[0].text.contains("Approved by `Kim (@kim) #42` on ");
    eventually("the note says who decided", done).await;
    assert_once(place, &process.stderr(), point);
}

/// Kills the process that received a press at this point.
async fn killed_at(point: Point) {
    let world = &World::new().await;
    let press =
        async |process, message: &Message| kill_at(world, process, message, high().button, point).await;
    approved_after(world, point, press).await;
    let pushed = world.telegram.pushed();
    assert!(
        pushed.len() > 1 && pushed[0].status.is_none(),
        "{point:?}: Telegram has tried again: {pushed:?}"
    );
}

/// Asserts that the approved change happened once and was reported once, without violations.
pub(super) fn assert_once(place: &impl Place, log: &str, point: impl Debug) {
    let (sentry, telegram) = (place.sentry(), place.telegram());
    assert_eq!(activity(sentry), [high().activity], "{point:?}: {log}");
    assert_eq!(orders(sentry), [high().order], "{point:?}: {log}");
    let message = telegram.messages().remove(0);
    assert!(is_decided(&message), "{point:?}");
    assert_eq!((telegram.messages().len(), sentry.notes(ISSUE).len()), (1, 1), "{point:?}");
    assert_eq!(message.text_visible.matches("Approved by").count(), 1, "{point:?}");
    assert!(!log.contains("panicked"), "{log}");
    assert_eq!(sentry.violations(), Vec::<String>::new(), "{point:?}");
    assert_eq!(telegram.violations(), Vec::<String>::new(), "{point:?}");
}

/// Runs the test `killed_at` for each point. Six run at the same time, because each waits for the lease of a killed
/// process, and all of them share two cores.
pub(crate) async fn kill_at_all<P: Copy, F: Future<Output = ()>>(points: &[P], killed_at: impl Fn(P) -> F) {
    for points in points.chunks(6) {
        join_all(points.iter().map(|point| killed_at(*point))).await;
    }
}

#[tokio::test]
async fn killed_anywhere_the_action_happens_exactly_once() {
    kill_at_all(&POINTS, killed_at).await;
    println!(
        "{} kills between the tap and its end; each time the issue was changed exactly once",
        POINTS.len()
    );
}

#[tokio::test]
async fn an_unavailable_table_is_reported_and_telegram_repeats_the_update() {
    let world = World::new().await;
    let process = world.serve().await;
    let message = world.asked(&process).await;
    world.cloud.table.fail(crate::support::wire::Fault::Reset).await;
    world.telegram.tap(message.message_id, "Priority high", &kim());
    eventually("an attempt", || world.telegram.pushed().len() > 1).await;
    assert!(world.telegram.pushed().iter().all(|pushed| pushed.status == Some(503)));
    assert!(orders(&world.sentry).is_empty());
    world.cloud.table.repair().await;
    tokio::time::timeout(Duration::from_secs(40), world.telegram.delivered())
        .await
        .expect("it is redelivered");
    eventually("the change", || activity(&world.sentry) == [high().activity]).await;
    assert_eq!(orders(&world.sentry), [high().order]);
}
