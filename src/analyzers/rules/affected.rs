//! Statements about the users whom an issue affects, the tag values that most of its events share, and the HTTP request
//! of the event.

use crate::domain::analysis::Finding;
use crate::domain::event::{Event, Request};
use crate::domain::evidence::{Cite, Evidence, TagSpread};
use crate::domain::ids::TagKey;
use crate::domain::text::Untrusted;
use crate::domain::words::{Arg, Phrase, Sentence};

/// A statement about the values of a tag requires at least this many events.
const ENOUGH: u64 = 10;
/// The value of a tag is reported if at least this share of the events has it, in percent.
const CONCENTRATED: u64 = 90;
/// The tags whose shared values are reported. Other tags mostly have one value per issue anyway, such as `logger`.
const REPORTED: &[&str] = &[
    "release",
    "environment",
    "browser",
    "os",
    "device",
    "server_name",
    "url",
    "transaction",
    "runtime",
    "customer",
];

/// Returns a statement about each tag with the same value in nearly all events of the issue.
pub(super) fn shared(evidence: &Evidence) -> Vec<Finding> {
    evidence.tags.iter().filter_map(concentration).collect()
}

/// Returns a remark that the affected users are unknown: Sentry counts no users of the issue, and the event names none.
pub(super) fn unknown(evidence: &Evidence) -> Option<Finding> {
    let is_named = |event: &Event| event.has_user || event.tag("user").is_some();
    let is_unknown = evidence.issue.users == Some(0) && !evidence.event.as_ref().is_some_and(is_named);
    is_unknown.then(|| Finding::new(Sentence::plain(|w| w.users_unknown), [Cite::Issue]))
}

/// Returns a statement with the number of users whom the issue affects. Returns `None` for 0 and for an unknown number.
pub(super) fn users(evidence: &Evidence) -> Option<Finding> {
    let sentence = match evidence.issue.users? {
        0 => return None,
        1 => Sentence::plain(|w| w.users_one),
        many => Sentence::new(|w| w.users_many, [Arg::Number(many)]),
    };
    Some(Finding::new(sentence, [Cite::Issue]))
}

fn concentration(spread: &TagSpread) -> Option<Finding> {
    let (value, count) = spread.top.first()?;
    let share = count.saturating_mul(100) / spread.total.max(1);
    // A tag that has always had one value is no news.
    let is_news = spread.top.len() > 1
        && spread.total >= ENOUGH
        && share >= CONCENTRATED
        && REPORTED.contains(&spread.key.as_str())
        && !is_usual(spread.key.as_str(), value.raw());
    let args = [Arg::Number(share.min(100)), Arg::Name(spread.key.to_string()), Arg::from(value)];
    is_news
        .then(|| Finding::new(Sentence::new(|w| w.tag_concentrated, args), [Cite::Tag(spread.key.clone())]))
}

/// Whether the value of a tag is usual, because most projects have it in most of their events.
fn is_usual(key: &str, value: &str) -> bool {
    key == "environment" && matches!(value, "production" | "prod" | "live")
}

/// Methods of requests that only read. They can be repeated without harm.
const READS: &[&str] = &["GET", "HEAD"];
/// Hosts that lead to another machine for each reader.
const LOOPBACK: &[&str] = &["localhost", "127.0.0.1", "[::1]", "0.0.0.0"];

/// Returns the HTTP request of the event: its method, and method and URL as one line. Returns `None` for other schemes,
/// such as a page that a browser opened from a disk.
fn request(evidence: &Evidence) -> Option<(&str, Untrusted)> {
    let Request { method, url } = evidence.event.as_ref()?.request.as_ref()?;
    let url = url.as_ref().filter(|url| url.raw().starts_with("http"))?;
    let method = method.as_ref().map_or("", Untrusted::raw);
    Some((method, Untrusted::new(format!("{method} {}", url.route().raw()).trim())))
}

/// Whether a reader can repeat this request: it only reads, and its host is not the machine of the program itself.
fn is_repeatable((method, line): &(&str, Untrusted)) -> bool {
    let host = line.raw().split_once("://").map_or("", |(_, rest)| rest);
    let is_loopback = LOOPBACK.iter().any(|name| {
        host.strip_prefix(name).is_some_and(|rest| rest.is_empty() || rest.starts_with([':', '/']))
    });
    READS.contains(method) && !is_loopback
}

/// Returns a statement about the request that the program served, or about the page that was open in the browser.
/// Requests that a reader can repeat are left out, because [`step`] names them.
pub(super) fn served(evidence: &Evidence) -> Option<Finding> {
    let (method, line) = request(evidence).filter(|request| !is_repeatable(request))?;
    let phrase: Phrase = if method.is_empty() { |w| w.happened_at } else { |w| w.request_served };
    // Sentry stores the URL as a tag. Without the tag, the event's page shows the request.
    let tagged = evidence.event.as_ref()?.tag("url").and_then(|_| TagKey::parse("url").ok());
    Some(Finding::new(Sentence::new(phrase, [Arg::from(&line)]), [tagged.map_or(Cite::Issue, Cite::Tag)]))
}

/// Returns the advice to repeat the HTTP request of the event. Returns `None` if the request does more than read, or if
/// its host is the machine of the program itself.
pub(super) fn step(evidence: &Evidence) -> Option<Sentence> {
    let (_, line) = request(evidence).filter(is_repeatable)?;
    Some(Sentence::new(|w| w.step_request, [Arg::from(&line)]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reader_can_repeat_reads_of_other_machines_only() {
        for (method, url, expected) in [
            ("GET", "https://shop.example/cart", true),
            ("HEAD", "https://localhost.example/cart", true),
            ("POST", "https://shop.example/cart", false),
            ("GET", "http://localhost:8080/", false),
            ("GET", "http://127.0.0.1/cart", false),
            ("GET", "http://[::1]:3000", false),
        ] {
            let line = Untrusted::new(format!("{method} {url}"));
            assert_eq!(is_repeatable(&(method, line)), expected, "{method} {url}");
        }
    }
}
