//! The handler. Both front doors call it, and all work on deliveries and decisions happens in it.
//!
//! [`Handler::handle`] returns the answer together with the remaining work. The front door runs that work: Lambda's
//! after the response has left, `serve`'s in a task.
//!
//! | wing | task |
//! |---|---|
//! | `delivery/` | claims a delivery, gathers evidence, analyses, notifies, records the outcome; sweeps |
//! | `approvals/` | asks a person, takes the decision, executes it, shows it |
//! | `observing/` | reports every event to the log, the metrics and the page |

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
pub use self::approvals::polling::Polled;
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
use self::approvals::polling::Poller;
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

/// Handles all deliveries and decisions. A process has one handler.
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
    poller: Poller,
    observers: Observers,
}

impl Handler {
    /// Reports the start of the process to the observers.
    pub fn announce(&self) {
        self.observers.emit(DeliveryEvent::Started { has_queue: self.queue.is_there() });
    }

    /// The settings.
    #[must_use]
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// Answers a request. It waits only for our own secrets, the claim and the queue. It waits for the outcome of the
    /// work if the caller prefers that, or if the queue could not take the delivery.
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

    /// Checks the signature, then the body, then the claim, and returns at the first refusal.
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

    /// The reply to a delivery that this invocation has claimed. It waits for the outcome as long as the caller
    /// prefers. It waits to the end if the delivery is not in the queue.
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
                    // The work is incomplete and nothing redelivers it, so the answer must not be 202.
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

    /// Handles a message that the queue has redelivered.
    ///
    /// # Errors
    /// [`RetryReason`] if the queue has to redeliver the message once more.
    pub async fn redelivered(&self, queued: &str, deadline: Deadline) -> Result<(), RetryReason> {
        let queued = QueuedDelivery::unpack(queued).ok_or(RetryReason::NotOurs)?;
        if queued.resource.as_deref() == Some(UPDATE_RESOURCE) {
            return self.taps.redelivered(&queued, deadline).await;
        }
        self.deliveries.redelivered(&self.door, &queued, deadline).await
    }
}
