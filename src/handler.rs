//! THE handler: both front doors call it, and nothing else does the work.
//!
//! [`Handler::handle`] answers and hands back the work that is still to do. The front door decides when to do it: Lambda's
//! after its response has left, `serve`'s in a task.
//!
//! | wing | does |
//! |---|---|
//! | `delivery/` | claims a delivery, gathers, analyses, notifies, writes down how it ended; sweeps |
//! | `approvals/` | asks a person, takes the decision, carries it out, shows it |
//! | `observing/` | tells the log, the metrics and the page of every fact |

mod answer;
mod approvals;
mod clients;
mod commands;
mod delivery;
mod door;
mod health;
mod observing;
mod prefer;
mod reply;
mod routes;
mod setup;
mod standing;

pub use self::answer::{Answer, Refusal, outcome};
pub use self::approvals::decisions::Decided;
pub use self::approvals::expiry::{Closing, LeftOpen};
pub use self::delivery::job::Job;
pub use self::delivery::retry::RetryReason;
pub use self::delivery::sweep::Swept;
pub use self::health::Health;
pub use self::observing::event::{DeliveryEvent, Finished, Observer};
pub use self::observing::measure::measured;
pub use self::observing::timings::Timings;
pub use self::reply::{Reply, Work};
pub use self::setup::Setup;

use std::sync::Arc;
use std::time::Duration;

use ::http::{HeaderMap, Request};
use bytes::Bytes;
use futures_util::FutureExt as _;

use self::approvals::decisions::Decisions;
use self::approvals::taps::Taps;
use self::delivery::deliveries::Deliveries;
use self::delivery::intake::Intake;
use self::delivery::queue::{Queue, UPDATE_RESOURCE};
use self::door::Door;
use self::observing::observers::Observers;
use self::routes::Route;
use crate::clock::{Stopwatch, time_left};
use crate::config::Config;
use crate::domain::deadline::Deadline;
use crate::domain::outcome::DeliveryStatus;
use crate::domain::queued_delivery::QueuedDelivery;
use crate::logging;
use crate::notifiers::Notifiers;
use crate::secrets::SecretStore;
use crate::state::Documents;
use crate::webhook::{self, Decoded};

/// The work on every delivery and every decision. There is one for the life of a process.
pub struct Handler {
    config: Arc<Config>,
    secrets: Arc<SecretStore>,
    notifiers: Arc<Notifiers>,
    documents: Documents,
    door: Arc<Door>,
    queue: Queue,
    intake: Intake,
    deliveries: Arc<Deliveries>,
    decisions: Arc<Decisions>,
    taps: Arc<Taps>,
    observers: Observers,
}

impl Handler {
    /// Tells the observers of the start.
    pub fn announce(&self) {
        self.observers.emit(DeliveryEvent::Started { has_queue: self.queue.is_there() });
    }

    /// The settings.
    #[must_use]
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// Answers a request. Waits for nothing but our own secrets, claim and queue, unless the caller prefers to wait for
    /// the outcome, or the queue could not take the delivery.
    pub async fn handle(self: &Arc<Self>, request: Request<Bytes>, deadline: Deadline) -> Reply {
        let watch = Stopwatch::start();
        let (parts, body) = request.into_parts();
        logging::trace(&parts.headers);
        let answer = match routes::route(&parts.method, parts.uri.path()) {
            Ok(Route::Health) => Answer::Health(self.health().await),
            Ok(Route::Live) => Answer::Probe(Ok(())),
            Ok(Route::Ready) => Answer::Probe(self.ready().await),
            Ok(Route::Telegram) => return self.taps.pushed(&parts.headers, body, deadline).await,
            Ok(Route::Sentry) => self.answer(&parts.headers, body, deadline).await,
            Err(refusal) => Answer::Refused(refusal),
        };
        self.observers.emit(DeliveryEvent::Answered { answer: &answer, took: watch.elapsed() });
        match answer {
            Answer::Accepted { job, is_queued } => {
                self.accepted(*job, is_queued, prefer::wait(&parts.headers), deadline).await
            }
            other => Reply::at_once(other.into()),
        }
    }

    /// The checks in the order in which a stranger is refused: signature, body, claim.
    async fn answer(&self, headers: &HeaderMap, body: Bytes, deadline: Deadline) -> Answer {
        let delivery = match self.door.delivery(headers, body).await {
            Ok(delivery) => delivery,
            Err(refusal) => return Answer::Refused(refusal),
        };
        self.observers.emit(DeliveryEvent::Verified);
        let occurrence = match webhook::decode(&delivery) {
            Ok(Decoded::Occurrence(occurrence)) => occurrence,
            Ok(Decoded::Ignored(why)) => return Answer::Ignored(why),
            Err(why) => return Answer::Refused(Refusal::Unreadable(why)),
        };
        self.observers.emit(DeliveryEvent::About(&occurrence));
        let issue = occurrence.issue_id();
        match self.intake.take_in(&delivery, occurrence, deadline).await {
            Some(taken) => Answer::Accepted { job: Box::new(taken.job), is_queued: taken.is_queued },
            None => Answer::Duplicate(issue),
        }
    }

    /// The reply to a delivery that is ours. It waits for the outcome as long as the caller prefers, and to the end when
    /// nothing else would bring the delivery back.
    async fn accepted(
        self: &Arc<Self>,
        job: Job,
        is_queued: bool,
        preferred: Option<Duration>,
        deadline: Deadline,
    ) -> Reply {
        let issue = job.occurrence.issue_id();
        let deliveries = Arc::clone(&self.deliveries);
        let mut work = async move { deliveries.process(job, deadline).await }.boxed();
        if let Some(wait) = preferred.or((!is_queued).then_some(Duration::MAX)) {
            let wait = wait.min(time_left(deadline).saturating_sub(prefer::MARGIN));
            if let Ok(processed) = tokio::time::timeout(wait, &mut work).await {
                return Reply::at_once(match (preferred, processed.status()) {
                    (Some(_), _) => answer::processed(&processed),
                    (None, DeliveryStatus::Completed) => answer::accepted(issue.as_ref()),
                    // It is not done, and nothing will bring it back: a 202 would be an empty promise.
                    (None, _) => Answer::Refused(Refusal::NotQueued).into(),
                });
            }
        }
        Reply { response: answer::accepted(issue.as_ref()), work: Some(work.map(drop).boxed()) }
    }

    async fn health(&self) -> Health {
        let secrets = self.secrets.get().await.map_err(|error| {
            tracing::warn!(error = %error, "health_degraded");
        });
        Health::of(&self.config, &self.notifiers, secrets.as_deref().ok(), self.standing().await)
    }

    /// Works on what the queue has handed back.
    ///
    /// # Errors
    /// The reason why it has to come once more.
    pub async fn redelivered(&self, queued: &str, deadline: Deadline) -> Result<(), RetryReason> {
        let queued = QueuedDelivery::unpack(queued).ok_or(RetryReason::NotOurs)?;
        if queued.resource.as_deref() == Some(UPDATE_RESOURCE) {
            return self.taps.redelivered(&queued, deadline).await;
        }
        self.deliveries.redelivered(&self.door, &queued, deadline).await
    }
}
