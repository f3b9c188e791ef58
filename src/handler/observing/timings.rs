//! Measures the durations of the parts of the work on a webhook, and counts the tokens of the model.

use std::future::Future;
use std::sync::atomic::{AtomicU64, Ordering};

use async_trait::async_trait;

use crate::clock::{Stopwatch, millis};
use crate::domain::deadline::Deadline;
use crate::domain::model_error::ModelError;
use crate::models::{Model, ModelReply, Question};

/// The durations of gathering, analysis and notification for one webhook, and the tokens that the model used.
#[derive(Debug, Default)]
pub struct Timings {
    pub(in crate::handler) evidence: Timing,
    pub(in crate::handler) analysis: Timing,
    pub(in crate::handler) notifying: Timing,
    pub(in crate::handler) tokens: AtomicU64,
}

/// The duration of one part of the work. The stored number is the duration in milliseconds plus one; zero means that
/// this part did not run.
#[derive(Debug, Default)]
pub(in crate::handler) struct Timing(AtomicU64);

impl Timing {
    /// Runs `work` and stores its duration. The work is boxed, because the future that waits for it would otherwise
    /// contain the state of the work twice.
    pub(in crate::handler) fn of<'l, T>(
        &'l self,
        work: impl Future<Output = T> + Send + 'l,
    ) -> impl Future<Output = T> + Send + 'l {
        let work = Box::pin(work);
        async move {
            let watch = Stopwatch::start();
            let done = work.await;
            self.0.store(millis(watch.elapsed()).saturating_add(1), Ordering::Relaxed);
            done
        }
    }

    /// Returns the duration in milliseconds. `None` if this part of the work did not run.
    pub(in crate::handler) fn millis(&self) -> Option<u64> {
        self.0.load(Ordering::Relaxed).checked_sub(1)
    }
}

/// A model whose used tokens are added to a counter.
pub(in crate::handler) struct Counted<'l> {
    pub(in crate::handler) model: Box<dyn Model>,
    pub(in crate::handler) tokens: &'l AtomicU64,
}

#[async_trait]
impl Model for Counted<'_> {
    async fn ask(&self, question: &Question, deadline: Deadline) -> Result<ModelReply, ModelError> {
        let answer = self.model.ask(question, deadline).await?;
        self.tokens.fetch_add(answer.tokens_in.saturating_add(answer.tokens_out), Ordering::Relaxed);
        Ok(answer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_step_that_did_not_run_has_no_duration() {
        assert_eq!(Timing::default().millis(), None);
    }
}
