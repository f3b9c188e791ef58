//! Creates the content of note and message: gathers the evidence, analyses it and writes the report.

use std::sync::Arc;
use std::time::Duration;

use super::analysis::Analyses;
use super::budget::Shared;
use crate::analyzers::rules;
use crate::aws::Aws;
use crate::clock::{self, time_left};
use crate::config::{Config, SentryConfig};
use crate::domain::deadline::{Deadline, RESERVE};
use crate::domain::event::Event;
use crate::domain::evidence::Evidence;
use crate::domain::ids::Slug;
use crate::domain::occurrence::{IssueOccurrence, Occurrence};
use crate::domain::outcome::Failure;
use crate::domain::report::{MetricReport, Report};
use crate::handler::clients::Clients;
use crate::handler::observing::event::DeliveryEvent;
use crate::handler::observing::observers::Observers;
use crate::handler::observing::timings::Timings;
use crate::notifiers::Notification;
use crate::secrets::Secrets;
use crate::sentry::{self, CodeReader, pages};
use crate::source::SourceCodes;
use crate::state::{Documents, Spending};

/// The longest time for gathering evidence. A person waits for the message, so evidence that needs longer becomes a
/// gap.
const GATHERING: Duration = Duration::from_secs(20);

/// The part of the handler that creates notifications.
pub(in crate::handler) struct Reports {
    pub(in crate::handler) sentry: SentryConfig,
    /// The reader of source code. `None` if no code host is configured.
    pub(in crate::handler) source: Option<SourceCodes>,
    pub(in crate::handler) analyses: Analyses,
    pub(in crate::handler) clients: Clients,
    pub(in crate::handler) observers: Observers,
}

impl Reports {
    pub(in crate::handler) fn new(
        config: &Config,
        (aws, documents): (Aws, &Documents),
        clients: Clients,
        observers: Observers,
    ) -> Self {
        let analyses = Analyses {
            model: config.model.clone(),
            language: config.language,
            aws,
            budget: Box::new(Shared::new(Spending::new(documents))),
            clients: clients.clone(),
        };
        let codes = |source| SourceCodes::new(source, clients.http.clone(), suspects);
        let source = config.source.clone().map(codes);
        Self { sentry: config.sentry.clone(), source, analyses, clients, observers }
    }

    /// Gathers evidence about an occurrence, analyses it and returns the notification. A configured language model gets
    /// the prompt. No note is written and no message is sent.
    pub(in crate::handler) async fn notification(
        &self,
        occurrence: Occurrence,
        timings: &Timings,
        deadline: Deadline,
    ) -> Notification {
        match occurrence {
            Occurrence::Metric(alert) => {
                let org = self.sentry.org.as_ref().or(alert.org.as_ref());
                let link = alert.rule_id.as_ref().and_then(|rule| pages::alert_rule(&self.sentry, org, rule));
                Notification::Metric(MetricReport { alert, link })
            }
            Occurrence::Issue(occurrence) => {
                Notification::Issue(Box::new(self.report(*occurrence, timings, deadline).await))
            }
        }
    }

    async fn report(&self, occurrence: IssueOccurrence, timings: &Timings, deadline: Deadline) -> Report {
        let org = self.sentry.org.clone().or_else(|| occurrence.org.clone());
        let gathering = self.gather(Evidence::of(occurrence), org.as_ref(), deadline);
        let evidence = timings.evidence.of(gathering).await;
        self.observers.emit(DeliveryEvent::Evidence(&evidence));
        let analysis = timings.analysis.of(self.analyses.analyze(&evidence, &timings.tokens, deadline)).await;
        let link = pages::issue(&self.sentry, org.as_ref(), &evidence.issue.id);
        let secrets = self.clients.secrets().await;
        let note_missing = self.clients.sentry(&secrets, org.as_ref(), deadline).err();
        let ran_out =
            evidence.gaps.iter().any(|gap| matches!(gap.why, Failure::Timeout | Failure::OutOfTime));
        let cut_short = ran_out && time_left(deadline) <= RESERVE;
        Report { evidence, analysis, link, note_missing, history: Vec::new(), cut_short }
    }

    /// Returns the evidence of the webhook (`known`) with added evidence from the Sentry API and with source code.
    async fn gather(&self, known: Evidence, org: Option<&Slug>, deadline: Deadline) -> Evidence {
        let until = clock::at_most(clock::keeping(deadline, RESERVE), GATHERING);
        let gather = |secrets: Arc<Secrets>| {
            let (sentry, known) = (self.clients.sentry(&secrets, org, until), known.clone());
            async move {
                let source = self.source.as_ref().zip(sentry.clone().ok());
                let reader =
                    source.map(|(source, sentry)| source.reader(secrets.get("SOURCE_TOKEN"), sentry));
                let reader = reader.as_ref().map(|it| it as &dyn CodeReader);
                Box::pin(sentry::gather(sentry, known, reader)).await
            }
        };
        self.clients.with_secrets(gather, Evidence::was_refused).await
    }
}

/// Returns the indexes of an event's frames, the most suspect first.
fn suspects(event: &Event) -> Vec<usize> {
    rules::ranking(event).iter().map(|ranked| ranked.index).collect()
}
