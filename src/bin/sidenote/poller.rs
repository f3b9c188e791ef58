//! The task of `sidenote serve` that polls Telegram for button presses.

use sidenote::clock::{deadline_in, pause};

use crate::local;
use crate::worker::Worker;

impl Worker {
    /// Starts to poll if the settings ask for it. Polling ends with the worker, even during a call to Telegram.
    pub(crate) fn start_polling(&self) {
        if !self.handler.config().polls_telegram() {
            return;
        }
        let worker = self.clone();
        tokio::spawn(async move {
            let ended = worker.ended.clone();
            let polling = async {
                loop {
                    let polled = Box::pin(worker.handler.poll(local::deadline())).await;
                    for work in polled.work {
                        worker.work.spawn(work);
                    }
                    pause(polled.wait, deadline_in(polled.wait * 2)).await;
                }
            };
            ended.run_until_cancelled(polling).await;
        });
    }
}
