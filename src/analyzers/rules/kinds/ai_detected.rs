//! The note on a problem that Sentry's AI detection found in a trace. The note quotes Sentry's words.

use super::{Note, said, shown, shown_as, titled};
use crate::domain::analysis::Level;
use crate::domain::evidence::Evidence;
use crate::domain::origin::{Explanation, Found};
use crate::domain::text::Untrusted;
use crate::domain::words::{Arg, Sentence};

/// The length of the part of Sentry's text that is shown, in characters.
const SAID: usize = 600;

pub(super) fn note(evidence: &Evidence) -> Note {
    let empty = Explanation::default();
    let handed = match evidence.detection().map(|it| &it.found) {
        Some(Found::Explanation(explanation)) => explanation,
        _ => &empty,
    };
    let text = handed
        .text
        .as_ref()
        .or_else(|| shown_as(evidence, "Explanation"))
        .or(evidence.issue.subtitle.as_ref());
    let quote = |text: &Untrusted| [Arg::Quote(text.clone(), SAID)];
    let impact = handed.impact.as_ref().or_else(|| shown_as(evidence, "Impact"));
    let rests_on = handed.evidence.as_ref().or_else(|| shown_as(evidence, "Evidence"));
    let findings = [
        impact.map(|text| said(evidence, |w| w.ai_impact, quote(text))),
        rests_on.map(|text| said(evidence, |w| w.ai_evidence, quote(text))),
    ];
    Note {
        headline: headline(evidence),
        level: Level::Low,
        because: |w| w.sure_ai,
        cause: text.map(|text| said(evidence, |w| w.ai_says, quote(text))).into_iter().collect(),
        findings: findings
            .into_iter()
            .flatten()
            .chain(shown(evidence, &["Explanation", "Impact", "Evidence"]))
            .collect(),
        steps: vec![Sentence::plain(|w| w.ai_step)],
    }
}

/// Returns the headline: Sentry's title and the transaction.
fn headline(evidence: &Evidence) -> Sentence {
    let Some(title) = super::title(evidence) else { return titled(evidence) };
    let named = evidence.detection().and_then(|it| it.transaction.as_ref());
    let place = named.or(evidence.issue.culprit.as_ref()).filter(|place| !title.raw().contains(place.raw()));
    match place {
        Some(place) => Sentence::new(|w| w.headline_where, [Arg::message(title), Arg::from(place)]),
        None => Sentence::new(|w| w.headline_title, [Arg::message(title)]),
    }
}
