//! The loopback server of every stand-in. It records requests, applies injected faults, and gets the reply from a
//! [`Peer`].
//!
//! A *violation* is a mistake of the client that the real service may tolerate. A *fault* makes a matching request
//! fail.

use std::net::{Ipv4Addr, SocketAddr};
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;
use std::{future, io};

use axum::Router;
use axum::extract::connect_info::Connected;
use axum::extract::{ConnectInfo, Request, State};
use axum::response::Response;
use axum::serve::{IncomingStream, Listener};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;
use tokio::time::sleep;

use super::exchange::{Recorded, Reply};
use super::faults::{self, Effect, Fault};

/// A service on the loopback server, such as the stand-in for Sentry, Telegram or a model's API.
pub(super) trait Peer: Send + Sync + 'static {
    /// Describes the violations of a request: mistakes of the client that the real service may tolerate. The result
    /// does not depend on earlier requests.
    fn inspect(&self, request: &Recorded) -> Vec<String>;
    /// Handles a request and returns the reply of the real service.
    fn answer(&self, request: &Recorded) -> Reply;
}

/// Locks a mutex, even if a test panicked while it held the lock.
pub(super) fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A running stand-in. When it is dropped, its port is closed, and each open connection is reset at its next byte.
pub(super) struct Loopback<P> {
    url: String,
    shared: Arc<Shared<P>>,
    serving: JoinHandle<()>,
}

struct Shared<P> {
    peer: P,
    latency: Duration,
    log: Mutex<Log>,
    stopped: Arc<AtomicBool>,
}

#[derive(Default)]
struct Log {
    requests: Vec<Recorded>,
    violations: Vec<String>,
    faults: Vec<Fault>,
}

impl<P: Peer> Loopback<P> {
    /// Binds a free port of 127.0.0.1, builds the service with the server's URL, and serves requests.
    #[expect(clippy::expect_used, reason = "a machine without a free loopback port runs no stand-in")]
    pub(super) async fn start(latency: Duration, peer: impl FnOnce(&str) -> P) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("a free loopback port");
        let address = listener.local_addr().expect("a bound socket has an address");
        let url = format!("http://{address}");
        let stopped = Arc::new(AtomicBool::new(false));
        let shared = Arc::new(Shared {
            peer: peer(&url),
            latency,
            log: Mutex::default(),
            stopped: Arc::clone(&stopped),
        });
        let service = Router::new()
            .fallback(exchange::<P>)
            .with_state(Arc::clone(&shared))
            .into_make_service_with_connect_info::<CutSwitch>();
        let serving = tokio::spawn(async move {
            // The task ends by being aborted; axum retries accept errors itself.
            let _ = axum::serve(Door { listener, stopped }, service).await;
        });
        Self { url, shared, serving }
    }

    pub(super) fn url(&self) -> &str {
        &self.url
    }

    pub(super) fn peer(&self) -> &P {
        &self.shared.peer
    }

    pub(super) fn requests(&self) -> Vec<Recorded> {
        locked(&self.shared.log).requests.clone()
    }

    pub(super) fn violations(&self) -> Vec<String> {
        locked(&self.shared.log).violations.clone()
    }

    pub(super) fn inject(&self, fault: Fault) {
        locked(&self.shared.log).faults.push(fault);
    }
}

impl<P> Drop for Loopback<P> {
    fn drop(&mut self) {
        self.shared.stopped.store(true, Ordering::Relaxed);
        self.serving.abort();
    }
}

impl<P: Peer> Shared<P> {
    /// Records a request with its violations. Returns the effect of the fault that applies to it, if there is one.
    fn admit(&self, request: &Recorded) -> Option<Effect> {
        let found = self.peer.inspect(request);
        let mut log = locked(&self.log);
        log.violations
            .extend(found.into_iter().map(|what| format!("{} {}: {what}", request.method, request.path)));
        log.requests.push(request.clone());
        faults::hit(&mut log.faults, request)
    }

    async fn respond(&self, request: &Recorded, cut_switch: &CutSwitch) -> Response {
        let effect = self.admit(request);
        sleep(self.latency).await;
        let answer = || self.peer.answer(request).into_response();
        match effect {
            None => answer(),
            Some(Effect::Answer(reply)) => reply.into_response(),
            Some(Effect::SentryRateLimit(resets_in)) => {
                faults::sentry_rate_limit_hit(resets_in).into_response()
            }
            Some(Effect::Huge(mebibytes)) => faults::huge(mebibytes),
            Some(Effect::NoReply) => future::pending().await,
            Some(Effect::Reset) => cut_switch.cut(),
            Some(Effect::ResetAfter) => {
                answer();
                cut_switch.cut()
            }
            Some(Effect::DelayBefore(by)) => {
                sleep(by).await;
                answer()
            }
            Some(Effect::DelayAfter(by)) => {
                let late = answer();
                sleep(by).await;
                late
            }
        }
    }
}

/// Serves one request in a task of its own, so that the request takes effect even if the client gives up.
async fn exchange<P: Peer>(
    State(shared): State<Arc<Shared<P>>>,
    ConnectInfo(cut_switch): ConnectInfo<CutSwitch>,
    request: Request,
) -> Response {
    let Some(request) = Recorded::read(request).await else {
        return cut_switch.cut();
    };
    let spare = cut_switch.clone();
    let work = tokio::spawn(async move { shared.respond(&request, &cut_switch).await });
    work.await.unwrap_or_else(|_| spare.cut())
}

/// A listener whose connections can be reset without a reply.
struct Door {
    listener: TcpListener,
    stopped: Arc<AtomicBool>,
}

impl Listener for Door {
    type Io = Wire;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Wire, SocketAddr) {
        let (stream, from) = Listener::accept(&mut self.listener).await;
        // The TCP option only affects speed, so an error is ignored.
        let _ = stream.set_nodelay(true);
        let cut_switch = CutSwitch { cut: Arc::default(), stopped: Arc::clone(&self.stopped) };
        (Wire { stream, cut_switch }, from)
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        self.listener.local_addr()
    }
}

/// The switch that resets one connection without a reply.
#[derive(Clone)]
struct CutSwitch {
    cut: Arc<AtomicBool>,
    stopped: Arc<AtomicBool>,
}

impl CutSwitch {
    /// Resets the connection at its next byte. The returned response is never sent.
    fn cut(&self) -> Response {
        self.cut.store(true, Ordering::Relaxed);
        Response::default()
    }

    fn check(&self, stream: &TcpStream) -> io::Result<()> {
        if !self.cut.load(Ordering::Relaxed) && !self.stopped.load(Ordering::Relaxed) {
            return Ok(());
        }
        // Without lingering, closing the socket resets it. A client cannot mistake a reset for the end of the body.
        stream.set_zero_linger()?;
        Err(io::ErrorKind::ConnectionReset.into())
    }
}

impl Connected<IncomingStream<'_, Door>> for CutSwitch {
    fn connect_info(stream: IncomingStream<'_, Door>) -> Self {
        stream.io().cut_switch.clone()
    }
}

/// A TCP connection with its [`CutSwitch`].
struct Wire {
    stream: TcpStream,
    cut_switch: CutSwitch,
}

impl AsyncRead for Wire {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        self.cut_switch.check(&self.stream)?;
        Pin::new(&mut self.stream).poll_read(cx, buf)
    }
}

impl AsyncWrite for Wire {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        self.cut_switch.check(&self.stream)?;
        Pin::new(&mut self.stream).poll_write(cx, buf)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}
