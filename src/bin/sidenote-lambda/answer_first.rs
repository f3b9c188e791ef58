//! Answer first, work after, one invocation: a layer around the whole of an invocation.
//!
//! Lambda hands the response to the caller when the runtime posts it, and freezes the process only when the runtime asks
//! for the next event. So the inner service posts the response, this layer then does the work that the handler left in
//! the [`Slot`], and only then does the runtime's loop go on. It sits outside event decoding: an event that never reaches
//! the handler leaves the slot empty, and the layer ends at once.

use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::{Duration, SystemTime};

use lambda_runtime::{Error, LambdaInvocation};
use sidenote::clock::{self, time_left};
use sidenote::domain::deadline::Deadline;
use sidenote::handler::Work;
use sidenote::logging;
use tower::{Layer, Service};
use tracing::Instrument as _;

/// What is left of an invocation whose deadline is unknown. `cargo lambda watch` sends a deadline in 1970.
const UNKNOWN: Duration = Duration::from_secs(30);
/// What is kept for ending in order: Lambda kills at the deadline.
const MARGIN: Duration = Duration::from_millis(500);

/// Where the handler leaves the work of the running invocation. There is one at a time.
#[derive(Clone, Default)]
pub(crate) struct Slot(Arc<Mutex<Option<Work>>>);

impl Slot {
    /// Leaves work to be done after the response.
    pub(crate) fn leave(&self, work: Work) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(work);
    }

    fn take(&self) -> Option<Work> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

/// The deadline of an invocation, a little before Lambda's own.
pub(crate) fn deadline(of: SystemTime) -> Deadline {
    let left = of.duration_since(clock::wall()).unwrap_or(UNKNOWN);
    clock::deadline_in(left.saturating_sub(MARGIN))
}

/// The layer.
pub(crate) struct AnswerFirst {
    slot: Slot,
}

impl AnswerFirst {
    /// A layer that does what is left in `slot`.
    pub(crate) fn new(slot: Slot) -> Self {
        Self { slot }
    }
}

impl<S> Layer<S> for AnswerFirst {
    type Service = AnswerFirstService<S>;

    fn layer(&self, inner: S) -> Self::Service {
        AnswerFirstService { inner, slot: self.slot.clone() }
    }
}

/// The inner service, and the work after it.
pub(crate) struct AnswerFirstService<S> {
    inner: S,
    slot: Slot,
}

impl<S> Service<LambdaInvocation> for AnswerFirstService<S>
where
    S: Service<LambdaInvocation, Response = (), Error = Error>,
    S::Future: 'static,
{
    type Response = ();
    type Error = Error;
    type Future = Pin<Box<dyn Future<Output = Result<(), Error>>>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, invocation: LambdaInvocation) -> Self::Future {
        let (slot, deadline) = (self.slot.clone(), deadline(invocation.context.deadline()));
        let span = {
            let context = &invocation.context;
            logging::request(Some(&context.request_id), context.xray_trace_id.as_deref())
        };
        let response_posted = self.inner.call(invocation);
        let whole = async move {
            let posted = response_posted.await;
            // Work is done even if the response could not be posted: the delivery is as real as before. It keeps to its
            // deadline by itself and tells how it fared; the net under it hangs a little lower.
            if let Some(work) = slot.take()
                && tokio::time::timeout(time_left(deadline) + MARGIN / 2, work).await.is_err()
            {
                tracing::error!("delivery_out_of_time");
            }
            posted
        };
        Box::pin(whole.instrument(span))
    }
}
