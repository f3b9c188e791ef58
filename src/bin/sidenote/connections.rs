//! The connections of `serve`, with limits for their number and for the time until the headers have arrived.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::task::AbortHandle;
use tower::ServiceExt as _;

/// The limit of open connections. The usual limit of open files is 1024.
const CONNECTIONS: usize = 512;
/// The time limit for receiving the headers.
const HEADER_TIMEOUT: Duration = Duration::from_secs(5);
/// The wait before accepting again after the process has run out of file descriptors.
const ACCEPT_WAIT: Duration = Duration::from_millis(50);

/// Connections without a complete request so far, oldest first.
///
/// When the limit is reached, the oldest of them is closed. Connections with incomplete headers can therefore not keep
/// out a client that sends a complete request.
#[derive(Clone, Default)]
struct Silent(Arc<Mutex<VecDeque<(u64, AbortHandle)>>>);

impl Silent {
    fn add(&self, id: u64, connection: AbortHandle) {
        self.list().push_back((id, connection));
    }

    fn remove(&self, id: u64) {
        self.list().retain(|(silent, _)| *silent != id);
    }

    fn cut_oldest(&self) {
        if let Some((_, connection)) = self.list().pop_front() {
            connection.abort();
        }
    }

    fn list(&self) -> std::sync::MutexGuard<'_, VecDeque<(u64, AbortHandle)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Serves `app` until `ended`. Then open requests are completed and idle connections are closed.
pub(crate) async fn serve(listener: TcpListener, app: Router, ended: impl Future<Output = ()>) {
    let (places, silent, graceful) =
        (Arc::new(Semaphore::new(CONNECTIONS)), Silent::default(), GracefulShutdown::new());
    let mut ended = std::pin::pin!(ended);
    for id in 0.. {
        if places.available_permits() == 0 {
            silent.cut_oldest();
        }
        let next = async {
            let place = Arc::clone(&places).acquire_owned().await;
            (place, accept(&listener).await)
        };
        let (place, stream) = tokio::select! {
            next = next => next,
            () = &mut ended => break,
        };
        let service = greeted(app.clone(), silent.clone(), id);
        let connection = http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(HEADER_TIMEOUT)
            .serve_connection(TokioIo::new(stream), service);
        let connection = graceful.watch(connection);
        let forget = silent.clone();
        let task = tokio::spawn(async move {
            // A broken connection concerns only the client; a request on it was logged by the handler.
            let _ = connection.await;
            forget.remove(id);
            drop(place);
        });
        silent.add(id, task.abort_handle());
    }
    drop(listener);
    graceful.shutdown().await;
}

/// Wraps the app so that the first request of a connection removes it from the list of silent ones.
fn greeted(
    app: Router,
    silent: Silent,
    id: u64,
) -> TowerToHyperService<
    impl tower::Service<
        Request<Incoming>,
        Response = axum::response::Response,
        Error = std::convert::Infallible,
        Future: Send,
    > + Clone,
> {
    TowerToHyperService::new(tower::service_fn(move |request: Request<Incoming>| {
        silent.remove(id);
        app.clone().oneshot(request.map(Body::new))
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
