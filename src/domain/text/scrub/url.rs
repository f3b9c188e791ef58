//! Finds credentials in URLs: before the host, and in the paths of links that work without a login, such as
//! `/reset-password/…`.

use std::ops::Range;

use super::found::Found;
use super::judge::is_placeholder;
use super::value::is_ideograph;
use super::word::{head, is_plain, is_random, tail};

/// Words in the path of a URL that a secret follows, as in `/reset-password/…`.
const OPENING: &[&str] = &[
    "reset",
    "reset-password",
    "password-reset",
    "password",
    "verify",
    "verification",
    "confirm",
    "confirmation",
    "activate",
    "activation",
    "invite",
    "invitation",
    "invitations",
    "invites",
    "magic",
    "magic-link",
    "login",
    "signin",
    "signup",
    "unsubscribe",
    "token",
    "tokens",
    "auth",
    "share",
    "shared",
    "s",
    "hooks",
    "hook",
    "webhook",
    "webhooks",
    "services",
    "workflows",
    "triggers",
    "webhookb2",
    "callback",
    "otp",
    "join",
];
/// The longest credentials before a host, in bytes.
const LONGEST: usize = 256;
/// The characters that end a URL.
const END: &[char] = &[' ', '\t', '\n', '\r', '"', '\'', '<', '>', '`', '|'];

/// Adds the credentials of the URLs in `text` to `found`.
pub(super) fn find(text: &str, found: &mut Found) {
    for (at, sign) in text.match_indices("://") {
        let start = at + sign.len();
        // A second URL inside the query is handled on its own.
        let rest = text[start..].split("://").next().unwrap_or_default();
        let length = rest.find(|c: char| END.contains(&c) || is_ideograph(c)).unwrap_or(rest.len());
        let length = rest[..length].trim_end_matches([',', ';', '.', ')', ':']).len();
        let url = start..start + length;
        let host = user(text, &url, found).unwrap_or(start);
        path(text, host..url.end, found);
    }
    for (at, _) in text.match_indices(" /").chain(text.starts_with('/').then_some((0, ""))) {
        let start = at + usize::from(text[at..].starts_with(' '));
        let rest = &text[start..];
        let length = rest.find(|c: char| END.contains(&c) || is_ideograph(c)).unwrap_or(rest.len());
        path(text, start..start + length, found);
    }
    without_scheme(text, found);
    oracle(text, found);
}

/// Adds the credentials before the host of a URL to `found`: `user:password`, or a token. Returns the beginning of the
/// host, or `None` if the URL has nothing before its host.
fn user(text: &str, url: &Range<usize>, found: &mut Found) -> Option<usize> {
    let whole = &text[url.clone()];
    let authority = whole.find(['/', '?', '#']).unwrap_or(whole.len());
    let at = whole[..authority].rfind('@').or_else(|| {
        // The password contains a slash if the text after the colon is not a port.
        let (_, port) = whole[..authority].split_once(':')?;
        whole.find('@').filter(|_| !port.bytes().all(|b| b.is_ascii_digit()))
    })?;
    let user = &whole[..at];
    let has_humps = user.len() >= 8 && user.bytes().skip(1).any(|b| b.is_ascii_uppercase());
    let is_secret =
        user.contains(':') || is_random(user) || has_humps || (user.len() >= 16 && !is_plain(user));
    if is_secret && !is_template(user) {
        found.add(url.start..url.start + at, "[credentials]");
    }
    Some(url.start + at + 1)
}

/// Whether the credentials are a template, such as `${USER}:${PASSWORD}`, `user:***` or `%s:%s`.
fn is_template(user: &str) -> bool {
    let secret = user.split_once(':').map_or(user, |(_, secret)| secret);
    let is_named =
        ["password", "passwd", "pass", "secret", "pw"].iter().any(|name| secret.eq_ignore_ascii_case(name));
    is_named
        || !secret.is_empty() && is_placeholder(secret) && !secret.bytes().all(|b| b.is_ascii_alphanumeric())
}

/// Adds the random parts of a URL's path to `found`: those after a word of [`OPENING`], and long ones anywhere.
fn path(text: &str, url: Range<usize>, found: &mut Found) {
    let whole = &text[url.clone()];
    let path = &whole[..whole.find(['?', '#']).unwrap_or(whole.len())];
    let mut at = 0;
    // The parts after the first word of `OPENING` include those after any later one.
    let mut is_opened = false;
    for part in path.split('/') {
        let rest = path.get(at + part.len() + 1..).unwrap_or_default();
        let opens = at > 0 && !is_opened && OPENING.contains(&part.to_ascii_lowercase().as_str());
        is_opened |= opens;
        if opens && rest.split('/').any(|part| is_drawn(part, 8)) {
            found.add(url.end - (whole.len() - path.len()) - rest.len()..url.start + path.len(), "[token]");
            return;
        }
        let has_both =
            part.bytes().any(|b| b.is_ascii_uppercase()) && part.bytes().any(|b| b.is_ascii_lowercase());
        if at > 0 && has_both && !part.contains('.') && is_drawn(part, 32) {
            found.add(url.start + at..url.start + at + part.len(), "[token]");
        }
        at += part.len() + 1;
    }
}

fn is_drawn(part: &str, least: usize) -> bool {
    let is_in = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'=' | b'.' | b'~');
    part.len() >= least && part.bytes().all(is_in) && is_random(part)
}

/// Adds the credentials of `root:password@tcp(db:3306)/shop`, the form of Go's database drivers.
fn without_scheme(text: &str, found: &mut Found) {
    for (at, _) in text.match_indices('@') {
        let rest = &text[at + 1..];
        let is_place =
            ["tcp(", "tcp6(", "unix("].iter().any(|start| rest.starts_with(start)) || has_port(rest);
        let before = tail(&text[..at], LONGEST);
        let is_in = |c: char| {
            c.is_alphanumeric() && !is_ideograph(c) || c.is_ascii_punctuation() && !"\"'=(`".contains(c)
        };
        let user = &before[before.trim_end_matches(is_in).len()..];
        let user = user.trim_start_matches([':', ',', ';']);
        let start = at - user.len();
        let is_user = user.split_once(':').is_some_and(|(name, secret)| {
            !name.is_empty()
                && !secret.is_empty()
                && !secret.starts_with("//")
                && name.bytes().all(|b| b.is_ascii_alphanumeric() || b"_-.".contains(&b))
        });
        if is_place && is_user && !found.reaches(at) && !is_template(user) {
            found.add(start..at, "[credentials]");
        }
    }
}

/// Whether `host` begins with a host and its port, as in `db:5432` or `10.0.0.1:6379/0`.
fn has_port(host: &str) -> bool {
    let name =
        host.find(|c: char| !(c.is_ascii_alphanumeric() || c == '.' || c == '-')).unwrap_or(host.len());
    let port = host[name..].strip_prefix(':').unwrap_or_default();
    name > 0 && port.bytes().take_while(u8::is_ascii_digit).count() >= 2
}

/// Adds the credentials of `jdbc:oracle:thin:scott/password@//db:1521/x` and of `sqlplus scott/password@db`.
fn oracle(text: &str, found: &mut Found) {
    for (at, sign) in text.match_indices(":thin:").chain(text.match_indices("sqlplus ")) {
        let start = at + sign.len();
        let rest = head(&text[start..], LONGEST);
        let end = rest.find(END).unwrap_or(rest.len());
        if let Some(at) = rest[..end].find('@').filter(|at| rest[..*at].contains('/')) {
            found.add(start..start + at, "[credentials]");
        }
    }
}
