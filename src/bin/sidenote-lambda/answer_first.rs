//! A layer that posts the HTTP response first and does the remaining work afterwards, in the same Lambda invocation.
//!
//! Lambda passes the response on when the runtime posts it, and freezes the process only when the runtime asks for the
//! next event. So the inner service posts the response, then this layer does the work that the handler left in the
//! [`Slot`], and only then the runtime's loop continues. The layer is outside of event decoding: if an event never
//! reaches the handler, the slot is empty and the layer ends at once.

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

/// The time limit for an invocation without a usable deadline. `cargo lambda watch` sends a deadline in 1970.
const UNKNOWN: Duration = Duration::from_secs(30);
/// The time before Lambda's deadline at which the work must end, because Lambda kills the process at the deadline.
const MARGIN: Duration = Duration::from_millis(500);

/// The place where the handler leaves the work of the current invocation. Lambda runs one invocation at a time.
#[derive(Clone, Default)]
pub(crate) struct Slot(Arc<Mutex<Option<Work>>>);

impl Slot {
    /// Stores the work to do after the response. Work that is still in the slot is replaced.
    pub(crate) fn leave(&self, work: Work) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(work);
    }

    fn take(&self) -> Option<Work> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

/// Returns the deadline for Sidenote's work: [`MARGIN`] before `of`, which is Lambda's deadline of the invocation.
pub(crate) fn deadline(of: SystemTime) -> Deadline {
    let left = of.duration_since(clock::wall()).unwrap_or(UNKNOWN);
    clock::deadline_in(left.saturating_sub(MARGIN))
}

/// The layer that does the work in a [`Slot`] after the response was posted.
pub(crate) struct AnswerFirst {
    slot: Slot,
}

impl AnswerFirst {
    /// Creates the layer for the work in `slot`.
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

/// The service that runs the inner service, which posts the response, and then the work in the slot.
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
            // The work is done even if the response could not be posted, because the delivery was accepted. The work
            // keeps its own deadline and reports its result; the timeout here is later and only a safeguard.
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
