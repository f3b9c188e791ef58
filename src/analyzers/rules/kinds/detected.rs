//! The note on an issue of a kind that this version of Sidenote does not know. The note shows only Sentry's own fields.

use super::{Note, said, shown, titled};
use crate::domain::analysis::Level;
use crate::domain::evidence::Evidence;
use crate::domain::words::Sentence;

pub(super) fn note(evidence: &Evidence) -> Note {
    Note {
        headline: titled(evidence),
        level: Level::Low,
        because: |w| w.sure_observed,
        cause: shown(evidence, &[]),
        findings: vec![said(evidence, |w| w.detector_report, [])],
        steps: vec![Sentence::plain(|w| w.step_read_event)],
    }
}
