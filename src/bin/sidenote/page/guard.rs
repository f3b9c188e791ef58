//! Access control of the local page: only a browser that uses a name of this machine has access, and no other web site.
//!
//! The port may be reachable in other ways: by a name that an attacker points to 127.0.0.1 (DNS rebinding), by a tunnel
//! for Sentry's webhooks, or by another site's form. Requests that arrive in one of these ways get a 404. Headers
//! cannot reveal every proxy, so a browser also needs the access key of [`super::key`].

use std::net::{IpAddr, SocketAddr};

use http::header::{HOST, HeaderName, ORIGIN};
use http::{HeaderMap, Method, Uri};

use crate::self_sign::{host_name, is_relayed};

/// The host names under which the local page is accessible.
#[derive(Debug, Clone)]
pub(super) struct Guard {
    /// Whether other machines have access. It is true if the server does not listen on a loopback address.
    open: bool,
    /// The host names that are allowed besides `localhost` and numeric addresses.
    names: Vec<String>,
}

impl Guard {
    /// Creates the guard for a listener at `address`, with additional host names.
    pub(super) fn new(address: SocketAddr, names: Vec<String>) -> Self {
        Self { open: !address.ip().is_loopback(), names }
    }

    /// Whether the local page may answer a request with this method and these headers.
    pub(super) fn admits(&self, method: &Method, headers: &HeaderMap) -> bool {
        let Some(host) = text(headers, &HOST) else { return false };
        self.knows(host)
            && (self.open || !is_relayed(headers))
            && (method.is_safe() || is_own_site(headers, host))
    }

    fn knows(&self, host: &str) -> bool {
        let Ok(authority) = host.parse::<http::uri::Authority>() else { return false };
        let name = host_name(&authority);
        // A numeric address involves no DNS, so DNS rebinding is impossible.
        let number = name.parse::<IpAddr>().is_ok_and(|ip| self.open || ip.is_loopback());
        number
            || name.eq_ignore_ascii_case("localhost")
            || self.names.iter().any(|known| known.eq_ignore_ascii_case(name))
    }
}

/// Whether the local page itself sent the request. Current browsers send an `Origin` with every POST, so a request
/// without an `Origin` is rejected.
fn is_own_site(headers: &HeaderMap, host: &str) -> bool {
    let Some(origin) = text(headers, &ORIGIN).and_then(|origin| origin.parse::<Uri>().ok()) else {
        return false;
    };
    let site = headers.get("sec-fetch-site").and_then(|site| site.to_str().ok());
    origin.authority().is_some_and(|from| from.as_str().eq_ignore_ascii_case(host))
        && site.is_none_or(|site| site == "same-origin")
}

fn text<'h>(headers: &'h HeaderMap, name: &HeaderName) -> Option<&'h str> {
    headers.get(name)?.to_str().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::self_sign::FORWARDED;

    fn admits(listen: &str, method: &Method, headers: &[(&str, &str)]) -> bool {
        let header = |(name, value): &(&str, &str)| {
            (name.parse::<HeaderName>().expect("a name"), value.parse().expect("a value"))
        };
        let guard = Guard::new(listen.parse().expect("an address"), vec!["box.lan".to_owned()]);
        guard.admits(method, &headers.iter().map(header).collect())
    }

    #[test]
    fn the_page_accepts_only_host_names_of_this_machine() {
        let get = |host: &str| admits("127.0.0.1:80", &Method::GET, &[("host", host)]);
        for host in ["127.0.0.1:8000", "localhost", "LOCALHOST:1", "[::1]:8000", "box.lan:8000"] {
            assert!(get(host), "{host}");
        }
        for host in [
            "evil.example",
            "127.0.0.1.evil.example",
            "localhost.evil.example:80",
            "10.0.0.7",
            "",
            "@",
            "[::1",
        ] {
            assert!(!get(host), "{host}");
        }
        assert!(!admits("127.0.0.1:80", &Method::GET, &[]));
        assert!(admits("0.0.0.0:80", &Method::GET, &[("host", "10.0.0.7:80")]));
        assert!(!admits("0.0.0.0:80", &Method::GET, &[("host", "evil.example")]));
    }

    #[test]
    fn a_forwarded_request_to_a_loopback_listener_does_not_reach_the_page() {
        for name in FORWARDED {
            let headers = [("host", "localhost:8000"), (name, "203.0.113.9")];
            assert!(!admits("127.0.0.1:80", &Method::GET, &headers), "{name}");
            assert!(admits("0.0.0.0:80", &Method::GET, &headers), "{name}");
        }
    }

    #[test]
    fn a_post_from_another_site_is_rejected() {
        let post = |more: &[(&str, &str)]| {
            let headers: Vec<_> = [("host", "localhost:8000")].iter().chain(more).copied().collect();
            admits("127.0.0.1:80", &Method::POST, &headers)
        };
        assert!(post(&[("origin", "http://localhost:8000")]));
        assert!(post(&[("origin", "http://localhost:8000"), ("sec-fetch-site", "same-origin")]));
        for origin in [
            "null",
            "http://evil.example",
            "http://localhost",
            "http://localhost:8001",
            "http://127.0.0.1:8000",
        ] {
            assert!(!post(&[("origin", origin)]), "{origin}");
        }
        assert!(!post(&[]));
        assert!(!post(&[("origin", "http://localhost:8000"), ("sec-fetch-site", "cross-site")]));
    }
}
