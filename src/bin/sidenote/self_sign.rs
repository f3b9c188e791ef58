//! Signatures for unsigned requests from this machine, for the setting `ALLOW_UNSIGNED`. A request that a web site
//! sends through a local browser gets no signature, not even under a name that the site has pointed to this machine.

use std::net::{IpAddr, SocketAddr};

use http::header::{HOST, HeaderName, ORIGIN};
use http::uri::Authority;
use http::{HeaderMap, HeaderValue};
use sidenote::webhook::{APP_SIGNATURE_HEADER, SIGNATURE_HEADER, sign};

use crate::local;

/// The headers that a proxy or a tunnel adds. A request with one of these headers does not come from this machine.
pub(crate) const FORWARDED: [&str; 5] =
    ["forwarded", "x-forwarded-for", "x-forwarded-host", "cf-connecting-ip", "x-real-ip"];

/// Whether a proxy or a tunnel has relayed the request.
pub(crate) fn is_relayed(headers: &HeaderMap) -> bool {
    FORWARDED.iter().any(|name| headers.contains_key(*name))
}

/// Adds a signature to an unsigned request from this machine. `listen` is the address of the server. A signature by the
/// local key counts as none, because everybody knows this key.
pub(crate) fn sign_if_unsigned(headers: &mut HeaderMap, body: &[u8], listen: SocketAddr) {
    let own = sign(&local::key(), body);
    let is_own =
        |value: &HeaderValue| value.to_str().is_ok_and(|text| text.to_ascii_lowercase().contains(&own));
    for header in [SIGNATURE_HEADER, APP_SIGNATURE_HEADER] {
        if headers.get_all(header).iter().any(is_own) {
            headers.remove(header);
        }
    }
    let is_signed =
        [SIGNATURE_HEADER, APP_SIGNATURE_HEADER].iter().any(|header| headers.contains_key(*header));
    if is_signed || is_relayed(headers) || is_of_a_site(headers) || !is_to_this_machine(headers, listen) {
        return;
    }
    if let Ok(signature) = HeaderValue::from_str(&own) {
        headers.insert(HeaderName::from_static(SIGNATURE_HEADER), signature);
    }
}

/// Whether a browser sends the request for a web site. Clients that are no browsers send none of these headers.
fn is_of_a_site(headers: &HeaderMap) -> bool {
    let sites = headers.get_all("sec-fetch-site").iter();
    headers.contains_key(ORIGIN) || sites.into_iter().any(|site| site != "none" && site != "same-origin")
}

fn is_to_this_machine(headers: &HeaderMap, listen: SocketAddr) -> bool {
    let host = headers.get(HOST).and_then(|host| host.to_str().ok()?.parse::<Authority>().ok());
    host.is_some_and(|host| {
        let name = host_name(&host);
        // A numeric address involves no DNS, so DNS rebinding is impossible.
        let is_ours = |ip: IpAddr| ip.is_loopback() || ip == listen.ip() || listen.ip().is_unspecified();
        name.eq_ignore_ascii_case("localhost") || name.parse().is_ok_and(is_ours)
    })
}

/// Returns the name or address in a `Host` header, without brackets.
pub(crate) fn host_name(host: &Authority) -> &str {
    host.host().trim_start_matches('[').trim_end_matches(']')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn signs(listen: &str, sent: &[(&str, &str)]) -> bool {
        let header = |(name, value): &(&str, &str)| {
            (name.parse::<HeaderName>().expect("a name"), value.parse().expect("a value"))
        };
        let mut headers: HeaderMap = sent.iter().map(header).collect();
        sign_if_unsigned(&mut headers, b"{}", listen.parse().expect("an address"));
        headers.contains_key(SIGNATURE_HEADER)
    }

    #[test]
    fn a_request_from_a_web_site_is_not_signed() {
        let from = |name: &'static str, value| signs("127.0.0.1:80", &[("host", "localhost"), (name, value)]);
        for origin in ["https://evil.example", "null", "http://localhost", ""] {
            assert!(!from("origin", origin), "{origin}");
        }
        for site in ["cross-site", "same-site", "", "None"] {
            assert!(!from("sec-fetch-site", site), "{site}");
        }
        assert!(from("sec-fetch-site", "none") && from("sec-fetch-site", "same-origin"));
    }

    #[test]
    fn a_relayed_request_is_not_signed() {
        for name in FORWARDED {
            assert!(!signs("127.0.0.1:80", &[("host", "localhost"), (name, "203.0.113.9")]), "{name}");
        }
    }

    #[test]
    fn a_signature_by_the_local_key_does_not_let_another_machine_in() {
        let own = sign(&local::key(), b"{}");
        for (signature, host, stays) in [
            (own.as_str(), "evil.example", false),
            (&own.to_uppercase(), "evil.example", false),
            (&own, "localhost", true),
            (&"0".repeat(64), "evil.example", true),
        ] {
            assert_eq!(
                signs("127.0.0.1:80", &[("host", host), (SIGNATURE_HEADER, signature)]),
                stays,
                "{host}"
            );
        }
    }

    #[test]
    fn only_a_request_to_this_machine_is_signed() {
        let to = |listen, host| signs(listen, &[("host", host)]);
        for host in ["localhost:8000", "LOCALHOST", "127.0.0.1:1", "[::1]:8000", "127.0.0.2"] {
            assert!(to("127.0.0.1:80", host), "{host}");
        }
        for host in ["evil.example", "localhost.evil.example", "10.0.0.7", "", "@", "[::1"] {
            assert!(!to("127.0.0.1:80", host), "{host}");
        }
        assert!(!signs("127.0.0.1:80", &[]), "without a host");
        assert!(to("10.0.0.7:80", "10.0.0.7:80") && !to("10.0.0.7:80", "10.0.0.8:80"));
        assert!(to("0.0.0.0:80", "10.0.0.7:80"), "any of its own numbers, which are not known here");
        assert!(!to("0.0.0.0:80", "evil.example"));
    }
}
