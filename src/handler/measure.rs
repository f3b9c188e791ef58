//! What of a delivery is counted and timed. `metrics` knows how that is written down.

use std::future::Future;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use async_trait::async_trait;

use super::http::{Answer, Refusal};
use super::intake::millis;
use crate::domain::approval::ApprovalState;
use crate::domain::deadline::Deadline;
use crate::domain::model_error::ModelError;
use crate::domain::outcome::{Failure, Processed, Step};
use crate::http::time_left;
use crate::metrics::{Measured, Metric};
use crate::models::{self, Model, Question};
use crate::notifiers::note::Note;
use crate::notifiers::telegram::Telegram;

/// How long the steps of one delivery took, and what the model cost.
#[derive(Debug, Default)]
pub(super) struct Timings {
    pub(super) evidence: Timing,
    pub(super) analysis: Timing,
    pub(super) telling: Timing,
    pub(super) tokens: AtomicU64,
}

/// How long a step took, in milliseconds; one more than that, so that a step that never ran is told apart.
#[derive(Debug, Default)]
pub(super) struct Timing(AtomicU64);

impl Timing {
    /// Does the work, and keeps how long it took. The work is boxed, because a future within a future is held twice.
    pub(super) fn of<'l, T>(
        &'l self,
        deadline: Deadline,
        work: impl Future<Output = T> + Send + 'l,
    ) -> impl Future<Output = T> + Send + 'l {
        let work = Box::pin(work);
        async move {
            let before = time_left(deadline);
            let done = work.await;
            let took = millis(before.saturating_sub(time_left(deadline)));
            self.0.store(took.saturating_add(1), Ordering::Relaxed);
            done
        }
    }

    /// The milliseconds, if the step ran.
    pub(super) fn millis(&self) -> Option<u64> {
        self.0.load(Ordering::Relaxed).checked_sub(1)
    }
}

/// A model whose tokens are counted.
pub(super) struct Counted<'l> {
    pub(super) model: Box<dyn Model>,
    pub(super) tokens: &'l AtomicU64,
}

#[async_trait]
impl Model for Counted<'_> {
    async fn ask(&self, question: &Question, deadline: Deadline) -> Result<models::ModelReply, ModelError> {
        let answer = self.model.ask(question, deadline).await?;
        self.tokens.fetch_add(answer.tokens_in.saturating_add(answer.tokens_out), Ordering::Relaxed);
        Ok(answer)
    }
}

/// What is counted of a request that was answered.
pub(super) fn answered(answer: &Answer, took: Option<Duration>) -> Measured {
    let mut measured = match answer {
        Answer::Accepted { .. } => vec![(Metric::DeliveriesAccepted, 1)],
        Answer::Duplicate(_) => vec![(Metric::DeliveriesDuplicate, 1)],
        Answer::Ignored(_) => vec![(Metric::DeliveriesIgnored, 1)],
        Answer::Refused(Refusal::NoClientSecret | Refusal::NoSecrets | Refusal::NoWebhookSecret) => {
            vec![(Metric::DeliveriesRefused, 1), (Metric::SecretsMissing, 1)]
        }
        Answer::Refused(Refusal::Signature) => {
            vec![(Metric::DeliveriesRefused, 1), (Metric::SignaturesRefused, 1)]
        }
        Answer::Refused(_) => vec![(Metric::DeliveriesRefused, 1)],
        Answer::Health(_) => return Vec::new(),
    };
    measured.extend(took.map(|took| (Metric::AnswerDuration, millis(took))));
    measured
}

/// What is counted of a delivery that was worked to its end.
pub(super) fn processed(processed: &Processed, timings: &Timings) -> Measured {
    let status = match processed.status() {
        "completed" => Metric::DeliveriesCompleted,
        "partial" => Metric::DeliveriesPartial,
        _ => Metric::DeliveriesFailed,
    };
    let mut measured = vec![(status, 1)];
    let note = [Metric::NotesPosted, Metric::NotesFailed, Metric::NotesSkipped];
    let message = [Metric::MessagesSent, Metric::MessagesFailed, Metric::MessagesSkipped];
    for (name, metrics) in [(Note::NAME, note), (Telegram::NAME, message)] {
        measured.extend(step(processed.step(name), metrics).map(|metric| (metric, 1)));
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
        (Metric::TellingDuration, &timings.telling),
    ];
    measured.extend(durations.into_iter().filter_map(|(metric, timing)| Some((metric, timing.millis()?))));
    measured
}

/// What is counted of a decision that was seen to.
pub(super) fn decided(ended: &ApprovalState) -> Measured {
    match ended {
        ApprovalState::Done { .. } => vec![(Metric::ApprovalsDecided, 1)],
        ApprovalState::Failed { .. } => vec![(Metric::ApprovalsFailed, 1)],
        ApprovalState::Pending
        | ApprovalState::Working { .. }
        | ApprovalState::Expired
        | ApprovalState::Superseded => Vec::new(),
    }
}

/// Which of done, failed and skipped a step is. What nobody asked for, or was done before, is none.
fn step(step: Option<&Step>, [done, failed, skipped]: [Metric; 3]) -> Option<Metric> {
    match step? {
        Step::Done(_) => Some(done),
        Step::Failed(_) => Some(failed),
        Step::Skipped(_) => Some(skipped),
        Step::Waiting | Step::AlreadyDone | Step::Off(_) | Step::NotApplicable => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::approval::{Choice, Decider};
    use crate::domain::text::Untrusted;

    #[test]
    fn a_step_that_did_not_run_has_no_duration() {
        assert_eq!(Timing::default().millis(), None);
    }

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
    fn a_refused_token_and_a_missing_note_are_counted() {
        let steps = vec![
            (Note::NAME, Step::Failed(Failure::Forbidden)),
            (Telegram::NAME, Step::Off(Failure::NotConfigured("TELEGRAM_CHAT_ID"))),
        ];
        let failed = Processed { issue: None, analysis: None, steps, gaps: Vec::new(), substatus: None };
        let expected = [(Metric::DeliveriesFailed, 1), (Metric::NotesFailed, 1), (Metric::TokensRefused, 1)];
        assert_eq!(processed(&failed, &Timings::default()), expected);
    }
}
