//! A plain HTTP client for the stand-ins' own tests. It adds only the headers `host`, `connection` and `content-length`
//! to the given ones, and sends the body unchanged.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::Duration;
use std::{io, thread};

use serde_json::Value;
use tokio::sync::oneshot;

/// The response to a request.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) status: u16,
    /// The status line and the headers of the response, in lower case.
    pub(super) head: String,
    pub(super) body: String,
}

impl Answer {
    pub(super) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or(Value::Null)
    }
}

/// Sends one request over a new connection without blocking the test's runtime. `head` is the request line without the
/// HTTP version, then the headers, one per line.
pub(super) async fn send(url: &str, head: &str, body: &str) -> io::Result<Answer> {
    let (request, headers) = head.split_once('\n').unwrap_or((head, ""));
    let headers = headers.lines().fold(String::new(), |all, line| all + line.trim() + "\r\n");
    let length = if body.is_empty() { String::new() } else { format!("content-length: {}\r\n", body.len()) };
    let text = format!("{request} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n{headers}{length}\r\n{body}");
    let address = url.trim_start_matches("http://").split('/').next().unwrap_or_default().to_owned();
    let (sender, receiver) = oneshot::channel();
    thread::spawn(move || sender.send(exchange(&address, &text)));
    receiver.await.unwrap_or_else(|_| Err(io::ErrorKind::Other.into()))
}

fn exchange(address: &str, request: &str) -> io::Result<Answer> {
    let mut stream = TcpStream::connect(address)?;
    stream.set_read_timeout(Some(Duration::from_secs(5)))?;
    stream.write_all(request.as_bytes())?;
    let mut bytes = Vec::new();
    stream.read_to_end(&mut bytes)?;
    let text = String::from_utf8_lossy(&bytes);
    let (head, body) = text.split_once("\r\n\r\n").ok_or(io::ErrorKind::UnexpectedEof)?;
    let head = head.to_lowercase();
    let status = head.split(' ').nth(1).and_then(|status| status.parse().ok());
    Ok(Answer { status: status.ok_or(io::ErrorKind::InvalidData)?, head, body: body.to_owned() })
}
