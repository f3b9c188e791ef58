//! How often it happens, and whether that is new.

use crate::domain::analysis::Finding;
use crate::domain::evidence::{Cite, Evidence};
use crate::domain::issue::Substatus;
use crate::domain::words::{Arg, Phrase, Sentence};

/// A burst, steady, fading, all of today, or a single event: from 24 h against 30 d.
pub(super) fn findings(evidence: &Evidence) -> Vec<Finding> {
    let issue = &evidence.issue;
    let (Some(day), Some(month)) = (issue.events_24h(), issue.events_30d()) else { return Vec::new() };
    // Statistics lag behind the webhook by seconds: the event that we are here for may not be counted yet.
    let known = month.max(day).max(issue.events.unwrap_or(0));
    let sentence = match (day, known) {
        (_, 0 | 1) if is_more(evidence) => return Vec::new(),
        (_, 0 | 1) => Sentence::plain(|w| w.trend_single),
        // The statistics count none of the events that the issue counts: they lag, or the events are older.
        (0, _) if month == 0 => return Vec::new(),
        (day, known) if day == known => Sentence::new(|w| w.trend_fresh, [Arg::Number(day)]),
        (day, _) if day >= month => Sentence::new(|w| w.trend_burst_all, [Arg::Number(day)]),
        (day, _) => {
            Sentence::new(trend(day, month.max(day)), [Arg::Number(day), Arg::Number(month.max(day))])
        }
    };
    vec![Finding::new(sentence, [Cite::Statistics])]
}

/// Whether something else shows that there were more events than the statistics and the issue count.
fn is_more(evidence: &Evidence) -> bool {
    let is_back =
        evidence.substatus().is_some_and(|it| matches!(it, Substatus::Regressed | Substatus::Escalating));
    is_back
        || evidence.issue.users.is_some_and(|users| users > 1)
        || evidence.tags.iter().any(|spread| spread.total > 1)
}

/// Compares the last day with an average day of the month before: three times as much is a burst, a third is fading.
fn trend(day: u64, month: u64) -> Phrase {
    let average_of_29 = |days: u64| (month - day).saturating_mul(days) / 29;
    if day > average_of_29(3) {
        |w| w.trend_burst
    } else if day.saturating_mul(3) < average_of_29(1) {
        |w| w.trend_fading
    } else {
        |w| w.trend_steady
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
    fn statistics_that_lag_say_nothing() {
        assert_eq!(said(|e| e.issue.events = Some(6)), None, "no burst of 0 events, and not the only one");
        assert_eq!(said(|e| e.issue.events = Some(1)).as_deref(), Some("One event so far."));
        assert_eq!(said(|e| e.issue.users = Some(2)), None);
        assert_eq!(said(|e| e.issue.substatus = Some(Substatus::Regressed)), None);
        let spread = TagSpread { key: TagKey::parse("os").expect("a key"), total: 6, top: Vec::new() };
        assert_eq!(said(|e| e.tags = vec![spread.clone()]), None);
    }

    #[test]
    fn a_day_is_compared_with_the_days_before() {
        let words = Language::English.words();
        let name = |day, month| trend(day, month)(words).split(':').next().unwrap_or_default();
        assert_eq!(name(60, 70), "A burst");
        assert_eq!(name(10, 300), "Steady");
        assert_eq!(name(0, 290), "Fading");
    }
}
