//! The handler of webhooks and decisions. The Lambda function and `sidenote serve` call it.
//!
//! [`Handler::handle`] returns the answer together with the remaining work. The Lambda function runs that work after
//! the response was posted, and `serve` runs it in a task.
//!
//! | part | task |
//! |---|---|
//! | `delivery/` | claims a delivery, gathers evidence, analyses, notifies, records the outcome; sweeps |
//! | `approvals/` | asks a person, takes the decision, executes it, shows it |
//! | `observing/` | reports every event to the log, the metrics and the page |

mod accept;
mod answer;
mod approvals;
mod chat_texts;
mod clients;
mod commands;
mod delivery;
mod door;
mod health;
mod messages;
mod observing;
mod prefer;
mod reply;
mod routes;
mod setup;
mod standing;

pub use self::answer::{Answer, NotedUpdate, Refusal, outcome};
pub use self::approvals::decisions::Decided;
pub use self::approvals::expiry::{Closing, LeftOpen};
pub use self::approvals::polling::Polled;
pub use self::delivery::job::Job;
pub use self::delivery::retry::RetryReason;
pub use self::delivery::sweep::{SweepTime, Swept};
pub use self::health::Health;
pub use self::observing::event::{DeliveryEvent, Finished, Observer};
pub use self::observing::measure::{measured, not_told};
pub use self::observing::timings::Timings;
pub use self::reply::{Reply, Work};
pub use self::setup::Setup;

use std::sync::Arc;

use ::http::Request;
use ::http::request::Parts;
use bytes::Bytes;
use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;

use self::approvals::decisions::Decisions;
use self::approvals::polling::Poller;
use self::approvals::slack::SlackPresses;
use self::approvals::taps::Taps;
use self::delivery::deliveries::Deliveries;
use self::delivery::intake::Intake;
use self::delivery::queue::{Queue, SLACK_RESOURCE, UPDATE_RESOURCE};
use self::door::Door;
use self::observing::observers::Observers;
use self::routes::Route;
use crate::clock::Stopwatch;
use crate::config::Config;
use crate::domain::deadline::Deadline;
use crate::domain::queued_delivery::QueuedDelivery;
use crate::logging;
use crate::notifiers::Notifiers;
use crate::secrets::SecretStore;
use crate::state::Documents;

/// Handles all webhooks of Sentry and all decisions of people. A process has one handler.
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
    slack_presses: Arc<SlackPresses>,
    poller: Poller,
    observers: Observers,
}

impl Handler {
    /// Reports the start of the process to the observers.
    pub fn announce(&self) {
        self.observers.emit(DeliveryEvent::Started { has_queue: self.queue.is_there() });
    }

    /// Returns the configuration of this process.
    #[must_use]
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// Whether accepted deliveries are in a redelivery queue.
    #[must_use]
    pub fn has_queue(&self) -> bool {
        self.queue.is_there()
    }

    /// Returns the number of bytes of a request's body that [`Self::handle`] needs. A front door that reads bodies itself
    /// need not read more.
    #[must_use]
    pub fn body_limit(&self, request: &Parts) -> usize {
        self.door.body_limit(request)
    }

    /// Answers an HTTP request. The answer to a webhook of Sentry leaves within Sentry's limit of one second, unless
    /// the request has the header `Prefer: wait`; see `accept.rs`.
    ///
    /// Like all methods that the Lambda function calls, it returns a boxed future. The code of an unboxed one would be
    /// compiled twice, for the library and for the function.
    pub fn handle(self: &Arc<Self>, request: Request<Bytes>, deadline: Deadline) -> BoxFuture<'_, Reply> {
        self.route(request, deadline).boxed()
    }

    async fn route(self: &Arc<Self>, request: Request<Bytes>, deadline: Deadline) -> Reply {
        let watch = Stopwatch::start();
        let (parts, body) = request.into_parts();
        logging::trace(&parts.headers);
        let answer = match routes::route(&parts.method, parts.uri.path()) {
            Ok(Route::Health) => Answer::Health(self.health().await),
            Ok(Route::Live) => Answer::Probe(Ok(())),
            Ok(Route::Ready) => Answer::Probe(self.ready().await),
            Ok(Route::Slack) => {
                return self.renewing(self.slack_presses.pushed(&parts.headers, body, deadline).await);
            }
            Ok(Route::Telegram) => {
                return self.renewing(self.taps.pushed(&parts.headers, body, deadline).await);
            }
            Ok(Route::Sentry) => return self.accept(parts.headers, body, (watch, deadline)).await,
            Err(refusal) => Answer::Refused(refusal),
        };
        self.observers.emit(DeliveryEvent::Answered { answer: &answer, took: watch.elapsed() });
        Reply::at_once(answer.into())
    }

    /// Adds the renewal of old secrets to the work after the answer to a button press.
    fn renewing(&self, reply: Reply) -> Reply {
        let secrets = Arc::clone(&self.secrets);
        let and_renew = |work: Work| {
            async move {
                let ((), ()) = tokio::join!(work, secrets.renew());
            }
            .boxed()
        };
        Reply { work: reply.work.map(and_renew), ..reply }
    }

    async fn health(&self) -> Health {
        let secrets = self.secrets.get().await.map_err(|error| {
            tracing::warn!(error = %error, "health_degraded");
        });
        Health::of(&self.config, &self.notifiers, secrets.as_deref().ok(), self.standing().await)
    }

    /// Logs each check of the health endpoint that is not in order, and the reason if this process is not ready.
    pub async fn log_health(&self) {
        self.health().await.log();
        if let Err(reason) = self.ready().await {
            tracing::error!(reason, "serve_not_ready");
        }
    }

    /// Handles a delivery or a button press that the queue has redelivered. `queued` is the queue's message.
    ///
    /// # Errors
    ///
    /// [`RetryReason`] if the queue has to redeliver the message once more.
    pub fn redelivered<'h>(
        &'h self,
        queued: &'h str,
        deadline: Deadline,
    ) -> BoxFuture<'h, Result<(), RetryReason>> {
        self.handle_again(queued, deadline).boxed()
    }

    async fn handle_again(&self, queued: &str, deadline: Deadline) -> Result<(), RetryReason> {
        let queued = QueuedDelivery::unpack(queued).ok_or(RetryReason::NotOurs)?;
        match queued.resource.as_deref() {
            Some(UPDATE_RESOURCE) => self.taps.redelivered(&queued, deadline).await,
            Some(SLACK_RESOURCE) => self.slack_presses.redelivered(&queued, deadline).await,
            _ => self.deliveries.redelivered(&self.door, &queued, deadline).await,
        }
    }
}
