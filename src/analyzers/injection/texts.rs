//! Every text of an event that note, message or model are shown.

use crate::domain::event::Event;
use crate::domain::evidence::{Cite, Evidence};
use crate::domain::text::Foreign;

/// Frames, breadcrumbs and local variables that are looked at: no more are shown to anybody.
const FRAMES: usize = 16;
const BREADCRUMBS: usize = 10;
const LOCALS: usize = 8;

/// Every text of the event that note, message or model are shown, by its name.
pub(super) fn texts(evidence: &Evidence) -> Vec<(Cite, Foreign)> {
    let mut all: Vec<(Cite, Foreign)> = Vec::new();
    let issue = &evidence.issue;
    let named =
        [&issue.title, &issue.culprit, &issue.level, &issue.priority, &issue.assignee, &issue.first_release];
    all.extend(named.into_iter().flatten().map(|text| (Cite::Issue, text.clone())));
    all.extend(evidence.rule.iter().map(|text| (Cite::Issue, text.clone())));
    for (at, commit) in evidence.commits.iter().enumerate() {
        all.push((Cite::Commit(at), commit.subject.clone()));
        all.extend(commit.author.iter().map(|author| (Cite::Commit(at), author.clone())));
    }
    if let Some(seer) = &evidence.seer {
        let said = [&seer.summary].into_iter().chain(&seer.reasoning).chain(&seer.reproduction);
        all.extend(said.map(|text| (Cite::Seer, text.clone())));
    }
    for spread in &evidence.tags {
        all.extend(spread.top.iter().map(|(value, _)| (Cite::Tag(spread.key.clone()), value.clone())));
    }
    if let Some(event) = &evidence.event {
        of_event(event, &mut all);
    }
    all
}

fn of_event(event: &Event, all: &mut Vec<(Cite, Foreign)>) {
    let named = [&event.message, &event.transaction, &event.release, &event.environment, &event.sdk];
    all.extend(named.into_iter().flatten().map(|text| (Cite::Message, text.clone())));
    let request = event.request.iter().flat_map(|r| [&r.method, &r.url]).flatten();
    all.extend(request.map(|text| (Cite::Message, text.clone())));
    all.extend(event.tags.iter().map(|(key, value)| (Cite::Tag(key.clone()), value.clone())));
    for (at, exception) in event.exceptions.iter().enumerate() {
        let texts = [&exception.kind, &exception.message, &exception.module];
        all.extend(texts.into_iter().flatten().map(|text| (Cite::Exception(at), text.clone())));
    }
    for (at, frame) in event.frames.iter().enumerate().take(FRAMES) {
        let texts = [&frame.function, &frame.module, &frame.file, &frame.source];
        let lines = frame.before.iter().chain(&frame.after);
        let locals = frame.locals.iter().take(LOCALS).flat_map(|(name, value)| [name, value]);
        let texts = texts.into_iter().flatten().chain(lines).chain(locals);
        all.extend(texts.map(|text| (Cite::Frame(at), text.clone())));
    }
    let skipped = event.breadcrumbs.len().saturating_sub(BREADCRUMBS);
    for (at, crumb) in event.breadcrumbs.iter().enumerate().skip(skipped) {
        let texts = [&crumb.category, &crumb.level, &crumb.message];
        all.extend(texts.into_iter().flatten().map(|text| (Cite::Breadcrumb(at), text.clone())));
    }
}
