//! The background tasks of `sidenote serve`: deliveries from the queue in its SQLite file, and scheduled work.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use sidenote::clock::MoveDetector;
use sidenote::handler::Handler;
use sidenote::redelivery::{Fate, FileQueue, Taken};
use sidenote::sqlite::Database;
use sidenote::{clock, logging};
use tokio::time::{Instant, MissedTickBehavior, interval_at};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tracing::Instrument as _;

use crate::local;
use crate::storage::Storage;
use crate::turns::Turns;

/// The interval between two reads of the queue of deliveries.
const LOOK: Duration = Duration::from_millis(500);
/// The interval between two searches for expired approvals, which are then closed.
const CLOSE_EVERY: Duration = Duration::from_mins(5);
/// The interval between two deletions of expired records and old dead letters.
const TIDY_EVERY: Duration = Duration::from_hours(1);
/// The delay of the first sweep, which finds issues whose webhooks were lost while `serve` was not running.
const FIRST_SWEEP: Duration = Duration::from_secs(30);

/// The state that all background tasks share.
#[derive(Clone)]
pub(crate) struct Worker {
    pub(crate) handler: Arc<Handler>,
    pub(crate) work: TaskTracker,
    pub(crate) turns: Turns,
    pub(crate) ended: CancellationToken,
}

impl Worker {
    /// Starts the tasks that the settings enable. They end when `ended` is cancelled.
    pub(crate) async fn start(&self, storage: Option<&Storage>) {
        let config = self.handler.config();
        if let Some(storage) = storage {
            if storage.is_alone {
                self.take_over(&storage.queue).await;
            }
            let (worker, queue) = (self.clone(), storage.queue.clone());
            let clock = Arc::new(Mutex::new(MoveDetector::start()));
            self.every(LOOK, LOOK, move || worker.clone().take_due(queue.clone(), Arc::clone(&clock)));
            let database = storage.database.clone();
            self.every(TIDY_EVERY, TIDY_EVERY, move || tidy(database.clone()));
        }
        if let Some(sweep_every) = config.sweep_every {
            let handler = Arc::clone(&self.handler);
            self.every(FIRST_SWEEP.min(sweep_every), sweep_every, move || sweep(Arc::clone(&handler)));
        }
        // Listing a DynamoDB table reads all of it, and several processes may share the table. Expired approvals in a
        // table are therefore closed by the command `approvals --close-expired`, not here.
        if config.state_table.is_none() {
            let handler = Arc::clone(&self.handler);
            self.every(CLOSE_EVERY, CLOSE_EVERY, move || close_expired(Arc::clone(&handler)));
        }
    }

    /// Releases the leases of processes that have died, so that their incidents and deliveries can be handled at once.
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

    /// Runs `task` after `first` and then after each `period`. Runs do not overlap, and a running task is completed.
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

    /// Takes due deliveries out of the queue and handles them, as many as there are free permits.
    async fn take_due(self, queue: FileQueue, clock: Arc<Mutex<MoveDetector>>) {
        let moved_ms = clock.lock().unwrap_or_else(PoisonError::into_inner).moved_ms();
        if moved_ms != 0 {
            let shifted = queue.shift(moved_ms).await;
            tracing::warn!(moved_ms, shifted = shifted.is_ok(), "clock_moved");
        }
        let most = self.turns.free();
        if most == 0 {
            return;
        }
        match queue.take(most, local::time_limit(self.handler.config())).await {
            Ok(due) => due.into_iter().for_each(|taken| self.begin(taken, queue.clone())),
            Err(error) => tracing::error!(error = %error, "redelivery_unavailable"),
        }
    }

    fn begin(&self, taken: Taken, queue: FileQueue) {
        let (handler, turns) = (Arc::clone(&self.handler), self.turns.clone());
        let work = async move {
            let _turn = turns.wait().await;
            finish(&handler, &queue, taken).await;
        };
        self.work.spawn(work.instrument(logging::request(None, None)));
    }
}

/// Handles a delivery from the queue as the Lambda function handles one of SQS, and records the result in the queue.
async fn finish(handler: &Handler, queue: &FileQueue, taken: Taken) {
    let outcome = Box::pin(handler.redelivered(&taken.message, local::work_deadline(handler.config()))).await;
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
    Box::pin(handler.sweep_on_schedule(local::work_deadline(handler.config()))).await;
}

async fn close_expired(handler: Arc<Handler>) {
    match Box::pin(handler.close_expired(local::deadline())).await {
        Ok(closing) if closing.closed.is_empty() => {}
        Ok(closing) => {
            tracing::info!(closed = closing.closed.len(), left = closing.left.len(), "approvals_closed");
        }
        Err(error) => tracing::error!(error = %error, "state_unavailable: expired approvals stay open"),
    }
}
