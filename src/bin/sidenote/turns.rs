//! Limits the work that `sidenote serve` does at the same time.

use std::sync::Arc;
use std::time::Duration;

use sidenote::clock::time_left;
use sidenote::domain::deadline::Deadline;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// At most this many deliveries are handled at the same time after their answers were sent. The limit protects memory,
/// sockets and rate limits when many deliveries arrive together.
const AT_ONCE: usize = 32;
/// At most this many deliveries wait for a permit. Each waits with its event in memory, so more are left to the queue.
const WAITING: usize = 512;
/// A delivery that begins with less time than this would miss evidence, so it is left to the queue.
const NEEDED: Duration = Duration::from_secs(30);

/// The permits for work on deliveries. Work without a permit waits.
#[derive(Debug, Clone)]
pub(crate) struct Turns {
    permits: Arc<Semaphore>,
    /// The places of queued deliveries that wait for a permit.
    waiting: Arc<Semaphore>,
}

impl Default for Turns {
    fn default() -> Self {
        Self { permits: Arc::new(Semaphore::new(AT_ONCE)), waiting: Arc::new(Semaphore::new(WAITING)) }
    }
}

impl Turns {
    /// Returns the number of permits that are free now.
    pub(crate) fn free(&self) -> usize {
        self.permits.available_permits()
    }

    /// Waits for a permit. Never returns `None`, because the semaphore is never closed.
    pub(crate) async fn wait(&self) -> Option<OwnedSemaphorePermit> {
        Arc::clone(&self.permits).acquire_owned().await.ok()
    }

    /// Waits for a permit for a delivery that is in the queue. Returns `None` if the delivery is left to the queue: too
    /// many others wait, or too little time is left until its `deadline`.
    pub(crate) async fn wait_with(&self, deadline: Deadline) -> Option<OwnedSemaphorePermit> {
        let turn = match self.waiting.try_acquire() {
            Ok(_place) => self.wait().await,
            Err(_) => None,
        };
        let in_time = turn.filter(|_| time_left(deadline) >= NEEDED);
        if in_time.is_none() {
            tracing::info!("delivery_left_to_the_queue");
        }
        in_time
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt as _;
    use futures_util::future::join_all;
    use sidenote::clock::deadline_in;

    use super::*;

    #[tokio::test]
    async fn a_queued_delivery_without_enough_time_or_behind_too_many_others_is_left_to_the_queue() {
        let turns = Turns::default();
        let (early, late) = (deadline_in(NEEDED * 2), deadline_in(NEEDED / 2));
        assert!(turns.wait_with(early).await.is_some());
        assert!(turns.wait_with(late).await.is_none());
        assert_eq!(turns.free(), AT_ONCE);

        let working = join_all((0..AT_ONCE).map(|_| turns.wait())).await;
        let mut waiting: Vec<_> = (0..WAITING).map(|_| turns.wait_with(early).boxed()).collect();
        assert!(waiting.iter_mut().all(|turn| turn.now_or_never().is_none()));
        assert!(turns.wait_with(early).now_or_never().is_some_and(|turn| turn.is_none()));
        drop(working);
        assert!(waiting.remove(0).await.is_some());
    }
}
