//! Explains why a server cannot be reached, for example because nothing listens on its port or because the TLS
//! handshake fails.

use std::time::Duration;

use reqwest::Url;
use tokio::net::TcpStream;

use crate::domain::outcome::Failure;
use crate::domain::text::capped;

/// The time limit for a plain TCP connection.
const TIME_LIMIT: Duration = Duration::from_secs(3);

/// Returns a description of a failed call and its remedy. `variable` is the name of the setting that contains the
/// server's URL. If an HTTPS server is unreachable, this function also tries a plain TCP connection.
pub async fn explained(url: &Url, why: Failure, variable: &str) -> (String, String) {
    let place = shown(url);
    if why == Failure::Unreachable && url.scheme() == "https" && listens(url).await {
        let remedy = format!(
            "its certificate must be valid for this name; for a private certificate authority set SSL_CERT_FILE; if it speaks \
             plain HTTP, {variable} begins with http://"
        );
        return (format!("{place}: the TLS handshake fails, although the port is open"), remedy);
    }
    let remedy = match why {
        Failure::Unreachable => format!(
            "check {variable}, DNS, firewall and, in a VPC, the NAT: curl -sv {place} from the function's network"
        ),
        Failure::ProxyRefused => "correct the user and password in HTTPS_PROXY or HTTP_PROXY".to_owned(),
        Failure::Timeout => {
            format!("the server is slow or failing, or a firewall drops the packets: curl -sv {place}")
        }
        _ => format!("try again; if the error persists, check the server in {variable}"),
    };
    (format!("{place}: {why}"), remedy)
}

/// Returns the URL without its user, password, query and fragment, because these parts may be secret.
#[must_use]
pub fn shown(url: &Url) -> String {
    let port = url.port().map(|port| format!(":{port}")).unwrap_or_default();
    format!("{}://{}{port}{}", url.scheme(), url.host_str().unwrap_or_default(), url.path())
}

/// Shortens an error text of the AWS SDK to one line of at most 240 characters, without the debug output that the SDK
/// appends when a connection fails.
#[must_use]
pub fn concise(words: &str) -> String {
    let kinds = [" (DispatchFailure", " (TimeoutError", " (ResponseError", " (ConstructionFailure"];
    let end = kinds.iter().filter_map(|kind| words.find(kind)).min().unwrap_or(words.len());
    capped(words[..end].replace('\n', " "), 240)
}

async fn listens(url: &Url) -> bool {
    let (Some(host), Some(port)) = (url.host_str(), url.port_or_known_default()) else { return false };
    let host = host.trim_start_matches('[').trim_end_matches(']');
    matches!(tokio::time::timeout(TIME_LIMIT, TcpStream::connect((host, port))).await, Ok(Ok(_)))
}
