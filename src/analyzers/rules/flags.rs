//! Statements about feature flags whose value in the event is usual for the issue, and unusual for the project.

use crate::domain::analysis::Finding;
use crate::domain::attribute::{Attribute, AttributeKind};
use crate::domain::evidence::{Cite, Evidence};
use crate::domain::words::{Arg, Sentence};

/// A statement about a flag requires at least this many events of the issue with the flag.
const ENOUGH: u64 = 10;
/// At least this share of the issue's events has the value, in percent.
const USUAL: u64 = 90;
/// At most this share of the project's errors has the value, in percent.
const UNUSUAL: u64 = 50;
/// A note has at most this many statements about flags.
const MOST: usize = 2;

/// Returns a statement about each suspect flag. Several flags are listed in the order of the event.
pub(super) fn findings(evidence: &Evidence) -> Vec<Finding> {
    let attributes = evidence.event.iter().flat_map(|event| event.attributes.iter().enumerate());
    let flags = attributes.filter(|(_, attribute)| attribute.kind == AttributeKind::Flag);
    flags.filter_map(|(at, flag)| finding(evidence, at, flag)).take(MOST).collect()
}

fn finding(evidence: &Evidence, at: usize, flag: &Attribute) -> Option<Finding> {
    let [issue, project] = evidence.shares_of(flag)?;
    let (here, everywhere) = (issue.percent(), project.percent());
    let is_suspect = issue.total >= ENOUGH && here >= USUAL && everywhere <= UNUSUAL;
    let args = [Arg::from(&flag.name), Arg::from(&flag.value), here.into(), everywhere.into()];
    is_suspect.then(|| Finding::new(Sentence::new(|w| w.suspect_flag, args), [Cite::Attribute(at)]))
}
