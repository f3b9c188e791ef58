//! The affected users, and the tag values that most events share.

use crate::domain::analysis::Finding;
use crate::domain::event::{Event, Request};
use crate::domain::evidence::{Cite, Evidence, TagSpread};
use crate::domain::ids::TagKey;
use crate::domain::text::Untrusted;
use crate::domain::words::{Arg, Phrase, Sentence};

/// The fewest events for a statement about a distribution.
const ENOUGH: u64 = 10;
/// The percentage from which a shared value is reported.
const CONCENTRATED: u64 = 90;
/// The tags whose distribution is reported. Others only repeat the issue's identity.
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

/// The tags with the same value in nearly all events.
pub(super) fn shared(evidence: &Evidence) -> Vec<Finding> {
    evidence.tags.iter().filter_map(concentration).collect()
}

/// A remark that the issue counts no users and the event identifies none.
pub(super) fn unknown(evidence: &Evidence) -> Option<Finding> {
    let is_named = |event: &Event| event.has_user || event.tag("user").is_some();
    let is_unknown = evidence.issue.users == Some(0) && !evidence.event.as_ref().is_some_and(is_named);
    is_unknown.then(|| Finding::new(Sentence::plain(|w| w.users_unknown), [Cite::Issue]))
}

/// The number of users.
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

/// Whether most projects have this value in most of their events.
fn is_usual(key: &str, value: &str) -> bool {
    key == "environment" && matches!(value, "production" | "prod" | "live")
}

/// Methods of requests that only read. They can be repeated without harm.
const READS: &[&str] = &["GET", "HEAD"];

/// The HTTP request as one line. `None` for other schemes, such as a page that a browser opened from a disk.
fn request(evidence: &Evidence) -> Option<(&str, Untrusted)> {
    let Request { method, url } = evidence.event.as_ref()?.request.as_ref()?;
    let url = url.as_ref().filter(|url| url.raw().starts_with("http"))?;
    let method = method.as_ref().map_or("", Untrusted::raw);
    Some((method, Untrusted::new(format!("{method} {}", url.route().raw()).trim())))
}

/// The request that was served, or the page that was open. A request that only reads is left out, because the step
/// names it.
pub(super) fn served(evidence: &Evidence) -> Option<Finding> {
    let (method, line) = request(evidence).filter(|(method, _)| !READS.contains(method))?;
    let phrase: Phrase = if method.is_empty() { |w| w.happened_at } else { |w| w.request_served };
    // Sentry stores the URL as a tag. Without the tag, the event's page shows the request.
    let tagged = evidence.event.as_ref()?.tag("url").and_then(|_| TagKey::parse("url").ok());
    Some(Finding::new(Sentence::new(phrase, [Arg::from(&line)]), [tagged.map_or(Cite::Issue, Cite::Tag)]))
}

/// A step that repeats the request, if it only reads.
pub(super) fn step(evidence: &Evidence) -> Option<Sentence> {
    let (_, line) = request(evidence).filter(|(method, _)| READS.contains(method))?;
    Some(Sentence::new(|w| w.step_request, [Arg::from(&line)]))
}
