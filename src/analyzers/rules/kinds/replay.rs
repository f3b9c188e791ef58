//! The note on a problem in a session replay: clicks without a reaction, or a page that differs between server and
//! browser.

use super::{Note, said, titled};
use crate::domain::analysis::Level;
use crate::domain::evidence::Evidence;
use crate::domain::kind::Gesture;
use crate::domain::origin::Found;
use crate::domain::text::Untrusted;
use crate::domain::words::{Arg, Phrase, Sentence};

pub(super) fn note(evidence: &Evidence, gesture: Gesture) -> Note {
    let event = evidence.event.as_ref();
    let replay = event.and_then(|event| event.replay.as_ref()).map(|id| Arg::Name(id.as_str().to_owned()));
    let watch = match &replay {
        Some(id) => Sentence::new(|w| w.replay_step_watch, [id.clone()]),
        None => Sentence::plain(|w| w.replay_step_watch_some),
    };
    let step: Phrase = match gesture {
        Gesture::RageClick | Gesture::DeadClick => |w| w.replay_step_handler,
        Gesture::Hydration => |w| w.replay_step_hydration,
    };
    Note {
        headline: headline(evidence),
        level: Level::Medium,
        because: |w| w.sure_replay,
        cause: vec![said(evidence, meaning(gesture), [])],
        findings: replay.map(|id| said(evidence, |w| w.replay_recorded, [id])).into_iter().collect(),
        steps: vec![watch, Sentence::plain(step)],
    }
}

fn meaning(gesture: Gesture) -> Phrase {
    match gesture {
        Gesture::RageClick => |w| w.replay_rage,
        Gesture::DeadClick => |w| w.replay_dead,
        Gesture::Hydration => |w| w.replay_hydration,
    }
}

/// Returns the headline: Sentry's title, with the clicked element and the page.
fn headline(evidence: &Evidence) -> Sentence {
    let Some(title) = super::title(evidence).map(Arg::message) else { return titled(evidence) };
    let url = evidence.event.as_ref().and_then(|event| event.tag("url")).or(evidence.issue.culprit.as_ref());
    let page = url.map(|url| Arg::from(&url.route()));
    match (element(evidence), page) {
        (Some(element), Some(page)) => Sentence::new(|w| w.headline_full, [title, Arg::from(&element), page]),
        (Some(element), None) => Sentence::new(|w| w.headline_exception, [title, Arg::from(&element)]),
        (None, Some(page)) => Sentence::new(|w| w.headline_where, [title, page]),
        (None, None) => Sentence::new(|w| w.headline_title, [title]),
    }
}

/// Returns the last part of the CSS selector of the clicked element: `button#pay` for `div#root > main > button#pay`.
fn element(evidence: &Evidence) -> Option<Untrusted> {
    let Found::Element(selector) = &evidence.detection()?.found else { return None };
    selector.raw().rsplit(" > ").next().map(Untrusted::new)
}
