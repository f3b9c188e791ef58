//! The log: one closing line a delivery, under the names that the original system used. A failure is logged here, once.

use std::time::Duration;

use super::http::{Answer, Refusal};
use super::measure::Timings;
use crate::domain::approval::{Approval, ApprovalState};
use crate::domain::ids::IssueId;
use crate::domain::outcome::{Failure, Processed, Step};
use crate::notifiers::note::Note;
use crate::notifiers::telegram::Telegram;

/// A request that was answered at once: why nothing follows.
pub(super) fn answered(answer: &Answer) {
    match answer {
        Answer::Ignored(why) => tracing::info!(reason = why.reason(), "delivery_ignored"),
        Answer::Refused(refusal @ (Refusal::NoClientSecret | Refusal::NoSecrets)) => {
            tracing::error!(reason = %refusal, "delivery_refused");
        }
        Answer::Refused(refusal) => tracing::warn!(reason = %refusal, "delivery_refused"),
        Answer::Accepted { job, .. } => {
            let id = job.occurrence.issue_id();
            let (issue_id, trigger) = (id.as_ref().map(IssueId::as_str), job.occurrence.name());
            tracing::info!(issue_id, trigger, "delivery_accepted");
        }
        Answer::Duplicate(issue) => {
            tracing::info!(issue_id = issue.as_ref().map(IssueId::as_str), "delivery_duplicate");
        }
        Answer::Health(_) => {}
    }
}

/// A delivery that was worked to its end.
pub(super) fn processed(processed: &Processed, trigger: &'static str, timings: &Timings, took: Duration) {
    let issue = processed.issue.as_ref().map(IssueId::as_str);
    for gap in &processed.gaps {
        sentry_failure(gap.why, issue, gap.what.name());
    }
    for (name, step) in &processed.steps {
        match *name {
            Note::NAME => note(step, issue),
            Telegram::NAME => telegram(step, issue),
            _ => {}
        }
    }
    tracing::info!(
        issue_id = issue,
        trigger,
        status = processed.status(),
        note = processed.step(Note::NAME).map(Step::name),
        telegram = processed.step(Telegram::NAME).map(Step::name),
        gaps = processed.gaps.len(),
        evidence_ms = timings.evidence.millis(),
        analysis_ms = timings.analysis.millis(),
        telling_ms = timings.telling.millis(),
        duration_ms = u64::try_from(took.as_millis()).unwrap_or(u64::MAX),
        "delivery_processed"
    );
}

fn note(step: &Step, issue: Option<&str>) {
    match step {
        Step::Done(comment) => {
            tracing::info!(issue_id = issue, comment_id = comment.as_deref(), "sentry_comment_posted");
        }
        Step::AlreadyDone => tracing::info!(issue_id = issue, "sentry_comment_stood_already"),
        Step::Skipped(why) | Step::Off(why) => {
            tracing::warn!(issue_id = issue, outcome = why.name(), reason = %why, "sentry_comment_skipped");
        }
        Step::Waiting => tracing::info!(issue_id = issue, "sentry_comment_waiting"),
        Step::Failed(why) => {
            sentry_failure(*why, issue, "note");
            tracing::error!(issue_id = issue, outcome = why.name(), reason = %why, "sentry_comment_failed");
        }
        Step::NotApplicable => {}
    }
}

/// The two failures of the Sentry API that have a name of their own, because each has one cure.
fn sentry_failure(why: Failure, issue: Option<&str>, call: &'static str) {
    match why {
        Failure::Unauthorized | Failure::Forbidden => {
            tracing::error!(issue_id = issue, call, outcome = why.name(), "sentry_api_unauthorized");
        }
        Failure::Timeout | Failure::Unreachable => {
            tracing::error!(issue_id = issue, call, outcome = why.name(), "sentry_api_timeout");
        }
        _ => {}
    }
}

/// A decision that was seen to.
pub(super) fn decided(approval: &Approval) {
    let (approval_id, issue_id) = (approval.id.as_str(), approval.issue.as_str());
    let (asks, state) = (approval.subject.name(), approval.state.name());
    let user_id = approval.state.by().and_then(|by| by.id);
    if let ApprovalState::Failed { why, .. } = &approval.state {
        tracing::error!(approval_id, issue_id, asks, user_id, reason = why.as_str(), "approval_failed");
    } else {
        tracing::info!(approval_id, issue_id, asks, state, user_id, "approval_decided");
    }
}

/// A tap that decides nothing.
pub(super) fn tap_refused(reason: &'static str, user_id: i64) {
    tracing::warn!(reason, user_id, "approval_tap_refused");
}

fn telegram(step: &Step, issue: Option<&str>) {
    match step {
        Step::Done(message) => {
            tracing::info!(issue_id = issue, message_id = message.as_deref(), "telegram_message_sent");
        }
        Step::Skipped(why) => {
            tracing::warn!(issue_id = issue, outcome = why.name(), reason = %why, "telegram_message_skipped");
        }
        Step::Failed(why) => {
            tracing::error!(issue_id = issue, outcome = why.name(), reason = %why, "telegram_message_failed");
        }
        Step::AlreadyDone | Step::Off(_) | Step::Waiting | Step::NotApplicable => {}
    }
}
