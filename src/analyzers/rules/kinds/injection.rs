//! The note on a query injection: a database query contains a parameter of the request unchanged.

use super::{Note, said, shown, subtitle, titled};
use crate::domain::analysis::Level;
use crate::domain::evidence::Evidence;
use crate::domain::origin::Found;
use crate::domain::text::Untrusted;
use crate::domain::words::{Arg, Sentence};

pub(super) fn note(evidence: &Evidence) -> Note {
    let names: &[Untrusted] = match evidence.detection().map(|it| &it.found) {
        Some(Found::Parameters(names)) => names,
        _ => &[],
    };
    let found =
        Sentence::list(names.iter().map(Arg::from)).map(|list| said(evidence, |w| w.injection_of, [list]));
    let found = found.unwrap_or_else(|| said(evidence, |w| w.injection_found, []));
    let place = evidence
        .event
        .as_ref()
        .and_then(|event| event.transaction.as_ref())
        .or(evidence.issue.culprit.as_ref());
    Note {
        headline: place.filter(|_| subtitle(evidence).is_none()).map_or_else(
            || titled(evidence),
            |place| {
                let what = Arg::Sentence(Box::new(titled(evidence)));
                Sentence::new(|w| w.headline_where, [what, Arg::from(place)])
            },
        ),
        level: Level::Medium,
        because: |w| w.sure_query,
        cause: vec![found],
        findings: shown(evidence, &[]),
        steps: vec![Sentence::plain(|w| w.injection_step_bind), Sentence::plain(|w| w.injection_step_others)],
    }
}
