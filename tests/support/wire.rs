//! A wire: a proxy in front of one HTTP service. It can refuse, hold or answer calls, and it counts them.
//!
//! Each connection carries one call, so that no pooled connection remains when the wire is cut.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use bytes::Bytes;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{oneshot, watch};
use tokio::task::JoinHandle;

use super::fetched::free_port;
use super::waiting::TIME_LIMIT;

/// A fault that a wire applies to calls.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// The wire refuses the connection.
    Refused,
    /// The wire resets the connection without a response; the request has no effect.
    Reset,
    /// The wire never responds; the request has no effect.
    Slow,
    /// The wire responds with this text; the request has no effect.
    Answer(String),
    /// The request takes effect, but the wire resets the connection without a response.
    LostAnswer,
}

/// A recorded call through a wire.
#[derive(Clone, Debug)]
pub(crate) struct Call {
    /// The name of the call: AWS's operation (`PutItem`), or the method and the path's last part (`POST comments`).
    pub(crate) name: String,
    /// The body of the request.
    pub(crate) body: Bytes,
    /// Whether the service received the request and responded.
    pub(crate) has_effect: bool,
    /// Whether the caller got the response of the service.
    pub(crate) is_answered: bool,
}

/// The moment at which a wire holds a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum At {
    /// The wire holds the call before the service receives it.
    Arrival,
    /// The wire holds the call after it has taken effect, before the caller gets the response.
    Answer,
}

struct Trap {
    name: &'static str,
    skip: usize,
    at: At,
    caught: oneshot::Sender<()>,
    released: oneshot::Receiver<()>,
}

/// A call that a wire holds, or will hold when it arrives. Dropping it cuts the call's connection.
pub(crate) struct Held {
    what: String,
    caught: oneshot::Receiver<()>,
    release: oneshot::Sender<()>,
}

impl Held {
    /// Waits until the wire holds the call.
    pub(crate) async fn caught(&mut self) {
        let caught = tokio::time::timeout(TIME_LIMIT, &mut self.caught).await;
        assert!(matches!(caught, Ok(Ok(()))), "{} does not come", self.what);
    }

    /// Lets the held call continue.
    pub(crate) fn release(self) {
        // If the caller has gone, there is no call to release.
        let _ = self.release.send(());
    }
}

/// The wire in front of one service.
pub(crate) struct Wire {
    address: SocketAddr,
    shared: Arc<Shared>,
    accepting: Mutex<Option<JoinHandle<()>>>,
}

struct Shared {
    service: SocketAddr,
    calls: watch::Sender<Vec<Call>>,
    fault: Mutex<Option<(Fault, usize)>>,
    traps: Mutex<Vec<Trap>>,
    latency: Mutex<Duration>,
    /// Whether a connection seems to stay open after an answer, but carries no second one.
    is_silent: Mutex<bool>,
}

impl Wire {
    /// Starts a wire to the service at `url` (`http://127.0.0.1:PORT`).
    pub(crate) async fn to(url: &str) -> Self {
        let service = url.trim_start_matches("http://").parse().expect("a service's address");
        let shared = Shared {
            service,
            calls: watch::Sender::default(),
            fault: Mutex::default(),
            traps: Mutex::default(),
            latency: Mutex::default(),
            is_silent: Mutex::default(),
        };
        let address = (Ipv4Addr::LOCALHOST, free_port()).into();
        let wire = Self { address, shared: Arc::new(shared), accepting: Mutex::default() };
        wire.listen().await;
        wire
    }

    /// The URL of the wire, which a process uses instead of the service's URL.
    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    async fn listen(&self) {
        let listener = TcpListener::bind(self.address).await.expect("bind the wire");
        let shared = Arc::clone(&self.shared);
        let accepting = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let shared = Arc::clone(&shared);
                // A broken connection concerns only the caller.
                tokio::spawn(async move { drop(shared.exchange(stream).await) });
            }
        });
        *locked(&self.accepting) = Some(accepting);
    }

    /// Applies a fault to every further call.
    pub(crate) async fn fail(&self, fault: Fault) {
        self.fail_times(fault, usize::MAX).await;
    }

    /// Applies a fault to the next `times` calls. [`Fault::Refused`] lasts until [`Wire::repair`], whatever `times` is.
    pub(crate) async fn fail_times(&self, fault: Fault, times: usize) {
        let closing = locked(&self.accepting).take_if(|_| fault == Fault::Refused);
        if let Some(accepting) = closing {
            accepting.abort();
            // The port is closed when the task has ended.
            let _ = accepting.await;
        }
        *locked(&self.shared.fault) = Some((fault, times));
    }

    /// Removes the fault, so that further calls reach the service.
    pub(crate) async fn repair(&self) {
        *locked(&self.shared.fault) = None;
        if locked(&self.accepting).is_none() {
            self.listen().await;
        }
    }

    /// Delays every further call, as a network does.
    pub(crate) fn slow_down(&self, latency: Duration) {
        *locked(&self.shared.latency) = latency;
    }

    /// Closes each connection after its answer without saying so, as the uwsgi of old versions of Sentry does. A caller
    /// that uses the connection again gets a reset.
    pub(crate) fn close_silently(&self) {
        *locked(&self.shared.is_silent) = true;
    }

    /// Holds the call with this name that follows `skip` other calls with the same name.
    pub(crate) fn hold(&self, name: &'static str, skip: usize, at: At) -> Held {
        let (caught, is_caught) = oneshot::channel();
        let (release, released) = oneshot::channel();
        locked(&self.shared.traps).push(Trap { name, skip, at, caught, released });
        Held { what: format!("{name} {at:?}"), caught: is_caught, release }
    }

    /// The calls so far, in the order of arrival.
    pub(crate) fn calls(&self) -> Vec<Call> {
        self.shared.calls.borrow().clone()
    }

    /// The names of the calls so far.
    pub(crate) fn names(&self) -> Vec<String> {
        self.shared.calls.borrow().iter().map(|call| call.name.clone()).collect()
    }

    /// The number of calls with this name.
    pub(crate) fn count(&self, name: &str) -> usize {
        self.shared.calls.borrow().iter().filter(|call| call.name == name).count()
    }

    /// The number of calls with this name that took effect.
    pub(crate) fn effects(&self, name: &str) -> usize {
        self.shared.calls.borrow().iter().filter(|call| call.name == name && call.has_effect).count()
    }

    /// Waits until the caller has got the response to a call with this name.
    pub(crate) async fn answered(&self, name: &str) {
        self.answered_times(name, 1).await;
    }

    /// Waits until the caller has got this many responses to calls with this name.
    pub(crate) async fn answered_times(&self, name: &str, times: usize) {
        let mut calls = self.shared.calls.subscribe();
        let is_answered = |calls: &Vec<Call>| {
            calls.iter().filter(|call| call.name == name && call.is_answered).count() >= times
        };
        let answered = tokio::time::timeout(TIME_LIMIT, calls.wait_for(is_answered)).await;
        assert!(answered.is_ok(), "{name} is not answered");
    }
}

impl Drop for Wire {
    fn drop(&mut self) {
        if let Some(accepting) = locked(&self.accepting).take() {
            accepting.abort();
        }
    }
}

impl Shared {
    async fn exchange(&self, mut stream: TcpStream) -> io::Result<()> {
        let request = Request::read(&mut stream).await?;
        let name = request.name();
        let mut at = 0;
        self.calls.send_modify(|calls| {
            at = calls.len();
            let body = request.body.clone();
            calls.push(Call { name: name.clone(), body, has_effect: false, is_answered: false });
        });
        if !self.pass(&name, At::Arrival).await {
            return Ok(());
        }
        let fault = self.next_fault();
        match fault {
            Some(Fault::Refused | Fault::Reset) => return stream.set_zero_linger(),
            Some(Fault::Slow) => return std::future::pending().await,
            Some(Fault::Answer(response)) => return send(stream, response.as_bytes()).await,
            Some(Fault::LostAnswer) | None => {}
        }
        let latency = *locked(&self.latency);
        tokio::time::sleep(latency).await;
        let response = request.forward(self.service).await?;
        self.calls.send_modify(|calls| calls[at].has_effect = true);
        if fault.is_some() || !self.pass(&name, At::Answer).await {
            return stream.set_zero_linger();
        }
        if *locked(&self.is_silent) {
            stream.write_all(&without_close(&response)).await?;
            self.calls.send_modify(|calls| calls[at].is_answered = true);
            // The next request on the connection is never answered.
            stream.read_u8().await?;
            return stream.set_zero_linger();
        }
        send(stream, &response).await?;
        self.calls.send_modify(|calls| calls[at].is_answered = true);
        Ok(())
    }

    fn next_fault(&self) -> Option<Fault> {
        let mut fault = locked(&self.fault);
        let (found, left) = fault.take()?;
        if left > 1 {
            *fault = Some((found.clone(), left - 1));
        }
        Some(found)
    }

    /// Waits if the wire holds the call at this moment. Returns false if the call must be cut.
    async fn pass(&self, name: &str, at: At) -> bool {
        let Some(trap) = self.sprung(name, at) else { return true };
        // If the test no longer waits for the trap, the call is not held.
        trap.caught.send(()).is_err() || trap.released.await.is_ok()
    }

    fn sprung(&self, name: &str, at: At) -> Option<Trap> {
        let mut traps = locked(&self.traps);
        let found = traps.iter().position(|trap| trap.name == name && trap.at == at)?;
        if traps[found].skip > 0 {
            traps[found].skip -= 1;
            return None;
        }
        Some(traps.remove(found))
    }
}

/// An HTTP request that has arrived at a wire.
struct Request {
    head: String,
    body: Bytes,
}

impl Request {
    async fn read(stream: &mut TcpStream) -> io::Result<Self> {
        let mut bytes = Vec::new();
        let end = loop {
            if let Some(end) = bytes.windows(4).position(|part| part == b"\r\n\r\n") {
                break end + 4;
            }
            if stream.read_buf(&mut bytes).await? == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
        };
        let mut body = bytes.split_off(end);
        let head = String::from_utf8_lossy(&bytes).into_owned();
        let request = Self { head, body: Bytes::new() };
        assert!(request.header("transfer-encoding").is_none(), "a body of unknown length");
        let length = request.header("content-length").map_or(0, |text| text.parse().expect("a length"));
        while body.len() < length {
            if stream.read_buf(&mut body).await? == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
        }
        Ok(Self { body: body.into(), ..request })
    }

    fn header(&self, name: &str) -> Option<&str> {
        let mut lines = self.head.lines().skip(1).filter_map(|line| line.split_once(':'));
        lines.find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value.trim())
    }

    fn name(&self) -> String {
        if let Some((_, operation)) = self.header("x-amz-target").and_then(|it| it.split_once('.')) {
            return operation.to_owned();
        }
        let mut words = self.head.split(' ');
        let (method, target) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
        let path = target.split('?').next().unwrap_or_default().trim_end_matches('/');
        format!("{method} {}", path.rsplit('/').next().unwrap_or_default())
    }

    /// Forwards the request to the service. Returns the complete response with `Connection: close`.
    async fn forward(&self, service: SocketAddr) -> io::Result<Vec<u8>> {
        let lines = self.head.trim_end().lines();
        let kept = lines.filter(|line| !line.to_ascii_lowercase().starts_with("connection:"));
        let head = kept.collect::<Vec<_>>().join("\r\n");
        let mut stream = TcpStream::connect(service).await?;
        stream.write_all(format!("{head}\r\nConnection: close\r\n\r\n").as_bytes()).await?;
        stream.write_all(&self.body).await?;
        let mut response = Vec::new();
        stream.read_to_end(&mut response).await?;
        let status =
            response.windows(2).position(|part| part == b"\r\n").ok_or(io::ErrorKind::InvalidData)?;
        response.splice(status..status, *b"\r\nConnection: close");
        Ok(response)
    }
}

/// The response without its `Connection` headers.
fn without_close(response: &[u8]) -> Vec<u8> {
    let end = response.windows(4).position(|part| part == b"\r\n\r\n").unwrap_or(response.len());
    let (head, body) = response.split_at(end);
    let head = String::from_utf8_lossy(head);
    let kept = head.lines().filter(|line| !line.to_ascii_lowercase().starts_with("connection:"));
    [kept.collect::<Vec<_>>().join("\r\n").as_bytes(), body].concat()
}

async fn send(mut stream: TcpStream, response: &[u8]) -> io::Result<()> {
    stream.write_all(response).await?;
    stream.shutdown().await
}

/// Builds a complete HTTP response. Each line of `headers` ends with a line break.
pub(crate) fn response(status: u16, headers: &str, body: &str) -> String {
    format!(
        "HTTP/1.1 {status} Fault\r\n{headers}Content-Type: application/json\r\nContent-Length: {}\r\nConnection: \
         close\r\n\r\n{body}",
        body.len()
    )
}

/// Locks a mutex, even if a test panicked while it held the lock.
fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}
