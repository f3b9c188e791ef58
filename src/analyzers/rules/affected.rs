//! Who is affected, and what the events have in common.

use crate::domain::analysis::Finding;
use crate::domain::event::{Event, Request};
use crate::domain::evidence::{Cite, Evidence, TagSpread};
use crate::domain::ids::TagKey;
use crate::domain::text::Untrusted;
use crate::domain::words::{Arg, Phrase, Sentence};

/// Fewer events say nothing about how they spread.
const ENOUGH: u64 = 10;
/// From this share on, the value is worth telling.
const CONCENTRATED: u64 = 90;
/// Tags whose concentration is news: the others repeat what the issue's own identity says.
const TELLING: &[&str] = &[
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

/// Tags on which nearly all events agree.
pub(super) fn shared(evidence: &Evidence) -> Vec<Finding> {
    evidence.tags.iter().filter_map(concentration).collect()
}

/// That the issue counts no user, and the event names none either.
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
    // A tag that never had another value says nothing.
    let is_news = spread.top.len() > 1
        && spread.total >= ENOUGH
        && share >= CONCENTRATED
        && TELLING.contains(&spread.key.as_str())
        && !is_usual(spread.key.as_str(), value.raw());
    let args = [Arg::Number(share.min(100)), Arg::Name(spread.key.to_string()), Arg::from(value)];
    is_news
        .then(|| Finding::new(Sentence::new(|w| w.tag_concentrated, args), [Cite::Tag(spread.key.clone())]))
}

/// Most events of most projects come from there.
fn is_usual(key: &str, value: &str) -> bool {
    key == "environment" && matches!(value, "production" | "prod" | "live")
}

/// A request that only reads, and can be sent again without harm.
const READS: &[&str] = &["GET", "HEAD"];

/// The request as one line, when it went over HTTP: pages that a browser opened from a disk are none.
fn request(evidence: &Evidence) -> Option<(&str, Untrusted)> {
    let Request { method, url } = evidence.event.as_ref()?.request.as_ref()?;
    let url = url.as_ref().filter(|url| url.raw().starts_with("http"))?;
    let method = method.as_ref().map_or("", Untrusted::raw);
    Some((method, Untrusted::new(format!("{method} {}", url.route().raw()).trim())))
}

/// What was being served, or the page.
pub(super) fn served(evidence: &Evidence) -> Option<Finding> {
    let (method, line) = request(evidence).filter(|(method, _)| !READS.contains(method))?;
    let phrase: Phrase = if method.is_empty() { |w| w.happened_at } else { |w| w.request_served };
    // Sentry makes a tag of the URL; without it the event's own page shows the request.
    let tagged = evidence.event.as_ref()?.tag("url").and_then(|_| TagKey::parse("url").ok());
    Some(Finding::new(Sentence::new(phrase, [Arg::from(&line)]), [tagged.map_or(Cite::Issue, Cite::Tag)]))
}

/// The step: try the request, when it only reads.
pub(super) fn step(evidence: &Evidence) -> Option<Sentence> {
    let (_, line) = request(evidence).filter(|(method, _)| READS.contains(method))?;
    Some(Sentence::new(|w| w.step_request, [Arg::from(&line)]))
}
