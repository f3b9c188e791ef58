//! Proxies in front of a server: one that delays connections, one that refuses them, one that imitates the regions of
//! sentry.io, and one that containers can reach.

use std::collections::BTreeSet;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, copy_bidirectional};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

/// The delay of each connection. With the answer it takes longer than Sentry waits for the answer to a webhook.
const LATE: Duration = Duration::from_secs(1);

/// A proxy that stops listening when its handle is dropped.
pub(crate) struct Proxy {
    pub(crate) address: SocketAddr,
    serving: JoinHandle<()>,
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

async fn listen() -> (TcpListener, SocketAddr) {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("a free port");
    let address = listener.local_addr().expect("an address");
    (listener, address)
}

/// Starts a proxy that passes every connection on to `server` after a delay.
pub(crate) async fn late(server: SocketAddr) -> Proxy {
    let (listener, address) = listen().await;
    passing(listener, address, (server, LATE))
}

/// Makes a stand-in at the URL `url`, which listens on loopback, accessible to containers. The proxy listens at the same
/// port of `bridge`, the engine's address.
pub(crate) async fn on_bridge(url: &str, bridge: &str) -> Proxy {
    let server: SocketAddr = url.trim_start_matches("http://").parse().expect("a stand-in's address");
    let address = SocketAddr::new(bridge.parse().expect("an address"), server.port());
    let listener = TcpListener::bind(address).await.expect("the same port on the bridge");
    passing(listener, address, (server, Duration::ZERO))
}

fn passing(listener: TcpListener, address: SocketAddr, (server, delay): (SocketAddr, Duration)) -> Proxy {
    let serving = tokio::spawn(async move {
        while let Ok((mut caller, _)) = listener.accept().await {
            tokio::spawn(async move {
                tokio::time::sleep(delay).await;
                let Ok(mut server) = TcpStream::connect(server).await else { return };
                // A broken connection concerns only the caller.
                let _ = copy_bidirectional(&mut caller, &mut server).await;
            });
        }
    });
    Proxy { address, serving }
}

/// Starts an HTTP proxy that refuses every connection. Returns the hosts, with their ports, to which it was asked to
/// connect.
pub(crate) async fn refusing() -> (Proxy, Arc<Mutex<BTreeSet<String>>>) {
    let (listener, address) = listen().await;
    let asked = Arc::new(Mutex::new(BTreeSet::new()));
    let hosts = Arc::clone(&asked);
    let serving = tokio::spawn(async move {
        while let Ok((mut caller, _)) = listener.accept().await {
            let Ok(head) = head(&mut caller).await else { continue };
            let host = head.strip_prefix("CONNECT ").and_then(|rest| rest.split(' ').next()).unwrap_or(&head);
            hosts.lock().expect("no holder panics").insert(host.to_owned());
            let refusal = super::wire::response(502, "", "");
            // The caller may be gone already.
            let _ = caller.write_all(refusal.as_bytes()).await;
        }
    });
    (Proxy { address, serving }, asked)
}

/// Reads the head of a request.
async fn head(caller: &mut TcpStream) -> std::io::Result<String> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(caller.read_u8().await?);
    }
    Ok(String::from_utf8_lossy(&head).into_owned())
}

/// Starts an HTTP proxy that imitates sentry.io. Its organizations are in the region `us.sentry.io`. `sentry.io` finds
/// them there, and `de.sentry.io` knows none. No region knows the owner of a token.
pub(crate) async fn regions(sentry: SocketAddr) -> Proxy {
    let (listener, address) = listen().await;
    let serving = tokio::spawn(async move {
        while let Ok((caller, _)) = listener.accept().await {
            tokio::spawn(async move { drop(exchange(caller, sentry).await) });
        }
    });
    Proxy { address, serving }
}

async fn exchange(mut caller: TcpStream, sentry: SocketAddr) -> std::io::Result<()> {
    let head = head(&mut caller).await?;
    let target = head.split(' ').nth(1).unwrap_or_default();
    let (host, path) = target.trim_start_matches("http://").split_once('/').unwrap_or_default();
    assert!(matches!(host, "sentry.io" | "us.sentry.io" | "de.sentry.io"), "a call to {host}");
    let is_scoped = path.contains("organizations/") || path.contains("projects/");
    let of_region = match host {
        "de.sentry.io" if is_scoped => Some((404, r#"{"detail":"The requested resource does not exist"}"#)),
        "de.sentry.io" | "us.sentry.io" if path == "api/0/" => {
            Some((200, r#"{"version":"0","auth":null,"user":null}"#))
        }
        _ => None,
    };
    if let Some((status, body)) = of_region {
        return caller.write_all(super::wire::response(status, "", body).as_bytes()).await;
    }
    let request = head.replace(target, &format!("/{path}"));
    let request = request.replace("\r\n\r\n", "\r\nConnection: close\r\n\r\n");
    let mut server = TcpStream::connect(sentry).await?;
    server.write_all(request.as_bytes()).await?;
    copy_bidirectional(&mut caller, &mut server).await.map(drop)
}
