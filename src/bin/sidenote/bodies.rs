//! HTTP request bodies whose signature is not checked yet, with limits for each body and for all bodies together.

use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, HttpBody as _};
use bytes::{Bytes, BytesMut};
use http::StatusCode;
use http_body_util::BodyExt as _;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::connections::{Connection, Idle};

/// The size limit of all small bodies that are in memory at the same time, in KiB, and the same limit of all large
/// bodies. The Kubernetes manifest in `deploy/` allows 256 MiB for the process.
const HELD_KIB: usize = 16 * 1024;
/// The largest announced size of a small body, in bytes. Sentry's webhooks are seldom larger.
const SMALL: u64 = 1024 * 1024;
/// The time limit for receiving a small body. Sentry sends a webhook in one go, so only a client that wants to occupy
/// the budget needs longer.
const SMALL_TIMEOUT: Duration = Duration::from_secs(2);
/// The time limit for receiving a large body.
const LARGE_TIMEOUT: Duration = Duration::from_secs(10);
/// A body waits for memory only while at most this many of its bytes have arrived. The bytes that wait are not counted, so
/// they must be few.
const WAITING: usize = 128 * 1024;
/// The number of waits for memory, and the time of each. Together they are shorter than the second for which Sentry waits.
const WAITS: usize = 16;
const WAIT: Duration = Duration::from_millis(25);

/// The memory budgets that the bodies share. Small bodies have their own, so that large ones do not keep them out.
#[derive(Clone)]
pub(crate) struct Bodies {
    small: Budget,
    /// The budget of the other bodies: large ones, and those without an announced size.
    large: Budget,
}

/// A memory budget that bodies share.
#[derive(Clone)]
struct Budget {
    /// The free memory. A permit is 1 KiB.
    free: Arc<Semaphore>,
    /// The time limit for receiving one body.
    timeout: Duration,
    /// The connections of the bodies that are arriving. If the memory is used up, the longest arriving body is given up
    /// for another one, so that bodies that stall do not keep out a body that arrives at once.
    arriving: Idle,
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
        Self::of(HELD_KIB, [SMALL_TIMEOUT, LARGE_TIMEOUT])
    }
}

impl Bodies {
    /// Creates two budgets of this size each, with the time limits of small and of large bodies.
    fn of(kib: usize, timeouts: [Duration; 2]) -> Self {
        let budget =
            |timeout| Budget { free: Arc::new(Semaphore::new(kib)), timeout, arriving: Idle::default() };
        let [small, large] = timeouts.map(budget);
        Self { small, large }
    }

    /// Reads and returns a body that arrives on a connection. Stops as soon as the body is larger than `most` bytes, and
    /// then returns the part that was read. The connection may be closed to make room for another body.
    ///
    /// # Errors
    ///
    /// [`Unread`] if the budget is used up, or the body does not arrive in time or not completely.
    pub(crate) async fn read(
        &self,
        body: Body,
        most: usize,
        connection: Option<&Connection>,
    ) -> Result<Held, Unread> {
        let is_small = body.size_hint().exact().is_some_and(|length| length <= SMALL);
        let budget = if is_small { &self.small } else { &self.large };
        let _arriving = connection.map(|connection| budget.arriving.hold(connection));
        let held = tokio::time::timeout(budget.timeout, budget.read(body, most)).await;
        held.unwrap_or(Err(Unread::Broken))
    }
}

impl Budget {
    async fn read(&self, mut body: Body, most: usize) -> Result<Held, Unread> {
        // The announced length takes no part of the budget: a client that sends nothing holds nothing.
        let mut part = self.part(0, false).await?;
        let mut bytes = BytesMut::new();
        while bytes.len() <= most {
            let Some(frame) = body.frame().await else { break };
            let Ok(chunk) = frame.map_err(|_| Unread::Broken)?.into_data() else { continue };
            bytes.extend_from_slice(&chunk);
            if kib(bytes.len()) > part.num_permits() {
                let missing = bytes.len() - part.num_permits() * 1024;
                part.merge(self.part(missing, bytes.len() <= WAITING).await?);
            }
        }
        Ok(Held { bytes: bytes.freeze(), _part: part })
    }

    /// Takes a part of this many bytes. If they are not free and the body `may_wait`, it waits for a moment, in the order
    /// of the waiting bodies. Meanwhile, connections are closed whose bodies have been arriving for a quarter of a second,
    /// the longest first.
    async fn part(&self, bytes: usize, may_wait: bool) -> Result<OwnedSemaphorePermit, Unread> {
        let kib = u32::try_from(kib(bytes)).map_err(|_| Unread::NoRoom)?;
        if !may_wait {
            return Arc::clone(&self.free).try_acquire_many_owned(kib).map_err(|_| Unread::NoRoom);
        }
        let mut room = std::pin::pin!(Arc::clone(&self.free).acquire_many_owned(kib));
        for _ in 0..WAITS {
            if let Ok(Ok(part)) = tokio::time::timeout(WAIT, &mut room).await {
                return Ok(part);
            }
            self.arriving.cut_oldest();
        }
        Err(Unread::NoRoom)
    }
}

fn kib(bytes: usize) -> usize {
    bytes.div_ceil(1024)
}

#[cfg(test)]
mod tests {
    use std::pin::Pin;
    use std::task::{Context, Poll};

    use axum::body::HttpBody;
    use hyper::body::{Frame, SizeHint};

    use super::*;
    use crate::connections::LEAST_IDLE;

    /// A time that no test reaches.
    const HOUR: Duration = Duration::from_hours(1);

    /// A body that announces its length, sends a part of it and then stops.
    struct Stalled {
        length: u64,
        part: Option<Bytes>,
    }

    impl HttpBody for Stalled {
        type Data = Bytes;
        type Error = std::convert::Infallible;

        fn poll_frame(
            mut self: Pin<&mut Self>,
            _: &mut Context<'_>,
        ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
            self.part.take().map_or(Poll::Pending, |part| Poll::Ready(Some(Ok(Frame::data(part)))))
        }

        fn size_hint(&self) -> SizeHint {
            SizeHint::with_exact(self.length)
        }
    }

    fn stalled(length: u64) -> Body {
        Body::new(Stalled { length, part: Some(Bytes::from(vec![1; 4 * 1024])) })
    }

    #[tokio::test]
    async fn a_small_body_that_stalls_frees_its_memory_before_a_large_one() {
        let bodies = Bodies::of(8, [Duration::from_millis(20), HOUR]);
        let mut large = std::pin::pin!(bodies.read(stalled(SMALL + 1), 6 * 1024 * 1024, None));
        let small = || bodies.read(stalled(SMALL), 6 * 1024 * 1024, None);
        let (first, second) = tokio::select! {
            _ = &mut large => panic!("the large body has more time"),
            small = async { tokio::join!(small(), small()) } => small,
        };
        assert_eq!((first.err(), second.err()), (Some(Unread::Broken), Some(Unread::Broken)));
        assert_eq!((bodies.small.free.available_permits(), bodies.large.free.available_permits()), (8, 4));
        assert!(bodies.read(Body::from(vec![1; 8 * 1024]), 8 * 1024, None).await.is_ok());
    }

    #[tokio::test]
    async fn if_the_memory_is_used_up_the_longest_stalled_body_is_given_up() {
        let bodies = Bodies::of(8, [HOUR; 2]);
        let stall = |id| {
            let (name, named) = tokio::sync::oneshot::channel();
            let bodies = bodies.clone();
            let task = tokio::spawn(async move {
                let connection = named.await.expect("a connection");
                bodies.read(stalled(SMALL), 6 * 1024, Some(&connection)).await.err()
            });
            name.send(Connection::new(id, task.abort_handle())).expect("the task waits");
            task
        };
        let (mut first, second) = (stall(1), stall(2));
        while bodies.small.free.available_permits() > 0 {
            tokio::task::yield_now().await;
        }
        let waited = tokio::time::timeout(LEAST_IDLE + LEAST_IDLE / 5, &mut first).await;
        assert!(waited.is_err(), "nobody needs its memory");
        assert!(bodies.read(Body::from(vec![1; 4 * 1024]), 6 * 1024, None).await.is_ok());
        assert!(first.await.is_err_and(|ended| ended.is_cancelled()) && !second.is_finished());
    }

    #[tokio::test]
    async fn request_bodies_share_a_memory_budget_and_release_it() {
        let bodies = Bodies::of(8, [HOUR; 2]);
        let first = bodies.read(Body::from(vec![1; 5 * 1024]), 6 * 1024, None).await.expect("there is room");
        assert_eq!(
            bodies.read(Body::from(vec![1; 4 * 1024]), 6 * 1024, None).await.err(),
            Some(Unread::NoRoom)
        );
        assert_eq!(first.bytes.len(), 5 * 1024);
        drop(first);
        assert!(bodies.read(Body::from(vec![1; 4 * 1024]), 6 * 1024, None).await.is_ok());
        assert_eq!(bodies.small.free.available_permits(), 8);
    }

    #[tokio::test]
    async fn large_bodies_leave_the_memory_of_small_ones_free() {
        let bodies = Bodies::of(2 * 1024, [HOUR; 2]);
        let large = || Body::from(vec![1; 2 * 1024 * 1024]);
        let held = bodies.read(large(), 6 * 1024 * 1024, None).await.expect("there is room");
        assert_eq!(bodies.read(large(), 6 * 1024 * 1024, None).await.err(), Some(Unread::NoRoom));
        let small = bodies.read(Body::from(vec![1; 1024 * 1024]), 6 * 1024 * 1024, None).await;
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
        let bodies = Bodies::of(8, [HOUR; 2]);
        let held = bodies.read(chunks(), 64 * 1024, None).await.expect("there is room");
        assert_eq!((held.bytes.len(), bodies.large.free.available_permits()), (6 * 1024, 2));
        assert_eq!(bodies.read(chunks(), 64 * 1024, None).await.err(), Some(Unread::NoRoom));
        assert_eq!(bodies.large.free.available_permits(), 2);
    }
}
