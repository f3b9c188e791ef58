//! The HTML of one delivery on the local page: its steps, its failures, the note, the message, the evidence.

use std::time::Duration;

use maud::{Markup, html};
use sidenote::domain::words::PageWords;

use super::{Look, list, pieces, progress, progress_class, telegram};
use crate::page::entry::{Entry, Progress, Stage, Step};
use crate::page::texts::with;
use crate::page::{markdown, notifier};

/// Renders the whole delivery. Each part has an id, so that the script replaces only the changed parts.
pub(super) fn article(entry: &Entry, look: &Look<'_>) -> Markup {
    html! {
        article.delivery data-id=(entry.id) aria-labelledby={ "title-" (entry.id) } {
            (head(entry, look))
            (timeline(entry, look))
            (troubles(entry, look))
            @if let Some(source) = &entry.notices.note {
                (note(source, entry.step(Stage::NOTE).progress, look))
            }
            (telegram::section(entry, look))
            (pieces::section(&entry.pieces, look))
        }
    }
}

fn head(entry: &Entry, look: &Look<'_>) -> Markup {
    let texts = look.texts();
    let facts = [
        (texts.issue, entry.issue.as_deref()),
        (texts.trigger, entry.trigger),
        (texts.resource, entry.resource.as_deref()),
    ];
    html! {
        header.head data-part="head" {
            p.back { a href="/" { "← " (texts.all_deliveries) } }
            div.line {
                h2 #{ "title-" (entry.id) } { bdi { (list::title(entry, look)) } }
                (list::pill(entry, look))
            }
            dl.facts {
                @for (name, value) in facts {
                    @if let Some(value) = value { div { dt { (name) } dd { bdi { (value) } } } }
                }
                div { dt { (texts.received) } dd { (list::moment(entry.at)) } }
            }
            (actions(entry, look))
        }
    }
}

fn actions(entry: &Entry, look: &Look<'_>) -> Markup {
    let texts = look.texts();
    let says = format!("replay-says-{}", entry.id);
    html! {
        div.actions {
            @if entry.can_be_replayed() {
                form method="post" action={ "/page/deliveries/" (entry.id) "/replay" } {
                    button type="submit" aria-describedby=(says) { (texts.replay) }
                }
                span.hint id=(says) { (texts.replay_says) }
            } @else if entry.refusal.is_none() {
                span.hint { (texts.replay_off) }
            }
            @if let Some(link) = entry.notices.link.as_deref().filter(|link| link.starts_with("http")) {
                a href=(link) rel="noopener noreferrer" target="_blank" { (texts.open_in_sentry) " ↗" }
            }
        }
        @if let Some(of) = entry.replay_of {
            p.hint { a href={ "/page/deliveries/" (of) } { (with(texts.replay_of, &of.to_string())) } }
        }
    }
}

fn timeline(entry: &Entry, look: &Look<'_>) -> Markup {
    let texts = look.texts();
    html! {
        section data-part="timeline" aria-labelledby={ "timeline-" (entry.id) } {
            h3.label #{ "timeline-" (entry.id) } { (texts.timeline) }
            ol.timeline {
                @for (stage, it) in entry.steps.iter() { (step(stage, it, look)) }
            }
        }
    }
}

fn step(stage: Stage, step: &Step, look: &Look<'_>) -> Markup {
    let texts = look.texts();
    let (name, is) = (name(stage, texts), progress(step.progress)(texts));
    let after = step.after.filter(|_| !matches!(step.progress, Progress::Ahead | Progress::Now));
    html! {
        li class=(progress_class(step.progress)) data-step=(key(stage)) data-progress=(progress_class(step.progress)) {
            span.mark aria-hidden="true" {}
            span.name { (name) }
            span.is { (is) }
            @if let Some(after) = after {
                span.after title=(with(texts.at, &spell(after))) { (spell(after)) }
            }
            @if let Some(said) = &step.said { span.said { bdi { (look.said(said)) } } }
        }
    }
}

fn name(stage: Stage, texts: &PageWords) -> &'static str {
    match stage {
        Stage::Verified => texts.step_verified,
        Stage::Claimed => texts.step_claimed,
        Stage::Evidence => texts.step_evidence,
        Stage::Analysis => texts.step_analysis,
        Stage::Notifier(name) => notifier::step(name, texts),
        Stage::Approval => texts.step_approval,
    }
}

fn key(stage: Stage) -> &'static str {
    match stage {
        Stage::Verified => "verified",
        Stage::Claimed => "claimed",
        Stage::Evidence => "evidence",
        Stage::Analysis => "analysis",
        Stage::Notifier(name) => notifier::key(name),
        Stage::Approval => "approval",
    }
}

/// Formats a duration in milliseconds or seconds, short enough for a column.
fn spell(after: Duration) -> String {
    let millis = after.as_millis();
    match millis {
        0..=9 => format!("{:.1} ms", after.as_secs_f64() * 1000.0),
        10..=999 => format!("{millis} ms"),
        1000..=59_999 => format!("{:.1} s", after.as_secs_f64()),
        _ => format!("{} min", millis / 60_000),
    }
}

/// Renders the gaps in the evidence and the failures of the delivery.
fn troubles(entry: &Entry, look: &Look<'_>) -> Markup {
    let said = said(entry, look);
    html! {
        @if !said.is_empty() {
            section.troubles data-part="troubles" aria-labelledby={ "troubles-" (entry.id) } {
                h3 #{ "troubles-" (entry.id) } { (look.texts().troubles) }
                ul { @for line in said { li { bdi { (line) } } } }
            }
        }
    }
}

fn said(entry: &Entry, look: &Look<'_>) -> Vec<String> {
    let texts = look.texts();
    let refusal = entry.refusal.as_ref().map(|why| with(texts.refused_trouble, why));
    let gaps = pieces::gaps(&entry.pieces, look);
    let steps = entry.steps.iter().filter_map(|(stage, step)| {
        let Stage::Notifier(name) = stage else { return None };
        let is_trouble = matches!(step.progress, Progress::Failed | Progress::Skipped);
        let why = step.said.as_ref().map(|said| look.said(said)).unwrap_or_default();
        is_trouble.then(|| notifier::trouble(name, texts, &why))
    });
    let approval = entry.step(Stage::Approval);
    let approval = approval.said.as_ref().filter(|_| approval.progress == Progress::Failed);
    let approval = approval.map(|said| look.said(said));
    refusal.into_iter().chain(steps).chain(approval).chain(gaps).collect()
}

/// Renders the note as Sentry does, and the Markdown source of the note.
pub(super) fn note(source: &str, progress: Progress, look: &Look<'_>) -> Markup {
    let texts = look.texts();
    let stands = progress == Progress::Done;
    html! {
        section.note data-part="note" aria-label=(texts.note) {
            h3.label { (texts.note) }
            @if !stands { p.hint { (texts.note_unwritten) } }
            div.pair {
                figure.shown {
                    figcaption { (texts.note_as_shown) }
                    div.sheet lang=(look.note_code()) { (markdown::render(source, look.base)) }
                }
                figure.source {
                    figcaption { (texts.note_source) }
                    pre tabindex="0" lang=(look.note_code()) aria-label=(texts.note_source) { code { (source) } }
                }
            }
        }
    }
}
