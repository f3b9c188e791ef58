//! Finds network addresses that identify a person: public IP addresses and hardware addresses (MAC).

use std::net::{Ipv4Addr, Ipv6Addr};

use super::found::Found;
use super::word::runs;

/// Words that precede a version. Four numbers after such a word are not an IP address.
const VERSIONED: &[&str] = &[
    "version",
    "ver",
    "v",
    "release",
    "build",
    "ios",
    "ipados",
    "tvos",
    "watchos",
    "android",
    "windows",
    "macos",
    "linux",
    "kernel",
    "chrome",
    "firefox",
    "safari",
    "edge",
    "opera",
    "java",
    "jdk",
    "jre",
    "node",
    "python",
    "ruby",
    "php",
    "go",
    "rust",
    "dotnet",
    "sdk",
    "net",
    "nt",
    "os",
    "app",
    "agent",
    "firmware",
    "driver",
    "nginx",
    "redis",
    "mysql",
    "postgresql",
    "postgres",
    "oracle",
    "unity",
];

/// Adds the network addresses in `text` to `found`.
pub(super) fn find(text: &str, found: &mut Found) {
    let is_in = |b: u8| b.is_ascii_hexdigit() || matches!(b, b'.' | b':' | b'-');
    for place in runs(text, is_in).filter(|place| place.len() >= 4) {
        run(text, place.start, place.end, found);
    }
}

/// Adds the network addresses in `text[start..end]`, a run of hexadecimal digits, dots, colons and dashes.
fn run(text: &str, start: usize, end: usize, found: &mut Found) {
    // A single leading colon separates the run from the preceding word and is not a part of it.
    let lone = text[start..end].starts_with(':') && !text[start..end].starts_with("::");
    let start = start + usize::from(lone);
    let run = &text[start..end];
    if is_dotted_card(run) && !is_word_before(text, start) {
        found.add(start..end, "[mac]");
    } else if let Some(length) = network_card(run).filter(|_| !is_word_before(text, start)) {
        found.add(start..start + length, "[mac]");
    } else if let Some(length) = ipv6(run).filter(|_| !is_word_before(text, start) || run.starts_with(':')) {
        found.add(start..start + length, "[ip]");
    } else {
        let mut at = start;
        for part in run.split([':', '-']) {
            ipv4(text, at, part, found);
            at += part.len() + 1;
        }
    }
}

fn is_word_before(text: &str, at: usize) -> bool {
    text[..at].ends_with(|c: char| c.is_ascii_alphanumeric())
}

/// Returns the length of the hardware address at the beginning of `run`: six pairs of hexadecimal digits. Returns
/// `None` for the addresses `00:00:00:00:00:00` and `ff:ff:ff:ff:ff:ff`, which identify no network card.
fn network_card(run: &str) -> Option<usize> {
    let card =
        run.get(..17).filter(|_| run.len() == 17 || run.as_bytes().get(17).is_some_and(|b| *b == b'.'))?;
    let sign = if card.contains(':') { ':' } else { '-' };
    let pairs: Vec<&str> = card.split(sign).collect();
    let is_card = pairs.len() == 6
        && pairs.iter().all(|pair| pair.len() == 2 && pair.bytes().all(|b| b.is_ascii_hexdigit()));
    let is_quiet = ["00", "ff", "FF"].iter().any(|quiet| pairs.iter().all(|pair| pair == quiet));
    (is_card && !is_quiet).then_some(17)
}

/// Whether the run is a hardware address in Cisco's form, such as `001b.4411.3ab7`.
fn is_dotted_card(run: &str) -> bool {
    let is_part = |part: &str| part.len() == 4 && part.bytes().all(|b| b.is_ascii_hexdigit());
    run.len() == 14
        && run.split('.').count() == 3
        && run.split('.').all(is_part)
        && run.bytes().any(|b| b.is_ascii_alphabetic())
}

/// Returns the length of the public IPv6 address at the beginning of `run`. Public are the range `2000::/3`, and public
/// IPv4 addresses in IPv6's form (`::ffff:8.8.8.8`).
fn ipv6(run: &str) -> Option<usize> {
    let address = run.trim_end_matches(['.', '-', ':']);
    let address =
        if run.ends_with("::") && !address.is_empty() { &run[..address.len() + 2] } else { address };
    let address = address.split('-').next().unwrap_or_default();
    let parsed: Ipv6Addr =
        if address.matches(':').count() >= 2 { address.parse().ok()? } else { return None };
    let is_public =
        matches!(parsed.segments()[0], 0x2000..=0x3fff) || parsed.to_ipv4_mapped().is_some_and(is_public);
    is_public.then_some(address.len())
}

fn ipv4(text: &str, at: usize, part: &str, found: &mut Found) {
    let address = part.trim_end_matches('.');
    let skipped = address.len() - address.trim_start_matches('.').len();
    let address = &address[skipped..];
    let at = at + skipped;
    let parsed: Option<Ipv4Addr> = address.parse().ok();
    let is_word_behind =
        text[at + address.len()..].starts_with(|c: char| c.is_ascii_alphanumeric() && c != 'T');
    if parsed.is_some_and(is_public)
        && !text[..at].ends_with(|c: char| c.is_ascii_digit())
        && !is_word_behind
        && !is_version(text, at, parsed)
    {
        found.add(at..at + address.len(), "[ip]");
    }
}

/// Whether the address is public. Private, loopback and documentation addresses identify no person, and stay in the
/// text because they help to find an error.
fn is_public(ip: Ipv4Addr) -> bool {
    let first = ip.octets()[0];
    let quiet = ip.is_private()
        || ip.is_loopback()
        || ip.is_unspecified()
        || ip.is_link_local()
        || ip.is_documentation();
    let is_shared = first == 100 && (64..128).contains(&ip.octets()[1]);
    !quiet && !is_shared && first != 0 && first < 224
}

/// Whether the four numbers at `at` are a version and not an IP address. A version follows a word such as `version` or
/// the name of a product (`nginx/`), or has only numbers below 32.
fn is_version(text: &str, at: usize, ip: Option<Ipv4Addr>) -> bool {
    let before = text[..at].trim_end_matches(['"', '\'', ' ', ':', '=']);
    let gap = at - before.len();
    let word = before.rsplit(|c: char| !c.is_ascii_alphanumeric()).next().unwrap_or_default();
    let is_named = gap <= 4 && VERSIONED.iter().any(|name| word.eq_ignore_ascii_case(name));
    let is_product = gap == 0
        && before.ends_with('/')
        && before[..before.len() - 1].ends_with(|c: char| c.is_ascii_alphabetic());
    let is_small = ip.is_some_and(|ip| ip.octets().iter().all(|octet| *octet < 32));
    is_named || is_product || is_small
}
