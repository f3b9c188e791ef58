//! The note on an issue of an uptime monitor: a URL did not respond, or responded with an error.

use super::{Note, known, said, shown, shown_as, title, titled};
use crate::domain::analysis::Level;
use crate::domain::evidence::Evidence;
use crate::domain::text::Untrusted;
use crate::domain::words::{Arg, Sentence};

pub(super) fn note(evidence: &Evidence) -> Note {
    let reason = shown_as(evidence, "Failure reason");
    let url = url(evidence);
    let headline = match (&url, reason) {
        (Some(url), Some(reason)) => {
            Sentence::new(|w| w.uptime_failed_for, [Arg::from(url), Arg::message(reason)])
        }
        (Some(url), None) => Sentence::new(|w| w.uptime_failed, [Arg::from(url)]),
        (None, _) => titled(evidence),
    };
    let known = known("observed.downtime", evidence);
    let answered = shown_as(evidence, "Status Code")
        .map(|status| said(evidence, |w| w.uptime_status, [Arg::from(status)]));
    Note {
        headline,
        level: Level::Medium,
        because: |w| w.sure_observed,
        cause: known.cause(evidence).into_iter().chain(answered).collect(),
        findings: shown(evidence, &["Failure reason", "Status Code"]),
        steps: known.steps(),
    }
}

/// Returns the monitored URL from the title, without its query.
fn url(evidence: &Evidence) -> Option<Untrusted> {
    let title = title(evidence)?.raw();
    let at = title.find("http")?;
    title[at..].split_whitespace().next().map(|url| Untrusted::new(url).route())
}
