//! Detects links, addresses and hosts in a model's answer that the evidence does not contain.

use std::sync::LazyLock;

use regex_lite::Regex;

/// An IPv4 address, a mail address, or a bot's name in a chat.
static ADDRESS: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(
        r"(?i)\b\d{1,3}(?:\.\d{1,3}){3}\b|[a-z0-9._+-]+@[a-z0-9-]+(?:\.[a-z0-9-]+)*\.[a-z]{2,}\b|(?:^|[^a-z0-9._])@[a-z0-9_]*bot\b",
    )
    .ok()
});
/// A host name: a name under one of the frequent top-level domains such as `evil.com`, or a name of at least three
/// parts after a word such as `from`.
static HOST: LazyLock<Option<Regex>> = LazyLock::new(|| {
    let label = r"[a-z0-9](?:[a-z0-9-]*[a-z0-9])?";
    let usual = "com|net|org|io|dev|sh|xyz|ru|cn|example|top|site|online|click|zip|tk|ly|biz|app|co|me|info|cloud|ai|gg|pw|cc|ws|uk|de|eu|tw|hk";
    Regex::new(&format!(r"(?i)\b(?:{label}\.)+(?:{usual})\b|\b(?:from|to|at|on|via|into|host|server)\s+(?:{label}\.){{2,}}[a-z]{{2,}}\b")).ok()
});
/// Names of libraries and platforms that look like host names.
const NO_HOSTS: &[&str] = &[
    "asp.net",
    "vb.net",
    "ado.net",
    "socket.io",
    "draw.io",
    "system.net",
    "log.info",
    "logger.info",
    "logging.info",
    "console.info",
    "self.app",
    "this.app",
    "req.app",
];

/// Whether the text contains any link, or an address or a host that the evidence `shown` does not contain.
pub(super) fn is_foreign(text: &str, shown: &str) -> bool {
    is_link(text) || names_address(text, shown) || names_host(text, shown)
}

fn is_link(text: &str) -> bool {
    let text = text.to_lowercase();
    ["://", "www.", "t.me/"].iter().any(|mark| text.contains(mark))
}

fn names_address(text: &str, shown: &str) -> bool {
    let Some(pattern) = &*ADDRESS else { return false };
    pattern.find_iter(text).any(|found| !shown.contains(found.as_str().trim()))
}

fn names_host(text: &str, shown: &str) -> bool {
    let Some(pattern) = &*HOST else { return false };
    let hosts = pattern.find_iter(text).map(|found| {
        let host = found.as_str().rsplit(char::is_whitespace).next().unwrap_or_default();
        (host, &text[found.end()..])
    });
    // Texts such as `fs.sh(` are code: a host name is not followed by a bracket, and its domain is not in mixed case.
    let mut hosts = hosts.filter(|(host, rest)| {
        let domain = host.rsplit('.').next().unwrap_or(host);
        let is_one_case = domain.chars().all(char::is_lowercase) || domain.chars().all(char::is_uppercase);
        is_one_case && !rest.starts_with(['(', '_'])
    });
    hosts.any(|(host, _)| !NO_HOSTS.contains(&host.to_lowercase().as_str()) && !shown.contains(host))
}
