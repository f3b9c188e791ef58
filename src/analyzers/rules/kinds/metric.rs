//! The note on a metric issue: a measured value crossed a threshold.

use super::{Note, said, shown, titled};
use crate::domain::analysis::{Finding, Level};
use crate::domain::evidence::Evidence;
use crate::domain::origin::{Found, Measurement};
use crate::domain::words::{Arg, Phrase, Sentence};

pub(super) fn note(evidence: &Evidence) -> Note {
    let measured = match evidence.detection().map(|it| &it.found) {
        Some(Found::Value(measured)) => compared(evidence, measured),
        _ => None,
    };
    Note {
        headline: titled(evidence),
        level: Level::Medium,
        because: |w| w.sure_observed,
        cause: measured.into_iter().collect(),
        findings: shown(evidence, &[]),
        steps: vec![Sentence::plain(|w| w.metric_step)],
    }
}

/// Returns a statement with the measured value and the threshold, or with the known one of the two. Returns `None` if
/// both are unknown.
fn compared(evidence: &Evidence, measured: &Measurement) -> Option<Finding> {
    let (value, threshold) = (measured.value.as_ref(), measured.threshold.as_ref());
    let side: Phrase = match measured.is_above {
        Some(false) => |w| w.metric_below,
        _ => |w| w.metric_above,
    };
    let side = Arg::Phrase(side);
    Some(match (value, threshold) {
        (Some(value), Some(at)) => {
            said(evidence, |w| w.metric_crossed, [Arg::from(value), side, Arg::from(at)])
        }
        (Some(value), None) => said(evidence, |w| w.metric_value, [Arg::from(value)]),
        (None, Some(at)) => said(evidence, |w| w.metric_threshold, [side, Arg::from(at)]),
        (None, None) => return None,
    })
}
