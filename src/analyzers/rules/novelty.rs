//! Statements about what is new: the issue is new, has regressed or escalates, and since which release.

use crate::domain::analysis::Finding;
use crate::domain::evidence::{Cite, Evidence};
use crate::domain::ids::TagKey;
use crate::domain::issue::Substatus;
use crate::domain::occurrence::Trigger;
use crate::domain::text::Untrusted;
use crate::domain::words::{Arg, Sentence};

/// Returns a statement that the issue is new, regressed or escalating. Returns `None` for an ongoing issue.
pub(super) fn news(evidence: &Evidence) -> Option<Finding> {
    match evidence.substatus()? {
        Substatus::New => Some(new(evidence)),
        Substatus::Regressed => {
            let release = evidence.release();
            let back = release.map_or(Sentence::plain(|w| w.regressed), |release| {
                Sentence::new(|w| w.regressed_in_release, [Arg::from(release)])
            });
            Some(Finding::new(back, cites(evidence, release)))
        }
        Substatus::Escalating => Some(Finding::new(Sentence::plain(|w| w.escalating), [Cite::Issue])),
        Substatus::Ongoing => None,
    }
}

/// Returns the statement about a new issue. Sentry calls an issue new for seven days. The release of the event counts
/// as the first one only if the event is the first one.
fn new(evidence: &Evidence) -> Finding {
    let is_first = evidence.trigger == Trigger::Created;
    let release = evidence.issue.first_release.as_ref().or(evidence.release().filter(|_| is_first));
    let said = match release {
        Some(release) => Sentence::new(|w| w.new_in_release, [Arg::from(release)]),
        None if is_first => Sentence::plain(|w| w.new_issue),
        None => Sentence::plain(|w| w.new_this_week),
    };
    Finding::new(said, cites(evidence, release))
}

/// Whether the issue occurs much more often than before.
pub(super) fn is_escalating(evidence: &Evidence) -> bool {
    evidence.substatus() == Some(Substatus::Escalating)
}

/// Returns the evidence for a release: the event's release tag if it has this release, otherwise the issue.
fn cites(evidence: &Evidence, release: Option<&Untrusted>) -> Vec<Cite> {
    let tagged = evidence.event.as_ref().and_then(|event| event.tag("release"));
    let tag = TagKey::parse("release").ok().filter(|_| tagged.is_some() && tagged == release);
    vec![tag.map_or(Cite::Issue, Cite::Tag)]
}

/// Returns a statement with the first and the last release of the issue. Returns `None` for a new or regressed issue,
/// because [`news`] names its release.
pub(super) fn span(evidence: &Evidence) -> Option<Finding> {
    let (first, last) = (evidence.issue.first_release.as_ref()?, evidence.issue.last_release.as_ref()?);
    let names_release = matches!(evidence.substatus(), Some(Substatus::New | Substatus::Regressed));
    let sentence = Sentence::new(|w| w.releases_span, [Arg::from(first), Arg::from(last)]);
    (first != last && !names_release).then(|| Finding::new(sentence, [Cite::Issue]))
}

/// Returns the advice to compare the release with the one before. Returns `None` unless the issue is new or regressed
/// in this release.
pub(super) fn step(evidence: &Evidence) -> Option<Sentence> {
    let release = evidence.release()?;
    let began_with_it =
        evidence.trigger == Trigger::Created || evidence.issue.first_release.as_ref() == Some(release);
    let came_with_it = match evidence.substatus()? {
        Substatus::New => began_with_it,
        Substatus::Regressed => true,
        Substatus::Escalating | Substatus::Ongoing => false,
    };
    came_with_it.then(|| Sentence::new(|w| w.step_compare_release, [Arg::from(release)]))
}
