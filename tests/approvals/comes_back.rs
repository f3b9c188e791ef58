//! Tests `kill -9` of the Lambda function after it replied 200 to Telegram's update about a press. Telegram does not
//! repeat the update, so only the queue (SQS) can redeliver it.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use http::Method;
use sidenote::http::Http;
use sidenote_standins::Message;

use super::bed::{HOOK, SECRET, delivered};
use super::function_url;
use super::kills::{Point, World, assert_once, kill_at_all};
use super::worlds::{high, kim};
use crate::nothing_twice::deliveries::batch;
use crate::support::ISSUE;
use crate::support::lambda_service::{LambdaService, Options, Outcome, WhenBusy};
use crate::support::wire::At;

/// The timeout of the Lambda function, long enough for a busy machine. The lease of a killed invocation ends after it; no
/// test waits that long, because the cloud makes the record older.
const TIMEOUT: Duration = Duration::from_secs(20);

const POINTS: [Point; 12] = [
    // After the reply, before the decision is recorded.
    ("GetItem", 0, At::Arrival),
    ("PutItem", 0, At::Arrival),
    // After the decision was recorded; the function may not have received the reply.
    ("PutItem", 0, At::Answer),
    // Between the decision and the change.
    ("PUT 5150", 0, At::Arrival),
    // After the change, before the function received the reply.
    ("PUT 5150", 0, At::Answer),
    ("POST editMessageText", 0, At::Arrival),
    ("POST editMessageText", 0, At::Answer),
    // While the note is being completed.
    ("GET comments", 0, At::Arrival),
    ("GET comments", 0, At::Answer),
    // After all work, before the record; or before the function received the reply to it.
    ("PutItem", 1, At::Arrival),
    ("PutItem", 1, At::Answer),
    // Nothing is killed: the redelivered update finds the decision complete.
    ("", 0, At::Arrival),
];

/// The Lambda function behind its URL, to which Telegram pushes updates.
struct Function {
    lambda: Arc<LambdaService>,
    url: String,
}

impl Function {
    async fn new(world: &World) -> Self {
        let options = Options { timeout: TIMEOUT, when_busy: WhenBusy::Queue, ..Options::default() };
        let binary = Path::new(env!("CARGO_BIN_EXE_sidenote-lambda"));
        let lambda = Arc::new(LambdaService::start(binary, &world.env(), options).await);
        let invoked = Arc::clone(&lambda);
        let invoke = move |event| {
            let lambda = Arc::clone(&invoked);
            async move { lambda.invoke(event).await.map(|answer| answer.payload).unwrap_or_default() }
        };
        let url = function_url::before(invoke).await;
        world.telegram.push_to(&format!("{url}{HOOK}"), SECRET);
        Self { lambda, url }
    }

    /// Delivers the webhook that leads to a proposed action. Returns the message with the buttons.
    async fn asked(&self, world: &World) -> Message {
        let (http, webhook) = (Http::new(None).expect("an HTTP client"), (high().webhook)());
        let url = format!("{}/api/v1/webhooks/sentry/error", self.url);
        let sent = http.client().post(url).headers(webhook.headers()).body(webhook.body().clone()).send();
        assert_eq!(sent.await.expect("an answer").status().as_u16(), 202);
        assert_eq!(self.lambda.invocation_done().await.outcome, Outcome::Completed);
        world.telegram.messages().remove(0)
    }

    /// Delivers queued messages as SQS does, at most three times, until the function reports none as failed.
    async fn redeliver(&self, bodies: &[String]) {
        for _ in 0..3 {
            let answer = self.lambda.invoke(batch(bodies)).await;
            let answer = answer.unwrap_or_else(|error| panic!("{error:?}: {}", self.lambda.logs()));
            assert!(!answer.function_error, "{}", answer.payload);
            self.lambda.invocation_done().await;
            if answer.payload["batchItemFailures"].as_array().is_some_and(Vec::is_empty) {
                return;
            }
            tokio::time::sleep(Duration::from_millis(500)).await;
        }
        panic!("it goes to the dead-letter queue: {}", self.lambda.logs());
    }
}

/// Returns the number of edits of the note on the Sentry issue.
fn note_changes(world: &World) -> usize {
    let requests = world.sentry.requests();
    requests.iter().filter(|it| it.method == Method::PUT && it.path.contains("/comments/")).count()
}

async fn killed_at(point: Point) {
    let world = World::new().await;
    let function = Function::new(&world).await;
    let message = function.asked(&world).await;
    let (call, skip, at) = point;
    let mut held = (!call.is_empty()).then(|| world.wire(call).hold(call, skip, at));
    world.telegram.tap(message.message_id, "Priority high", &kim());
    if let Some(held) = &mut held {
        held.caught().await;
    }
    delivered(&world.telegram).await;
    if held.is_some() {
        function.lambda.kill_now();
    }
    let outcome = function.lambda.invocation_done().await.outcome;
    assert_eq!(outcome == Outcome::Completed, held.is_none(), "{point:?}");
    // The held calls are cut off, not let through.
    drop(held);
    let pushed = world.telegram.pushed();
    assert_eq!(pushed.iter().map(|it| it.status).collect::<Vec<_>>(), [Some(200)], "{point:?}");

    // After the lease the queue redelivers the update, and the delivery that led to the approval.
    world.cloud.end_leases(TIMEOUT).await;
    let kept = world.cloud.kept().await;
    assert_eq!(kept.len(), 2, "{point:?}: the delivery and the tap");
    function.redeliver(&kept).await;
    assert_shown_once(&world, &function, point);
    // All work is done now, however often the queue redelivers the messages.
    function.redeliver(&kept).await;
    assert_shown_once(&world, &function, point);
    assert_eq!(world.telegram.pushed().len(), 1, "{point:?}: Telegram did not come again");
    assert_eq!(function.lambda.violations(), Vec::<String>::new(), "{point:?}");
}

/// Asserts that the issue was changed once, and that message and note were edited once.
fn assert_shown_once(world: &World, function: &Function, point: Point) {
    let log = function.lambda.logs();
    assert_once(world, &log, point);
    let message = world.telegram.messages().remove(0);
    assert_eq!(message.edits, 1, "{point:?}: {log}");
    assert_eq!(message.text_visible.matches("Approved by Kim (@kim) #42 on ").count(), 1, "{point:?}");
    assert_eq!(note_changes(world), 1, "{point:?}: {log}");
    let note = &world.sentry.notes(ISSUE)[0];
    assert_eq!(note.text.matches("Approved by `Kim (@kim) #42` on ").count(), 1, "{point:?}");
}

#[tokio::test]
async fn after_a_kill_the_queue_redelivers_the_press_and_it_acts_once() {
    kill_at_all(&POINTS, killed_at).await;
    println!(
        "{} kills after Telegram was answered; each time the queue alone brought the tap back",
        POINTS.len() - 1
    );
}
