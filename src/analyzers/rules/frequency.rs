//! Statements about how often the issue occurs, and whether the frequency has changed.

use crate::domain::analysis::Finding;
use crate::domain::evidence::{Cite, Evidence};
use crate::domain::issue::Substatus;
use crate::domain::words::{Arg, Phrase, Sentence};

/// A statement about a burst requires at least this many events in the last 24 hours.
const BURST: u64 = 5;
/// A statement about a decline requires at least this many events in the last 30 days.
const FADING: u64 = 30;

/// Returns a statement about the frequency of the issue, from its counts of 24 hours and 30 days: a single event, a
/// first day, a burst or a decline. Returns nothing for a steady rate.
pub(super) fn findings(evidence: &Evidence) -> Vec<Finding> {
    let issue = &evidence.issue;
    let said = |sentence| vec![Finding::new(sentence, [Cite::Statistics])];
    let (Some(day), Some(month)) = (issue.events_24h(), issue.events_30d()) else { return Vec::new() };
    if is_single(evidence, day.max(month)) {
        return said(Sentence::plain(|w| w.trend_single));
    }
    if day > 1 && issue.events == Some(day) {
        return said(Sentence::new(|w| w.trend_fresh, [Arg::Number(day)]));
    }
    if day >= BURST && day >= month {
        return said(Sentence::new(|w| w.trend_burst_all, [Arg::Number(day)]));
    }
    let both = [Arg::Number(day), Arg::Number(month)];
    trend(day, month).map(|trend| said(Sentence::new(trend, both))).unwrap_or_default()
}

/// Whether the issue has only one event. Sentry's counts lag behind the webhook by seconds, so other facts are checked
/// too: an issue that is regressed, escalating or ongoing had earlier events.
fn is_single(evidence: &Evidence, counted: u64) -> bool {
    let issue = &evidence.issue;
    let had_more = matches!(
        evidence.substatus(),
        Some(Substatus::Regressed | Substatus::Escalating | Substatus::Ongoing)
    );
    let spans =
        issue.first_seen.is_some() && issue.last_seen.is_some() && issue.first_seen != issue.last_seen;
    let is_shared = evidence.tags.iter().any(|spread| spread.total > 1);
    !had_more
        && !spans
        && !is_shared
        && counted <= 1
        && issue.events == Some(1)
        && issue.users.unwrap_or(0) <= 1
}

/// Returns the phrase for a burst or a decline. The events of the last day are compared with the average day of the 29
/// days before: more than three times the average is a burst, less than a third is a decline.
fn trend(day: u64, month: u64) -> Option<Phrase> {
    let average_of_29 = |days: u64| month.saturating_sub(day).saturating_mul(days) / 29;
    if day >= BURST && day > average_of_29(3) {
        Some(|w| w.trend_burst)
    } else if month >= FADING && day.saturating_mul(3) < average_of_29(1) {
        Some(|w| w.trend_fading)
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::evidence::TagSpread;
    use crate::domain::ids::{IssueId, TagKey};
    use crate::domain::words::Language;

    fn said(change: impl Fn(&mut Evidence)) -> Option<String> {
        let mut evidence = Evidence::of_event(IssueId::parse("1").expect("an id"), None);
        (evidence.issue.hourly, evidence.issue.daily) = (Some(vec![0]), Some(vec![0]));
        change(&mut evidence);
        let found = findings(&evidence).into_iter().next()?;
        Some(found.sentence.plain_text(Language::English.words()))
    }

    #[test]
    fn inconsistent_statistics_are_not_reported() {
        assert_eq!(said(|e| e.issue.events = Some(6)), None, "no burst of 0 events, and not the only one");
        assert_eq!(said(|e| e.issue.events = Some(1)).as_deref(), Some("One event so far."));
        assert_eq!(said(|e| e.issue.users = Some(2)), None);
        assert_eq!(said(|e| e.issue.substatus = Some(Substatus::Regressed)), None);
        let spread = TagSpread { key: TagKey::parse("os").expect("a key"), total: 6, top: Vec::new() };
        assert_eq!(said(|e| e.tags = vec![spread.clone()]), None);
    }

    #[test]
    fn bursts_and_declines_are_detected_from_daily_counts() {
        let words = Language::English.words();
        let name = |day, month| trend(day, month).and_then(|trend| trend(words).split(':').next());
        assert_eq!(name(60, 70), Some("A burst"));
        assert_eq!(name(4, 5), None);
        assert_eq!(name(10, 300), None);
        assert_eq!(name(0, 290), Some("Fading"));
        assert_eq!(name(0, 0), None);
    }
}
