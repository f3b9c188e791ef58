//! Statements about values that several events of the issue share.

use super::blame::Suspect;
use crate::domain::analysis::Finding;
use crate::domain::comparison::Comparison;
use crate::domain::evidence::{Cite, Evidence};
use crate::domain::words::{Arg, Sentence};

/// A statement about all compared events requires at least this many of them.
const EVENTS: u64 = 3;
/// A note has at most this many statements about shared values.
const MOST: usize = 2;

/// Returns statements about values that are empty in all compared events. Only variables that the failing line names,
/// and data that the program added to its events, are considered.
pub(super) fn findings(evidence: &Evidence, suspect: Option<&Suspect>) -> Vec<Finding> {
    let line = line(evidence, suspect).unwrap_or_default();
    let all = evidence.comparisons.iter().enumerate();
    let conclusive = all.filter(|(_, it)| it.events >= EVENTS && it.is_nothing() && carries(it, line));
    conclusive.take(MOST).filter_map(|(at, it)| finding(at, it)).collect()
}

fn finding(at: usize, comparison: &Comparison) -> Option<Finding> {
    let args = [Arg::Number(comparison.events), Arg::from(&comparison.name), Arg::from(comparison.same()?)];
    Some(Finding::new(Sentence::new(|w| w.same_in_all, args), [Cite::Comparison(at)]))
}

fn line<'e>(evidence: &'e Evidence, suspect: Option<&Suspect>) -> Option<&'e str> {
    let frame = evidence.event.as_ref()?.frames.get(suspect?.frame)?;
    Some(frame.source.as_ref()?.raw())
}

/// Whether the comparison is about a variable that `line` names, or about data that the program added.
fn carries(comparison: &Comparison, line: &str) -> bool {
    match comparison.name.raw().split_once(' ') {
        Some(("variable", name)) => line.contains(name),
        Some(("extra", _)) => true,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::ids::IssueId;
    use crate::domain::text::Untrusted;
    use crate::domain::words::Language;

    fn said(name: &str, value: &str, events: u64) -> Vec<String> {
        let mut evidence = Evidence::of_event(IssueId::parse("1").expect("an id"), None);
        let values = vec![(Untrusted::new(value), events)];
        evidence.comparisons = vec![Comparison { name: Untrusted::new(name), values, different: 1, events }];
        let words = Language::English.words();
        findings(&evidence, None).iter().map(|finding| finding.sentence.plain_text(words)).collect()
    }

    #[test]
    fn only_an_attribute_that_is_null_in_several_events_is_reported() {
        let expected = "In all 5 events that were compared, extra customer_id is null.";
        assert_eq!(said("extra customer_id", "null", 5), [expected]);
        assert_eq!(said("extra customer_id", "7", 5), [] as [&str; 0]);
        assert_eq!(said("extra customer_id", "null", 2), [] as [&str; 0]);
        assert_eq!(said("context os.build", "null", 5), [] as [&str; 0]);
        assert_eq!(said("variable coupon", "None", 5), [] as [&str; 0]);
    }
}
