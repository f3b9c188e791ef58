//! What came with it: a new issue, a regression, a release.

use crate::domain::analysis::Finding;
use crate::domain::evidence::{Cite, Evidence};
use crate::domain::ids::TagKey;
use crate::domain::issue::Substatus;
use crate::domain::text::Untrusted;
use crate::domain::words::{Arg, Phrase, Sentence};

/// New, regressed or escalating.
pub(super) fn news(evidence: &Evidence) -> Option<Finding> {
    let release = evidence.release();
    let said = |with: Phrase, without: Phrase, release: Option<&Untrusted>| {
        let sentence = release.map_or(Sentence::plain(without), |r| Sentence::new(with, [Arg::from(r)]));
        Finding::new(sentence, cites(evidence, release))
    };
    match evidence.substatus() {
        Some(Substatus::New) => {
            let first = evidence.issue.first_release.as_ref().or(release);
            Some(said(|w| w.new_in_release, |w| w.new_issue, first))
        }
        Some(Substatus::Regressed) => Some(said(|w| w.regressed_in_release, |w| w.regressed, release)),
        Some(Substatus::Escalating) => Some(Finding::new(Sentence::plain(|w| w.escalating), [Cite::Issue])),
        Some(Substatus::Ongoing) | None => None,
    }
}

/// Whether it occurs much more often than before.
pub(super) fn is_escalating(evidence: &Evidence) -> bool {
    evidence.substatus() == Some(Substatus::Escalating)
}

/// The event's release tag when it says so, else the issue.
fn cites(evidence: &Evidence, release: Option<&Untrusted>) -> Vec<Cite> {
    let tagged = evidence.event.as_ref().and_then(|event| event.tag("release"));
    let tag = TagKey::parse("release").ok().filter(|_| tagged.is_some() && tagged == release);
    vec![tag.map_or(Cite::Issue, Cite::Tag)]
}

/// The releases that it was seen in; what is new or back names its release already.
pub(super) fn span(evidence: &Evidence) -> Option<Finding> {
    let (first, last) = (evidence.issue.first_release.as_ref()?, evidence.issue.last_release.as_ref()?);
    let names_release = matches!(evidence.substatus(), Some(Substatus::New | Substatus::Regressed));
    let sentence = Sentence::new(|w| w.releases_span, [Arg::from(first), Arg::from(last)]);
    (first != last && !names_release).then(|| Finding::new(sentence, [Cite::Issue]))
}

/// The step: compare the release with the one before, when it came with it.
pub(super) fn step(evidence: &Evidence) -> Option<Sentence> {
    let came_with = matches!(evidence.substatus(), Some(Substatus::New | Substatus::Regressed));
    let release = evidence.release().filter(|_| came_with)?;
    Some(Sentence::new(|w| w.step_compare_release, [Arg::from(release)]))
}
