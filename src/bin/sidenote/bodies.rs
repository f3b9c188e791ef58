//! HTTP request bodies whose signature is not checked yet, with limits for each body and for all bodies together.

use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use bytes::{Bytes, BytesMut};
use http::StatusCode;
use http_body_util::BodyExt as _;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// The size limit of all bodies that are in memory at the same time, in KiB. The Kubernetes manifest in `deploy/`
/// allows 256 MiB for the process.
const HELD_KIB: usize = 32 * 1024;
/// The time limit for receiving one body.
const TIMEOUT: Duration = Duration::from_secs(10);

/// The memory budget that all bodies share.
#[derive(Clone)]
pub(crate) struct Bodies(Arc<Semaphore>);

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
        Self(Arc::new(Semaphore::new(HELD_KIB)))
    }
}

impl Bodies {
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
        let mut part = self.part(0)?;
        let mut bytes = BytesMut::new();
        while bytes.len() <= most {
            let Some(frame) = body.frame().await else { break };
            let Ok(chunk) = frame.map_err(|_| Unread::Broken)?.into_data() else { continue };
            bytes.extend_from_slice(&chunk);
            if kib(bytes.len()) > part.num_permits() {
                part.merge(self.part(bytes.len() - part.num_permits() * 1024)?);
            }
        }
        Ok(Held { bytes: bytes.freeze(), _part: part })
    }

    fn part(&self, bytes: usize) -> Result<OwnedSemaphorePermit, Unread> {
        let kib = u32::try_from(kib(bytes)).map_err(|_| Unread::NoRoom)?;
        Arc::clone(&self.0).try_acquire_many_owned(kib).map_err(|_| Unread::NoRoom)
    }
}

fn kib(bytes: usize) -> usize {
    bytes.div_ceil(1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn request_bodies_share_a_memory_budget_and_release_it() {
        let bodies = Bodies(Arc::new(Semaphore::new(8)));
        let first = bodies.read(Body::from(vec![1; 5 * 1024]), 6 * 1024).await.expect("there is room");
        assert_eq!(bodies.read(Body::from(vec![1; 4 * 1024]), 6 * 1024).await.err(), Some(Unread::NoRoom));
        assert_eq!(first.bytes.len(), 5 * 1024);
        drop(first);
        assert!(bodies.read(Body::from(vec![1; 4 * 1024]), 6 * 1024).await.is_ok());
        assert_eq!(bodies.0.available_permits(), 8);
    }

    #[tokio::test]
    async fn a_body_without_a_length_reserves_memory_as_it_grows() {
        let chunks = || {
            let chunks =
                std::iter::repeat_n(Ok::<_, std::convert::Infallible>(Bytes::from(vec![1; 1024])), 6);
            Body::from_stream(futures_util::stream::iter(chunks))
        };
        let bodies = Bodies(Arc::new(Semaphore::new(8)));
        let held = bodies.read(chunks(), 64 * 1024).await.expect("there is room");
        assert_eq!((held.bytes.len(), bodies.0.available_permits()), (6 * 1024, 2));
        assert_eq!(bodies.read(chunks(), 64 * 1024).await.err(), Some(Unread::NoRoom));
        assert_eq!(bodies.0.available_permits(), 2);
    }
}
