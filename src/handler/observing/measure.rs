//! Maps each event of the work on a webhook to metrics. The module `metrics` writes the metrics.

use std::sync::atomic::Ordering;

use super::event::{DeliveryEvent, Finished, Observer};
use crate::clock::{millis, unix_millis};
use crate::domain::approval::ApprovalState;
use crate::domain::outcome::{DeliveryStatus, Failure, Step};
use crate::domain::reading::Reading;
use crate::domain::silence::SilenceNews;
use crate::handler::answer::{Answer, Refusal};
use crate::metrics::{Measured, Metric, Metrics};
use crate::notifiers::{Notification, StepMetrics};

/// The observer that writes the metrics of each event.
pub(super) struct Meter(pub(super) Metrics);

impl Observer for Meter {
    fn observe(&self, event: &DeliveryEvent<'_>) {
        self.0.emit(&measured(event), unix_millis());
    }
}

/// Returns the metrics of an event with their values.
#[must_use]
pub fn measured(event: &DeliveryEvent<'_>) -> Measured {
    let mut measured = counted(event);
    let not_told = not_told(event);
    measured.extend((not_told > 0).then_some((Metric::NotTold, not_told)));
    measured
}

/// Returns the number of messages, edits and replies in chats that an event reports as missing. An attempt that is
/// repeated later counts, too.
#[must_use]
pub fn not_told(event: &DeliveryEvent<'_>) -> u64 {
    match event {
        DeliveryEvent::NotShown { .. } => 1,
        DeliveryEvent::Processed(Finished { processed, notifiers, .. }) => {
            let chats = notifiers.profiles().filter(|profile| profile.asks_for_approval);
            let steps = chats.filter_map(|profile| processed.step(profile.name));
            let missing = steps.filter(|step| matches!(step, Step::Failed(_) | Step::Skipped(_)));
            u64::try_from(missing.count()).unwrap_or(u64::MAX)
        }
        _ => 0,
    }
}

fn counted(event: &DeliveryEvent<'_>) -> Measured {
    match event {
        DeliveryEvent::Started { .. } => vec![(Metric::ColdStarts, 1)],
        DeliveryEvent::Answered { answer: Answer::Health(_) | Answer::Probe(_), .. } => Vec::new(),
        DeliveryEvent::Answered { answer, took } => {
            let mut measured = answered(answer);
            measured.push((Metric::AnswerDuration, millis(*took)));
            measured
        }
        DeliveryEvent::UpdateRefused(refusal) => refused(refusal),
        DeliveryEvent::Notification(Notification::Issue(report)) => {
            report.analysis.reading.as_deref().map(edits).unwrap_or_default()
        }
        DeliveryEvent::Processed(finished) => processed(finished),
        DeliveryEvent::Decided(approval) => decided(&approval.state),
        DeliveryEvent::WebhooksWatched { silence, news } => {
            let lasts = silence.filter(|_| *news != Some(SilenceNews::Over));
            vec![(Metric::WebhooksSilent, lasts.map_or(0, |silence| silence.issues))]
        }
        DeliveryEvent::SweepFailed(_) => vec![(Metric::SweepsFailed, 1)],
        _ => Vec::new(),
    }
}

fn answered(answer: &Answer) -> Measured {
    match answer {
        Answer::Accepted { .. } => vec![(Metric::DeliveriesAccepted, 1)],
        Answer::Duplicate(_) | Answer::Doubtful { .. } => vec![(Metric::DeliveriesDuplicate, 1)],
        Answer::Ignored(_) | Answer::Update { .. } => vec![(Metric::DeliveriesIgnored, 1)],
        Answer::Refused(refusal) => refused(refusal),
        Answer::Health(_) | Answer::Probe(_) => Vec::new(),
    }
}

fn refused(refusal: &Refusal) -> Measured {
    match refusal {
        Refusal::NoClientSecret | Refusal::NoSecrets | Refusal::NoWebhookSecret => {
            vec![(Metric::DeliveriesRefused, 1), (Metric::SecretsMissing, 1)]
        }
        Refusal::Signature => vec![(Metric::DeliveriesRefused, 1), (Metric::SignaturesRefused, 1)],
        _ => vec![(Metric::DeliveriesRefused, 1)],
    }
}

fn processed(finished: &Finished<'_>) -> Measured {
    let Finished { processed, notifiers, timings, .. } = finished;
    let status = match processed.status() {
        DeliveryStatus::Completed => Metric::DeliveriesCompleted,
        DeliveryStatus::Partial => Metric::DeliveriesPartial,
        DeliveryStatus::Failed => Metric::DeliveriesFailed,
    };
    let mut measured = vec![(status, 1)];
    for profile in notifiers.profiles() {
        measured.extend(step(processed.step(profile.name), profile.metrics).map(|metric| (metric, 1)));
    }
    let refused = |why: Failure| matches!(why, Failure::Unauthorized | Failure::Forbidden);
    let mut failures = processed.steps.iter().filter_map(|(_, step)| step.failure());
    if processed.gaps.iter().any(|gap| refused(gap.why)) || failures.any(refused) {
        measured.push((Metric::TokensRefused, 1));
    }
    let tokens = timings.tokens.load(Ordering::Relaxed);
    measured.extend((tokens > 0).then_some((Metric::ModelTokens, tokens)));
    let durations = [
        (Metric::EvidenceDuration, &timings.evidence),
        (Metric::AnalysisDuration, &timings.analysis),
        (Metric::TellingDuration, &timings.notifying),
    ];
    measured.extend(durations.into_iter().filter_map(|(metric, timing)| Some((metric, timing.millis()?))));
    measured
}

/// Returns the metric for a change of the source code that a model suggested and that was left out.
fn edits(reading: &Reading) -> Measured {
    reading.edit_problem.map(|_| (Metric::EditsRefused, 1)).into_iter().collect()
}

fn decided(ended: &ApprovalState) -> Measured {
    match ended {
        ApprovalState::Done { .. } => vec![(Metric::ApprovalsDecided, 1)],
        ApprovalState::Failed { .. } => vec![(Metric::ApprovalsFailed, 1)],
        ApprovalState::Pending
        | ApprovalState::Working { .. }
        | ApprovalState::Expired
        | ApprovalState::Superseded => Vec::new(),
    }
}

/// Returns the metric for the result of a notifier. `None` if the notifier did its work before, waits for an approval,
/// is off, is not needed any more, or does not apply.
fn step(step: Option<&Step>, metrics: StepMetrics) -> Option<Metric> {
    match step? {
        Step::Done(_) => Some(metrics.done),
        Step::Failed(_) => Some(metrics.failed),
        Step::Skipped(_) => Some(metrics.skipped),
        Step::Waiting | Step::AlreadyDone | Step::Off(_) | Step::Obsolete(_) | Step::NotApplicable => None,
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::super::timings::Timings;
    use super::*;
    use crate::domain::approval::{Choice, Decider};
    use crate::domain::outcome::Processed;
    use crate::domain::source::EditProblem;
    use crate::domain::text::Untrusted;
    use crate::notifiers::Notifiers;

    #[test]
    fn a_decision_is_counted_by_how_it_ended() {
        let by = || Decider::new(None, &Untrusted::new("Kim"), 1);
        let failed = ApprovalState::Failed { by: by(), why: "timeout".to_owned(), at_ms: 2 };
        assert_eq!(decided(&failed), [(Metric::ApprovalsFailed, 1)]);
        let done = ApprovalState::Done { choice: Choice::Reject, by: by() };
        assert_eq!(decided(&done), [(Metric::ApprovalsDecided, 1)]);
        for open in [ApprovalState::Pending, ApprovalState::Expired, ApprovalState::Superseded] {
            assert!(decided(&open).is_empty(), "{open:?}");
        }
    }

    #[test]
    fn a_refused_edit_is_counted_and_an_absent_one_is_not() {
        let refused = Reading { edit_problem: Some(EditProblem::NotFound), ..Reading::default() };
        assert_eq!(edits(&refused), [(Metric::EditsRefused, 1)]);
        assert!(edits(&Reading::default()).is_empty());
    }

    #[test]
    fn a_refused_token_and_a_missing_note_are_counted() {
        let steps = vec![
            ("note", Step::Failed(Failure::Forbidden)),
            ("telegram", Step::Off(Failure::NotConfigured("TELEGRAM_CHAT_ID"))),
        ];
        let failed = Processed { steps, ..Processed::default() };
        let expected = [(Metric::DeliveriesFailed, 1), (Metric::NotesFailed, 1), (Metric::TokensRefused, 1)];
        let finished = Finished {
            processed: &failed,
            trigger: "alert",
            notifiers: &Notifiers::default(),
            timings: &Timings::default(),
            took: Duration::ZERO,
        };
        assert_eq!(measured(&DeliveryEvent::Processed(finished)), expected);
    }
}
