//! Writes the log: one final line per webhook, with the event and field names of the Python service that Sidenote
//! replaces. Each failure of a notifier is logged once, in this file.

use super::event::{DeliveryEvent, Finished, Observer};
use crate::clock::millis;
use crate::domain::approval::{Approval, ApprovalState, UserId};
use crate::domain::evidence::Wanted;
use crate::domain::ids::IssueId;
use crate::domain::outcome::{Failure, Processed, Step};
use crate::domain::silence::{SilenceNews, WebhookSilence};
use crate::handler::answer::{Answer, Refusal};
use crate::notifiers::note::Note;
use crate::notifiers::telegram::Telegram;
use crate::notifiers::{IdField, LogLines};

/// The observer that writes the log.
pub(super) struct Journal;

impl Observer for Journal {
    fn observe(&self, event: &DeliveryEvent<'_>) {
        match event {
            DeliveryEvent::Started { has_queue: false } => tracing::warn!(
                "redelivery_none: no REDELIVERY_QUEUE_URL, so a dead invocation loses its delivery"
            ),
            DeliveryEvent::Answered { answer, .. } => answered(answer),
            DeliveryEvent::UpdateRefused(refusal) => refused(refusal),
            DeliveryEvent::Processed(finished) => processed(finished),
            DeliveryEvent::Decided(approval) => decided(approval),
            DeliveryEvent::NotShown { what, approval: Some(approval), why, .. } => {
                tracing::warn!(
                    approval_id = approval.as_str(),
                    what,
                    outcome = why.name(),
                    "approval_not_shown"
                );
            }
            DeliveryEvent::NotShown { issue, what, why, .. } => {
                tracing::warn!(
                    issue_id = issue.as_str(),
                    update = what,
                    outcome = why.name(),
                    "update_not_shown"
                );
            }
            DeliveryEvent::TapRefused { why, user } => {
                let (user_id, slack_user) = ids(Some(user));
                tracing::warn!(reason = why, user_id, slack_user, "approval_tap_refused");
            }
            DeliveryEvent::WebhooksWatched { silence: Some(silence), news } => watched(silence, *news),
            DeliveryEvent::SweepFailed(why) => {
                tracing::error!(outcome = why.name(), reason = %why, "sweep_failed");
            }
            _ => {}
        }
    }
}

/// Logs that webhooks do not arrive, or that they arrive again.
fn watched(silence: &WebhookSilence, news: Option<SilenceNews>) {
    let WebhookSilence { since_ms, issues, projects } = silence;
    let projects = projects.join(", ");
    if news == Some(SilenceNews::Over) {
        tracing::info!(since_ms, issues, projects, "webhooks_arrive_again");
    } else {
        tracing::error!(since_ms, issues, projects, "webhooks_silent");
    }
}

/// Logs the answer to a request.
fn answered(answer: &Answer) {
    match answer {
        Answer::Update { noted, .. } => {
            tracing::info!(reason = noted.update.kind.reason(), "delivery_ignored");
        }
        Answer::Ignored(why) => tracing::info!(reason = why.reason(), "delivery_ignored"),
        Answer::Refused(refusal) => refused(refusal),
        Answer::Accepted { job, .. } => {
            let id = job.occurrence.issue_id();
            let (issue_id, trigger) = (id.as_ref().map(IssueId::as_str), job.occurrence.name());
            tracing::info!(issue_id, trigger, "delivery_accepted");
        }
        Answer::Duplicate(issue) => duplicate(issue.as_ref()),
        Answer::Doubtful { job, .. } => duplicate(job.occurrence.issue_id().as_ref()),
        Answer::Health(_) | Answer::Probe(_) => {}
    }
}

fn duplicate(issue: Option<&IssueId>) {
    tracing::info!(issue_id = issue.map(IssueId::as_str), "delivery_duplicate");
}

fn refused(refusal: &Refusal) {
    match refusal {
        Refusal::NoClientSecret | Refusal::NoSecrets => {
            tracing::error!(reason = %refusal, "delivery_refused");
        }
        _ => tracing::warn!(reason = %refusal, "delivery_refused"),
    }
}

/// Logs the outcome of the work on a webhook.
fn processed(finished: &Finished<'_>) {
    let Finished { processed, timings, .. } = finished;
    let issue = processed.issue.as_ref().map(IssueId::as_str);
    for gap in &processed.gaps {
        match gap.what {
            // The failure may be one of the code host.
            Wanted::Source | Wanted::LastChanges | Wanted::Diffs => {
                let (what, outcome) = (gap.what.name(), gap.why.name());
                tracing::warn!(issue_id = issue, what, outcome, reason = %gap.why, "source_not_read");
            }
            what => sentry_failure(gap.why, issue, what.name()),
        }
    }
    for profile in finished.notifiers.profiles() {
        if let Some(step) = processed.step(profile.name) {
            notified(profile.name, &profile.lines, step, issue);
        }
    }
    tracing::info!(
        issue_id = issue,
        trigger = finished.trigger,
        status = processed.status().name(),
        // Existing log queries use the fields `note` and `telegram`. The field `steps` contains every notifier.
        note = processed.step(Note::NAME).map(Step::name),
        telegram = processed.step(Telegram::NAME).map(Step::name),
        steps = steps(processed),
        gaps = processed.gaps.len(),
        evidence_ms = timings.evidence.millis(),
        analysis_ms = timings.analysis.millis(),
        telling_ms = timings.notifying.millis(),
        duration_ms = millis(finished.took),
        "delivery_processed"
    );
}

/// Returns the steps as text: `note=done telegram=failed`.
fn steps(processed: &Processed) -> String {
    let each = processed.steps.iter().map(|(name, step)| format!("{name}={}", step.name()));
    each.collect::<Vec<_>>().join(" ")
}

/// Logs the result of a notifier under the event name from the notifier's profile.
fn notified(name: &'static str, lines: &LogLines, step: &Step, issue_id: Option<&str>) {
    match step {
        Step::Done(id) => {
            let of = |field| id.as_deref().filter(|_| lines.id == field);
            let (comment_id, message_id) = (of(IdField::Comment), of(IdField::Message));
            tracing::info!(issue_id, comment_id, message_id, "{}", lines.done);
        }
        Step::AlreadyDone => quiet(lines.already_done, issue_id),
        Step::Waiting => quiet(lines.waiting, issue_id),
        Step::Skipped(why) => {
            tracing::warn!(issue_id, outcome = why.name(), reason = %why, "{}", lines.skipped);
        }
        Step::Failed(why) => {
            if lines.calls_sentry {
                sentry_failure(*why, issue_id, name);
            }
            tracing::error!(issue_id, outcome = why.name(), reason = %why, "{}", lines.failed);
        }
        Step::Obsolete(why) => {
            tracing::info!(issue_id, notifier = name, outcome = why.name(), reason = %why, "step_obsolete");
        }
        Step::Off(_) | Step::NotApplicable => {}
    }
}

fn quiet(line: Option<&'static str>, issue_id: Option<&str>) {
    if let Some(line) = line {
        tracing::info!(issue_id, "{line}");
    }
}

/// Logs the two kinds of failures of the Sentry API that have their own log line: a rejected token, and a Sentry that
/// does not answer.
fn sentry_failure(why: Failure, issue: Option<&str>, call: &'static str) {
    match why {
        Failure::Unauthorized | Failure::Forbidden => {
            tracing::error!(issue_id = issue, call, outcome = why.name(), "sentry_api_unauthorized");
        }
        Failure::Timeout | Failure::OutOfTime | Failure::Unreachable | Failure::ProxyRefused => {
            tracing::error!(issue_id = issue, call, outcome = why.name(), "sentry_api_timeout");
        }
        _ => {}
    }
}

/// Logs the outcome of an approval's decision.
fn decided(approval: &Approval) {
    let (approval_id, issue_id) = (approval.id.as_str(), approval.issue.as_str());
    let (asks, state) = (approval.subject.name(), approval.state.name());
    let (user_id, slack_user) = ids(approval.state.by().and_then(|by| by.id.as_ref()));
    if let ApprovalState::Failed { why, .. } = &approval.state {
        tracing::error!(
            approval_id,
            issue_id,
            asks,
            user_id,
            slack_user,
            reason = why.as_str(),
            "approval_failed"
        );
    } else {
        tracing::info!(approval_id, issue_id, asks, state, user_id, slack_user, "approval_decided");
    }
}

/// Returns the values of the log fields `user_id` (Telegram) and `slack_user` (Slack) for a person.
fn ids(user: Option<&UserId>) -> (Option<i64>, Option<&str>) {
    match user {
        Some(UserId::Telegram(id)) => (Some(*id), None),
        Some(UserId::Slack(id)) => (None, Some(id)),
        None => (None, None),
    }
}
