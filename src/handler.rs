//! THE handler: both front doors call it, and nothing else does the work.
//!
//! [`Handler::handle`] answers and hands back the work that is still to do; [`Handler::process`] does it. The front door
//! decides when: Lambda's after its response has left, `serve`'s in a task.

mod analysis;
mod http;
mod journal;
mod prefer;

pub use self::http::outcome;

use std::future::Future;
use std::panic::AssertUnwindSafe;
use std::pin::Pin;
use std::sync::Arc;

use ::http::{HeaderMap, Request, Response};
use bytes::Bytes;
use futures_util::FutureExt;
use futures_util::future::join_all;
use secrecy::SecretString;

use self::http::{Answer, Refusal, Route};
use crate::analyzers::{Ledger, Memory};
use crate::config::Config;
use crate::domain::deadline::{Deadline, RESERVE};
use crate::domain::evidence::Evidence;
use crate::domain::ids::Slug;
use crate::domain::occurrence::{IssueOccurrence, Occurrence};
use crate::domain::outcome::{Failure, Processed, Step};
use crate::domain::report::{MetricReport, Report};
use crate::http::{Http, HttpError, time_left};
use crate::notifiers::note::Note;
use crate::notifiers::telegram::Telegram;
use crate::notifiers::{Notifier, Story};
use crate::secrets::{SecretStore, Secrets};
use crate::sentry::{self, Sentry, pages};
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
    secrets: SecretStore,
    /// What models have cost today, and what they have said before.
    ledger: Box<dyn Ledger>,
    /// A key of this machine, for what a local front door signs itself.
    local_key: Option<SecretString>,
}

impl Handler {
    /// A handler with these settings. Opens no connection.
    ///
    /// # Errors
    /// [`HttpError`] if the HTTP client cannot be built.
    pub fn new(config: Config) -> Result<Self, HttpError> {
        let http = Http::new(config.extra_roots.as_deref())?;
        let secrets = SecretStore::new(&config.secrets);
        let ledger = Box::new(Memory::default());
        Ok(Self { config, http, secrets, ledger, local_key: None })
    }

    /// Accepts deliveries that are signed with `key`, too.
    #[must_use]
    pub fn with_local_key(self, key: SecretString) -> Self {
        Self { local_key: Some(key), ..self }
    }

    /// The settings.
    #[must_use]
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// Answers a request. Waits for nothing but our own secrets, unless the caller prefers to wait for the outcome.
    pub async fn handle(self: &Arc<Self>, request: Request<Bytes>, deadline: Deadline) -> Reply {
        let (parts, body) = request.into_parts();
        let answer = match http::route(&parts.method, parts.uri.path()) {
            Ok(Route::Health) => Answer::Health(self.health().await),
            Ok(Route::Sentry) => self.answer(&parts.headers, body).await,
            Err(refusal) => Answer::Refused(refusal),
        };
        journal::answered(&answer);
        let Answer::Accepted(occurrence) = answer else {
            return Reply { response: answer.into(), work: None };
        };
        let issue = occurrence.issue_id();
        let handler = Arc::clone(self);
        let mut work = async move { handler.process(occurrence, deadline).await }.boxed();
        if let Some(wait) = prefer::wait(&parts.headers) {
            let wait = wait.min(time_left(deadline).saturating_sub(prefer::MARGIN));
            if let Ok(processed) = tokio::time::timeout(wait, &mut work).await {
                return Reply { response: http::processed(&processed), work: None };
            }
        }
        Reply { response: http::accepted(issue.as_ref()), work: Some(work.map(drop).boxed()) }
    }

    /// Signature, then body: the order in which a stranger is turned away.
    async fn answer(&self, headers: &HeaderMap, body: Bytes) -> Answer {
        match self.delivery(headers, body).await {
            Err(refusal) => Answer::Refused(refusal),
            Ok(delivery) => match webhook::decode(&delivery) {
                Ok(Decoded::Occurrence(occurrence)) => Answer::Accepted(occurrence),
                Ok(Decoded::Ignored(why)) => Answer::Ignored(why),
                Err(why) => Answer::Refused(Refusal::Unreadable(why)),
            },
        }
    }

    async fn delivery(&self, headers: &HeaderMap, body: Bytes) -> Result<Delivery, Refusal> {
        http::check_form(headers, body.len(), self.config.max_body_bytes)?;
        if let Some(key) = &self.local_key
            && let Some(delivery) = Delivery::verify(headers, body.clone(), &Keys::parse(key))
        {
            return Ok(delivery);
        }
        let secrets = self.secrets.get().await.map_err(|error| {
            tracing::error!(error = %error, "secrets_unavailable");
            Refusal::NoSecrets
        })?;
        let keys = secrets.get("SENTRY_CLIENT_SECRET").map(Keys::parse).ok_or(Refusal::NoClientSecret)?;
        Delivery::verify(headers, body, &keys).ok_or(Refusal::Signature)
    }

    /// Gathers, analyses and tells, within the deadline. Never panics: a bug is an outcome.
    pub async fn process(&self, occurrence: Occurrence, deadline: Deadline) -> Processed {
        let started = time_left(deadline);
        let (issue, trigger) = (occurrence.issue_id(), occurrence.name());
        let work = AssertUnwindSafe(self.work(occurrence, deadline)).catch_unwind();
        let processed = work.await.unwrap_or_else(|_| Processed {
            issue: issue.clone(),
            analysis: None,
            steps: vec![
                (Note::NAME, Step::Failed(Failure::Internal)),
                (Telegram::NAME, Step::Failed(Failure::Internal)),
            ],
            gaps: Vec::new(),
        });
        journal::processed(&processed, trigger, started.saturating_sub(time_left(deadline)));
        processed
    }

    async fn work(&self, occurrence: Occurrence, deadline: Deadline) -> Processed {
        let issue = occurrence.issue_id();
        let org = occurrence.org().cloned();
        let story = self.story(occurrence, deadline).await;
        let steps = self.tell(&story, org.as_ref(), deadline).await;
        let (analysis, gaps) = match story {
            Story::Issue(report) => {
                (Some((report.analysis.status.name(), report.analysis.analyzer)), report.evidence.gaps)
            }
            Story::Metric(_) => (None, Vec::new()),
        };
        Processed { issue, analysis, steps, gaps }
    }

    /// What is to be told of an occurrence: its evidence and analysis. Sends nothing.
    pub async fn story(&self, occurrence: Occurrence, deadline: Deadline) -> Story {
        match occurrence {
            Occurrence::Metric(alert) => {
                let org = self.config.sentry.org.as_ref().or(alert.org.as_ref());
                let link =
                    alert.rule_id.as_ref().and_then(|rule| pages::alert_rule(&self.config.sentry, org, rule));
                Story::Metric(MetricReport { alert, link })
            }
            Occurrence::Issue(occurrence) => Story::Issue(Box::new(self.report(*occurrence, deadline).await)),
        }
    }

    async fn report(&self, occurrence: IssueOccurrence, deadline: Deadline) -> Report {
        let org = self.config.sentry.org.clone().or_else(|| occurrence.org.clone());
        let mut evidence = Evidence::of(occurrence);
        self.gather(&mut evidence, org.as_ref(), deadline).await;
        let analysis = self.analyze(&evidence, deadline).await;
        let link = pages::issue(&self.config.sentry, org.as_ref(), &evidence.issue.id);
        let secrets = self.secrets.get().await.unwrap_or_default();
        let note_missing = self.sentry(&secrets, org.as_ref(), deadline).err();
        Report { evidence, analysis, link, note_missing }
    }

    /// Asks the Sentry API; once more with fresh secrets if it refuses the token.
    async fn gather(&self, evidence: &mut Evidence, org: Option<&Slug>, deadline: Deadline) {
        #[expect(
            clippy::disallowed_methods,
            reason = "the handler reads the clock for the rooms that do not"
        )]
        let until = deadline.keeping(RESERVE, std::time::Instant::now());
        let secrets = self.secrets.get().await.unwrap_or_default();
        sentry::gather(self.sentry(&secrets, org, until), evidence).await;
        if evidence.gaps.iter().any(|gap| gap.why == Failure::Unauthorized)
            && let Ok(fresh) = self.secrets.refreshed(&secrets).await
        {
            sentry::gather(self.sentry(&fresh, org, until), evidence).await;
        }
    }

    fn sentry(&self, secrets: &Secrets, org: Option<&Slug>, deadline: Deadline) -> Result<Sentry, Failure> {
        let token = secrets.get("SENTRY_AUTH_TOKEN").ok_or(Failure::NotConfigured("SENTRY_AUTH_TOKEN"))?;
        Ok(Sentry::new(&self.http, &self.config.sentry, org, token, deadline))
    }

    /// All notifiers at the same time; those whose token was refused once more with fresh secrets.
    async fn tell(&self, story: &Story, org: Option<&Slug>, deadline: Deadline) -> Vec<(&'static str, Step)> {
        let secrets = self.secrets.get().await.unwrap_or_default();
        let notifiers = self.notifiers(&secrets, org, deadline);
        let mut steps = join_all(notifiers.iter().map(|n| async { (n.name(), n.notify(story).await) })).await;
        let refused = |step: &Step| *step == Step::Failed(Failure::Unauthorized);
        if steps.iter().any(|(_, step)| refused(step))
            && let Ok(fresh) = self.secrets.refreshed(&secrets).await
        {
            for (notifier, (_, step)) in self.notifiers(&fresh, org, deadline).iter().zip(&mut steps) {
                if refused(step) {
                    *step = notifier.notify(story).await;
                }
            }
        }
        steps
    }

    fn notifiers(&self, secrets: &Secrets, org: Option<&Slug>, deadline: Deadline) -> [Box<dyn Notifier>; 2] {
        let language = self.config.language;
        let (telegram, token) = (self.config.telegram.as_ref(), secrets.get("TELEGRAM_BOT_TOKEN"));
        [
            Box::new(Note::new(self.sentry(secrets, org, deadline), language)),
            Box::new(Telegram::new(&self.http, telegram, token, language, deadline)),
        ]
    }

    /// What is configured, and what is missing. Asks no third party.
    async fn health(&self) -> http::Health {
        http::health(&self.config, &self.secrets.get().await.map_err(|error| error.to_string()))
    }
}
