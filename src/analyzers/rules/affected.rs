//! Who is affected, and what the events have in common.

use crate::domain::analysis::Finding;
use crate::domain::event::Request;
use crate::domain::evidence::{Cite, Evidence, TagSpread};
use crate::domain::text::Untrusted;
use crate::domain::words::{Arg, Sentence};

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

/// That nobody knows how many users are affected.
pub(super) fn unknown(evidence: &Evidence) -> Option<Finding> {
    let said = Finding::new(Sentence::plain(|w| w.users_unknown), [Cite::Issue]);
    (evidence.issue.users == Some(0)).then_some(said)
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

/// The step: repeat the request.
pub(super) fn step(evidence: &Evidence) -> Option<Sentence> {
    let Request { method, url } = evidence.event.as_ref()?.request.as_ref()?;
    // Nobody can repeat what a browser opened from a disk.
    let url = url.as_ref().filter(|url| url.raw().starts_with("http"))?;
    let method = method.as_ref().map_or("", Untrusted::raw);
    let line = Untrusted::new(format!("{method} {}", url.route().raw()).trim());
    Some(Sentence::new(|w| w.step_request, [Arg::from(&line)]))
}
