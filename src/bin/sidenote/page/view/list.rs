//! The HTML of the list of deliveries on the local page, newest first.

use std::time::SystemTime;

use maud::{Markup, html};
use sidenote::domain::outcome::DeliveryStatus;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::Look;
use crate::page::entry::{Ending, Entry};
use crate::page::texts::{Pick, with};

pub(super) fn all(entries: &[Entry], shown: Option<u64>, look: &Look<'_>) -> Markup {
    let texts = look.texts();
    html! {
        nav.list aria-label=(texts.deliveries) {
            h2.label { (texts.deliveries) }
            p.empty #none-yet hidden[!entries.is_empty()] { (texts.none_yet) }
            ol #rows {
                @for entry in entries { (row(entry, shown == Some(entry.id), look)) }
            }
        }
    }
}

/// Renders the row of one delivery. `is_shown` marks the delivery that is displayed beside the list.
pub(super) fn row(entry: &Entry, is_shown: bool, look: &Look<'_>) -> Markup {
    let texts = look.texts();
    let of = entry.replay_of.map(|of| with(texts.replay_of, &of.to_string()));
    html! {
        li #{ "row-" (entry.id) } data-id=(entry.id) data-at=(millis(entry.at)) class=(status(entry).0) {
            a href={ "/page/deliveries/" (entry.id) } aria-current=[is_shown.then_some("true")] {
                span.title { bdi { (title(entry, look)) } }
                span.about {
                    (pill(entry, look))
                    @if let Some(issue) = &entry.issue { bdi { (issue) } }
                    (moment(entry.at))
                }
                @if let Some(of) = of { span.about { (of) } }
            }
        }
    }
}

/// Renders the result of a delivery as a coloured label.
pub(super) fn pill(entry: &Entry, look: &Look<'_>) -> Markup {
    let (class, words) = status(entry);
    html! { span class={ "pill " (class) } { (words(look.texts())) } }
}

/// Returns the title of a delivery, or a general title if the delivery has none.
pub(super) fn title(entry: &Entry, look: &Look<'_>) -> String {
    let texts = look.texts();
    let otherwise = if entry.ending == Ending::Refused { texts.refused_title } else { texts.untitled };
    entry.title.clone().unwrap_or_else(|| otherwise.to_owned())
}

fn status(entry: &Entry) -> (&'static str, Pick) {
    match entry.ending {
        Ending::Working => ("now", |t| t.status_working),
        Ending::Processed(DeliveryStatus::Completed) => ("done", |t| t.status_completed),
        Ending::Processed(DeliveryStatus::Partial) => ("skipped", |t| t.status_partial),
        Ending::Processed(DeliveryStatus::Failed) => ("failed", |t| t.status_failed),
        Ending::Ignored => ("none", |t| t.status_ignored),
        Ending::Duplicate => ("none", |t| t.status_duplicate),
        Ending::Refused => ("failed", |t| t.status_refused),
    }
}

/// Renders a point in time. The script converts it to the visitor's time zone.
pub(super) fn moment(at: SystemTime) -> Markup {
    let at = OffsetDateTime::from(at);
    let clock = format!("{:02}:{:02}:{:02} UTC", at.hour(), at.minute(), at.second());
    html! { time datetime=(at.format(&Rfc3339).unwrap_or_default()) { (clock) } }
}

fn millis(at: SystemTime) -> u128 {
    at.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_millis()
}
