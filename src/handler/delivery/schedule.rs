//! Runs the scheduled sweep. The sweep handles recent issues without a note, checks whether Sentry's webhooks arrive,
//! tells people if they do not, and calls the monitoring service (heartbeat).

use serde_json::{Value, json};

use super::deliveries::Deliveries;
use super::heartbeat::{self, beat};
use super::sweep::{Swept, is_late};
use super::watch::Looked;
use crate::clock;
use crate::config::Sweep;
use crate::domain::deadline::Deadline;
use crate::domain::ids::IssueId;
use crate::domain::occurrence::{IssueOccurrence, Occurrence, Trigger};
use crate::domain::outcome::{DeliveryStatus, Failure};
use crate::domain::silence::{Return, SilenceNews, WebhookSilence};
use crate::domain::words::{Arg, Phrase, Sentence};
use crate::handler::observing::event::DeliveryEvent;

impl Deliveries {
    /// Runs the scheduled sweep and returns its result as JSON.
    pub(in crate::handler) async fn sweep_on_schedule(&self, sweep: &Sweep, deadline: Deadline) -> Value {
        let urls = &self.notifying.config.heartbeat;
        let until = if urls.is_set() { clock::keeping(deadline, heartbeat::LIMIT) } else { deadline };
        let swept = self.watched_sweep(sweep, until).await;
        beat(&self.clients.http, urls, swept.as_ref().err().copied(), deadline).await;
        match swept {
            Ok(swept) => {
                tracing::info!(
                    seen = swept.seen,
                    had_note = swept.had_note,
                    worked = swept.worked.len(),
                    left = swept.left.len(),
                    "sweep_finished"
                );
                swept.to_json()
            }
            Err(why) => {
                self.observers.emit(DeliveryEvent::SweepFailed(why));
                json!({"status": "failed", "outcome": why.name(), "reason": why.to_string()})
            }
        }
    }

    /// Checks whether the webhooks of the recent issues arrived, and then handles the issues without a note. Returns
    /// the handled issues and the issues that are left.
    async fn watched_sweep(&self, sweep: &Sweep, deadline: Deadline) -> Result<Swept, Failure> {
        let (issues, sentry) = self.recent(sweep, deadline).await?;
        let looked = self.watch.look(&issues, &sentry).await;
        if let Some(looked) = &looked {
            self.announce_silence(looked, deadline).await;
        }
        let returned = looked.map(|looked| looked.returned).unwrap_or_default();
        let mut swept = Swept::default();
        for returned in returned {
            // The remaining issues stay in the watch's record for the next sweep.
            if swept.worked.len() >= sweep.limit || is_late(deadline) {
                break;
            }
            let id = returned.issue.id.clone();
            swept.worked.extend(self.handle_return(returned, deadline).await);
            self.watch.handled(&id).await;
        }
        Ok(self.sweep_issues(issues, &sentry, (sweep, swept), deadline).await)
    }

    /// Reports to the observers whether webhooks arrive, and tells people if that has changed.
    async fn announce_silence(&self, looked: &Looked, deadline: Deadline) {
        let Looked { silence, news, .. } = looked;
        self.observers.emit(DeliveryEvent::WebhooksWatched { silence: silence.as_ref(), news: *news });
        if let (Some(silence), Some(news)) = (silence, news) {
            self.notifying.announce(&announcement(silence, *news), deadline).await;
        }
    }

    /// Handles the return of an issue whose webhook did not arrive. Returns `None` if an incident has begun since the
    /// return was found, or if another invocation is handling the issue or has handled it.
    async fn handle_return(
        &self,
        Return { issue, substatus, found_ms }: Return,
        deadline: Deadline,
    ) -> Option<(IssueId, DeliveryStatus)> {
        let id = issue.id.clone();
        let record = self.incidents.record(&id).await.ok().flatten();
        if record.is_some_and(|record| record.has_begun_since(found_ms)) {
            return None;
        }
        let asked = IssueOccurrence::asked(issue, None);
        let occurrence = IssueOccurrence { trigger: Trigger::Unresolved(substatus), ..asked };
        let occurrence = Occurrence::Issue(Box::new(occurrence));
        let request = self.incidents.request(&occurrence, None, deadline, None);
        let job = self.incidents.job(occurrence, request, None).await.ok()?;
        Some((id, self.process(job, deadline).await.status()))
    }
}

/// Returns the message to people about a period without webhooks.
fn announcement(silence: &WebhookSilence, news: SilenceNews) -> Sentence {
    let phrase: Phrase = match news {
        SilenceNews::Began => |w| w.silence_began,
        SilenceNews::Lasts => |w| w.silence_lasts,
        SilenceNews::Over => |w| w.silence_over,
    };
    let projects = silence.projects.iter().cloned().map(Arg::Name);
    let unknown = || Arg::Name("?".to_owned());
    Sentence::new(
        phrase,
        [
            Arg::Number(silence.issues),
            silence.since().map_or_else(unknown, Arg::Moment),
            Sentence::list(projects).unwrap_or_else(unknown),
            Arg::Name("sidenote doctor".to_owned()),
        ],
    )
}
