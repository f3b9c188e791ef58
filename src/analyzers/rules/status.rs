//! Marks the analysis of an issue that is resolved or archived. Such an issue is no current error, even if Sentry sent
//! an alert.

use crate::domain::action::Proposal;
use crate::domain::analysis::{Analysis, Finding};
use crate::domain::evidence::{Cite, Evidence};
use crate::domain::issue::IssueStatus;
use crate::domain::words::{Arg, Phrase, Sentence};

/// Changes the analysis of an issue that is not open: a remark about the status comes first in its headline and
/// findings, and the proposed action is removed. The analysis of an open issue stays unchanged.
pub(super) fn remark(evidence: &Evidence, analysis: &mut Analysis) {
    let (headline, said): (Phrase, Phrase) = match evidence.issue.current_status() {
        IssueStatus::Open | IssueStatus::Gone => return,
        IssueStatus::Resolved => (|w| w.standing_resolved, |w| w.is_resolved),
        IssueStatus::Archived => (|w| w.standing_archived, |w| w.is_archived),
    };
    let what = std::mem::replace(&mut analysis.headline, Sentence::plain(|_| ""));
    analysis.headline = Sentence::new(headline, [Arg::Sentence(Box::new(what))]);
    analysis.findings.insert(0, Finding::new(Sentence::plain(said), [Cite::Issue]));
    analysis.proposal = Proposal::none();
}
