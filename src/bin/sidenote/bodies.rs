//! HTTP request bodies whose signature is not checked yet, with limits for each body and for all bodies together.

use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, HttpBody as _};
use bytes::{Bytes, BytesMut};
use http::StatusCode;
use http_body_util::BodyExt as _;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// The size limit of all small bodies that are in memory at the same time, in KiB, and the same limit of all large
/// bodies. The Kubernetes manifest in `deploy/` allows 256 MiB for the process.
const HELD_KIB: usize = 16 * 1024;
/// The largest announced size of a small body, in bytes. Sentry's webhooks are seldom larger.
const SMALL: u64 = 1024 * 1024;
/// The time limit for receiving one body.
const TIMEOUT: Duration = Duration::from_secs(10);

/// The memory budgets that the bodies share. Small bodies have their own, so that large ones do not keep them out.
#[derive(Clone)]
pub(crate) struct Bodies {
    small: Arc<Semaphore>,
    /// The budget of the other bodies: large ones, and those without an announced size.
    large: Arc<Semaphore>,
}

/// A body with its share of the memory budget, which is returned when the body is dropped.
#[derive(Debug)]
pub(crate) struct Held {
    /// The bytes of the body.
    pub(crate) bytes: Bytes,
    _part: OwnedSemaphorePermit,
}

/// The reason why a body was not read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Unread {
    /// The client was too slow, or it disconnected.
    Broken,
    /// The memory budget is used up.
    NoRoom,
}

impl Unread {
    /// Returns the HTTP status of the response: 408 for a broken body, 503 for a used-up budget.
    pub(crate) fn status(self) -> StatusCode {
        match self {
            Self::Broken => StatusCode::REQUEST_TIMEOUT,
            Self::NoRoom => StatusCode::SERVICE_UNAVAILABLE,
        }
    }
}

impl Default for Bodies {
    fn default() -> Self {
        Self::of(HELD_KIB)
    }
}

impl Bodies {
    /// Creates two budgets of this size each.
    fn of(kib: usize) -> Self {
        Self { small: Arc::new(Semaphore::new(kib)), large: Arc::new(Semaphore::new(kib)) }
    }

    /// Reads and returns a body. Stops as soon as the body is larger than `most` bytes, and then returns the part that
    /// was read.
    ///
    /// # Errors
    ///
    /// [`Unread`] if the budget is used up, or the body does not arrive in time or not completely.
    pub(crate) async fn read(&self, body: Body, most: usize) -> Result<Held, Unread> {
        tokio::time::timeout(TIMEOUT, self.read_slowly(body, most)).await.unwrap_or(Err(Unread::Broken))
    }

    async fn read_slowly(&self, mut body: Body, most: usize) -> Result<Held, Unread> {
        // The announced length takes no part of the budget: a client that sends nothing holds nothing.
        let is_small = body.size_hint().exact().is_some_and(|length| length <= SMALL);
        let budget = if is_small { &self.small } else { &self.large };
        let mut part = part_of(budget, 0)?;
        let mut bytes = BytesMut::new();
        while bytes.len() <= most {
            let Some(frame) = body.frame().await else { break };
            let Ok(chunk) = frame.map_err(|_| Unread::Broken)?.into_data() else { continue };
            bytes.extend_from_slice(&chunk);
            if kib(bytes.len()) > part.num_permits() {
                part.merge(part_of(budget, bytes.len() - part.num_permits() * 1024)?);
            }
        }
        Ok(Held { bytes: bytes.freeze(), _part: part })
    }
}

fn part_of(budget: &Arc<Semaphore>, bytes: usize) -> Result<OwnedSemaphorePermit, Unread> {
    let kib = u32::try_from(kib(bytes)).map_err(|_| Unread::NoRoom)?;
    Arc::clone(budget).try_acquire_many_owned(kib).map_err(|_| Unread::NoRoom)
}

fn kib(bytes: usize) -> usize {
    bytes.div_ceil(1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn request_bodies_share_a_memory_budget_and_release_it() {
        let bodies = Bodies::of(8);
        let first = bodies.read(Body::from(vec![1; 5 * 1024]), 6 * 1024).await.expect("there is room");
        assert_eq!(bodies.read(Body::from(vec![1; 4 * 1024]), 6 * 1024).await.err(), Some(Unread::NoRoom));
        assert_eq!(first.bytes.len(), 5 * 1024);
        drop(first);
        assert!(bodies.read(Body::from(vec![1; 4 * 1024]), 6 * 1024).await.is_ok());
        assert_eq!(bodies.small.available_permits(), 8);
    }

    #[tokio::test]
    async fn large_bodies_leave_the_memory_of_small_ones_free() {
        let bodies = Bodies::of(2 * 1024);
        let large = || Body::from(vec![1; 2 * 1024 * 1024]);
        let held = bodies.read(large(), 6 * 1024 * 1024).await.expect("there is room");
        assert_eq!(bodies.read(large(), 6 * 1024 * 1024).await.err(), Some(Unread::NoRoom));
        let small = bodies.read(Body::from(vec![1; 1024 * 1024]), 6 * 1024 * 1024).await;
        assert_eq!(
            (small.expect("there is room").bytes.len(), held.bytes.len()),
            (1024 * 1024, 2 * 1024 * 1024)
        );
    }

    #[tokio::test]
    async fn a_body_without_a_length_reserves_memory_as_it_grows() {
        let chunks = || {
            let chunks =
                std::iter::repeat_n(Ok::<_, std::convert::Infallible>(Bytes::from(vec![1; 1024])), 6);
            Body::from_stream(futures_util::stream::iter(chunks))
        };
        let bodies = Bodies::of(8);
        let held = bodies.read(chunks(), 64 * 1024).await.expect("there is room");
        assert_eq!((held.bytes.len(), bodies.large.available_permits()), (6 * 1024, 2));
        assert_eq!(bodies.read(chunks(), 64 * 1024).await.err(), Some(Unread::NoRoom));
        assert_eq!(bodies.large.available_permits(), 2);
    }
}
