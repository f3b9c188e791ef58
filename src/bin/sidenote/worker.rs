//! What `serve` does without being asked: it takes due deliveries out of its file, and keeps time.

use std::sync::Arc;
use std::time::Duration;

use sidenote::config::ApprovalMode;
use sidenote::handler::Handler;
use sidenote::redelivery::{Fate, FileQueue, Taken};
use sidenote::sqlite::Database;
use sidenote::{clock, logging};
use tokio::sync::Semaphore;
use tokio::time::{Instant, MissedTickBehavior, interval_at};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tracing::Instrument as _;

use crate::local;
use crate::storage::Storage;

/// How often the file is asked for due deliveries.
const LOOK: Duration = Duration::from_millis(500);
/// How often expired approvals are closed.
const CLOSE_EVERY: Duration = Duration::from_mins(5);
/// How often expired records are deleted.
const TIDY_EVERY: Duration = Duration::from_hours(1);
/// The first sweep looks for what came while `serve` was away.
const FIRST_SWEEP: Duration = Duration::from_secs(30);

/// What the tasks of this file share.
#[derive(Clone)]
pub(crate) struct Worker {
    pub(crate) handler: Arc<Handler>,
    pub(crate) work: TaskTracker,
    pub(crate) turns: Arc<Semaphore>,
    pub(crate) ended: CancellationToken,
}

impl Worker {
    /// Starts what the settings ask for. All of it ends with `ended`.
    pub(crate) async fn start(&self, storage: Option<&Storage>) {
        let config = self.handler.config();
        if let Some(storage) = storage {
            if storage.is_alone {
                self.take_over(&storage.queue).await;
            }
            let (worker, queue) = (self.clone(), storage.queue.clone());
            self.every(LOOK, LOOK, move || worker.clone().take_due(queue.clone()));
            let database = storage.database.clone();
            self.every(TIDY_EVERY, TIDY_EVERY, move || tidy(database.clone()));
        }
        if let Some(sweep_every) = config.sweep_every {
            let handler = Arc::clone(&self.handler);
            self.every(FIRST_SWEEP.min(sweep_every), sweep_every, move || sweep(Arc::clone(&handler)));
        }
        // Listing a table of DynamoDB reads all of it, and several nodes may share it: there a person closes.
        if config.state_table.is_none() && config.approval.mode != ApprovalMode::Nothing {
            let handler = Arc::clone(&self.handler);
            self.every(CLOSE_EVERY, CLOSE_EVERY, move || close_expired(Arc::clone(&handler)));
        }
    }

    /// Frees what a dead process held.
    async fn take_over(&self, queue: &FileQueue) {
        let released = self.handler.release_claims().await.unwrap_or_else(|error| {
            tracing::error!(error = %error, "state_unavailable: leases of a dead process are waited for");
            0
        });
        match queue.take_over().await {
            Ok(deliveries) => tracing::info!(released, deliveries, "serve_took_over"),
            Err(error) => tracing::error!(error = %error, "redelivery_unavailable"),
        }
    }

    /// Does `task` after `first`, and then at every `period`, one run after the other. A run that has begun is finished.
    fn every<F: Future<Output = ()> + Send + 'static>(
        &self,
        first: Duration,
        period: Duration,
        task: impl Fn() -> F + Send + Sync + 'static,
    ) {
        let (ended, work) = (self.ended.clone(), self.work.clone());
        tokio::spawn(async move {
            let mut ticks = interval_at(Instant::from_std(clock::now() + first), period);
            ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
            while ended.run_until_cancelled(ticks.tick()).await.is_some() {
                work.track_future(task()).await;
            }
        });
    }

    /// Takes out what is due, as much as there are turns for.
    async fn take_due(self, queue: FileQueue) {
        let most = self.turns.available_permits();
        if most == 0 {
            return;
        }
        match queue.take(most).await {
            Ok(due) => due.into_iter().for_each(|taken| self.begin(taken, queue.clone())),
            Err(error) => tracing::error!(error = %error, "redelivery_unavailable"),
        }
    }

    fn begin(&self, taken: Taken, queue: FileQueue) {
        let (handler, turns) = (Arc::clone(&self.handler), Arc::clone(&self.turns));
        let work = async move {
            // An error would say that the semaphore is closed, which nobody does.
            let _turn = turns.acquire().await;
            finish(&handler, &queue, taken).await;
        };
        self.work.spawn(work.instrument(logging::request(None, None)));
    }
}

/// Works on a delivery by the code that a batch of SQS takes, and says what becomes of it.
async fn finish(handler: &Handler, queue: &FileQueue, taken: Taken) {
    let outcome = Box::pin(handler.redelivered(&taken.message, local::deadline())).await;
    let kept = match outcome {
        Ok(()) => queue.remove(taken.id).await.map(drop),
        Err(why) => {
            let reason = why.to_string();
            tracing::warn!(delivery = taken.id, reason, "redelivery_kept");
            queue.put_back(&taken, &reason).await.map(|fate| {
                if fate == Fate::Dead {
                    tracing::error!(
                        delivery = taken.id,
                        reason,
                        "redelivery_dead_letter: see `sidenote dead-letters`"
                    );
                }
            })
        }
    };
    if let Err(error) = kept {
        tracing::error!(error = %error, "redelivery_unavailable: the delivery comes once more");
    }
}

async fn tidy(database: Database) {
    match database.tidy().await {
        Ok(deleted) => tracing::info!(deleted, "state_tidied"),
        Err(error) => tracing::error!(error = %error, "state_unavailable: nothing is deleted"),
    }
}

async fn sweep(handler: Arc<Handler>) {
    Box::pin(handler.sweep_on_schedule(local::deadline())).await;
}

async fn close_expired(handler: Arc<Handler>) {
    match Box::pin(handler.close_expired(local::deadline())).await {
        Ok(closing) if closing.closed.is_empty() => {}
        Ok(closing) => {
            tracing::info!(closed = closing.closed.len(), left = closing.left.len(), "approvals_closed")
        }
        Err(error) => tracing::error!(error = %error, "state_unavailable: expired approvals stay open"),
    }
}
