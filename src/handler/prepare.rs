//! Steps 3 to 5 of a delivery: evidence, analysis, report.

use std::sync::Arc;
use std::time::Duration;

use super::measure::Timings;
use super::{DeliveryEvent, Handler};
use crate::domain::deadline::{Deadline, RESERVE};
use crate::domain::evidence::Evidence;
use crate::domain::ids::Slug;
use crate::domain::occurrence::{IssueOccurrence, Occurrence};
use crate::domain::outcome::Failure;
use crate::domain::report::{MetricReport, Report};
use crate::http::time_left;
use crate::notifiers::Notification;
use crate::secrets::Secrets;
use crate::sentry::{self, pages};

/// A person waits for the message: evidence that takes longer is a gap.
const GATHERING: Duration = Duration::from_secs(20);

impl Handler {
    /// What is to be told of an occurrence: its evidence and analysis. Sends nothing.
    pub async fn notification(&self, occurrence: Occurrence, deadline: Deadline) -> Notification {
        self.timed_notification(occurrence, &Timings::default(), deadline).await
    }

    /// The same, and how long each step of it took.
    pub(super) async fn timed_notification(
        &self,
        occurrence: Occurrence,
        timings: &Timings,
        deadline: Deadline,
    ) -> Notification {
        match occurrence {
            Occurrence::Metric(alert) => {
                let org = self.config.sentry.org.as_ref().or(alert.org.as_ref());
                let link =
                    alert.rule_id.as_ref().and_then(|rule| pages::alert_rule(&self.config.sentry, org, rule));
                Notification::Metric(MetricReport { alert, link })
            }
            Occurrence::Issue(occurrence) => {
                Notification::Issue(Box::new(self.report(*occurrence, timings, deadline).await))
            }
        }
    }

    async fn report(&self, occurrence: IssueOccurrence, timings: &Timings, deadline: Deadline) -> Report {
        let org = self.config.sentry.org.clone().or_else(|| occurrence.org.clone());
        let gathering = self.gather(Evidence::of(occurrence), org.as_ref(), deadline);
        let evidence = timings.evidence.of(deadline, gathering).await;
        self.emit(DeliveryEvent::Evidence(&evidence));
        let analysis =
            timings.analysis.of(deadline, self.analyze(&evidence, &timings.tokens, deadline)).await;
        let link = pages::issue(&self.config.sentry, org.as_ref(), &evidence.issue.id);
        let secrets = self.secrets.get().await.unwrap_or_default();
        let note_missing = self.sentry(&secrets, org.as_ref(), deadline).err();
        let ran_out = evidence.gaps.iter().any(|gap| gap.why == Failure::Timeout);
        let cut_short = ran_out && time_left(deadline) <= RESERVE;
        Report { evidence, analysis, link, note_missing, history: Vec::new(), cut_short }
    }

    /// Asks the Sentry API.
    async fn gather(&self, known: Evidence, org: Option<&Slug>, deadline: Deadline) -> Evidence {
        #[expect(
            clippy::disallowed_methods,
            reason = "the handler reads the clock for the rooms that do not"
        )]
        let now = std::time::Instant::now();
        let until = deadline.keeping(RESERVE, now).at_most(GATHERING, now);
        let gather = |secrets: Arc<Secrets>| sentry::gather(self.sentry(&secrets, org, until), known.clone());
        self.with_secrets(gather, Evidence::was_refused).await
    }
}
