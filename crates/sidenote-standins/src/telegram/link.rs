//! Telegram's rules for links. A rejected link is an error on a button; in a text it silently becomes plain text.

/// The target of a link.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Link {
    /// A web address in Telegram's normal form.
    Url(String),
    /// The id of a Telegram user.
    User(String),
}

/// Parses a link. Returns `None` if Telegram rejects the link: it has another scheme, no host, or a host without a dot,
/// as in `http://localhost`.
pub(super) fn checked(link: &str) -> Option<Link> {
    let (scheme, rest) = scheme_of(link);
    if let "tg" | "ton" | "tonsite" = scheme {
        return internal(scheme, rest.strip_prefix("//").unwrap_or(rest));
    }
    let (authority, tail) = rest.split_at(rest.find(['/', '?', '#']).unwrap_or(rest.len()));
    let (user, host_port) = authority.rsplit_once('@').map_or(("", authority), |(user, host)| (user, host));
    let host =
        valid_host(host_port).filter(|_| user.chars().all(|letter| letter == ':' || may_name(letter)))?;
    let at = if user.is_empty() { String::new() } else { format!("{user}@") };
    let slash = if tail.starts_with('/') { "" } else { "/" };
    let tail: String = tail.trim_end().chars().map(escaped).collect();
    Some(Link::Url(format!("{scheme}://{at}{host}{slash}{tail}")))
}

/// Splits a link into its scheme, in lower case, and the rest. A link without a scheme counts as http.
fn scheme_of(link: &str) -> (&'static str, &str) {
    const SCHEMES: [(&str, &str); 5] =
        [("http", "http://"), ("https", "https://"), ("tg", "tg:"), ("ton", "ton:"), ("tonsite", "tonsite:")];
    for (scheme, start) in SCHEMES {
        if let Some(rest) = link.get(start.len()..)
            && link[..start.len()].eq_ignore_ascii_case(start)
        {
            return (scheme, rest);
        }
    }
    ("http", link)
}

fn internal(scheme: &str, rest: &str) -> Option<Link> {
    let id = rest.strip_prefix("user?id=").map(|query| query.split('&').next().unwrap_or_default());
    if let Some(id) = id.filter(|id| scheme == "tg" && id.parse::<i64>().is_ok_and(|id| id > 0)) {
        return Some(Link::User(id.to_owned()));
    }
    let (name, tail) = rest.split_at(rest.find(['/', '?', '#']).unwrap_or(rest.len()));
    let known =
        !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte));
    let slash = if tail.is_empty() { "/" } else { "" };
    known.then(|| Link::Url(format!("{scheme}://{rest}{slash}")))
}

/// Returns the normal form of `host` or `host:port`, in lower case. A bracketed IPv6 address needs no dot.
fn valid_host(host_port: &str) -> Option<String> {
    let after_brackets = host_port.rfind(']').map_or(0, |bracket| bracket + 1);
    let (host, port) = match host_port[after_brackets..].find(':') {
        Some(colon) => host_port.split_at(after_brackets + colon),
        None => (host_port, ""),
    };
    let port = match port.strip_prefix(':') {
        None => String::new(),
        Some(digits) => format!(":{}", digits.parse::<u16>().ok().filter(|port| *port > 0)?),
    };
    let bracketed = host.starts_with('[') && host.ends_with(']');
    let known = bracketed || (host.contains('.') && host.chars().all(may_name));
    known.then(|| format!("{}{port}", host.to_lowercase()))
}

/// Whether a character may be part of a host or a user name.
fn may_name(letter: char) -> bool {
    !letter.is_ascii() || letter.is_ascii_alphanumeric() || "!$%&'()*+,-.;=_~".contains(letter)
}

fn escaped(letter: char) -> String {
    if letter <= ' ' { format!("%{:02X}", u32::from(letter)) } else { letter.to_string() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_are_normalised_as_in_telegram() {
        let rows = [
            ("https://Example.COM?a=1", Some("https://example.com/?a=1")),
            ("http://127.0.0.1:9000/issues/7/", Some("http://127.0.0.1:9000/issues/7/")),
            ("http://[::1]:9000", Some("http://[::1]:9000/")),
            ("sentry.example/a b", Some("http://sentry.example/a%20b")),
            ("https://u:p@a.b/", Some("https://u:p@a.b/")),
            ("tg://resolve?domain=x", Some("tg://resolve?domain=x")),
            ("http://localhost:9000/", None),
            ("javascript:alert(1)//a.b", None),
            ("ftp://a.b", None),
            ("//a.b", None),
            ("https://a.b:99999/", None),
            ("http://a b.c/", None),
            ("http://a<b.c/", None),
            ("tg://", None),
        ];
        for (link, expected) in rows {
            let expected = expected.map(|url| Link::Url(url.to_owned()));
            assert_eq!(checked(link), expected, "{link}");
        }
        assert_eq!(checked("TG://user?id=12"), Some(Link::User("12".to_owned())));
    }
}
