//! The HTTP connections of `sidenote serve`, with limits for their number and for the time until the headers arrive.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, HttpBody};
use axum::extract::Request;
use bytes::Bytes;
use hyper::body::{Frame, Incoming, SizeHint};
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use sidenote::clock::Stopwatch;
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot};
use tokio::task::AbortHandle;
use tower::ServiceExt as _;

/// The limit of open connections. The usual limit of open files of a process is 1024.
const CONNECTIONS: usize = 512;
/// The time limit for receiving the headers of a request.
const HEADER_TIMEOUT: Duration = Duration::from_secs(5);
/// The shortest idle time after which a connection may be closed to make room for another one. Sentry waits only a second
/// for an answer, so the wait for room must be much shorter.
pub(crate) const LEAST_IDLE: Duration = Duration::from_millis(250);
/// The limit of connections that wait until they are accepted. The system drops the connections beyond the limit, and
/// their clients try again only after seconds. Tokio's default of 128 is too small for a flood. The system may have a
/// lower limit of its own: on Linux it is `net.core.somaxconn`, which is 4096.
const WAITING: u32 = 4096;
/// The pause before another attempt to accept a connection, if no place or no file descriptor is free.
const ACCEPT_WAIT: Duration = Duration::from_millis(50);

/// Connections without a complete request, the longest idle first.
///
/// When a limit is reached, the first one is closed if it has been idle for [`LEAST_IDLE`]. Connections that send
/// nothing, or that stop in the middle of a body, can therefore not keep out a client that sends a request.
#[derive(Clone, Default)]
pub(crate) struct Idle(Arc<Mutex<VecDeque<(u64, Stopwatch, AbortHandle)>>>);

impl Idle {
    /// Adds the connection of a request until the returned value is dropped.
    pub(crate) fn hold(&self, Connection { id, task }: &Connection) -> HeldIdle {
        self.add(*id, task.clone());
        HeldIdle { idle: self.clone(), id: *id }
    }

    fn add(&self, id: u64, connection: AbortHandle) {
        self.list().push_back((id, Stopwatch::start(), connection));
    }

    fn remove(&self, id: u64) {
        self.list().retain(|(idle, ..)| *idle != id);
    }

    /// Closes the longest idle connection. Returns `false` if no connection has been idle for [`LEAST_IDLE`].
    pub(crate) fn cut_oldest(&self) -> bool {
        let mut list = self.list();
        let is_old = list.front().is_some_and(|(_, since, _)| since.elapsed() >= LEAST_IDLE);
        let oldest = if is_old { list.pop_front() } else { None };
        oldest.inspect(|(_, _, connection)| connection.abort()).is_some()
    }

    fn list(&self) -> std::sync::MutexGuard<'_, VecDeque<(u64, Stopwatch, AbortHandle)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A connection in a list of idle connections, which is removed from the list when this value is dropped.
pub(crate) struct HeldIdle {
    idle: Idle,
    id: u64,
}

impl Drop for HeldIdle {
    fn drop(&mut self) {
        self.idle.remove(self.id);
    }
}

/// The connection of a request. It is an extension of the request.
#[derive(Debug, Clone)]
pub(crate) struct Connection {
    id: u64,
    task: AbortHandle,
}

impl Connection {
    /// Returns the connection with this number, which `task` serves.
    pub(crate) fn new(id: u64, task: AbortHandle) -> Self {
        Self { id, task }
    }
}

/// The body of a request. Until it is dropped, which is when it was read, its connection counts as idle.
struct Arriving {
    body: Incoming,
    _idle: Option<HeldIdle>,
}

impl HttpBody for Arriving {
    type Data = Bytes;
    type Error = hyper::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, hyper::Error>>> {
        Pin::new(&mut self.body).poll_frame(context)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

/// Opens the address. Connections wait in the system's queue until [`serve`] accepts them.
pub(crate) fn listen(address: SocketAddr) -> std::io::Result<TcpListener> {
    let socket = if address.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }?;
    // Closed connections of an earlier process must not keep the address in use.
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    socket.listen(WAITING)
}

/// Serves `app` until `ended` completes. Then open requests are completed and idle connections are closed.
pub(crate) async fn serve(listener: TcpListener, app: Router, ended: impl Future<Output = ()>) {
    let (places, idle, graceful) =
        (Arc::new(Semaphore::new(CONNECTIONS)), Idle::default(), GracefulShutdown::new());
    let mut ended = std::pin::pin!(ended);
    for id in 0.. {
        let next = async {
            let place = place(&places, &idle).await;
            (place, accept(&listener).await)
        };
        let (place, stream) = tokio::select! {
            next = next => next,
            () = &mut ended => break,
        };
        let handle = Arc::new(OnceLock::new());
        let service = watched(app.clone(), idle.clone(), id, Arc::clone(&handle));
        let connection = http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(HEADER_TIMEOUT)
            .serve_connection(TokioIo::new(stream), service);
        let connection = graceful.watch(connection);
        let forget = idle.clone();
        let (is_added, added) = oneshot::channel::<()>();
        let task = tokio::spawn(async move {
            // A connection that ends at once must not be removed before it was added.
            let _ = added.await;
            // A broken connection concerns only the client, and the handler has logged any request on it.
            let _ = connection.await;
            forget.remove(id);
            drop(place);
        });
        idle.add(id, handle.get_or_init(|| task.abort_handle()).clone());
        drop(is_added);
    }
    drop(listener);
    graceful.shutdown().await;
}

/// Waits for a permit for one more connection and returns it. While no permit is free, connections that have been idle
/// for [`LEAST_IDLE`] are closed, the longest idle first. Never returns `None`.
#[expect(clippy::disallowed_methods, reason = "the server waits for a place, and no delivery waits with it")]
async fn place(places: &Arc<Semaphore>, idle: &Idle) -> Option<OwnedSemaphorePermit> {
    loop {
        if let Ok(place) = Arc::clone(places).try_acquire_owned() {
            return Some(place);
        }
        // A closed connection returns its permit when the runtime has dropped the connection's task.
        if idle.cut_oldest() { tokio::task::yield_now().await } else { tokio::time::sleep(ACCEPT_WAIT).await }
    }
}

/// Wraps `app` so that a connection is removed from `idle` while the app works on a complete request.
fn watched(
    app: Router,
    idle: Idle,
    id: u64,
    handle: Arc<OnceLock<AbortHandle>>,
) -> TowerToHyperService<
    impl tower::Service<
        Request<Incoming>,
        Response = axum::response::Response,
        Error = std::convert::Infallible,
        Future: Send,
    > + Clone,
> {
    TowerToHyperService::new(tower::service_fn(move |mut request: Request<Incoming>| {
        let connection = handle.get().map(|task| Connection::new(id, task.clone()));
        // The headers are complete, so the connection counts as idle only from now on.
        idle.remove(id);
        let held = connection.as_ref().map(|connection| idle.hold(connection));
        if let Some(connection) = connection {
            request.extensions_mut().insert(connection);
        }
        let arriving = request.map(|body| Body::new(Arriving { body, _idle: held }));
        let answered = app.clone().oneshot(arriving);
        let (idle, handle) = (idle.clone(), Arc::clone(&handle));
        async move {
            let response = answered.await;
            if let Some(handle) = handle.get() {
                idle.add(id, handle.clone());
            }
            response
        }
    }))
}

#[expect(
    clippy::disallowed_methods,
    reason = "the server waits for open files, and no delivery waits with it"
)]
async fn accept(listener: &TcpListener) -> TcpStream {
    loop {
        match listener.accept().await {
            Ok((stream, _)) => return stream,
            Err(error) => {
                tracing::warn!(error = %error, "serve_cannot_accept");
                tokio::time::sleep(ACCEPT_WAIT).await;
            }
        }
    }
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use std::net::Ipv4Addr;

    use super::*;

    /// The number of clients of the test, which is beyond Tokio's own limit.
    const CLIENTS: usize = 600;

    #[tokio::test]
    async fn connections_that_are_not_accepted_yet_are_not_dropped() {
        let listener = listen((Ipv4Addr::LOCALHOST, 0).into()).expect("a free port");
        let address = listener.local_addr().expect("an address");
        let of_system = std::fs::read_to_string("/proc/sys/net/core/somaxconn").expect("the limit");
        let clients = CLIENTS.min(of_system.trim().parse().expect("a number"));
        let mut waiting = Vec::new();
        for number in 0..clients {
            // The system drops the first packet of a connection beyond the limit.
            let connected = tokio::time::timeout(HEADER_TIMEOUT, TcpStream::connect(address)).await;
            let connected = connected.unwrap_or_else(|_| panic!("connection {number} was dropped"));
            waiting.push(connected.expect("a connection"));
        }
    }
}
