//! Runs the scheduled sweep. The sweep handles recent issues without a note, checks whether Sentry's webhooks arrive,
//! tells people if they do not, and calls the monitoring service (heartbeat).

use std::time::Duration;

use serde_json::{Value, json};

use super::deliveries::Deliveries;
use super::heartbeat::{self, beat};
use super::sweep::{SweepTime, Swept, is_late};
use super::watch::Looked;
use crate::clock::{self, millis, time_left, unix_millis};
use crate::config::Sweep;
use crate::domain::deadline::Deadline;
use crate::domain::incident::IncidentState;
use crate::domain::occurrence::{IssueOccurrence, Occurrence, Trigger};
use crate::domain::outcome::{DeliveryStatus, Failure};
use crate::domain::silence::{Return, SilenceNews, UntoldNews};
use crate::domain::words::{Arg, Phrase, Sentence};
use crate::handler::observing::event::DeliveryEvent;
use crate::state::Claimed;

/// A return is handled by every sweep until all steps are done, but not for longer than this.
const TRIED_FOR: Duration = Duration::from_hours(6);

impl Deliveries {
    /// Runs the scheduled sweep and returns its result as JSON.
    pub(in crate::handler) async fn sweep_on_schedule(&self, sweep: &Sweep, deadline: Deadline) -> Value {
        let urls = &self.notifying.config.heartbeat;
        let until = if urls.is_set() { clock::keeping(deadline, heartbeat::LIMIT) } else { deadline };
        let swept = Box::pin(self.watched_sweep(sweep, until)).await;
        beat(&self.clients.http, urls, swept.as_ref().err().copied(), deadline).await;
        match swept {
            Ok(swept) => {
                tracing::info!(
                    seen = swept.seen,
                    had_note = swept.had_note,
                    worked = swept.worked.len(),
                    left = swept.left.len(),
                    not_reached = swept.not_reached.len(),
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
            let (id, found_ms) = (returned.issue.id.clone(), returned.found_ms);
            let handling = self.handle_return(returned, (sweep, deadline)).await;
            if handling.is_complete() {
                self.watch.handled(&id).await;
            } else if handling.is_given_up(found_ms) {
                tracing::error!(issue_id = id.as_str(), "return_given_up");
                self.watch.handled(&id).await;
            }
            if let Handling::Ended(status) = handling {
                swept.worked.push((id, status));
            }
        }
        // An invocation has one deadline, and the next run does the rest.
        let time = SweepTime { all: deadline, each: time_left(deadline) };
        Ok(self.sweep_issues(issues, &sentry, (sweep, swept), time).await)
    }

    /// Reports to the observers whether webhooks arrive, and tells people if that has changed. What a chat did not get
    /// is sent again by the next sweep.
    async fn announce_silence(&self, looked: &Looked, deadline: Deadline) {
        let Looked { silence, news, untold, .. } = looked;
        self.observers.emit(DeliveryEvent::WebhooksWatched { silence: silence.as_ref(), news: *news });
        if let Some(untold) = untold {
            let failed =
                self.notifying.announce(&announcement(untold), untold.failed.as_deref(), deadline).await;
            self.watch.told(untold, failed).await;
        }
    }

    /// Handles the return of an issue whose webhook did not arrive, or completes the incident that has begun to report
    /// it.
    async fn handle_return(
        &self,
        Return { issue, substatus, found_ms }: Return,
        (sweep, deadline): (&Sweep, Deadline),
    ) -> Handling {
        let Ok(record) = self.incidents.record(&issue.id).await else { return Handling::NotBegun };
        let begun = record.filter(|record| record.has_begun_since(found_ms));
        if begun.as_ref().is_some_and(|record| record.state == IncidentState::Done) {
            return Handling::Reported;
        }
        let asked = IssueOccurrence::asked(issue, None);
        let occurrence = IssueOccurrence { trigger: Trigger::Unresolved(substatus), ..asked };
        let occurrence = Occurrence::Issue(Box::new(occurrence));
        let (key, request) = self.incidents.request(&occurrence, None, deadline, None);
        let request = if begun.is_some() { request.completing(millis(sweep.window)) } else { request };
        match self.incidents.job(occurrence, (key, request), None).await {
            Ok(job) if job.claim.is_some() => Handling::Ended(self.process(job, deadline).await.status()),
            Err(unclaimed) if matches!(unclaimed.claimed, Claimed::Finished) => Handling::Reported,
            Ok(_) | Err(_) => Handling::NotBegun,
        }
    }
}

/// The result of handling the return of an issue.
enum Handling {
    /// A finished incident has reported the return before.
    Reported,
    /// This sweep has handled the return, with this outcome.
    Ended(DeliveryStatus),
    /// Another invocation is handling an incident of the issue, or the state store is unavailable.
    NotBegun,
}

impl Handling {
    /// Whether nothing is left to do for a later sweep.
    fn is_complete(&self) -> bool {
        matches!(self, Self::Reported | Self::Ended(DeliveryStatus::Completed))
    }

    /// Whether later sweeps do not try again, because a step still fails long after the look that has found the return,
    /// at `found_ms`.
    fn is_given_up(&self, found_ms: u64) -> bool {
        matches!(self, Self::Ended(_)) && unix_millis().saturating_sub(found_ms) >= millis(TRIED_FOR)
    }
}

/// Returns the message to people about a period without webhooks.
fn announcement(UntoldNews { news, silence, .. }: &UntoldNews) -> Sentence {
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
