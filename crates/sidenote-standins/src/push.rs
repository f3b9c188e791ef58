//! Sends one HTTP request to a webhook, as the real Telegram or Slack does.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::Duration;
use std::{io, thread};

use tokio::sync::oneshot;

/// The webhook to which a request is sent.
pub(crate) struct Target {
    /// The URL of the webhook. It is `http://`, because a loopback server has no certificate.
    pub(crate) url: String,
    /// The headers that the imitated service adds, such as a signature.
    pub(crate) headers: Vec<(String, String)>,
}

/// The reply of a webhook.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) reason: String,
    /// The seconds in the header `Retry-After`; 0 if there is no such header.
    pub(crate) retry_after: u64,
    pub(crate) body: String,
}

/// Posts `body` to a webhook. The error is the text that Telegram reports as `last_error_message`.
pub(crate) async fn push(target: Target, body: String, timeout: Duration) -> Result<Answer, String> {
    let (sender, receiver) = oneshot::channel();
    // The thread is separate, so that a webhook that does not reply blocks no runtime.
    thread::spawn(move || sender.send(post(&target, &body, timeout)));
    receiver.await.unwrap_or_else(|_| Err("Webhook connection closed".to_owned()))
}

fn post(target: &Target, body: &str, timeout: Duration) -> Result<Answer, String> {
    let rest = target.url.strip_prefix("http://").ok_or("Can't connect to the webhook")?;
    let (host, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    let path = if path.is_empty() { "/" } else { path };
    let headers: Vec<String> =
        target.headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
    let headers = headers.concat();
    let request = format!(
        "POST {path} HTTP/1.1\r\nHost: {host}\r\n{headers}Content-Length: {}\r\n\
         Connection: close\r\nAccept-Encoding: gzip, deflate\r\n\r\n{body}",
        body.len()
    );
    let mut stream = TcpStream::connect(host).map_err(|_| "Connection refused")?;
    let response = exchange(&mut stream, &request, timeout).map_err(|error| match error.kind() {
        io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut => "Read timeout expired",
        _ => "Webhook connection closed",
    })?;
    read(&response).ok_or_else(|| "Webhook connection closed".to_owned())
}

fn exchange(stream: &mut TcpStream, request: &str, timeout: Duration) -> io::Result<String> {
    stream.set_read_timeout(Some(timeout))?;
    stream.write_all(request.as_bytes())?;
    let mut bytes = Vec::new();
    stream.read_to_end(&mut bytes)?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

fn read(response: &str) -> Option<Answer> {
    let (head, body) = response.split_once("\r\n\r\n")?;
    let (status, headers) = head.split_once("\r\n").unwrap_or((head, ""));
    let mut words = status.splitn(3, ' ').skip(1);
    let status = words.next()?.parse().ok()?;
    let reason = words.next().unwrap_or_default().to_owned();
    let retry_after = headers
        .lines()
        .filter_map(|line| line.split_once(':'))
        .find(|(name, _)| name.eq_ignore_ascii_case("retry-after"))
        .and_then(|(_, value)| value.trim().parse().ok());
    Some(Answer { status, reason, retry_after: retry_after.unwrap_or_default(), body: body.to_owned() })
}
