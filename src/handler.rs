//! THE handler: both front doors call it, and nothing else does the work.
//!
//! [`Handler::handle`] answers and hands back the work that is still to do; [`Handler::process`] does it. The front door
//! decides when: Lambda's after its response has left, `serve`'s in a task.

mod again;
mod analysis;
mod budget;
mod calls;
mod close;
mod decide;
mod http;
mod intake;
mod journal;
mod measure;
mod moved;
mod notify;
mod observer;
mod prefer;
mod prepare;
mod push;
mod request;
mod show;
mod sweep;

pub use self::close::Closing;
pub use self::decide::Decided;
pub use self::http::outcome;
pub use self::intake::Job;
pub use self::observer::{DeliveryEvent, Observer};
pub use self::sweep::Swept;

use std::future::Future;
use std::panic::AssertUnwindSafe;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use ::http::{HeaderMap, Request, Response};
use bytes::Bytes;
use futures_util::FutureExt;
use secrecy::SecretString;

use self::http::{Answer, Refusal, Route};
use self::intake::Intake;
use self::measure::Timings;
use crate::analyzers::ModelBudget;
use crate::aws::Aws;
use crate::config::Config;
use crate::domain::deadline::Deadline;
use crate::domain::outcome::{Failure, Processed, Step};
use crate::http::{Http, HttpError, time_left, unix_millis};
use crate::logging;
use crate::metrics::{Metric, Metrics};
use crate::notifiers::Notification;
use crate::notifiers::note::{Note, NoteAction};
use crate::notifiers::telegram::Telegram;
use crate::redelivery::{self, Redelivery};
use crate::secrets::{SecretStore, Secrets};
use crate::state::{Approvals, Claims, Documents, Spending};
use crate::webhook::{self, Decoded, Delivery, Keys};

/// Work that is still to do after the answer.
pub type Work = Pin<Box<dyn Future<Output = ()> + Send>>;

/// An answer, and the work that is still to do.
pub struct Reply {
    /// What the caller gets now.
    pub response: Response<Bytes>,
    /// What is done afterwards, within the deadline.
    pub work: Option<Work>,
}

/// All that a delivery needs. One for the life of a process.
pub struct Handler {
    config: Config,
    http: Http,
    aws: Aws,
    secrets: SecretStore,
    /// What models have cost today, and what they have said before.
    budget: Box<dyn ModelBudget>,
    claims: Claims,
    approvals: Approvals,
    redelivery: Option<Box<dyn Redelivery>>,
    metrics: Metrics,
    /// A key of this machine, for what a local front door signs itself.
    local_key: Option<SecretString>,
    /// Whether the process ends with the work: then its memory is no place for a question.
    is_one_shot: bool,
    observer: Option<Arc<dyn Observer>>,
}

impl Handler {
    /// A handler with these settings. Opens no connection.
    ///
    /// # Errors
    /// [`HttpError`] if the HTTP client cannot be built.
    pub fn new(config: Config) -> Result<Self, HttpError> {
        let http = Http::new(config.extra_roots.as_deref())?;
        let aws = Aws::default();
        let secrets = SecretStore::new(&config.secrets, &aws);
        let documents = Documents::new(config.state_table.as_deref(), &aws);
        let (claims, approvals) = (Claims::new(&documents), Approvals::new(&documents));
        let redelivery = redelivery::queue(config.redelivery_queue.as_deref(), &aws);
        let budget = Box::new(budget::Shared::new(Spending::new(&documents)));
        let metrics = Metrics::new(config.metrics.clone());
        let (local_key, is_one_shot, observer) = (None, false, None);
        Ok(Self {
            config,
            http,
            aws,
            secrets,
            budget,
            claims,
            approvals,
            redelivery,
            metrics,
            local_key,
            is_one_shot,
            observer,
        })
    }

    /// Accepts deliveries that are signed with `key`, too.
    #[must_use]
    pub fn with_local_key(self, key: SecretString) -> Self {
        Self { local_key: Some(key), ..self }
    }

    /// Says that the process ends with the work, as a command does.
    #[must_use]
    pub fn one_shot(self) -> Self {
        Self { is_one_shot: true, ..self }
    }

    /// Counts a start, and logs once what these settings cannot promise.
    pub fn announce(&self) {
        self.metrics.emit(&[(Metric::ColdStarts, 1)], unix_millis());
        if self.redelivery.is_none() {
            tracing::warn!(
                "redelivery_none: no REDELIVERY_QUEUE_URL, so a dead invocation loses its delivery"
            );
        }
    }

    /// The settings.
    #[must_use]
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// Answers a request. Waits for nothing but our own secrets, claim and queue, unless the caller prefers to wait for
    /// the outcome, or the queue could not take the delivery.
    pub async fn handle(self: &Arc<Self>, request: Request<Bytes>, deadline: Deadline) -> Reply {
        let (parts, body) = request.into_parts();
        logging::trace(&parts.headers);
        let asked = time_left(deadline);
        let answer = match http::route(&parts.method, parts.uri.path()) {
            Ok(Route::Health) => Answer::Health(self.health().await),
            Ok(Route::Telegram) => return self.pushed(&parts.headers, body, deadline).await,
            Ok(Route::Sentry) => self.answer(&parts.headers, body, deadline).await,
            Err(refusal) => Answer::Refused(refusal),
        };
        journal::answered(&answer);
        let took = asked.saturating_sub(time_left(deadline));
        self.metrics.emit(&measure::answered(&answer, Some(took)), unix_millis());
        self.emit_answer(&answer);
        let Answer::Accepted { job, is_queued } = answer else {
            return Reply { response: answer.into(), work: None };
        };
        let issue = job.occurrence.issue_id();
        let handler = Arc::clone(self);
        let mut work = async move { handler.process(*job, deadline).await }.boxed();
        let preferred = prefer::wait(&parts.headers);
        if let Some(wait) = preferred.or((!is_queued).then_some(Duration::MAX)) {
            let wait = wait.min(time_left(deadline).saturating_sub(prefer::MARGIN));
            if let Ok(processed) = tokio::time::timeout(wait, &mut work).await {
                let response = match preferred {
                    Some(_) => http::processed(&processed),
                    None if processed.status() == "completed" => http::accepted(issue.as_ref()),
                    // Not done, and nothing will bring it back: a 202 would be a promise that nobody keeps.
                    None => Answer::Refused(Refusal::NotQueued).into(),
                };
                return Reply { response, work: None };
            }
        }
        Reply { response: http::accepted(issue.as_ref()), work: Some(work.map(drop).boxed()) }
    }

    /// Signature, then body: the order in which a stranger is turned away.
    async fn answer(&self, headers: &HeaderMap, body: Bytes, deadline: Deadline) -> Answer {
        let delivery = match self.delivery(headers, body).await {
            Ok(delivery) => delivery,
            Err(refusal) => return Answer::Refused(refusal),
        };
        self.emit(DeliveryEvent::Verified);
        let occurrence = match webhook::decode(&delivery) {
            Ok(Decoded::Occurrence(occurrence)) => occurrence,
            Ok(Decoded::Ignored(why)) => return Answer::Ignored(why),
            Err(why) => return Answer::Refused(Refusal::Unreadable(why)),
        };
        self.emit(DeliveryEvent::About(&occurrence));
        let issue = occurrence.issue_id();
        match self.intake(&delivery, occurrence, deadline).await {
            Intake::Queued(job) => Answer::Accepted { job: Box::new(job), is_queued: true },
            Intake::Unqueued(job) => Answer::Accepted { job: Box::new(job), is_queued: false },
            Intake::Running | Intake::Finished => Answer::Duplicate(issue),
        }
    }

    async fn delivery(&self, headers: &HeaderMap, body: Bytes) -> Result<Delivery, Refusal> {
        http::check_form(headers, body.len(), self.config.max_body_bytes)?;
        if let Some(key) = &self.local_key
            && let Some(delivery) = Delivery::verify(headers, body.clone(), &Keys::parse(key))
        {
            return Ok(delivery);
        }
        self.checked(|secrets| {
            let keys = secrets.get("SENTRY_CLIENT_SECRET").map(Keys::parse).filter(|keys| !keys.is_empty());
            let keys = keys.ok_or(Refusal::NoClientSecret)?;
            let misfit = if Delivery::is_signed(headers) { Refusal::Signature } else { Refusal::Unsigned };
            Delivery::verify(headers, body.clone(), &keys).ok_or(misfit)
        })
        .await
    }

    /// Checks something against our secrets; once more against newer ones if it does not fit, because Sentry comes only
    /// once.
    async fn checked<T>(&self, check: impl Fn(&Secrets) -> Result<T, Refusal>) -> Result<T, Refusal> {
        let secrets = self.secrets.get().await.map_err(|error| {
            tracing::error!(error = %error, "secrets_unavailable");
            Refusal::NoSecrets
        })?;
        match check(&secrets) {
            Err(refusal) => match self.secrets.doubted(&secrets).await {
                Some(fresh) => check(&fresh),
                None => Err(refusal),
            },
            fits => fits,
        }
    }

    /// Gathers, analyses and tells, within the deadline. Never panics: a bug is an outcome.
    pub async fn process(&self, job: Job, deadline: Deadline) -> Processed {
        let started = time_left(deadline);
        let (issue, trigger) = (job.occurrence.issue_id(), job.occurrence.name());
        let (claim, timings) = (job.claim.clone(), Timings::default());
        let work = AssertUnwindSafe(self.work(job, &timings, deadline)).catch_unwind();
        // The answer has left: now an old copy of the secrets is renewed, beside the work.
        let (work, ()) = tokio::join!(work, self.secrets.renew());
        let processed = work.unwrap_or_else(|_| Processed {
            issue: issue.clone(),
            analysis: None,
            steps: vec![
                (Note::NAME, Step::Failed(Failure::Internal)),
                (Telegram::NAME, Step::Failed(Failure::Internal)),
            ],
            gaps: Vec::new(),
            substatus: None,
        });
        self.finish(claim, &processed).await;
        self.emit(DeliveryEvent::Processed(&processed));
        journal::processed(&processed, trigger, &timings, started.saturating_sub(time_left(deadline)));
        self.metrics.emit(&measure::processed(&processed, &timings), unix_millis());
        processed
    }

    async fn work(&self, job: Job, timings: &Timings, deadline: Deadline) -> Processed {
        let plan = self.plan(&job, deadline).await;
        let Job { occurrence, claim, .. } = job;
        let (issue, org, claim) = (occurrence.issue_id(), occurrence.org().cloned(), claim.as_ref());
        if matches!(plan, Ok(NoteAction::Stands(_))) && claim.is_none_or(|claim| !claim.taken_over) {
            // Where no record tells a repeat, our own note on the issue does.
            let steps = vec![(Note::NAME, Step::AlreadyDone), (Telegram::NAME, Step::AlreadyDone)];
            return Processed { issue, analysis: None, steps, gaps: Vec::new(), substatus: None };
        }
        let mut notification = self.timed_notification(occurrence, timings, deadline).await;
        if let (Notification::Issue(report), Some(claim)) = (&mut notification, claim) {
            report.history.clone_from(&claim.record.history);
        }
        self.emit(DeliveryEvent::Notification(&notification));
        let done = claim.map(|claim| claim.record.done.clone()).unwrap_or_default();
        let asking = self.asking(&notification, org.as_ref(), claim).await;
        let telling = self.tell(&notification, org.as_ref(), &plan, &done, &asking, deadline);
        let steps = timings.telling.of(deadline, telling).await;
        let mut processed = Processed { issue, analysis: None, steps, gaps: Vec::new(), substatus: None };
        if let Notification::Issue(report) = notification {
            processed.analysis = Some((report.analysis.status.name(), report.analysis.analyzer));
            processed.substatus = report.evidence.substatus();
            processed.gaps = report.evidence.gaps;
        }
        processed
    }

    /// What is configured, and what is missing. Asks no third party.
    async fn health(&self) -> http::Health {
        let secrets = self.secrets.get().await.map_err(|error| {
            tracing::warn!(error = %error, "health_degraded");
        });
        http::health(&self.config, secrets.as_deref().ok())
    }
}
